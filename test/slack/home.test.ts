import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { troubleToldOf } from '../../src/slack/admins.ts'
import type { Spend } from '../../src/slack/budget.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createHomeTabs, type HomeTabs } from '../../src/slack/home.ts'
import { after, anUpgrade, anUpgradeIn, aPolicy, noon, slackUser } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type OpenView, type SlackOptions, startSlack, visibleText } from '../fakes/slack/slack.ts'
import { startApp } from './an-app.ts'
import { InMemoryHomes } from './in-memory-homes.ts'

const id = 'web-production-14'
const alice = 'U0ALICE'
const dana = 'U0DANA'
const log = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let surface: InMemorySurface
let homes: InMemoryHomes
let tabs: HomeTabs
let stopApp: () => Promise<void>
/** What was asked of the budget, and what it answers. */
let spent: Spend[]
let waitMs: number
let again: number[]
/** What administrators were told of channels. */
let marks: Map<string, string[]>
/** Epoch milliseconds. */
let clock: number

async function start(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack({ teamId: 'T0SHOP', eventRetryDelaysMs: [1, 1], ...options })
  for (const name of ['dana', 'alice', 'bob', 'root']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addChannel({ id: 'C0RELEASES', name: 'releases', members: [dana, alice] })
  surface = new InMemorySurface()
  surface.permissions = ['request']
  surface.rights.set(alice, ['approve', 'reject', 'withdraw', 'review'])
  homes = new InMemoryHomes()
  spent = []
  waitMs = 0
  again = []
  marks = new Map()
  clock = Date.parse('2026-07-01T12:00:00Z')
  tabs = aTab()
  const started = await startApp(slack, { surface, homes: tabs })
  stopApp = started.stop
}

/** Another process has one of its own. */
function aTab(): HomeTabs {
  return createHomeTabs({
    client: slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log }),
    surface,
    homes,
    budget: {
      take: async (spend) => {
        spent.push(spend)
        return waitMs
      },
      pause: async (_, forMs) => {
        waitMs = forMs
      },
    },
    messages: en,
    log,
    linkTo: async () => undefined,
    lost: async (channel) => troubleToldOf(marks.get(channel) ?? []),
    again: async (delayMs) => void again.push(delayMs),
    now: () => clock,
  })
}

async function stop(): Promise<void> {
  await stopApp()
  await slack.stop()
}

const homeOf = (user: string) => slack.views(user).find(({ type }) => type === 'home')
const textOf = (view: OpenView | undefined) => visibleText(Array.isArray(view?.view.blocks) ? view.view.blocks : [])
const publishes = () => slack.calls.filter(({ method }) => method === 'views.publish')

/** Opens it, and waits until it says something. */
async function opened(user: string, said = ''): Promise<OpenView> {
  await slack.openHome({ user })
  const view = await slack.waitForView((one) => one.user === user && textOf(one).includes(said))
  await expect.poll(() => homes.views.get(user)?.hash === view.hash && homes.people.has(user)).toBe(true)
  again = []
  return view
}

describe.each(['HTTP', 'Socket Mode'] as const)('over %s', (transport) => {
  beforeEach(() => start({ socketMode: transport === 'Socket Mode' }))
  afterEach(stop)

  test('whoever opens it sees what waits for them, and it is gone once they have decided there', async () => {
    surface.put(anUpgrade())
    const home = await opened(alice, 'Waiting for you')
    const press = await slack.viewAction({ view: home.id, actionId: 'approve', confirm: true })
    expect(press.outcome).toBe('acknowledged')
    expect(surface.decisions).toMatchObject([
      { action: 'approve', via: 'button', upgrade: id, by: { team: 'T0SHOP', user: alice }, seen: { step: 0 } },
    ])
    await slack.waitFor(() => !textOf(homeOf(alice)).includes('Start web-production-14?') && homeOf(alice))
    expect(textOf(homeOf(alice))).toContain('Withdraw my approval')
  })

  test('whoever is on call sees that they were paged, and takes it there', async () => {
    const incidents = [{ at: noon, code: 'ROLLBACK_STUCK', detail: { cause: 'NOT_READY' } }]
    const pages = [{ of: 0, at: after(300_000), users: [alice], groups: [] }]
    surface.put({ ...anUpgradeIn('rollingBack'), incidents, pages })
    surface.rights.set(alice, ['acknowledge'])
    const home = await opened(alice, 'On-call was paged once')
    await slack.viewAction({ view: home.id, actionId: 'acknowledge' })
    expect(surface.decisions).toMatchObject([
      { action: 'acknowledge', via: 'button', upgrade: id, by: { user: alice } },
    ])
  })

  test('an event that comes again is published once', async () => {
    const [first, second] = [
      await slack.openHome({ user: dana, eventId: 'Ev1' }),
      await slack.openHome({ user: dana, eventId: 'Ev1' }),
    ]
    expect([first, second].flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([
      'acknowledged',
      'acknowledged',
    ])
    await slack.waitFor(() => homeOf(dana))
    expect(publishes()).toHaveLength(1)
  })

  test('a press that is refused is answered in a dialog, and what was out of date is not any more', async () => {
    surface.put(anUpgrade())
    const home = await opened(alice, 'Start web-production-14?')
    surface.put(anUpgradeIn('rejected'))
    surface.refusal = { code: 'ALREADY_DECIDED' }
    const press = await slack.viewAction({ view: home.id, actionId: 'approve', confirm: true })
    expect(visibleText((await press.modal()).view.blocks as unknown[])).toContain('decided already')
    await slack.waitFor(() => textOf(homeOf(alice)).includes('rejected') && homeOf(alice))
  })

  test('the form and the commands are a press away', async () => {
    const home = await opened(dana, 'Request an upgrade')
    const form = await (await slack.viewAction({ view: home.id, actionId: 'request_upgrade' })).modal()
    expect(form.view).toMatchObject({ callback_id: 'request_upgrade' })
    const commands = await (await slack.viewAction({ view: home.id, actionId: 'commands' })).modal()
    expect(visibleText(commands.view.blocks as unknown[])).toContain('/upgrade status')
  })
})

describe('the Home tabs', () => {
  beforeEach(() => start())
  afterEach(stop)

  test('are brought up to date for whoever opened theirs, and for nobody else', async () => {
    await opened(alice)
    surface.put(anUpgrade())
    await tabs.sync()
    expect(textOf(homeOf(alice))).toContain('Start web-production-14?')
    expect(homeOf(dana)).toBeUndefined()
  })

  test('are not published again while they say the same', async () => {
    await opened(alice)
    await tabs.sync()
    await slack.openHome({ user: alice })
    await tabs.sync()
    expect(publishes()).toHaveLength(1)
    expect(spent).toHaveLength(1)
  })

  test('are not opened by whoever reads the messages of the app', async () => {
    await slack.openHome({ user: alice, tab: 'messages' })
    expect(homes.people.size).toBe(0)
  })

  test('ask for the reject reason as the question does', async () => {
    surface.put(anUpgrade())
    const home = await opened(alice, 'Reject')
    const dialog = await (await slack.viewAction({ view: home.id, actionId: 'reject' })).modal()
    await slack.submitView({ view: dialog.id, values: { reason: 'not today' } })
    expect(surface.upgrades.get(id)?.result).toMatchObject({ outcome: 'rejected', reason: 'not today' })
  })

  test('take a press on another question than the first for what it is', async () => {
    const other = { ...anUpgrade(), id: 'web-production-15' }
    surface.put(anUpgrade(), other)
    const home = await opened(alice, 'web-production-15')
    await slack.viewAction({ view: home.id, actionId: 'approve', blockId: 'waiting/web-production-15', confirm: true })
    expect(surface.decisions).toMatchObject([{ upgrade: 'web-production-15', seen: { planHash: other.plan?.hash } }])
  })

  test.each(['guest', 'bot', 'stranger', 'deactivated'] as const)('tell a %s nothing but whom to ask', async (kind) => {
    surface.put(anUpgrade())
    surface.kinds.set(dana, kind)
    const said = textOf(await opened(dana))
    expect(said).toBe(
      'Rollcall answers full members of this workspace. Ask admins (<@U0ROOT>, <@U0RHEA>) if you need something of it.',
    )
  })

  test('wait while Slack does not say who somebody is', async () => {
    surface.kinds.set(dana, 'unknown')
    await slack.openHome({ user: dana })
    await expect.poll(() => again).toEqual([15_000, 0])
    expect(publishes()).toEqual([])
    surface.kinds.delete(dana)
    await tabs.sync()
    expect(homeOf(dana)).toBeDefined()
  })

  test('tell an administrator of break-glass that nobody has signed off', async () => {
    const policy = aPolicy({ breakGlass: true })
    surface.put({ ...anUpgradeIn('succeeded', { policy }), reviewDue: '2026-07-02T12:00:00.000Z' })
    surface.rights.set('U0ROOT', ['review'])
    await opened('U0ROOT', 'to be signed off by another administrator')
    await opened(alice)
    expect(textOf(homeOf(alice))).not.toContain('signed off')
  })

  test('tell an administrator of a channel that is lost, until it is there again', async () => {
    await opened('U0ROOT')
    await opened(alice)
    marks.set('C0RELEASES', ['CHANNEL_LEFT U0RHEA', 'CHANNEL_LEFT U0ROOT'])
    await tabs.sync()
    expect(textOf(homeOf('U0ROOT'))).toContain('Rollcall is not in this channel any more')
    expect(textOf(homeOf(alice))).not.toContain('not in this channel')
    marks.clear()
    await tabs.sync()
    expect(textOf(homeOf('U0ROOT'))).not.toContain('What looks wrong')
  })

  test('wait for their turn when there is much to publish', async () => {
    waitMs = 2_500
    await slack.openHome({ user: alice })
    await expect.poll(() => again).toEqual([2_500, 0])
    expect(publishes()).toEqual([])
    expect(spent).toEqual([{ kind: 'publish', user: alice, urgency: 'asked' }])
  })

  test('leave Slack alone for as long as it says', async () => {
    slack.fault({ method: 'views.publish', kind: 'rate_limited', retryAfterSeconds: 7 })
    await slack.openHome({ user: alice })
    await expect.poll(() => again).toEqual([7_000, 0])
    expect(waitMs).toBe(7_000)
  })

  test('are tried again when Slack has not said whether it took one', async () => {
    await opened(alice)
    surface.put(anUpgrade())
    slack.fault({ method: 'views.publish', kind: 'platform_error', error: 'internal_error', applyFirst: true })
    await tabs.sync()
    expect(again).toEqual([5_000])
    surface.happen(id, { type: 'rejected', by: slackUser(alice) })
    await tabs.sync()
    await tabs.sync()
    expect(textOf(homeOf(alice))).toContain('rejected')
  })

  test('tick now and then, as long as somebody may be looking; what people act upon is shown at once', async () => {
    const upgrade = anUpgradeIn('progressing')
    surface.put(upgrade)
    homes.clock = clock
    await opened(alice)
    const tick = (updated: number) => {
      surface.observation = { updated, total: 10, ready: 10, pods: [], stable: [] }
      return tabs.sync()
    }
    await tick(1)
    expect(again).toEqual([10_000])
    clock += 10_000
    await tick(2)
    expect(spent.at(-1)).toMatchObject({ urgency: 'progress' })
    expect(textOf(homeOf(alice))).toContain('2/10 updated')
    clock += 3_600_000
    await tick(3)
    expect(textOf(homeOf(alice))).toContain('2/10 updated')
    surface.happen(id, { type: 'paused', by: slackUser('U0CAROL') })
    await tabs.sync()
    expect(spent.at(-1)).toMatchObject({ urgency: 'changed' })
    expect(textOf(homeOf(alice))).toContain('Paused by')
  })

  test('of two processes the one that looked earlier does not have the last word', async () => {
    await opened(alice)
    const [earlier, later] = [aTab(), aTab()]
    // The first one has looked, and hangs before it publishes.
    const hanging = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const freezes = surface.freezes.bind(surface)
    surface.put(anUpgrade())
    surface.standingOf = async (actor) => {
      surface.standingOf = InMemorySurface.prototype.standingOf
      reached.resolve()
      await hanging.promise
      return surface.standingOf(actor)
    }
    const slow = earlier.sync()
    await reached.promise
    surface.frozen = [{ scope: 'all', by: 'U0ROOT', reason: 'the sale', since: '2026-07-01T12:00:00.000Z' }]
    await later.sync()
    expect(await freezes()).toHaveLength(1)
    hanging.resolve()
    await slow
    expect(textOf(homeOf(alice))).toContain('the sale')
    expect(again).toEqual([0])
  })

  test('what was published and not noted is published anew', async () => {
    await opened(alice)
    const noted = homes.views.get(alice)
    surface.put(anUpgrade())
    await tabs.sync()
    // The process died over the note.
    if (noted) homes.views.set(alice, noted)
    surface.put(anUpgradeIn('rejected'))
    await tabs.sync()
    await tabs.sync()
    expect(textOf(homeOf(alice))).toContain('rejected')
  })

  test('what was lost of them in Redis is there again when somebody looks', async () => {
    await opened(alice)
    homes.views.clear()
    homes.people.clear()
    surface.put(anUpgrade())
    await opened(alice, 'Start web-production-14?')
  })
})

describe('an app without a Home tab', () => {
  beforeEach(() => start({ homeTab: false }))
  afterEach(stop)

  test('does without, and does not try again and again', async () => {
    await slack.event({ type: 'app_home_opened', user: alice, channel: 'D1', tab: 'home' })
    await slack.waitFor(() => publishes()[0]?.answer?.error === 'not_enabled')
    await tabs.sync()
    expect(publishes()).toHaveLength(1)
    expect(again).toEqual([])
    expect(homes.people.size).toBe(0)
  })
})
