import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { SlackApp } from '../../src/slack/app.ts'
import type { RefusedDelivery } from '../../src/slack/listeners/parts.ts'
import { readRequestToken, requestToken } from '../../src/slack/request-token.ts'
import { proposalMessage } from '../../src/slack/views/proposal.ts'
import type { Offer } from '../../src/upgrade/proposals.ts'
import { anUpgradeIn, aPolicy, noon } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type Choice, type FakeSlack, type OpenView, startSlack, visibleText } from '../fakes/slack/slack.ts'
import { startApp } from './an-app.ts'

const channel = 'C0RELEASES'
const dana = 'U0DANA'

let slack: FakeSlack
let surface: InMemorySurface
let app: SlackApp
let stopApp: () => Promise<void>
let refused: RefusedDelivery[]
let logged: string[]

async function start(socketMode = false): Promise<void> {
  slack = await startSlack({ teamId: 'T0SHOP', socketMode })
  for (const name of ['dana', 'nina']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addUser({ id: 'U0EVE', name: 'eve', isStranger: true, teamId: 'T0OTHER' })
  slack.addChannel({ id: channel, name: 'releases', members: [dana, 'U0NINA', 'U0EVE'] })
  surface = new InMemorySurface()
  surface.policies = [
    aPolicy({ overrides: ['strategy', 'batches'] }),
    aPolicy({ service: 'api', environment: 'staging', overrides: ['batches'] }),
    aPolicy({ service: 'api' }),
  ]
  surface.permissions = ['request']
  surface.tags = ['1.5.0', '1.4.2', '1.4.1']
  refused = []
  logged = []
  ;({ app, stop: stopApp } = await startApp(slack, {
    surface,
    log: { info() {}, warn: (_, text) => logged.push(text), error: (_, text) => logged.push(text) },
    onRefused: (reason) => refused.push(reason),
  }))
}

beforeEach(() => start())

afterEach(stop)

async function stop(): Promise<void> {
  await stopApp()
  await slack.stop()
  expect(slack.socketMode?.problems ?? []).toEqual([])
}

function command(text = '', user = dana) {
  return slack.command({ user, channel, command: '/upgrade', text })
}

/** Types into a field and takes one of what is offered. */
async function choose(view: string, actionId: string, text: string, choice = text): Promise<void> {
  const { problems } = await slack.suggest({ view, actionId, text })
  expect(problems).toEqual([])
  if (actionId === 'service') await slack.viewAction({ view, actionId, choice })
}

/** The view on top. */
function top(user = dana): OpenView {
  const view = slack.views(user).at(-1)
  if (!view) throw new Error(slack.describe())
  return view
}

function textOf({ view }: OpenView): string {
  return visibleText([view.title, ...(view.blocks as unknown[])])
}

function fieldsOf({ view }: OpenView): string[] {
  return (view.blocks as { type: string; block_id: string }[]).flatMap((one) =>
    one.type === 'input' ? [one.block_id] : [],
  )
}

/** The form with a service chosen, once it asks for the rest. */
async function opened(service = 'web', user = dana): Promise<string> {
  const { id } = await (await command('', user)).modal()
  await choose(id, 'service', service)
  await slack.waitFor(() => fieldsOf(top(user)).includes(`version:${service}`))
  return id
}

/** Sends the form with a version, and whatever else is entered. */
async function sent(values: Record<string, Choice> = {}, service = 'web') {
  const view = await opened(service)
  await choose(view, 'version', '1.5.0')
  return slack.submitView({ view, values: { version: '1.5.0', ...values } })
}

describe.each([
  ['HTTP', false],
  ['Socket Mode', true],
])('a request by form over %s', (_, socketMode) => {
  beforeEach(async () => {
    if (!socketMode) return
    await stop()
    await start(true)
  })

  test('goes from the command to the plan, and from there to the upgrade', async () => {
    const form = await (await command()).modal()
    expect(form.view).toMatchObject({ callback_id: 'request_upgrade', title: { text: 'Request an upgrade' } })
    expect((await slack.suggest({ view: form.id, actionId: 'service', text: '' })).options).toMatchObject([
      { value: 'web' },
      { value: 'api' },
    ])
    await slack.viewAction({ view: form.id, actionId: 'service', choice: 'web' })
    await slack.waitFor(() => fieldsOf(top()).includes('version:web'))
    const { options } = await slack.suggest({ view: form.id, actionId: 'version', text: '1.4' })
    expect(options.map(({ value }) => value)).toEqual(['1.4.2', '1.4.1', '1.4'])
    const values = { version: '1.4.2', batches: '1,100%', reason: 'fix the\nrounding', startAt: 1_782_936_000 }
    const submitted = await slack.submitView({ view: form.id, values })
    expect(submitted).toMatchObject({ outcome: 'acknowledged', problems: [] })
    expect(textOf(top())).toContain('Plan for *web* in *production*')
    expect(surface.upgrades.size).toBe(0)

    const asked = await slack.submitView({ view: top().id })
    expect(asked).toMatchObject({ outcome: 'acknowledged', problems: [] })
    expect(textOf(top())).toContain('web-production-1 is being checked')
    expect(surface.requests.at(-1)).toEqual({
      ...{ service: 'web', environment: 'production', version: '1.4.2', reason: 'fix the rounding' },
      ...{ overrides: { batches: [1, '100%'] }, startAt: '2026-07-01T20:00:00.000Z', via: 'modal' },
      by: { kind: 'slack', team: 'T0SHOP', user: dana },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    await slack.closeView({ view: top().id })
    expect(slack.views()).toEqual([])
    expect([refused, logged]).toEqual([[], []])
  })
})

describe('a version that is proposed', () => {
  const staging = aPolicy({ service: 'api', environment: 'staging' })

  /** Presses a button under a version that Rollcall proposes. */
  async function press(actionId: string, version = '3.9.0', policy = staging) {
    const offer: Offer = { version, source: 'harbor', at: noon, state: { is: 'open', since: noon } }
    const { text, blocks } = proposalMessage(offer, policy, en) ?? { text: '', blocks: [] }
    const { ts = '' } = await app.client.chat.postMessage({ channel, text, blocks })
    return slack.click({ user: dana, channel, ts, actionId })
  }

  test('opens the form with service, environment and version in it, and asks for nothing', async () => {
    const form = await (await press('request_proposed')).modal()
    expect(fieldsOf(form)).toEqual(['service', 'environment:api', 'version:api', 'batches', 'reason', 'startAt'])
    expect(surface.requests).toEqual([])
    await slack.submitView({ view: form.id })
    expect(textOf(top())).toContain('Plan for *api* in *staging*')
    expect(surface.upgrades.size).toBe(0)
    await slack.submitView({ view: top().id })
    expect(surface.requests.at(-1)).toMatchObject({
      ...{ service: 'api', environment: 'staging', version: '3.9.0', via: 'modal' },
      by: { kind: 'slack', team: 'T0SHOP', user: dana },
    })
  })

  test('can be changed in the form like anything else', async () => {
    const form = await (await press('request_proposed')).modal()
    await slack.viewAction({ view: form.id, actionId: 'environment', choice: 'production' })
    await slack.waitFor(() => !fieldsOf(top()).includes('batches'))
    await slack.submitView({ view: form.id })
    await slack.submitView({ view: top().id })
    expect(surface.requests.at(-1)).toMatchObject({ service: 'api', environment: 'production', version: '3.9.0' })
  })

  test('is said to be requested already, once it is', async () => {
    const upgrade = anUpgradeIn('progressing')
    surface.put(upgrade)
    const pressed = await press('request_proposed', upgrade.request.version, upgrade.policy)
    expect((await pressed.reply()).text).toContain('Somebody was faster: <@U0DANA> requested web 1.5.0')
    expect(slack.views()).toEqual([])
  })

  test('whose service left the configuration opens an empty form', async () => {
    surface.policies = [aPolicy()]
    const form = await (await press('request_proposed')).modal()
    expect(fieldsOf(form)).toEqual(['service'])
  })

  test('is dismissed without another word, or with why not', async () => {
    await press('dismiss_proposed')
    await slack.waitFor(() => surface.dismissals.length === 1)
    expect(surface.dismissals).toMatchObject([
      { service: 'api', environment: 'staging', version: '3.9.0', by: { user: dana } },
    ])
    surface.isProposed = false
    expect((await (await press('dismiss_proposed')).reply()).text).toContain('not proposed any more')
    surface.requestRefusal = {
      code: 'NOT_ALLOWED',
      permission: 'request',
      users: [],
      groups: [],
      roles: ['developers'],
    }
    expect((await (await press('dismiss_proposed')).reply()).text).toContain('developers')
  })

  test('that nobody proposed opens nothing', async () => {
    const { ts = '' } = await app.client.chat.postMessage({ channel, text: 'hello' })
    const action = { action_id: 'request_proposed', value: 'forged' }
    const pressed = await slack.rawAction({ user: dana, channel, ts, action })
    expect((await pressed.reply()).text).toBe(en.answers.unreadable.mrkdwn)
    expect(slack.views()).toEqual([])
    expect(refused).toEqual(['unreadable'])
  })
})

describe('the form', () => {
  test('is opened by the shortcut, too', async () => {
    const shortcut = await slack.shortcut({ user: dana, callbackId: 'request_upgrade' })
    expect((await shortcut.modal()).view.callback_id).toBe('request_upgrade')
  })

  test('is there before anything slow is asked', async () => {
    surface.permissionsOf = () => new Promise(() => {})
    surface.versions = () => new Promise(() => {})
    expect((await (await command()).modal()).user).toBe(dana)
  })

  test('gives way to the text where it cannot be shown', async () => {
    slack.fault({ kind: 'platform_error', error: 'expired_trigger_id', method: 'views.open' })
    expect((await (await command()).reply()).text).toContain(
      '/upgrade <service> <version>'.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    )
  })

  test('that the shortcut could not show is explained in a direct message', async () => {
    slack.fault({ kind: 'platform_error', error: 'expired_trigger_id', method: 'views.open' })
    await slack.shortcut({ user: dana, callbackId: 'request_upgrade' })
    await slack.waitFor(() => slack.directMessages(dana).find(({ text }) => text.includes('/upgrade help')))
  })

  test('asks what the service needs, and forgets what was entered for another one', async () => {
    const view = await opened('web')
    expect(fieldsOf(top())).toEqual([
      'service',
      'environment:web',
      'version:web',
      'strategy',
      'batches',
      'reason',
      'startAt',
    ])
    await choose(view, 'version', '1.5.0')
    await slack.suggest({ view, actionId: 'service', text: 'api' })
    const values = { version: '1.5.0', reason: 'because' }
    await slack.viewAction({ view, actionId: 'service', choice: 'api', values })
    await slack.waitFor(() => fieldsOf(top()).includes('version:api'))
    expect(fieldsOf(top())).toEqual(['service', 'environment:api', 'version:api', 'reason', 'startAt'])
    await slack.viewAction({ view, actionId: 'environment', choice: 'staging' })
    await slack.waitFor(() => fieldsOf(top()).includes('batches'))
    await choose(view, 'version', '3.9.0')
    await slack.submitView({ view, values: { version: '3.9.0' } })
    await slack.submitView({ view: top().id })
    expect(surface.requests.at(-1)).toMatchObject({
      ...{ service: 'api', environment: 'staging', version: '3.9.0', reason: 'because' },
    })
  })

  test('that was changed meanwhile is not brought back', async () => {
    const view = await (await command()).modal()
    await slack.suggest({ view: view.id, actionId: 'service', text: '' })
    slack.fault({ kind: 'platform_error', error: 'hash_conflict', method: 'views.update' })
    await slack.viewAction({ view: view.id, actionId: 'service', choice: 'api' })
    await expect.poll(() => logged).toEqual(['the form could not be brought up to date'])
    await slack.viewAction({ view: view.id, actionId: 'service', choice: 'web' })
    await slack.waitFor(() => fieldsOf(top()).includes('version:web'))
  })

  test('offers no break-glass', async () => {
    surface.policies = [aPolicy({ breakGlass: true })]
    await opened('web')
    expect(JSON.stringify(top().view)).not.toMatch(/glass/i)
  })
})

describe('what is entered', () => {
  test('is wrong at its field, all of it at once', async () => {
    const view = await opened('web')
    await choose(view, 'version', 'a b')
    const values = { version: 'a b', batches: 'none', startAt: 1_780_000_000 }
    const { problems } = await slack.submitView({ view, values })
    expect(problems).toEqual([])
    expect(top().errors).toEqual({
      'version:web': expect.stringContaining('a b is no version: a tag has letters'),
      batches: expect.stringContaining('none is no list of batches'),
      startAt: expect.stringContaining('is over.'),
    })
    expect(surface.requests).toEqual([])
  })

  test('is wrong at the service while the form does not show the field', async () => {
    const { id } = await (await command()).modal()
    await slack.suggest({ view: id, actionId: 'service', text: 'api' })
    const { problems } = await slack.submitView({ view: id, values: { service: 'api' } })
    expect(problems).toEqual([])
    expect(top().errors).toEqual({ service: 'api has several environments. Say which: staging and production.' })
  })

  test('by somebody who may not is refused at the place, without anybody’s ID', async () => {
    const people = { users: ['U0ALICE'], groups: ['S0DEVS'], roles: ['developers'] }
    surface.requestRefusal = { code: 'NOT_ALLOWED', permission: 'request', ...people }
    await sent()
    expect(top().errors).toEqual({
      'environment:web': 'You may not ask for an upgrade of web in production. developers can.',
    })
  })

  test('is refused at the option that the configuration does not leave to people', async () => {
    surface.requestRefusal = { code: 'OVERRIDE_NOT_ALLOWED', option: 'batches', allowed: [] }
    await sent({ batches: '1,100%' })
    expect(top().errors).toEqual({ batches: expect.stringContaining('does not let a requester set --batches') })
  })

  test('shows no way to ask where something stands in the way', async () => {
    const planned = surface.plan.bind(surface)
    surface.plan = async (input) => {
      const outcome = await planned(input)
      if ('refused' in outcome) return outcome
      const findings = [{ severity: 'block' as const, code: 'TAG_FORBIDDEN' as const, detail: { tag: '1.5.0' } }]
      return { ...outcome, plan: { ...outcome.plan, findings } }
    }
    await sent()
    expect(top().view.submit).toBeUndefined()
    expect(textOf(top())).toContain('could not start as things are')
  })
})

describe('a plan that takes its time', () => {
  /** Lets go of what waits. */
  let go: () => void

  beforeEach(() => {
    surface.beforePlanning = () => new Promise<void>((resolve) => (go = resolve))
  })

  test('is shown when it is there', async () => {
    const { outcome, ms } = await sent()
    expect(outcome).toBe('acknowledged')
    expect(ms).toBeLessThan(3_000)
    expect(textOf(top())).toContain('Checking …')
    expect(slack.views(dana)).toHaveLength(2)
    go()
    await slack.waitFor(() => textOf(top()).includes('Plan for'))
    expect(top().view.submit).toMatchObject({ text: 'Request' })
  })

  test('that fails says so', async () => {
    surface.plan = () => new Promise((_, reject) => (go = () => reject(new Error('cluster away'))))
    await sent()
    go()
    await slack.waitFor(() => textOf(top()).includes('Something went wrong'))
  })

  test('is nothing to whoever went back meanwhile, and the form is as it was', async () => {
    await sent({ reason: 'because' })
    await slack.closeView({ view: top().id })
    expect(top().entered).toMatchObject({ reason: { reason: { value: 'because' } } })
    go()
    await expect.poll(() => logged, { timeout: 10_000 }).toEqual(['the answer to a form could not be shown'])
    expect(slack.views(dana)).toHaveLength(1)
  })
})

describe('asking for it', () => {
  test('is refused in the words of the command', async () => {
    await sent()
    surface.requestRefusal = { code: 'ACTIVE', id: 'web-production-7' }
    await slack.submitView({ view: top().id })
    expect(textOf(top())).toContain('web-production-7 is under way on the same workload')
    expect(surface.upgrades.size).toBe(0)
  })

  test('is refused when the configuration has changed since', async () => {
    await sent()
    surface.policies = [aPolicy({ service: 'api' })]
    await slack.submitView({ view: top().id })
    expect(textOf(top())).toContain('There is no service `web`')
    expect(surface.upgrades.size).toBe(0)
  })

  test('that takes its time is told when it is done', async () => {
    await sent()
    let go = () => {}
    const { request } = surface
    surface.request = async (input) => {
      await new Promise<void>((resolve) => (go = resolve))
      return request.call(surface, input)
    }
    await slack.submitView({ view: top().id })
    expect(textOf(top())).toContain('Asking for it …')
    go()
    await slack.waitFor(() => textOf(top()).includes('web-production-1 is being checked'))
  })
})

describe('hostile input', () => {
  test('has no choices for strangers and forged forms', async () => {
    surface.permissions = []
    const form = await (await command('', 'U0EVE')).modal()
    expect((await slack.suggest({ view: form.id, actionId: 'service', text: 'web' })).options).toEqual([])
    const forged = forgery({ type: 'block_suggestion', action_id: 'version', block_id: 'x', value: '1' })
    expect(JSON.parse((await slack.send({ body: forged })).body)).toEqual({ options: [] })
    expect(refused).toEqual(['unreadable'])
  })

  test('of 10,000 letters has no choices, and harms nobody', async () => {
    const view = await opened('web')
    const { options, problems } = await slack.suggest({ view, actionId: 'version', text: 'x'.repeat(10_000) })
    expect([options, problems]).toEqual([[], []])
    expect((await slack.suggest({ view, actionId: 'version', text: '<!channel> *x*' })).problems).toEqual([])
  })

  /** What nobody's client would send: a form that was opened for somebody else, or by nobody. */
  function forgery(changes: object, metadata = requestToken({ user: 'U0NINA', form: { service: 'web' } })): string {
    const view = {
      ...{ id: 'V1', type: 'modal', callback_id: 'request_upgrade', private_metadata: metadata, blocks: [], hash: 'h' },
      state: { values: { service: { service: { type: 'external_select', selected_option: { value: 'web' } } } } },
    }
    const who = { user: { id: dana, team_id: 'T0SHOP' }, team: { id: 'T0SHOP' }, trigger_id: 't', token: 'x' }
    return new URLSearchParams({ payload: JSON.stringify({ ...who, view, ...changes }) }).toString()
  }

  test.each([
    ['of somebody else', undefined],
    ['of nobody', '{}'],
    ['that is no JSON', 'forged'],
    ['that says too much', JSON.stringify({ u: dana, f: { service: 'web', breakGlass: 'true' } })],
    ['that is too long', JSON.stringify({ u: dana, f: { reason: 'x'.repeat(501) } })],
  ])('as a form %s is refused, counted, and does nothing', async (_, metadata) => {
    const submission = { type: 'view_submission', response_urls: [] }
    const answer = JSON.parse((await slack.send({ body: forgery(submission, metadata) })).body)
    expect(answer).toMatchObject({ response_action: 'update', view: { title: { text: 'Not requested' } } })
    const change = {
      type: 'block_actions',
      container: { type: 'view', view_id: 'V1' },
      actions: [{ type: 'button', action_id: 'service', block_id: 'service', action_ts: '1' }],
    }
    expect((await slack.send({ body: forgery(change, metadata) })).status).toBe(200)
    expect(refused).toEqual(['unreadable', 'unreadable'])
    expect(surface.requests).toEqual([])
    expect(slack.calls.filter(({ method }) => method.startsWith('views.'))).toEqual([])
  })

  test('in the reason shows as it was typed, in one line', async () => {
    await sent({ reason: '<!channel> *bold*\n\u202e`code`' })
    await slack.submitView({ view: top().id })
    expect(surface.requests.at(-1)?.reason).toBe('<!channel> *bold* `code`')
  })

  test('cannot make the form carry more than Slack lets it', () => {
    const worst = '"'.repeat(500)
    const form = {
      service: '"'.repeat(75),
      environment: '"'.repeat(75),
      version: '"'.repeat(128),
      strategy: '"'.repeat(75),
      batches: '"'.repeat(200),
      reason: worst,
      startAt: '"'.repeat(40),
    }
    const token = requestToken({ user: 'U'.repeat(64), form })
    expect(token.length).toBeLessThan(3_000)
    expect(readRequestToken(token, 'U'.repeat(64))).toEqual(form)
  })

  test('of another modal is unknown', async () => {
    const submission = {
      type: 'block_actions',
      container: { type: 'view', view_id: 'V1' },
      actions: [{ type: 'button', action_id: 'approve', block_id: 'b', action_ts: '1' }],
    }
    const view = {
      id: 'V1',
      type: 'modal',
      callback_id: 'other',
      private_metadata: '',
      blocks: [],
      hash: 'h',
      state: { values: {} },
    }
    surface.put(anUpgradeIn('awaitingContinue'))
    expect((await slack.send({ body: forgery({ ...submission, view }) })).status).toBe(200)
    expect(refused).toEqual(['unknown'])
    expect(surface.decisions).toEqual([])
  })
})
