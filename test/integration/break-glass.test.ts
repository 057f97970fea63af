import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { carol, channel, dana, desk, nina, oscar, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

/** Generous: what is tested is not how fast it is. */
const waitMs = 60_000

const id = 'web-production-1'

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
let rollcall: Rollcall

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack(), startRedis()])
  cluster.seed([shopDeployment('web')])
  store = new Redis(redis.url)
  const environment = { breakGlass: true }
  const strategy = { batches: ['100%'], soak: '10m' }
  const shop = shopConfig({ web: { environment, strategy } })
  const roles = { ...shop.roles, admins: { users: [nina, oscar] } }
  const config = { ...shop, roles, admins: 'admins' }
  rollcall = await startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
}, 2 * waitMs)
afterAll(async () => {
  await rollcall?.stop()
  store.disconnect()
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

it('starts on one administrator’s typed word, loudly, and is signed off by another one', {
  timeout: 3 * waitMs,
}, async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
  const people = desk(slack, waitMs)
  const asked = 'web 1.5.0 in production --break-glass'
  const mere = await people.type(dana, `${asked} --reason "checkout is down"`)
  expect((await mere.reply()).text).toContain('admins')
  const silent = await people.type(nina, asked)
  expect((await silent.reply()).text).toContain('needs a reason')

  await people.type(nina, `${asked} --reason "checkout is down"`)
  const question = await people.question(id, 'start')
  expect(question.text).toContain('Break-glass waives the quorum of 2 and the soaks of 10 min')
  expect((await people.live(id)).text).toMatch(/^BREAK-GLASS web-production-1/)

  const click = (user: string) => slack.click({ user, channel, ts: question.ts, actionId: 'confirm' })
  const mistaken = await (await click(nina)).modal()
  const wrong = await slack.submitView({ view: mistaken.id, values: { typed: 'web-production-2' } })
  expect(JSON.stringify(wrong.body)).toContain('That is not web-production-1.')
  const other = await (await click(oscar)).modal()
  await slack.submitView({ view: other.id, values: { typed: id } })
  expect((await people.live(id)).metadata?.event_payload).toMatchObject({ phase: 'awaitingApproval' })
  const meant = await (await click(nina)).modal()
  await slack.submitView({ view: meant.id, values: { typed: id } })
  await people.live(id, 'succeeded')

  const review = await slack.waitForMessage(({ metadata }) => metadata?.event_payload?.kind === 'review', {
    timeoutMs: waitMs,
  })
  expect(review.text).toContain(`<@${oscar}>`)
  const own = await slack.click({ user: nina, channel, ts: review.ts, actionId: 'review', confirm: true })
  expect((await own.reply()).text).toContain('somebody else')
  const operator = await slack.click({ user: carol, channel, ts: review.ts, actionId: 'review', confirm: true })
  expect((await operator.reply()).text).toContain('You may not')
  await slack.click({ user: oscar, channel, ts: review.ts, actionId: 'review', confirm: true })
  await slack.waitForMessage(({ text }) => text.includes(`was signed off by <@${oscar}>`), { timeoutMs: waitMs })

  const trail = await store.lrange(`{rollcall}:audit:${id}`, 0, -1)
  expect(trail.map((entry) => JSON.parse(entry).action)).toEqual([
    ...['requested', 'prepared', 'breakGlassConfirmed', 'started'],
    ...['reached', 'checked', 'reached', 'reviewed'],
  ])
  expect(JSON.parse(trail[2] ?? '').detail.waived).toEqual([
    { what: 'quorum', quorum: 2 },
    { what: 'soak', durationMs: 600_000 },
  ])
  expect((await verifyTrail(store)).faults).toEqual([])
})
