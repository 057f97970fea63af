import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { keys } from '../../src/store/keys.ts'
import { connect, eventually, Workload } from '../conformance/workbench.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { Channel, FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import {
  alice,
  bob,
  carol,
  channel,
  dana,
  desk,
  namespace,
  oscar,
  repository,
  shopConfig,
  shopDeployment,
  shopSlack,
} from '../shop.ts'

/** Slack is asked every 15 seconds whether it is there. */
const waitMs = 60_000
const root = 'U0ROOT'
const elsewhere = 'C0ELSE'
const auto = { strategy: { continue: 'auto', soak: '3s' } }
const services = { archived: auto, left: auto, shared: auto, auto, called: {}, foreign: {} }

let cluster: FakeCluster
let redis: RedisServer
let store: Redis
let slack: FakeSlack
let rollcall: Rollcall
let people: ReturnType<typeof desk>

beforeAll(async () => {
  ;[cluster, redis] = await Promise.all([startCluster({ readyDelayMs: [10, 40] }), startRedis()])
  store = new Redis(redis.url)
})
afterAll(async () => {
  store.disconnect()
  await Promise.all([cluster.stop(), redis.stop()])
})
beforeEach(async () => {
  slack = await shopSlack()
  slack.addUser({ id: root, name: 'root' })
  slack.addChannel({ id: elsewhere, name: 'elsewhere', members: [carol] })
  people = desk(slack, waitMs)
  const described = shopConfig(services)
  const config = { ...described, roles: { ...described.roles, admins: { users: [root] } }, admins: 'admins' }
  rollcall = await startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
})
afterEach(async () => {
  await rollcall.stop()
  await slack.stop()
})

/** A service that waits for its start. */
async function requested(service: keyof typeof services): Promise<string> {
  cluster.seed([shopDeployment(service)])
  await people.type(dana, `${service} 1.5.0 in production`)
  const id = `${service}-production-1`
  await people.question(id, 'start')
  return id
}

async function stored(id: string): Promise<{ hold?: { code: string }; incidents: { code: string }[] }> {
  return JSON.parse((await store.get(keys.upgrade(id))) ?? '{}')
}

async function trail(id: string): Promise<{ action: string; code?: string; actor: unknown }[]> {
  return (await store.lrange(keys.audit(id), 0, -1)).map((entry) => JSON.parse(entry))
}

/** Approves, and waits until the first pod is new. */
async function started(service: keyof typeof services): Promise<{ id: string; workload: Workload; image: string }> {
  const id = await requested(service)
  const workload = new Workload({ ...connect(cluster.kubeconfig), namespace }, service)
  const image = `${repository(service)}:1.5.0`
  await people.approve(id)
  await workload.restsAt(image, { old: 9, new: 1 })
  return { id, workload, image }
}

/** Slack is asked about a channel once a minute, and at once when something is refused there. */
function askedSoon(): void {
  slack.fault({ kind: 'platform_error', error: 'not_in_channel', method: 'chat.update' })
}

/** Carol resumes by the button that a typed command shows her. */
async function resume(id: string): Promise<void> {
  const asked = { user: carol, channel: elsewhere, command: '/upgrade', text: `resume ${id}` }
  const { ts } = await (await slack.command(asked)).reply()
  await slack.click({ user: carol, channel: elsewhere, ts, actionId: 'resume', confirm: true })
}

it.each<[keyof typeof services, Partial<Channel>, string]>([
  ['archived', { isArchived: true }, 'CHANNEL_ARCHIVED'],
  ['left', { members: [] }, 'CHANNEL_LEFT'],
])(
  'a channel that is %s stops automatic batches, and the admins hear of it once',
  { timeout: 2 * waitMs },
  async (service, lost, code) => {
    const { id, workload, image } = await started(service)
    const members = slack.modifyChannel(channel, {}).members
    slack.modifyChannel(channel, lost)
    askedSoon()
    await eventually('held', async () => ((await stored(id)).hold?.code === code ? true : undefined))
    expect((await trail(id)).at(-1)).toMatchObject({ action: 'channelLost', code })
    const told = await eventually('the admin is told', async () => slack.directMessages(root)[0])
    expect(told.text).toContain(id)

    // Resumed too early it is held again, and nobody is told again.
    await resume(id)
    await eventually('held again', async () => ((await stored(id)).incidents.length === 2 ? true : undefined))
    expect((await stored(id)).hold?.code).toBe(code)

    slack.modifyChannel(channel, { isArchived: false, members })
    await resume(id)
    await people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
    expect(slack.directMessages(root)).toHaveLength(1)
  },
)

it('a channel that becomes shared holds once, until an operator goes on in the knowledge of it', {
  timeout: 2 * waitMs,
}, async () => {
  const { id, workload, image } = await started('shared')
  slack.modifyChannel(channel, { isShared: true })
  askedSoon()
  const asked = await people.question(id, 'alert')
  expect(asked.text).toContain('shared with another workspace')
  await people.press(carol, asked, 'resume')
  await people.live(id, 'succeeded')
  await workload.restsAt(image, { old: 0, new: 10 })
})

it('automatic batches wait for Slack, and go on when it is back', { timeout: 2 * waitMs }, async () => {
  const { id, workload, image } = await started('auto')
  const fault = slack.fault({ kind: 'server_error', times: Number.POSITIVE_INFINITY })
  // As it is a minute later.
  await store.del(keys.slackReached)
  await eventually('the next batch waits', async () =>
    rollcall.log().some(({ msg }) => msg === `${id}: the next batch waits for Slack`) ? true : undefined,
  )
  expect((await stored(id)).hold).toBeUndefined()
  await workload.restsAt(image, { old: 9, new: 1 })
  const ready = await fetch(`${rollcall.url}/readyz`)
  expect(ready.status).toBe(503)

  fault.clear()
  await people.live(id, 'succeeded')
  await workload.restsAt(image, { old: 0, new: 10 })
})

it('who is asked to continue and is not in the channel is told directly, and the others have their button', async () => {
  slack.modifyChannel(channel, { members: [slack.botUserId, dana, alice, bob, oscar] })
  slack.fault({ kind: 'platform_error', error: 'fetch_members_failed', method: 'conversations.members' })
  const { id } = await started('called')
  const asked = await people.question(id, 'continue')
  expect(asked.blocks?.some(({ type }) => type === 'actions')).toBe(true)
  await eventually('carol is told', async () =>
    slack.directMessages(carol).find(({ text }) => text.includes(`${id}: continue to 3 of 10?`)),
  )
})

it('somebody of another workspace, in a shared channel, decides nothing, whatever the configuration says', async () => {
  const id = await requested('foreign')
  // The very account that the configuration names.
  slack.modifyUser(alice, { isStranger: true, teamId: 'T0OTHER' })
  const pressed = await people.press(alice, await people.question(id, 'start'), 'approve')
  expect((await pressed.reply()).text).toContain('You belong to another workspace')
  const refusals = (await store.lrange(keys.audit('refusals'), 0, -1)).map((entry) => JSON.parse(entry))
  expect(refusals.at(-1)).toMatchObject({
    action: 'approve',
    code: 'NOT_A_MEMBER',
    actor: { kind: 'slack', team: 'T0OTHER', user: alice },
  })
  expect((await trail(id)).some(({ action }) => action === 'approved')).toBe(false)
})
