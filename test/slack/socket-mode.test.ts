import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SlackApp, SlackAppOptions } from '../../src/slack/app.ts'
import type { RefusedDelivery } from '../../src/slack/listeners/parts.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, root } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, startSlack } from '../fakes/slack/slack.ts'
import { anApp, show } from './an-app.ts'
import { doomed } from './crash.ts'
import { inMemoryDeliveries } from './in-memory-deliveries.ts'
import { InMemoryShown } from './in-memory-shown.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const carol = 'U0CAROL'

let slack: FakeSlack
let socketMode: NonNullable<FakeSlack['socketMode']>
let surface: InMemorySurface
let deliveries: ReturnType<typeof inMemoryDeliveries>
let app: SlackApp
let refused: RefusedDelivery[]
let logged: unknown[]
let shown: InMemoryShown

beforeEach(async () => {
  slack = await startSlack({ socketMode: true, ackTimeoutMs: 3_000, eventRetryDelaysMs: [50, 50, 50] })
  if (!slack.socketMode) throw new Error('the double speaks no Socket Mode')
  socketMode = slack.socketMode
  for (const name of ['alice', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0ALICE', carol] })
  surface = new InMemorySurface()
  deliveries = inMemoryDeliveries()
  refused = []
  logged = []
  shown = new InMemoryShown()
  app = start()
  await app.start()
})

afterEach(async () => {
  await app.stop()
  await slack.stop()
  expect(socketMode.problems).toEqual([])
})

function start(changes: Partial<SlackAppOptions> = {}): SlackApp {
  const note = (fields: Record<string, unknown>) => void logged.push(fields.err)
  return anApp(slack, {
    surface,
    shown,
    deliveries,
    log: { info() {}, warn: note, error: note },
    onRefused: (reason) => refused.push(reason),
    ...changes,
  })
}

/** The open question of an upgrade that is shown in the channel. */
async function asked(upgrade: Upgrade): Promise<Message> {
  await show(app, { surface, shown }, upgrade)
  const question = slack.messages(channel)[1]
  if (!question) throw new Error(slack.describe())
  return question
}

function pause(question: Message) {
  return slack.click({ user: carol, channel, ts: question.ts, actionId: 'pause' })
}

/** Holds decisions up until it is told to let them through. */
function slowStore() {
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  surface.beforeStoring = () => {
    reached.resolve()
    return gate.promise
  }
  return { reached: reached.promise, open: () => gate.resolve() }
}

const connectedAgain = (opened: number) =>
  expect.poll(() => socketMode.opened() > opened && app.isConnected(), { timeout: 10_000 }).toBe(true)

const lastDelivery = (count: number) =>
  slack.waitFor(() => slack.deliveries.length >= count && slack.deliveries.at(-1), { timeoutMs: 10_000 })

describe('over Socket Mode', () => {
  test('a command is acknowledged and answered to its asker', async () => {
    surface.put(anUpgradeIn('progressing'))
    const delivery = await slack.command({ user: carol, channel, command: '/upgrade', text: `pause ${id}` })
    expect(delivery).toMatchObject({ outcome: 'acknowledged', body: '', problems: [] })
    expect((await delivery.reply()).text).toContain('Paused.')
  })

  test('a press is acknowledged once it is stored', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const store = slowStore()
    const pressing = pause(question)
    await store.reached
    expect(slack.deliveries).toEqual([])
    store.open()
    expect(await pressing).toMatchObject({ outcome: 'acknowledged' })
    expect(surface.decisions).toMatchObject([{ action: 'pause', by: { user: carol } }])
  })

  test('a refusal of a dialog is shown in it', async () => {
    const question = await asked(anUpgrade())
    const modal = await (await slack.click({ user: 'U0ALICE', channel, ts: question.ts, actionId: 'reject' })).modal()
    surface.refusal = { code: 'ALREADY_DECIDED' }
    await slack.submitView({ view: modal.id, values: { reason: 'no' } })
    expect(JSON.stringify(slack.views('U0ALICE')[0]?.view.blocks)).toContain('decided already')
  })

  test('a refusal of the break-glass dialog stands under its own title', async () => {
    const question = await asked(anUpgrade({ request: { ...anUpgrade().request, by: root, breakGlass: true } }))
    const pressed = await slack.click({ user: 'U0ALICE', channel, ts: question.ts, actionId: 'confirm' })
    const modal = await pressed.modal()
    surface.refusal = { code: 'ALREADY_DECIDED' }
    await slack.submitView({ view: modal.id, values: { typed: id } })
    const [refused] = slack.views('U0ALICE')
    expect(refused?.view.title).toMatchObject({ text: 'Break the glass' })
    expect(JSON.stringify(refused?.view.blocks)).toContain('decided already')
  })

  test('what is not stored is not acknowledged, the person is told, and the next attempt carries it out', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    surface.beforeStoring = () => Promise.reject(new Error('redis away'))
    const pressing = pause(question)
    await slack.waitForEphemeral(({ text }) => text.includes('not stored in time'))
    expect(surface.upgrades.get(id)?.hold).toBeUndefined()
    surface.beforeStoring = async () => {}
    expect((await pressing).outcome).toBe('operation_timeout')
    expect((await lastDelivery(2)).outcome).toBe('acknowledged')
    expect(surface.upgrades.get(id)?.hold).toBeDefined()
  })

  test('what cannot be told from a repetition is not acknowledged, and the next attempt carries it out', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const { claim } = deliveries
    deliveries.claim = () => Promise.reject(new Error('redis away'))
    const pressing = pause(question)
    await slack.waitForEphemeral(({ text }) => text.includes('not stored in time'))
    expect(surface.decisions).toEqual([])
    deliveries.claim = claim
    expect((await pressing).outcome).toBe('operation_timeout')
    expect((await lastDelivery(2)).outcome).toBe('acknowledged')
    expect(surface.decisions).toHaveLength(1)
  })

  test('what comes twice is done once', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    socketMode.duplicate()
    expect((await pause(question)).outcome).toBe('acknowledged')
    await expect.poll(() => [...deliveries.states.values()]).toEqual(['done'])
    expect(surface.decisions).toHaveLength(1)
  })

  test('an event comes through once by its ID, in whatever envelope', async () => {
    const first = await slack.event({ type: 'app_home_opened', user: carol, channel: 'D0CAROL', tab: 'home' })
    await expect.poll(() => deliveries.states.get(first.eventId)).toBe('done')
    const second = await slack.event(
      { type: 'app_home_opened', user: carol, channel: 'D0CAROL', tab: 'home' },
      first.eventId,
    )
    expect(second.attempts.map(({ outcome }) => outcome)).toEqual(['acknowledged'])
    await expect.poll(() => refused).toEqual(['repeated'])
  })

  test('nothing is served at the address for HTTP', () => {
    expect(app.routes).toEqual([])
  })
})

describe('a connection', () => {
  test.each([
    ['that Slack asks to renew', () => socketMode.refresh()],
    ['whose end Slack announces', () => socketMode.warn()],
    ['that breaks', () => socketMode.cut()],
  ])('%s is replaced', async (_, trouble) => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    trouble()
    await connectedAgain(1)
    expect((await pause(question)).outcome).toBe('acknowledged')
    expect(surface.decisions).toHaveLength(1)
  })

  test.each([
    ['is renewed', () => socketMode.refresh()],
    ['breaks', () => socketMode.cut()],
  ])('that %s in the middle of a click: it is decided once, and acknowledged on the next one', async (_, trouble) => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const store = slowStore()
    const pressing = pause(question)
    await store.reached
    trouble()
    await expect.poll(() => app.isConnected()).toBe(false)
    store.open()
    await connectedAgain(1)
    expect((await pressing).outcome).toBe('acknowledged')
    expect(surface.decisions).toHaveLength(1)
    expect(refused).toEqual(['repeated'])
  })

  test('on which nothing comes through any more is noticed and replaced', async () => {
    socketMode.freeze()
    await expect.poll(() => socketMode.opened() > 1 && app.isConnected(), { timeout: 25_000 }).toBe(true)
  }, 30_000)

  test('on which Slack says nothing is given up', async () => {
    socketMode.silent(true)
    socketMode.cut()
    await expect.poll(() => socketMode.opened(), { timeout: 10_000 }).toBe(2)
    expect(app.isConnected()).toBe(false)
    socketMode.silent(false)
    await expect.poll(() => socketMode.opened() > 2 && app.isConnected(), { timeout: 25_000 }).toBe(true)
  }, 40_000)

  test('that breaks before a refusal was told does not keep it from being told', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const store = slowStore()
    surface.refusal = { code: 'ALREADY_DECIDED' }
    const pressing = pause(question)
    await store.reached
    socketMode.cut()
    await expect.poll(() => app.isConnected()).toBe(false)
    store.open()
    await slack.waitForEphemeral(({ text }) => text.includes('decided already'))
    await pressing
  })

  test('whose token was revoked is tried again until it works again', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    socketMode.revokeToken()
    socketMode.cut()
    const tries = () => slack.calls.filter(({ method }) => method === 'apps.connections.open').length
    await expect.poll(tries, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
    expect(app.isConnected()).toBe(false)
    expect((await pause(question)).outcome).toBe('dispatch_failed')
    socketMode.restoreToken()
    await connectedAgain(1)
    expect((await pause(question)).outcome).toBe('acknowledged')
    expect(JSON.stringify(logged)).not.toContain(socketMode.appToken)
  })

  test('of an app whose Socket Mode is turned off comes back when it is on again', async () => {
    socketMode.disable()
    await expect.poll(() => app.isConnected()).toBe(false)
    socketMode.enable()
    await connectedAgain(1)
  })

  test.each([
    ['does not answer', { kind: 'connection_reset' }],
    ['answers 500', { kind: 'server_error' }],
    ['says it is too much', { kind: 'rate_limited', retryAfterSeconds: 1 }],
  ] as const)('that cannot be replaced because Slack %s is tried again', async (_, fault) => {
    slack.fault({ method: 'apps.connections.open', ...fault, times: 2 })
    socketMode.cut()
    await connectedAgain(1)
  })
})

describe('a process that dies in the middle of a press', () => {
  /** Before and after each of: claiming the delivery, storing the decision, noting that it is done. */
  test.each([1, 2, 3, 4, 5, 6])('at moment %i: another one is sent it again, and it is decided once', async (at) => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const { sequence } = anUpgradeIn('awaitingContinue')
    await app.stop()
    const dying = doomed(at)
    const first = start({ deliveries: dying.outside(deliveries), surface: dying.outside(surface) })
    await first.start()

    const pressing = pause(question)
    expect(await dying.died).toBe('died')
    void first.stop()
    socketMode.cut()
    // A claim ends by itself.
    for (const [delivery, state] of deliveries.states) if (state === 'underWay') await deliveries.release(delivery)
    app = start()
    await app.start()

    expect((await pressing).outcome).toBe('acknowledged')
    expect(surface.upgrades.get(id)).toMatchObject({ sequence: sequence + 1, hold: { code: 'PAUSED' } })
    // Whatever decides it knows each attempt as the same delivery.
    expect([...deliveries.states.keys()]).toEqual([...new Set(surface.decisions.map(({ requestId }) => requestId))])
  })

  test.each(['connection_reset', 'server_error'] as const)(
    'or cannot tell the answer, since Slack says %s: what was decided stays decided, once',
    async (kind) => {
      const question = await asked(anUpgradeIn('awaitingContinue'))
      surface.refusal = { code: 'ALREADY_DECIDED' }
      slack.fault({ method: 'response_url', kind, times: 1 })
      expect((await pause(question)).outcome).toBe('acknowledged')
      await expect.poll(() => logged.length).toBeGreaterThan(0)
      expect(surface.decisions).toHaveLength(1)
    },
  )
})

describe('the start over Socket Mode', () => {
  test('with a token that Slack refuses names it', async () => {
    const another = start({ transport: { kind: 'socketMode', appToken: 'xapp-1-wrong' } })
    await expect(another.start()).rejects.toMatchObject({
      code: 'SLACK_TOKEN_INVALID',
      message: expect.stringContaining('SLACK_APP_TOKEN (invalid_auth)'),
      hint: expect.stringContaining('connections:write'),
    })
  })

  test('without an answer says where it looked', async () => {
    slack.fault({ method: 'apps.connections.open', kind: 'server_error' })
    await expect(start().start()).rejects.toMatchObject({
      code: 'SLACK_UNAVAILABLE',
      message: expect.stringContaining(slack.apiUrl),
    })
  })
})

describe('the end over Socket Mode', () => {
  test('waits for what runs, and acknowledges it', async () => {
    const question = await asked(anUpgradeIn('awaitingContinue'))
    const store = slowStore()
    const pressing = pause(question)
    await store.reached
    const stopped = app.stop()
    store.open()
    expect((await pressing).outcome).toBe('acknowledged')
    await stopped
    await expect.poll(() => socketMode.connections()).toBe(0)
  })

  test('comes at once while Slack is out of reach', async () => {
    socketMode.revokeToken()
    socketMode.cut()
    await expect.poll(() => app.isConnected()).toBe(false)
    await app.stop()
    socketMode.restoreToken()
    expect(socketMode.opened()).toBe(1)
  })
})
