import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Workload } from '../conformance/workbench.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { carol, dana, shopConfig, shopDeployment } from '../shop.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

let cluster: FakeCluster
let shop: Shop
let dir: string
let env: Record<string, string | undefined>

beforeAll(async () => {
  cluster = await startCluster()
  const { kubeconfig } = cluster
  const started = { kubeconfig, adminKubeconfig: kubeconfig, stop: () => cluster.stop() }
  shop = await openShop(async () => started, { web: {} }, 10_000)
  dir = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  const file = join(dir, 'rollcall.yaml')
  await writeFile(file, stringify(shopConfig()))
  env = { PATH: process.env.PATH, ROLLCALL_CONFIG: file, KUBECONFIG: kubeconfig, REDIS_URL: shop.redisServer.url }
})
afterAll(async () => {
  await shop.close()
  await rm(dir, { recursive: true })
})

/** Runs a command as a user does, with nothing of this process. */
function rollcall(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/main.ts', ...args], { env, timeout: 15_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err })
    })
  })
}

it('`plan` shows checks and steps without doing anything, and fails where the upgrade could not start', async () => {
  cluster.seed([shopDeployment('web')])
  const live = new Workload(shop.bench, 'web')
  const { metadata, spec } = await live.get()
  const good = await rollcall('plan', 'web', '1.5.0')
  expect(good).toMatchObject({ code: 0, err: '' })
  expect(good.out).toContain('upgrade 1 of 10 pods')
  expect(good.out).not.toMatch(/[*`<]/)
  const same = await rollcall('plan', 'web', '1.4.2')
  expect(same.code).toBe(1)
  const after = await live.get()
  expect(after.spec).toEqual(spec)
  expect(after.metadata?.generation).toBe(metadata?.generation)
  const unknown = await rollcall('plan', 'wbe', '1.5.0')
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('did you mean web?')
})

it('`history` and `audit` tell what happened, and name what was tampered with', async () => {
  const { people } = shop
  await people.type(dana, 'web 1.5.0')
  const id = 'web-production-1'
  await people.approve(id)
  await people.press(carol, await people.question(id, 'continue'), 'rollback')
  await people.live(id, 'rolledBack')

  const history = await rollcall('history', '--csv')
  expect(history.out.split('\n')[0]).toBe('date,version,environment,operator,result,note')
  expect(history.out).toMatch(/1\.5\.0,production,U0DANA,rolledBack,.*web-production-1/)
  expect((await rollcall('audit', 'verify')).out).toContain('The audit trail is intact')

  const exported = await rollcall('audit', 'export', '--upgrade', id)
  const actions = exported.out.trim().split('\n')
  expect(actions.map((line) => JSON.parse(line).action)).toEqual([
    'requested',
    'prepared',
    'approved',
    'approved',
    'reached',
    'checked',
    'turnedBack',
    'reached',
  ])

  const redis = new Redis(shop.redisServer.url)
  await redis.lset(`{rollcall}:audit:${id}`, 2, (actions[2] ?? '').replace('U0ALICE', 'U0DANA'))
  redis.disconnect()
  const tampered = await rollcall('audit', 'verify')
  expect(tampered.code).toBe(1)
  expect(tampered.err).toContain(`${id}: entry 3 was edited`)
})
