import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { verifyTrail } from '../../src/store/audit-trail.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, carol, dana, desk, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

/** Generous: what is tested is not how fast it is. */
const waitMs = 60_000

/** Hours from now, as a window's time of day in UTC. */
function clock(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16)
}

/** night: its only window opens in six hours, by Redis's clock, which is this machine's. */
const windows = [
  { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: clock(6), to: clock(9), timezone: 'UTC' },
]

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
let rollcall: Rollcall

function start(): Promise<Rollcall> {
  const services = {
    web: { strategy: { batches: [1, '100%'] } },
    auto: { strategy: { batches: [1, '100%'], continue: 'auto', soak: '15s' } },
    later: { strategy: { batches: ['100%'] } },
    night: { environment: { windows } },
  }
  const shop = shopConfig(services)
  const config = { ...shop, roles: { ...shop.roles, admins: { users: [nina] } }, admins: 'admins' }
  return startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
}

beforeAll(async () => {
  ;[cluster, slack, redis] = await Promise.all([startCluster(), shopSlack(), startRedis()])
  cluster.seed(['web', 'auto', 'later', 'night'].map((name) => shopDeployment(name)))
  store = new Redis(redis.url)
  rollcall = await start()
}, 2 * waitMs)
afterAll(async () => {
  await rollcall?.stop()
  store.disconnect()
  await Promise.all([cluster.stop(), slack.stop(), redis.stop()])
})

const people = () => desk(slack, waitMs)

async function answered(user: string, text: string): Promise<string> {
  return (await (await people().type(user, text)).reply()).text
}

async function phases(id: string): Promise<string[]> {
  const trail = await store.lrange(`{rollcall}:audit:${id}`, 0, -1)
  return trail.map((entry) => JSON.parse(entry).action)
}

function explain(): void {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
}

it('a request outside of the windows is answered with the command that would start it in the next one', {
  timeout: 2 * waitMs,
}, async () => {
  explain()
  await people().type(dana, 'night 1.5.0')
  await people().live('night-production-1', 'failed')
  const result = await slack.waitForMessage(({ text }) => text.includes('night-production-1 failed'), {
    timeoutMs: waitMs,
  })
  const [, command = ''] = /To have it start then: `\/upgrade (.+?)`/.exec(JSON.stringify(result)) ?? []
  expect(command).toMatch(/^night 1\.5\.0 in production --at \d{4}-\d\d-\d\dT\d\d:\d\dZ$/)

  await people().type(dana, command)
  await people().approve('night-production-2')
  const live = await people().live('night-production-2', 'scheduled')
  expect(live.text).toContain('It starts')
  expect(await answered(dana, 'night 1.6.0')).toContain('night-production-2 is under way')
  await people().type(dana, 'cancel night-production-2')
  await people().live('night-production-2', 'cancelled')
})

it('a freeze is for administrators, and blocks with who, why and until when', { timeout: 2 * waitMs }, async () => {
  explain()
  expect(await answered(carol, 'freeze production --reason "the sale"')).toContain(`<@${nina}>`)
  expect(await answered(nina, 'freeze production until tomorrow 09:00 UTC --reason "the sale"')).toContain('is frozen')
  expect(await answered(alice, 'list')).toContain(`Everything in production is frozen by <@${nina}>`)
  await people().type(dana, 'web 1.5.0')
  const blocked = await people().live('web-production-1', 'failed')
  expect(JSON.stringify(blocked)).toContain('«the sale»')
  expect(await answered(nina, 'unfreeze production')).toContain('not frozen any more')
  expect(await answered(nina, 'unfreeze production')).toContain('is not frozen.')
})

it('a freeze holds before the next batch, refuses to go on, and leaves the way back open', {
  timeout: 3 * waitMs,
}, async () => {
  explain()
  const id = 'web-production-2'
  await people().type(dana, 'web 1.5.0')
  await people().approve(id)
  const question = await people().question(id, 'continue')
  await people().type(nina, 'freeze web --reason "incident 4711"')
  await people().live(id, 'paused')
  const told = await slack.waitForMessage(
    ({ text, metadata }) => text.includes('incident 4711') && metadata?.event_payload?.kind === 'alert',
    { timeoutMs: waitMs },
  )
  expect(told.text).toContain(`web in every environment is frozen by <@${nina}>`)
  // The button that people still have in an old message.
  const pressed = await people()
    .press(carol, question, 'continue')
    .catch(() => undefined)
  if (pressed) expect((await pressed.reply()).text).toMatch(/frozen|paused/)

  await people().type(nina, 'unfreeze web')
  await people().live(id, 'awaitingContinue')
  await people().type(nina, 'freeze web --reason "once more"')
  await people().live(id, 'paused')
  await people().type(carol, `rollback ${id} --reason "enough"`)
  await people().live(id, 'rolledBack')
  await people().type(nina, 'unfreeze web')
  expect(await phases(id)).toEqual([
    ...['requested', 'prepared', 'approved', 'approved', 'started', 'reached', 'checked'],
    ...['restricted', 'unrestricted', 'restricted', 'turnedBack', 'reached'],
  ])
})

it('automatic batches wait for the end of a freeze, and go on by themselves', { timeout: 3 * waitMs }, async () => {
  explain()
  const id = 'auto-production-1'
  await people().type(dana, 'auto 1.5.0')
  await people().approve(id)
  await people().live(id, 'verifying')
  await people().type(nina, 'freeze service:auto --reason "wait"')
  await people().live(id, 'paused')
  await people().type(nina, 'unfreeze auto')
  await people().live(id, 'succeeded')
  const found = await phases(id)
  expect(found.indexOf('restricted')).toBeGreaterThan(found.indexOf('soaked'))
  expect(found.indexOf('unrestricted')).toBeLessThan(found.lastIndexOf('reached'))
})

it('a later start survives the end of every process, and begins at its hour', { timeout: 3 * waitMs }, async () => {
  explain()
  const id = 'later-production-1'
  const at = new Date(Date.now() + 15_000).toISOString().replace(/\.\d+Z$/, 'Z')
  await people().type(dana, `later 1.5.0 --at ${at}`)
  await people().approve(id)
  await people().live(id, 'scheduled')
  await rollcall.stop('SIGKILL')
  rollcall = await start()
  await people().live(id, 'succeeded')
  const trail = (await store.lrange(`{rollcall}:audit:${id}`, 0, -1)).map((entry) => JSON.parse(entry))
  expect(trail.map(({ action }) => action).slice(0, 6)).toEqual([
    ...['requested', 'prepared', 'approved', 'approved', 'scheduled', 'started'],
  ])
  const started = trail.find(({ action }) => action === 'started')
  expect(Date.parse(started?.at)).toBeGreaterThanOrEqual(Date.parse(at))
})

it('leaves a trail that verifies, with each freeze in the chain of administration', async () => {
  const admin = (await store.lrange('{rollcall}:audit:admin', 0, -1)).map((entry) => JSON.parse(entry))
  const freezes = admin.filter(({ action }) => action === 'froze' || action === 'unfroze')
  expect(freezes.map(({ action, target }) => `${action} ${target}`)).toEqual([
    ...['froze environment:production', 'unfroze environment:production'],
    ...['froze service:web', 'unfroze service:web', 'froze service:web', 'unfroze service:web'],
    ...['froze service:auto', 'unfroze service:auto'],
  ])
  expect(freezes[0]).toMatchObject({ actor: { user: nina }, reason: 'the sale' })
  expect((await verifyTrail(store)).faults).toEqual([])
})
