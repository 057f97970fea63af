/** The Home tab of a real process: it changes by itself, and what is pressed there decides. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { keys } from '../../src/store/keys.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { type FakeSlack, type OpenView, visibleText } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, dana, desk, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const timeoutMs = 60_000

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
let running: Rollcall[]

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack({ rateLimits: 'slack' }), startRedis()])
  cluster.seed([shopDeployment('web')])
  store = new Redis(redis.url)
  const shop = shopConfig({ web: { strategy: { batches: [1, '100%'] } } })
  const config = { ...shop, roles: { ...shop.roles, admins: { users: [nina] } }, admins: 'admins' }
  const start = () => startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
  running = await Promise.all([start(), start()])
})
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()))
  store.disconnect()
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

const people = () => desk(slack, timeoutMs)
const textOf = ({ view }: OpenView) => visibleText(Array.isArray(view.blocks) ? view.blocks : [])

/** Somebody's Home tab, once it says that. */
function home(user: string, says: (text: string) => boolean): Promise<OpenView> {
  return slack.waitForView((view) => view.type === 'home' && view.user === user && says(textOf(view)), { timeoutMs })
}

function explain(): void {
  onTestFailed(() => console.error(running.map((one) => one.output().split('\n').slice(-20).join('\n')).join('\n\n')))
}

it('shows a question as soon as there is one, takes the answer, and goes on to what comes next', async () => {
  explain()
  await Promise.all([alice, carol].map((user) => slack.openHome({ user })))
  await home(alice, (text) => text.includes('Nothing waits for your decision'))
  await home(carol, (text) => text.includes('No upgrade is under way'))

  await people().type(dana, 'web 1.5.0')
  const asked = await home(alice, (text) => text.includes('Start web-production-1?'))
  const approve = { actionId: 'approve', blockId: 'waiting/web-production-1', confirm: true }
  expect(await slack.viewAction({ view: asked.id, ...approve })).toMatchObject({ outcome: 'acknowledged' })
  const gone = await home(alice, (text) => !text.includes('Start web-production-1?') && text.includes('Withdraw'))
  expect(textOf(gone)).toContain('web-production-1')

  await people().press(bob, await people().question('web-production-1', 'start'), 'approve')
  const next = await home(carol, (text) => text.includes('continue to 10 of 10?'))
  const go = { actionId: 'continue', blockId: 'waiting/web-production-1', confirm: true }
  expect(await slack.viewAction({ view: next.id, ...go })).toMatchObject({ outcome: 'acknowledged' })
  await home(carol, (text) => text.includes('✔ *web* → 1.5.0'))
  const entries = (await store.lrange(keys.audit('web-production-1'), 0, -1)).map((entry) => JSON.parse(entry))
  expect(entries).toContainEqual(
    expect.objectContaining({ action: 'continued', actor: expect.objectContaining({ user: carol }) }),
  )
})

it('shows a freeze without any upgrade that it would stop, and keeps to what Slack allows', async () => {
  explain()
  await slack.openHome({ user: bob })
  await people().type(nina, 'freeze production --reason "the sale"')
  await home(bob, (text) => text.includes('the sale'))
  await people().type(nina, 'unfreeze production')
  await home(bob, (text) => !text.includes('the sale'))
  const published = slack.calls.filter(({ method }) => method === 'views.publish')
  expect(published.filter(({ answer }) => answer?.ok !== true && answer?.error !== 'hash_conflict')).toEqual([])
})
