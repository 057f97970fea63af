import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { keys } from '../../src/store/keys.ts'
import { parseEntry } from '../../src/upgrade/audit-chain.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { startRollcall } from '../rollcall.ts'
import { channel, nina, shopConfig, shopSlack } from '../shop.ts'

let cluster: FakeCluster
let server: RedisServer
let redis: Redis
let slack: FakeSlack
let dir: string

beforeAll(async () => {
  cluster = await startCluster()
  server = await startRedis()
  redis = new Redis(server.url)
  slack = await shopSlack()
  dir = await mkdtemp(join(tmpdir(), 'rollcall-audit-'))
})
afterAll(async () => {
  redis.disconnect()
  await slack.stop()
  await server.stop()
  await cluster.stop()
  await rm(dir, { recursive: true })
})

it('the audit file has every entry once, in order, however often the process was killed', async () => {
  const file = join(dir, 'audit.jsonl')
  const { kubeconfig } = cluster
  const start = () =>
    startRollcall({ config: { ...shopConfig(), audit: { file } }, redisUrl: server.url, kubeconfig, slack })
  const stored = () => redis.lrange(keys.audit('refusals'), 0, -1)

  for (let killed = 0; killed < 3; killed++) {
    const rollcall = await start()
    // Each is refused, and that is an entry; the process dies among them, and among the writes to the file.
    const asked = Array.from({ length: 40 }, () =>
      slack.command({ user: nina, channel, command: '/upgrade', text: 'web 1.5.0' }).catch(() => {}),
    )
    const before = (await stored()).length
    await expect
      .poll(async () => (await stored()).length, { timeout: 10_000, interval: 5 })
      .toBeGreaterThan(before + killed)
    await rollcall.stop('SIGKILL')
    await Promise.all(asked)
  }
  const last = await start()
  const written = async () => {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1)
    return lines.filter((line) => parseEntry(line)?.chain === 'refusals')
  }
  const all = await stored()
  await expect.poll(async () => (await written()).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(all.length)
  await last.stop()
  expect(await written()).toEqual(all)
}, 60_000)
