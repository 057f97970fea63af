/**
 * Every kind of payload that Slack documents for what the app has on, over HTTP and over Socket Mode: through the strict
 * double, the real receivers and listeners, the real engine and a real Redis. Only the cluster is not there: nothing here
 * gets beyond a decision.
 */
import { readdir, readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { engine } from '../../src/engine/engine.ts'
import type { Parts } from '../../src/engine/parts.ts'
import type { Loaded } from '../../src/engine/ports.ts'
import { record } from '../../src/engine/record.ts'
import { type Action, actions, type Surface } from '../../src/engine/surface.ts'
import { type HttpServer, httpServer } from '../../src/http/server.ts'
import { en } from '../../src/messages/en.ts'
import { type SlackApp, slackApp } from '../../src/slack/app.ts'
import { buttonValue } from '../../src/slack/button-value.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createHomeTabs } from '../../src/slack/home.ts'
import type { Deliveries } from '../../src/slack/listeners/deliveries.ts'
import type { RefusedDelivery } from '../../src/slack/listeners/parts.ts'
import { heardEvents } from '../../src/slack/listeners/unheard.ts'
import { slackMembers } from '../../src/slack/members.ts'
import type { Note } from '../../src/slack/shown.ts'
import { createSync } from '../../src/slack/sync.ts'
import { homeActions } from '../../src/slack/views/home.ts'
import { redisFreezes } from '../../src/store/freezes.ts'
import { redisHomes } from '../../src/store/homes.ts'
import { keys } from '../../src/store/keys.ts'
import { redisDeliveries, redisShown } from '../../src/store/slack-state.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { entryOf } from '../../src/upgrade/entry.ts'
import type { Event } from '../../src/upgrade/events.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import { opened } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anAlert } from '../an-alert.ts'
import * as people from '../an-upgrade.ts'
import { anAcceptance, anUpgrade, aPolicy, slackUser, someFacts } from '../an-upgrade.ts'
import { everythingStored } from '../everything-stored.ts'
import {
  type Delivery,
  type EventDelivery,
  type FakeSlack,
  type Interacted,
  interactiveElements,
  type Message,
  type OpenView,
  visibleText,
} from '../fakes/slack/slack.ts'
import { alice, bob, carol, channel, dana, nina, oscar, shopSlack } from '../shop.ts'
import { expectChinese } from './in-chinese.ts'
import { smallFiles } from './small-files.ts'

// A second or two when the machine is idle.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const root = 'U0ROOT'
/** Requests and is on call, and has Slack in Chinese. */
const lin = 'U0LIN'
const within = { timeout: 40_000, interval: 10 }

let server: RedisServer
let redis: Redis

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const tested = { gates: { ...aPolicy().gates, acceptance: [anAcceptance()] } }

// ---------------------------------------------------------------- the app

type World = {
  slack: FakeSlack
  app: SlackApp
  http?: HttpServer
  parts: Parts
  surface: Surface
  shown: ReturnType<typeof redisShown<Note>>
  refused: RefusedDelivery[]
  /** What became of each delivery that comes again, in the order of its taking up. */
  claims: { id: string; state: string }[]
  /** How many of those that were taken up are through. */
  through(): number
  /** What waits until it is taken up for good. */
  beforeWork: () => Promise<unknown>
  /** Nobody can tell what was here before. */
  isStoreAway: boolean
  /** Names a Deployment that is upgraded by request. */
  round: number
}

let world: World
/** Slack's clock stands still during a test, so that nothing expires on a machine that is busy. Epoch milliseconds. */
let now = Date.now()

async function start(transport: 'HTTP' | 'Socket Mode'): Promise<World> {
  const slack = await shopSlack({
    teamId: 'T0SHOP',
    clock: () => now,
    socketMode: transport === 'Socket Mode',
    ackTimeoutMs: 3_000,
    eventRetryDelaysMs: [50, 200, 1_000, 2_000],
  })
  slack.addUser({ id: root, name: 'root' })
  slack.addUser({ id: 'U0TINA', name: 'tina' })
  slack.addUser({ id: lin, name: 'lin', locale: 'zh-CN' })
  slack.modifyGroup('S0DEVS', { users: [dana, lin] })
  slack.modifyGroup('S0ONCALL', { users: [oscar, lin] })
  slack.addUser({ id: 'U0CI', name: 'ci', isBot: true })
  slack.addChannel({ id: channel, name: 'releases', members: [...slack.users().map(({ id }) => id)] })
  const silent = { info() {}, warn() {}, error() {} }
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
  const members = slackMembers(client)
  const ignored = async () => {}
  const parts = {
    upgrades: redisUpgrades(redis),
    members,
    config: () => ({
      policyFor: (service: string, environment: string) =>
        ['web', 'api', 'shop'].includes(service) && environment === 'production'
          ? aPolicy({ ...tested, breakGlass: true, service, target: { ...aPolicy().target, name: service } })
          : undefined,
      services: () => ['web', 'api', 'shop'].map((name) => ({ name, environments: ['production'] })),
      admins: () => aPolicy().admins[0],
      hash: 'one',
    }),
    goesBy: async () => true,
    freezes: redisFreezes(redis),
    display: { isReached: async () => true, trouble: async () => undefined, doubted: ignored, orphaned: ignored },
    queue: { reconcile: ignored, reconcileAt: ignored, show: ignored },
    targets: ({ name }: { name: string }) => ({
      identify: async () => ({ clusterUid: 'c1', uid: `${name}-${at.round}`, seen: [] }),
      tell: ignored,
      mark: () => undefined,
      observe: () => undefined,
      stop: ignored,
    }),
    images: { tags: async () => ['1.5.0'] },
    capacities: { note: ignored, of: async () => undefined },
    gates: {},
    log: silent,
  } as unknown as Parts
  const surface: Surface = {
    ...engine(parts),
    // Its checks ask the cluster.
    plan: async (input) => {
      const { requestId: _, via: __, call: ___, ...said } = input
      const request = { ...said, image: `registry.example.com/shop/web:${input.version}`, at: people.noon }
      const policy = aPolicy({ service: input.service })
      const target = { clusterUid: 'c1', uid: 'd1' }
      const event = { type: 'requested', id: 'api-production-0', request, policy, target } as const
      return { request, policy, plan: compilePlan(opened(event, people.noon), someFacts(), []) }
    },
    versions: async () => ['1.5.0', '1.4.2'],
  }
  const stored = redisDeliveries(redis)
  let through = 0
  const deliveries: Deliveries = {
    ...stored,
    async first(signature) {
      if (at.isStoreAway) throw new Error('the store is away')
      return stored.first(signature)
    },
    async claim(id) {
      if (at.isStoreAway) throw new Error('the store is away')
      const state = await stored.claim(id)
      at.claims.push({ id, state })
      if (state === 'mine') await at.beforeWork()
      return state
    },
    done: (id, answer) => stored.done(id, answer).finally(() => through++),
    release: (id) => stored.release(id).finally(() => through++),
    note: ignored,
  }
  const shown = redisShown<Note>(redis)
  const refused: RefusedDelivery[] = []
  const languages = { messages: en, localeOf: members.localeOf }
  const { socketMode } = slack
  const app = slackApp({
    ...languages,
    token: slack.botToken,
    apiUrl: slack.apiUrl,
    transport: socketMode
      ? { kind: 'socketMode', appToken: socketMode.appToken }
      : { kind: 'http', signingSecret: slack.signingSecret },
    surface,
    shown,
    deliveries,
    replies: () => 'any',
    log: silent,
    onRefused: (reason) => refused.push(reason),
    homes: createHomeTabs({
      ...languages,
      client,
      surface,
      homes: redisHomes(redis),
      budget: { take: async () => 0, pause: ignored },
      log: silent,
      linkTo: async () => undefined,
      lost: async () => undefined,
      again: ignored,
    }),
  })
  const at: World = {
    slack,
    app,
    parts,
    surface,
    shown,
    refused,
    claims: [],
    through: () => through,
    beforeWork: ignored,
    isStoreAway: false,
    round: 1,
  }
  await app.start()
  if (socketMode) return at
  at.http = httpServer(app.routes, () => {})
  const port = await at.http.listen({ port: 0, host: '127.0.0.1' })
  slack.connect({ requestUrl: `http://127.0.0.1:${port}/slack/events` })
  return at
}

async function stop({ http, app, slack }: World): Promise<void> {
  await Promise.all([http?.close(), app.stop()])
  await slack.stop()
}

// ---------------------------------------------------------------- what is there before

/** An upgrade that is shown in the channel. */
type Scene = { upgrade: Upgrade; live: Message; question: Message; audited: number }

type Past = (planHash: string) => Event[]

const toContinue: Past = (planHash) => [
  { type: 'approved', by: people.alice, planHash },
  { type: 'approved', by: people.bob, planHash },
  { type: 'started', approvers: [people.alice, people.bob] },
  { type: 'reached', updated: 1, ready: 10, total: 10, generation: 2 },
  { type: 'soaked' },
  { type: 'checked', reports: [] },
]

/** One that waits for its start, and then for as much as has happened to it; each on a Deployment of its own. */
async function scene(past: Past = () => [], changes: Partial<Upgrade> = {}): Promise<Scene> {
  const { slack, app, surface, shown } = world
  const { parts } = world
  const { upgrades } = parts
  const { request, policy, plan } = anUpgrade(changes)
  if (!plan) throw new Error('there is no plan')
  const { now, head, count } = await upgrades.open('web', 'production', { clusterUid: 'c1', uid: 'none' })
  const id = `web-production-${count + 1}`
  const target = { clusterUid: 'c1', uid: `uid-of-${id}` }
  const event: Event = { type: 'requested', id, request: { ...request, at: now }, policy, target }
  const first = opened(event, now)
  const entry = entryOf(event, undefined, first, { hash: head, at: now, sequence: 0 }, now, 'test')
  const deadline = Number.MAX_SAFE_INTEGER
  expect(await upgrades.commit({ upgrade: first, entry, count, due: 0, deadline })).toBe('committed')
  for (const next of [{ type: 'prepared', plan } as const, ...past(plan.hash)]) {
    const loaded = (await upgrades.load(id)) as Loaded
    expect(await record(parts, loaded, next, 'test', { deadline })).toHaveProperty('upgrade')
  }
  const upgrade = (await upgrades.load(id))?.upgrade
  if (!upgrade) throw new Error('it was not stored')
  await createSync({
    client: app.client,
    surface,
    shown,
    budget: { take: async () => 0, pause: async () => {} },
    messages: en,
    log: { info() {}, warn() {}, error() {} },
    files: smallFiles,
    background() {},
    suspect() {},
  })(id)
  // The store begins anew with each test, and Slack does not.
  const latest = (type: string) =>
    slack
      .messages(channel)
      .findLast(({ metadata }) => metadata?.event_type === type && metadata.event_payload.id === id)
  const [live, question] = [latest('rollcall_upgrade'), latest('rollcall_question')]
  if (!live || !question) throw new Error(slack.describe())
  return { upgrade, live, question, audited: (await upgrades.audit(id)).length }
}

// ---------------------------------------------------------------- what is sent

/** What was delivered, and by what its consequences are known. */
type Sent = { deliveries: Delivery[]; interaction?: string; message?: Message; user?: string }

/** What may come of one delivery: each entry once. */
type Effects = {
  /** Entries of the audit trail. */
  audited?: string[]
  /** Modals that were opened, by callback or title. */
  opened?: string[]
  /** Answers that only one person sees. */
  answers?: number
  /** Replies that were marked as carried out. */
  marked?: number
  /** Home tabs that were published. */
  published?: number
  /** Modals that were edited. */
  edited?: number
  /** Upgrades that were asked for. */
  requested?: number
}

type Kind = {
  name: string
  /** What it stands for: a name that the manifest or the source has. */
  covers: string
  before(): Promise<Scene>
  send(scene: Scene, before: Prepared): Promise<Sent>
  /** A modal or a Home tab that has to be there. */
  prepare?(scene: Scene): Promise<Prepared>
  effects: Effects
  /** The service that it asks for an upgrade of. */
  requests?: string
  /** Dropped before it is looked up, so that what people say to each other leaves no trace. */
  isDropped?: true
}

/** A view that has to be there, or an ephemeral message. */
type Prepared = { view?: OpenView; ephemeral?: { ts: string }; values?: Record<string, string>; said?: Message }

const pressed = (interacted: Interacted): Sent => ({ deliveries: [interacted], interaction: interacted.interaction })
const told = (events: EventDelivery[], message: Message, user: string): Sent => ({
  deliveries: events.flatMap(({ attempts }) => attempts.slice(-1)),
  message,
  user,
})

const type = async (user: string, text: string) =>
  pressed(await world.slack.command({ user, channel, command: '/upgrade', text }))
const press = async (user: string, { ts }: Message, actionId: string, confirm?: boolean) =>
  world.slack.click({ user, channel, ts, actionId, ...(confirm !== undefined && { confirm }) })
const reply = async (user: string, { live }: Scene, text: string, as?: 'thread_broadcast' | 'file_share') => {
  const { events, message } = await world.slack.say({ user, channel, text, threadTs: live.ts, ...(as && { as }) })
  return told(events, message, user)
}
const textOf = ({ view }: OpenView) => visibleText(Array.isArray(view.blocks) ? view.blocks : [])

const modalOf = async (opening: Promise<Interacted>) => ({ view: await (await opening).modal() })
const viewIn = ({ view }: Prepared): string => {
  if (!view) throw new Error('no view was prepared')
  return view.id
}
/** The form, with a service that was chosen in it. */
async function formWith(service: string | undefined, user = dana): Promise<Prepared> {
  const { slack } = world
  const { view } = await modalOf(slack.shortcut({ user, callbackId: 'request_upgrade' }))
  if (service === undefined) return { view }
  const { options } = await slack.suggest({ view: view.id, actionId: 'service', text: service })
  expect(options.map(({ value }) => value)).toContain(service)
  await slack.viewAction({ view: view.id, actionId: 'service', choice: service })
  await slack.waitForView(({ id, view: now }) => id === view.id && JSON.stringify(now).includes('"version"'))
  return { view }
}

async function filledIn(service: string, user = dana): Promise<Prepared> {
  const { slack } = world
  const form = await formWith(service, user)
  await slack.suggest({ view: viewIn(form), actionId: 'version', text: '' })
  return { ...form, values: { version: '1.5.0', reason: 'more room' } }
}

/** The view that a submission was answered with. */
function pushedBy({ interaction }: Interacted): OpenView {
  const view = world.slack.views().find((one) => one.interaction === interaction)
  if (!view) throw new Error(world.slack.describe())
  return view
}

const submit = (before: Prepared, values: Record<string, string> = before.values ?? {}) =>
  world.slack.submitView({ view: viewIn(before), values })

/** Somebody's Home tab, once it says that. */
async function homeOf(user: string, says: string): Promise<Prepared> {
  const { slack } = world
  await slack.openHome({ user })
  return { view: await slack.waitForView((one) => one.user === user && textOf(one).includes(says)) }
}

const button = (
  action: Action,
  user: string,
  { past = () => [], changes = {}, ...effects }: Effects & { past?: Past; changes?: Partial<Upgrade> },
): Kind => ({
  name: `block_actions: ${action} on a message`,
  covers: `block_actions:message:${action}`,
  before: () => scene(past, changes),
  async send({ upgrade }) {
    const shows = ({ blocks }: Message) => interactiveElements(blocks ?? []).find(({ actionId }) => actionId === action)
    const message = world.slack
      .messages(channel)
      .findLast((one) => JSON.stringify(one).includes(upgrade.id) && shows(one))
    const element = message && shows(message)?.element
    if (!message) throw new Error(world.slack.describe())
    return pressed(await press(user, message, action, element?.confirm === undefined ? undefined : true))
  },
  effects,
})

const said = (name: string, text: string, effects: Effects, as?: 'thread_broadcast' | 'file_share'): Kind => ({
  name: `message: ${name}`,
  covers: 'event:message',
  before: () => scene(toContinue),
  send: (at) => reply(carol, at, text, as),
  effects,
})

const breakGlass = {
  policy: aPolicy({ breakGlass: true }),
  request: { ...anUpgrade().request, by: slackUser(root), breakGlass: true as const },
}
const sized = { surge: 2, unavailable: 0 }
const scaled = { kind: 'scaled', from: 10, to: 20, rested: 1, updated: 2, ...sized } as const
/** Somebody is asked whether what is new is as it should be. */
const toAccept: Past = (planHash) => toContinue(planHash).slice(0, 5)

/** As the Home tab shows no more than some upgrades, those that are about it come first. */
const kinds: Kind[] = [
  {
    name: 'app_home_opened',
    covers: 'event:app_home_opened',
    before: () => scene(),
    async send() {
      const { attempts } = await world.slack.openHome({ user: oscar })
      return { deliveries: attempts, user: oscar }
    },
    effects: { published: 1 },
  },
  {
    name: 'block_actions: a decision at the Home tab',
    covers: 'block_actions:home:approve',
    before: () => scene(),
    prepare: ({ upgrade }) => homeOf(bob, `Start ${upgrade.id}?`),
    async send({ upgrade }, before) {
      const blockId = `waiting/${upgrade.id}`
      const given = { view: viewIn(before), actionId: 'approve', blockId, confirm: true }
      return { ...pressed(await world.slack.viewAction(given)), user: bob }
    },
    effects: { audited: ['approved'], published: 1 },
  },
  {
    name: 'block_actions: the form from the Home tab',
    covers: `block_actions:home:${homeActions.request}`,
    before: () => scene(),
    prepare: () => homeOf(dana, 'Request an upgrade'),
    send: async (_, before) =>
      pressed(await world.slack.viewAction({ view: viewIn(before), actionId: homeActions.request })),
    effects: { opened: ['request_upgrade'] },
  },
  {
    name: 'block_actions: the commands from the Home tab',
    covers: `block_actions:home:${homeActions.commands}`,
    before: () => scene(),
    prepare: () => homeOf(nina, ''),
    send: async (_, before) =>
      pressed(await world.slack.viewAction({ view: viewIn(before), actionId: homeActions.commands })),
    effects: { opened: ['Commands'] },
  },

  // ---- slash commands
  {
    name: 'slash command: one that decides',
    covers: 'command:/upgrade',
    before: () => scene(toContinue),
    send: ({ upgrade }) => type(carol, `pause ${upgrade.id} --reason odd`),
    effects: { audited: ['paused'], answers: 1 },
  },
  {
    name: 'slash command: one that asks',
    covers: 'command:/upgrade',
    before: () => scene(),
    send: () => type(nina, 'whoami'),
    effects: { answers: 1 },
  },
  {
    name: 'slash command: without a word',
    covers: 'command:/upgrade',
    before: () => scene(),
    send: () => type(dana, ''),
    effects: { opened: ['request_upgrade'] },
  },
  {
    name: 'slash command: a request',
    covers: 'command:/upgrade',
    before: () => scene(),
    send: () => type(dana, 'web 1.5.0'),
    requests: 'web',
    effects: { requested: 1, answers: 1 },
  },

  // ---- buttons on messages
  button('approve', alice, { audited: ['approved'] }),
  button('withdraw', alice, {
    past: (planHash) => [{ type: 'approved', by: people.alice, planHash }],
    audited: ['withdrawn'],
  }),
  button('reject', alice, { opened: ['reject_upgrade'] }),
  button('cancel', carol, { audited: ['cancelled'] }),
  button('confirm', root, { changes: breakGlass, opened: ['confirm_break_glass'] }),
  button('continue', carol, { past: toContinue, audited: ['continued'] }),
  button('pause', oscar, { past: toContinue, audited: ['paused'] }),
  button('rollback', carol, { past: toContinue, audited: ['turnedBack'], opened: ['rollback_reason'] }),
  button('resume', carol, {
    past: (planHash) => [...toContinue(planHash), { type: 'paused', by: people.carol }],
    audited: ['resumed'],
  }),
  button('restore', carol, {
    past: (planHash) => [...toContinue(planHash), { type: 'changedOutside', change: scaled }],
    audited: ['restored'],
  }),
  button('accept', 'U0TINA', { past: toAccept, changes: { policy: aPolicy(tested) }, audited: ['accepted'] }),
  button('decline', 'U0TINA', { past: toAccept, changes: { policy: aPolicy(tested) }, audited: ['declined'] }),
  button('acknowledge', oscar, {
    past: (planHash) => [
      ...toContinue(planHash),
      { type: 'alerted', alert: anAlert({ startsAt: '2999-01-01T00:00:00Z' }) },
    ],
    audited: ['acknowledged'],
  }),
  {
    name: 'block_actions: on a message that one person sees',
    covers: 'block_actions:ephemeral:continue',
    before: () => scene(toContinue),
    async prepare({ upgrade }) {
      const typed = { user: carol, channel, command: '/upgrade', text: `continue ${upgrade.id}` }
      return { ephemeral: await (await world.slack.command(typed)).reply() }
    },
    async send(_, { ephemeral = { ts: '' } }) {
      const click = { user: carol, channel, ts: ephemeral.ts, actionId: 'continue', confirm: true }
      return pressed(await world.slack.click(click))
    },
    effects: { audited: ['continued'] },
  },

  // ---- modals
  {
    name: 'block_actions: a choice in a modal',
    covers: 'block_actions:modal:service',
    before: () => scene(),
    async prepare() {
      const form = await formWith(undefined)
      await world.slack.suggest({ view: viewIn(form), actionId: 'service', text: 'api' })
      return form
    },
    send: async (_, before) =>
      pressed(await world.slack.viewAction({ view: viewIn(before), actionId: 'service', choice: 'api' })),
    effects: { edited: 1 },
  },
  {
    name: 'block_actions: another choice in a modal',
    covers: 'block_actions:modal:environment',
    before: () => scene(),
    prepare: () => formWith('api'),
    send: async (_, before) =>
      pressed(await world.slack.viewAction({ view: viewIn(before), actionId: 'environment', choice: 'production' })),
    effects: { edited: 1 },
  },
  ...['service', 'version'].map(
    (actionId): Kind => ({
      name: `block_suggestion: ${actionId}`,
      covers: `block_suggestion:${actionId}`,
      before: () => scene(),
      prepare: () => formWith('api'),
      async send(_, before) {
        const answer = await world.slack.suggest({ view: viewIn(before), actionId, text: '' })
        if (answer.outcome === 'acknowledged') expect(answer.options.length).toBeGreaterThan(0)
        return { deliveries: [answer] }
      },
      effects: {},
    }),
  ),
  {
    name: 'view_submission: the form',
    covers: 'view_submission:request_upgrade',
    before: () => scene(),
    prepare: () => filledIn('shop'),
    async send(_, before) {
      const submitted = await submit(before)
      if (submitted.outcome === 'acknowledged') {
        expect(pushedBy(submitted).view.callback_id).toBe('request_upgrade_plan')
      }
      return pressed(submitted)
    },
    effects: {},
  },
  {
    name: 'view_submission: the plan',
    covers: 'view_submission:request_upgrade_plan',
    before: () => scene(),
    prepare: async () => ({ view: pushedBy(await submit(await filledIn('api'))) }),
    send: async (_, before) => pressed(await submit(before)),
    requests: 'api',
    effects: { requested: 1 },
  },
  {
    name: 'view_submission: a reason to reject',
    covers: 'view_submission:reject_upgrade',
    before: () => scene(),
    prepare: ({ question }) => modalOf(press(alice, question, 'reject')),
    send: async (_, before) => pressed(await submit(before, { reason: 'not on a Friday' })),
    effects: { audited: ['rejected'] },
  },
  {
    name: 'view_submission: a reason for a rollback',
    covers: 'view_submission:rollback_reason',
    before: () => scene(toContinue),
    prepare: ({ live }) => modalOf(press(carol, live, 'rollback', true)),
    send: async (_, before) => pressed(await submit(before, { reason: 'error rate rose' })),
    effects: { audited: ['turnedBack', 'explained'] },
  },
  {
    name: 'view_submission: the ID that is typed to break the glass',
    covers: 'view_submission:confirm_break_glass',
    before: () => scene(() => [], breakGlass),
    prepare: ({ question }) => modalOf(press(root, question, 'confirm')),
    send: async ({ upgrade }, before) => pressed(await submit(before, { typed: upgrade.id })),
    effects: { audited: ['breakGlassConfirmed'] },
  },

  // ---- shortcuts
  {
    name: 'shortcut',
    covers: 'shortcut:request_upgrade',
    before: () => scene(),
    send: async () => pressed(await world.slack.shortcut({ user: dana, callbackId: 'request_upgrade' })),
    effects: { opened: ['request_upgrade'] },
  },
  {
    name: 'message_action',
    covers: 'message_action:who_can_approve',
    before: () => scene(),
    async send({ question: { ts } }) {
      const callbackId = 'who_can_approve'
      return pressed(await world.slack.messageShortcut({ user: nina, channel, ts, callbackId }))
    },
    effects: { opened: ['Who can decide?'] },
  },

  // ---- events
  said('a reply in the thread', 'pause', { audited: ['paused'], marked: 1 }),
  said('thread_broadcast', 'hold, something is odd', { audited: ['paused'], marked: 1 }, 'thread_broadcast'),
  said('file_share', 'pause, see the picture', { audited: ['paused'], marked: 1 }, 'file_share'),
  said('a reply that asks', 'status', { answers: 1 }),
  {
    ...said('', '', { audited: ['paused'], marked: 1 }),
    name: 'app_mention, and the message that it stands in',
    covers: 'event:app_mention',
    send: (at) => reply(carol, at, `<@${world.slack.botUserId}> pause`),
  },
  { ...said('ordinary talk', 'let us get some coffee', {}), isDropped: true },
  {
    ...said('of an app', '', {}),
    send: (at) => reply('U0CI', at, 'rollback'),
    isDropped: true,
  },
  {
    ...said('message_changed', '', {}),
    prepare: async ({ live }) => ({ said: (await world.slack.say(talk(live, 'let us see'))).message }),
    async send(_, { said: message }) {
      const ts = message?.ts ?? ''
      const events = await world.slack.rewrite({ user: carol, channel, ts, text: 'rollback' })
      return { deliveries: events.flatMap(({ attempts }) => attempts) }
    },
    isDropped: true,
  },
  {
    ...said('message_deleted', '', {}),
    prepare: async ({ live }) => ({ said: (await world.slack.say(talk(live, 'let us see'))).message }),
    async send(_, { said: message }) {
      const events = await world.slack.unsay({ user: carol, channel, ts: message?.ts ?? '' })
      return { deliveries: events.flatMap(({ attempts }) => attempts) }
    },
    isDropped: true,
  },
  // Of an integration from before apps, which bears no user: https://docs.slack.dev/reference/events/message/bot_message
  {
    ...said('bot_message', '', {}),
    async send({ live }) {
      const message = { subtype: 'bot_message', bot_id: 'B0OLD', username: 'carol', text: 'rollback' }
      const where = { channel, channel_type: 'channel', thread_ts: live.ts, ts: String(Date.now() / 1_000) }
      return { deliveries: (await world.slack.event({ type: 'message', ...message, ...where })).attempts }
    },
    isDropped: true,
  },
]

/** Pressed elsewhere: `review` at an administrator's Home tab, and nobody presses `explain`, which a dialog asks for. */
const notOnMessages: readonly Action[] = ['explain', 'review']

type Manifest = {
  features: { slash_commands: { command: string }[]; shortcuts: { type: string; callback_id: string }[] }
  settings: { event_subscriptions: { bot_events: string[] } }
}

type SocketMode = NonNullable<FakeSlack['socketMode']>

// ---------------------------------------------------------------- what comes out of order

/** As Slack would tell of a reply, before or after it stands there. */
function replyOf({ live }: Scene, text: string) {
  const ts = `${Math.floor(now / 1_000)}.${String(++replies).padStart(6, '0')}`
  const where = { channel, channel_type: 'channel', thread_ts: live.ts, parent_user_id: world.slack.botUserId }
  return { type: 'message', user: carol, team: 'T0SHOP', text, ts, ...where }
}
let replies = 0
const hidden = { hidden: true, channel, channel_type: 'channel' }
const gone = ({ ts, ...rest }: ReturnType<typeof replyOf>) => ({
  ...{ type: 'message', subtype: 'message_deleted', deleted_ts: ts, ts: String(Number(ts) + 1) },
  previous_message: { ...rest, ts },
})
const changed = ({ ts, ...rest }: ReturnType<typeof replyOf>, text: string) => ({
  ...{ type: 'message', subtype: 'message_changed', ts: String(Number(ts) + 1) },
  message: { ...rest, ts, text, edited: { user: carol, ts } },
  previous_message: { ...rest, ts },
})

// ---------------------------------------------------------------- what nothing listens to

type Unknown = {
  name: string
  /** Acknowledged; else refused. */
  isTaken: boolean
  counts?: RefusedDelivery | 'nothing'
  /** Sent over this alone. */
  over?: 'HTTP'
  send(at: Scene): Promise<Delivery>
}

/** Events that an app can be subscribed to, and Rollcall's is not; the last one is of another year. */
const otherEvents = [
  { type: 'channel_archive', channel, user: dana },
  { type: 'channel_unarchive', channel, user: dana },
  { type: 'channel_rename', channel: { id: channel, name: 'ships', created: 1 } },
  { type: 'channel_deleted', channel },
  { type: 'channel_left', channel },
  { type: 'channel_shared', channel, connected_team_id: 'T0OTHER' },
  { type: 'member_left_channel', channel, user: dana, channel_type: 'C', team: 'T0SHOP' },
  { type: 'app_uninstalled' },
  { type: 'tokens_revoked', tokens: { oauth: [], bot: ['U0BOT'] } },
  { type: 'subteam_updated', subteam: { id: 'S0DEVS' } },
  { type: 'subteam_members_changed', subteam_id: 'S0DEVS', team_id: 'T0SHOP' },
  { type: 'user_change', user: { id: dana } },
  { type: 'link_shared', channel, user: dana, links: [], message_ts: '1.2' },
  { type: 'reaction_added', user: dana, reaction: 'rocket', item: { type: 'message', channel, ts: '1.2' } },
  { type: 'something_new', channel },
]

const forged = (type: 'slash_commands' | 'interactive' | 'events_api', payload: Record<string, unknown>) => () =>
  world.slack.raw({ user: carol, kind: String(payload.type ?? 'none'), type, payload })
const press1 = { action_id: 'approve', block_id: 'b', action_ts: '1.3' }

const unknown: Unknown[] = [
  ...otherEvents.map(
    (event): Unknown => ({
      name: `event ${event.type}`,
      isTaken: true,
      send: async () => (await world.slack.event(event)).attempts[0] as Delivery,
    }),
  ),
  {
    name: 'message of another subtype',
    isTaken: true,
    counts: 'nothing',
    send: async () => {
      const event = {
        type: 'message',
        subtype: 'channel_join',
        user: dana,
        channel,
        channel_type: 'channel',
        text: 'x',
      }
      return (await world.slack.event({ ...event, ts: '1.2' })).attempts[0] as Delivery
    },
  },
  {
    name: 'app_rate_limited',
    over: 'HTTP',
    isTaken: true,
    counts: 'nothing',
    send: forged('events_api', { type: 'app_rate_limited' }),
  },
  {
    name: 'a button of another app, or of another year',
    isTaken: true,
    send: ({ live }) =>
      world.slack.rawAction({ user: carol, channel, ts: live.ts, action: { action_id: 'selfdestruct', value: 'x' } }),
  },
  ...['overflow', 'static_select', 'checkboxes'].map(
    (element): Unknown => ({
      name: `an element ${element} that was never there`,
      isTaken: true,
      counts: 'unreadable',
      send: ({ live, upgrade }) => {
        const selected_option = { text: { type: 'plain_text', text: 'x' }, value: buttonValue(upgrade) }
        const action = { ...press1, type: element, selected_option }
        return world.slack.rawAction({ user: alice, channel, ts: live.ts, action })
      },
    }),
  ),
  {
    name: 'a choice in another modal',
    isTaken: true,
    send: forged('interactive', {
      type: 'block_actions',
      actions: [{ ...press1, type: 'button' }],
      view: { id: 'V1', type: 'modal', callback_id: 'another', state: { values: {} }, blocks: [] },
    }),
  },
  {
    name: 'choices for another modal',
    isTaken: true,
    send: forged('interactive', {
      ...{ type: 'block_suggestion', action_id: 'service', block_id: 'service', value: '' },
      view: { id: 'V1', type: 'modal', callback_id: 'another', state: { values: {} }, blocks: [] },
    }),
  },
  {
    name: 'the submission of another modal',
    isTaken: true,
    send: forged('interactive', {
      type: 'view_submission',
      view: {
        id: 'V1',
        type: 'modal',
        callback_id: 'another',
        state: { values: {} },
        blocks: [],
        private_metadata: '',
      },
    }),
  },
  { name: 'another command', isTaken: false, send: forged('slash_commands', { command: '/other', text: 'x' }) },
  { name: 'another shortcut', isTaken: false, send: forged('interactive', { type: 'shortcut', callback_id: 'other' }) },
  {
    name: 'another shortcut on a message',
    isTaken: false,
    send: forged('interactive', { type: 'message_action', callback_id: 'other', channel: { id: channel } }),
  },
  {
    name: 'view_closed',
    isTaken: false,
    send: forged('interactive', { type: 'view_closed', view: { id: 'V1', callback_id: 'reject_upgrade' } }),
  },
  {
    name: 'interactive_message',
    isTaken: false,
    send: forged('interactive', { type: 'interactive_message', callback_id: 'c', actions: [{ type: 'button' }] }),
  },
  { name: 'dialog_submission', isTaken: false, send: forged('interactive', { type: 'dialog_submission' }) },
  { name: 'workflow_step_edit', isTaken: false, send: forged('interactive', { type: 'workflow_step_edit' }) },
  { name: 'another kind of interaction', isTaken: false, send: forged('interactive', { type: 'something_new' }) },
  {
    name: 'function_executed',
    isTaken: false,
    send: forged('events_api', {
      type: 'event_callback',
      event_id: 'Ev0',
      event: { type: 'function_executed', function_execution_id: 'Fx0', inputs: {} },
    }),
  },
  {
    name: 'an event without a type',
    isTaken: false,
    send: forged('events_api', { type: 'event_callback', event_id: 'Ev1', event: {} }),
  },
]

function talk({ ts }: Message, text: string) {
  return { user: carol, channel, text, threadTs: ts }
}

// ---------------------------------------------------------------- what has come of it

/** A kind on its way, and from which call on what comes of it is counted. */
type Ready = { kind: Kind; at: Scene; before: Prepared }
type Underway = Ready & { since: number; sent: Sent }

async function ready(kind: Kind): Promise<Ready> {
  const at = await kind.before()
  return { kind, at, before: (await kind.prepare?.(at)) ?? {} }
}

/** Everything that has happened because of a delivery. */
async function effectsOf({ at, before, since, sent, kind }: Underway): Promise<Effects> {
  const { slack, surface } = world
  const calls = slack.calls.slice(since)
  const opens = calls.filter(({ method, args }) => method === 'views.open' && isOf(args?.trigger_id, sent))
  const audit = await surface.audit(at.upgrade.id)
  const requests = (await surface.active()).filter(({ target }) => target.uid === `${kind.requests}-${world.round}`)
  const answers = slack
    .ephemerals()
    .filter(({ text }) => !text.includes('not stored in time'))
    .filter(
      (one) =>
        (sent.interaction !== undefined && one.interaction === sent.interaction) ||
        (sent.message !== undefined && one.threadTs === at.live.ts),
    )
  const marks = sent.message && slack.message(channel, sent.message.ts)?.reactions
  const counted = {
    audited: audit.slice(at.audited).map(({ action }) => action),
    opened: opens.map(({ args }) => nameOf(args?.view)),
    answers: answers.length,
    marked: marks?.length ?? 0,
    published: calls.filter(({ method, args }) => method === 'views.publish' && args?.user_id === sent.user).length,
    edited: calls.filter(({ method, args }) => method === 'views.update' && args?.view_id === before.view?.id).length,
    requested: requests.length,
  }
  return Object.fromEntries(Object.entries(counted).filter(([, of]) => (Array.isArray(of) ? of.length > 0 : of > 0)))
}

const isOf = (trigger: unknown, { interaction }: Sent) =>
  interaction !== undefined && String(trigger).endsWith(`.${interaction}`)

function nameOf(view: unknown): string {
  const { callback_id, title } = Object(typeof view === 'string' ? JSON.parse(view) : view) as {
    callback_id?: string
    title?: { text: string }
  }
  return callback_id ?? title?.text ?? ''
}

const outcomes = ({ sent: { deliveries } }: Underway) => [...new Set(deliveries.map(({ outcome }) => outcome))]

async function sent({ kind, at, before }: Ready): Promise<Underway> {
  const since = world.slack.calls.length
  return { kind, at, before, since, sent: await kind.send(at, before) }
}

const actionsOf = async ({ upgrade, audited }: Scene) =>
  (await world.surface.audit(upgrade.id)).slice(audited).map(({ action }) => action)

/** Upgrades and their trails; what was refused is on a trail of its own. */
async function everythingDecided(): Promise<string> {
  const stored = await everythingStored(redis)
  return stored
    .split('\n')
    .filter((line) => /^\{rollcall\}:(?:upgrade|audit|count|target):?/.test(line) && !line.includes(':refusals'))
    .toSorted()
    .join('\n')
}

/** Nothing is under way any more. */
async function settled(): Promise<void> {
  const taken = () => world.claims.filter(({ state }) => state === 'mine').length
  await expect.poll(() => taken() - world.through(), within).toBe(0)
}

// ---------------------------------------------------------------- the tests

describe.each(['HTTP', 'Socket Mode'] as const)('over %s', (transport) => {
  beforeAll(async () => {
    world = await start(transport)
  })
  beforeEach(async () => {
    await redis.flushdb()
    await redis.hset(keys.config, { hash: 'one', number: 1 })
    world.round += 1
    world.beforeWork = async () => {}
    world.isStoreAway = false
    await expect.poll(() => world.app.isConnected(), within).toBe(true)
    now = Date.now()
    world.refused.length = 0
  })
  afterEach(() => {
    for (const { id } of world.slack.views().filter(({ type }) => type === 'modal')) {
      if (world.slack.views().some((one) => one.id === id)) void world.slack.closeView({ view: id })
    }
  })
  afterAll(async () => {
    const problems = world.slack.socketMode?.problems ?? []
    await stop(world)
    expect(problems).toEqual([])
  })

  test.each(kinds)('$name: it is done, and coming again it is not done again', async (kind) => {
    const underway = await sent(await ready(kind))
    expect(outcomes(underway)).toEqual(['acknowledged'])
    await expect.poll(() => effectsOf(underway), within).toEqual(kind.effects)
    await settled()

    const claimed = world.claims.length
    const isEvent = kind.covers.startsWith('event:')
    if (transport === 'HTTP' && !isEvent) expect((await world.slack.replay()).status).toBe(409)
    const again = await world.slack.repeat()
    if (transport === 'Socket Mode' || isEvent) {
      expect(again.outcome).toBe('acknowledged')
      if (!kind.isDropped) {
        await expect.poll(() => world.claims.length, within).toBeGreaterThan(claimed)
        expect(world.claims.at(-1)?.state).toBe('done')
      }
      await settled()
      expect(await effectsOf(underway)).toEqual(kind.effects)
    } else {
      // Slack repeats nothing of the kind; if it did, the engine would not decide twice.
      const { audited, requested } = await effectsOf(underway)
      expect({ audited, requested }).toEqual({ audited: kind.effects.audited, requested: kind.effects.requested })
    }
  })

  test.runIf(transport === 'Socket Mode').each([
    ['breaks', 0, (slack: SocketMode) => slack.cut()],
    ['is renewed', 1, (slack: SocketMode) => slack.refresh()],
    ['is about to be renewed', 2, (slack: SocketMode) => slack.warn()],
  ])('a third of them on a connection that %s before any is acknowledged: each is done once', async (_, of, befall) => {
    const { app, slack } = world
    const socketMode = slack.socketMode as SocketMode
    const these = kinds.filter((_, index) => index % 3 === of)
    const waiting = []
    for (const kind of these) waiting.push(await ready(kind))
    await settled()
    const claimed = world.claims.length
    const gate = Promise.withResolvers<void>()
    world.beforeWork = () => gate.promise
    const sending = Promise.all(waiting.map(sent))
    const lookedUp = these.filter(({ isDropped }) => !isDropped).length
    await expect.poll(() => world.claims.length - claimed, within).toBeGreaterThanOrEqual(lookedUp)
    befall(socketMode)
    await expect.poll(() => app.isConnected(), within).toBe(false)
    world.beforeWork = async () => {}
    gate.resolve()
    const underway = await sending
    for (const one of underway) {
      await expect.poll(() => effectsOf(one), { ...within, message: one.kind.name }).toEqual(one.kind.effects)
    }
    await expect.poll(() => app.isConnected(), within).toBe(true)
    await settled()
    const seen = await Promise.all(underway.map(async (one) => [one.kind.name, await effectsOf(one)]))
    expect(seen).toEqual(these.map(({ name, effects }) => [name, effects]))
  })

  describe('out of order', () => {
    test('an older press after a newer state is told that it was decided', async () => {
      const at = await scene()
      const { view } = await modalOf(press(bob, at.question, 'reject'))
      const late = await modalOf(press(alice, at.question, 'reject'))
      await world.slack.submitView({ view: view.id, values: { reason: 'no' } })
      const approved = await press(alice, at.question, 'approve', true)
      expect((await approved.reply()).text).toContain('decided already')
      await world.slack.submitView({ view: late.view.id, values: { reason: 'no, too' } })
      expect(JSON.stringify(world.slack.views(alice))).toContain('decided already')
      expect(await actionsOf(at)).toEqual(['rejected'])
    })

    test('a deletion and an edit before the message: they do nothing, and the message counts once', async () => {
      const at = await scene(toContinue)
      const message = replyOf(at, 'pause')
      await world.slack.event({ ...gone(message), ...hidden })
      await world.slack.event({ ...changed(message, 'rollback'), ...hidden })
      expect(await actionsOf(at)).toEqual([])
      await world.slack.event(message)
      await world.slack.event({ ...changed(message, 'rollback'), ...hidden })
      await world.slack.event({ ...gone(message), ...hidden })
      await settled()
      expect(await actionsOf(at)).toEqual(['paused'])
    })

    test('a mention before its message, and a retry of it after that, count once', async () => {
      const at = await scene(toContinue)
      const message = replyOf(at, `<@${world.slack.botUserId}> pause`)
      const { parent_user_id: _, channel_type: __, ...mention } = message
      await world.slack.event({ ...mention, type: 'app_mention' })
      await world.slack.event(message)
      await world.slack.repeat()
      await settled()
      expect(await actionsOf(at)).toEqual(['paused'])
    })

    test('what comes minutes late is asked about', async () => {
      const at = await scene(toContinue)
      const { ts } = replyOf(at, '')
      await world.slack.event({ ...replyOf(at, 'rollback'), ts: String(Number(ts) - 180) })
      await settled()
      expect(await actionsOf(at)).toEqual([])
      const [asked] = world.slack.ephemerals(carol).filter(({ threadTs }) => threadTs === at.live.ts)
      expect(interactiveElements(asked?.blocks ?? []).map(({ actionId }) => actionId)).toEqual(['rollback'])
    })
  })

  describe('whoever has Slack in Chinese', () => {
    const answered = async (asked: Promise<Interacted>) => expectChinese((await (await asked).reply()).text)
    const typed = (text: string) => world.slack.command({ user: lin, channel, command: '/upgrade', text })
    const shown = ({ view }: OpenView) =>
      visibleText([view.title, view.submit, view.close, ...(view.blocks as unknown[])].filter(Boolean))

    test('is answered in it, by commands and by buttons, and the channel stays as it is', async () => {
      const at = await scene(toContinue)
      for (const text of ['lst', 'whoami', 'list', 'help', `status ${at.upgrade.id}`, `pause ${at.upgrade.id}`]) {
        await answered(typed(text))
      }
      await answered(press(lin, at.question, 'continue', true))
      await answered(typed(`continue ${at.upgrade.id}`))
      expect(at.live.text).toContain('Waiting for platform')
    })

    test('reads modals in it, and what is wrong with what was entered', async () => {
      const at = await scene()
      const { view: reasons } = await modalOf(press(lin, at.question, 'reject'))
      expectChinese(shown(reasons))
      await world.slack.submitView({ view: reasons.id, values: { reason: ' ' } })
      for (const text of Object.values(world.slack.views(lin).at(-1)?.errors ?? { none: '' })) expectChinese(text)
      await world.slack.submitView({ view: reasons.id, values: { reason: 'no' } })
      expectChinese(shown(world.slack.views(lin).at(-1) as OpenView))
      const callbackId = 'who_can_approve'
      const who = modalOf(world.slack.messageShortcut({ user: lin, channel, ts: at.live.ts, callbackId }))
      expectChinese(shown((await who).view))
      const form = await filledIn('api', lin)
      const open = world.slack.views(lin).find(({ id }) => id === viewIn(form)) as OpenView
      expectChinese(shown(open).replaceAll(/\b(?:web|api|shop|production)\b/g, ''))
      expectChinese(shown(pushedBy(await submit(form))))
    })

    test('reads the Home tab in it', async () => {
      await scene()
      const { view } = await homeOf(lin, '')
      expectChinese(shown(view as OpenView))
    })

    test('is answered in it in a thread', async () => {
      const at = await scene(toContinue)
      await world.slack.say({ user: lin, channel, text: 'status', threadTs: at.live.ts })
      const one = await world.slack.waitForEphemeral(({ user, threadTs }) => user === lin && threadTs === at.live.ts)
      expectChinese(one.text)
    })

    test('hears in it that nothing was stored', async () => {
      const at = await scene(toContinue)
      const toLin = () => world.slack.ephemerals(lin).length
      for (const ask of [
        () => typed(`pause ${at.upgrade.id}`),
        () => press(lin, at.question, 'pause'),
        () => world.slack.say({ user: lin, channel, text: 'pause', threadTs: at.live.ts }),
      ]) {
        const before = toLin()
        world.isStoreAway = true
        const asking = ask()
        await expect.poll(toLin, within).toBeGreaterThan(before)
        world.isStoreAway = false
        await asking
        expectChinese(world.slack.ephemerals(lin).at(before)?.text ?? '')
      }
    })
  })

  test('what nothing here listens to is acknowledged or refused at once, counted, and changes nothing', async () => {
    const at = await scene()
    const before = await everythingDecided()
    const posted = world.slack.messages().length
    const sent = unknown.filter(({ over = transport }) => over === transport)
    const outcomesSeen = await Promise.all(
      sent.map(async (one) => [one.name, (await one.send(at)).outcome === 'acknowledged'] as const),
    )
    expect(outcomesSeen).toEqual(sent.map(({ name, isTaken }) => [name, isTaken]))
    const counted = sent.map(({ counts = 'unknown' }) => counts).filter((one) => one !== 'nothing')
    await expect.poll(() => world.refused.length, within).toBeGreaterThanOrEqual(counted.length)
    await settled()
    // Over Socket Mode Slack tries again what was not acknowledged.
    expect(new Set(world.refused)).toEqual(new Set(counted))
    if (transport === 'HTTP') expect(world.refused.toSorted()).toEqual(counted.toSorted())
    expect(await everythingDecided()).toBe(before)
    expect(world.slack.messages()).toHaveLength(posted)
  })

  test.runIf(transport === 'Socket Mode')('a frame of no known kind is survived', async () => {
    const { app, slack } = world
    for (const frame of ['null', '[]', '{', '{"type":"error"}', '{"type":"events_api","envelope_id":"e"}', '{}']) {
      slack.socketMode?.say(frame)
    }
    const at = await scene()
    expect((await press(alice, at.question, 'approve', true)).outcome).toBe('acknowledged')
    expect(app.isConnected()).toBe(true)
    expect(await actionsOf(at)).toEqual(['approved'])
  })

  test.runIf(transport === 'HTTP')(
    'an address that is verified, and a certificate that is checked, are answered',
    async () => {
      const challenge = JSON.stringify({ type: 'url_verification', challenge: 'c', token: 't' })
      const verified = await world.slack.send({ body: challenge, contentType: 'application/json' })
      expect(JSON.parse(verified.body)).toEqual({ challenge: 'c' })
      expect((await world.slack.send({ body: 'ssl_check=1&token=t' })).status).toBe(200)
      expect(world.refused).toEqual([])
    },
  )
})

test('each command, shortcut and event of the manifest is among them, and each dialog, button and list of the source', async () => {
  const covered = new Set(kinds.map(({ covers }) => covers))
  const manifest = parse(await readFile('deploy/slack-manifest.yaml', 'utf8')) as Manifest
  const { features, settings } = manifest
  const events = new Set(
    settings.event_subscriptions.bot_events.map((event) => event.replace(/^message\..*/, 'message')),
  )
  expect([...events].toSorted()).toEqual(heardEvents.toSorted())
  const views = (await readdir('src/slack', { recursive: true })).filter((name) => name.endsWith('.ts'))
  const source = (await Promise.all(views.map((name) => readFile(`src/slack/${name}`, 'utf8')))).join('\n')
  const callbacks = [...source.matchAll(/Callback = '(\w+)'/g)].map(([, name]) => name)
  expect(callbacks.length).toBeGreaterThan(5)
  const shortcuts = features.shortcuts.map(({ type, callback_id }) =>
    type === 'global' ? `shortcut:${callback_id}` : `message_action:${callback_id}`,
  )
  const all = [
    ...features.slash_commands.map(({ command }) => `command:${command}`),
    ...shortcuts,
    ...[...events].map((event) => `event:${event}`),
    ...callbacks
      .filter((name) => !shortcuts.includes(`message_action:${name}`))
      .map((name) => `view_submission:${name}`),
    ...actions.filter((action) => !notOnMessages.includes(action)).map((action) => `block_actions:message:${action}`),
    ...Object.values(homeActions).map((action) => `block_actions:home:${action}`),
    ...['service', 'environment'].map((field) => `block_actions:modal:${field}`),
    ...['service', 'version'].map((field) => `block_suggestion:${field}`),
  ]
  expect(all.filter((one) => !covered.has(one))).toEqual([])
  // No view asks to hear that it was closed.
  expect(source).not.toContain('notify_on_close')
})
