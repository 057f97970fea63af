import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, dana, desk, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

let cluster: Awaited<ReturnType<typeof startCluster>>
let slack: FakeSlack
let server: RedisServer
let redis: Redis
let rollcall: Rollcall

beforeAll(async () => {
  ;[cluster, slack, server] = await Promise.all([startCluster(), shopSlack(), startRedis({ appendOnly: true })])
  cluster.seed([shopDeployment('web')])
  redis = new Redis(server.url)
  redis.on('error', () => {})
  rollcall = await startRollcall({ config: shopConfig(), redisUrl: server.url, kubeconfig: cluster.kubeconfig, slack })
})
afterAll(async () => {
  await rollcall?.stop()
  redis.disconnect()
  await Promise.all([cluster.stop(), slack.stop(), server.stop()])
})

const id = 'web-production-1'
const stored = async () => JSON.parse((await redis.get(`{rollcall}:upgrade:${id}`)) ?? '{}')

it('does not decide what Redis got to after the answer, and loses nothing when Redis is killed', async () => {
  const people = desk(slack, 60_000)
  await people.type(dana, 'web 1.5.0')
  const question = await people.question(id, 'start')
  await people.press(alice, question, 'approve')
  expect((await stored()).approvals).toHaveLength(1)

  await redis.call('CLIENT', 'PAUSE', '6000', 'ALL')
  const late = await people.press(bob, question, 'approve')
  expect(late.outcome).not.toBe('acknowledged')
  // Answered once the pause is over: by then Redis has gone through everything that waited for it.
  await redis.ping()
  await rollcallHasRedisAgain()
  expect((await stored()).approvals).toHaveLength(1)

  await people.press(bob, question, 'approve')
  await people.live(id, 'awaitingContinue')
  const { sequence } = await stored()
  await server.crash?.()
  await rollcallHasRedisAgain()
  expect((await stored()).sequence).toBe(sequence)
  await people.press(carol, await people.question(id, 'continue'), 'rollback')
  await people.live(id, 'rolledBack')
}, 120_000)

async function rollcallHasRedisAgain(): Promise<void> {
  const redisUp = async () => {
    const answer = await fetch(`${rollcall.url}/readyz`).catch(() => undefined)
    const ready = (await answer?.json()) as { redis?: boolean } | undefined
    return ready?.redis
  }
  await expect.poll(redisUp, { timeout: 30_000 }).toBe(true)
}
