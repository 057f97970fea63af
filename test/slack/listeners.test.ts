import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SlackApp, SlackAppOptions } from '../../src/slack/app.ts'
import type { Deliveries } from '../../src/slack/listeners/deliveries.ts'
import type { RefusedDelivery } from '../../src/slack/listeners/parts.ts'
import type { Locale } from '../../src/upgrade/locale.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, carol, noon, slackUser } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, type OutgoingRequest, startSlack } from '../fakes/slack/slack.ts'
import { anApp, show as showIn, startApp } from './an-app.ts'
import { inMemoryDeliveries } from './in-memory-deliveries.ts'
import { InMemoryShown } from './in-memory-shown.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'
const form = 'application/x-www-form-urlencoded'
const json = 'application/json'

let slack: FakeSlack
let surface: InMemorySurface
let app: SlackApp
let stop: () => Promise<void>
let url: string
let deliveries: Deliveries
let refused: RefusedDelivery[]
let errors: unknown[]
let shown: InMemoryShown
let replies: 'any' | 'mention' | 'off'
let locales: Map<string, Locale>

beforeEach(async () => {
  slack = await startSlack({ teamId: 'T0SHOP' })
  for (const name of ['dana', 'alice', 'bob', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addUser({ id: 'U0EVE', name: 'eve', isStranger: true, teamId: 'T0OTHER' })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0DANA', 'U0ALICE', 'U0BOB', 'U0CAROL', 'U0EVE'] })
  surface = new InMemorySurface()
  refused = []
  errors = []
  shown = new InMemoryShown()
  replies = 'any'
  locales = new Map()
  deliveries = inMemoryDeliveries()
  ;({ app, url, stop } = await startApp(slack, {
    surface,
    localeOf: async ({ user }) => locales.get(user),
    shown,
    replies: () => replies,
    deliveries,
    log: { info() {}, warn() {}, error: (fields) => errors.push(fields.err) },
    onRefused: (reason) => refused.push(reason),
  }))
})

afterEach(async () => {
  await stop()
  await slack.stop()
})

/** Shows an upgrade in the channel; its live message and its open question. */
async function show(upgrade: Upgrade): Promise<{ live: Message; question: Message }> {
  await showIn(app, { surface, shown }, upgrade)
  const [live, question] = slack.messages(channel)
  if (!live || !question) throw new Error(slack.describe())
  return { live, question }
}

function command(text: string, user = 'U0DANA') {
  return slack.command({ user, channel, command: '/upgrade', text })
}

function press(message: Message, actionId: string, user: string, confirm?: boolean) {
  return slack.click({ user, channel, ts: message.ts, actionId, ...(confirm !== undefined && { confirm }) })
}

describe('everybody is answered in their own language', () => {
  beforeEach(() => locales.set('U0DANA', 'zh'))

  test('by a command and by the modal it opens', async () => {
    const reply = await (await command('lst')).reply()
    expect(reply.text).toContain('既不是命令，也不是服务')
    expect((await (await command('lst', 'U0BOB')).reply()).text).toContain('is neither a command nor a service')
    await command('')
    await expect
      .poll(() => slack.calls.findLast(({ method }) => method === 'views.open')?.args)
      .toMatchObject({
        view: { title: { text: '申请升级' } },
      })
  })

  test('by a button, while the channel reads the workspace’s', async () => {
    const { question } = await show(anUpgrade())
    expect(question.text).toContain('Start web-production-14?')
    surface.refusal = { code: 'ALREADY_DECIDED' }
    const reply = await (await press(question, 'approve', 'U0DANA', true)).reply()
    expect(reply.text).toContain('此问题已有决定')
  })
})

describe('/upgrade', () => {
  test('is acknowledged, and answered to its asker alone', async () => {
    const delivery = await command('web 1.5.0 --reason “fix &amp; ship”')
    expect(delivery).toMatchObject({ status: 200, body: '', problems: [] })
    const reply = await delivery.reply()
    expect(reply).toMatchObject({ user: 'U0DANA', via: 'response_url' })
    expect(reply.text).toContain('web-production-1 is being checked')
    expect(surface.requests[0]).toMatchObject({
      service: 'web',
      reason: 'fix & ship',
      by: { kind: 'slack', team: 'T0SHOP', user: 'U0DANA' },
    })
    expect(surface.requests[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('links to the upgrade’s message once it is there', async () => {
    const { live } = await show(anUpgradeIn('awaitingContinue'))
    const reply = await (await command(`status ${id}`)).reply()
    expect(reply.text).toContain(`/archives/${channel}/p${live.ts.replace('.', '')}|${id}>`)
  })

  test('acts at once on pause, and tells when it is stored', async () => {
    surface.put(anUpgradeIn('progressing'))
    const reply = await (await command(`pause ${id} --reason odd`, 'U0CAROL')).reply()
    expect(reply.text).toContain('Paused.')
    expect(surface.upgrades.get(id)?.hold).toMatchObject({ reason: 'odd' })
  })

  test('that is not stored in time is not acknowledged', async () => {
    surface.put(anUpgradeIn('progressing'))
    surface.beforeStoring = () => Promise.reject(new Error('redis away'))
    const delivery = await command(`rollback ${id}`, 'U0CAROL')
    expect(delivery.status).toBe(503)
    expect((await delivery.reply()).text).toContain('not stored in time')
  })

  test('shows the open question to who typed a forward word, and its button decides', async () => {
    surface.put(anUpgradeIn('awaitingContinue'))
    const reply = await (await command(`continue ${id}`, 'U0CAROL')).reply()
    expect(surface.decisions).toMatchObject([])
    const click = await slack.click({ user: 'U0CAROL', channel, ts: reply.ts, actionId: 'continue', confirm: true })
    expect(click.status).toBe(200)
    expect(surface.decisions[0]).toMatchObject({ action: 'continue', via: 'button', seen: { step: 4 } })
    await slack.waitFor(() => (slack.ephemerals('U0CAROL').length === 0 ? true : undefined))
  })

  test('that cannot be carried out is answered with a number to ask about', async () => {
    surface.active = async () => {
      throw new Error('redis away')
    }
    const reply = await (await command('list')).reply()
    expect(reply.text).toMatch(/Something went wrong.*`[0-9a-f-]{36}`/)
    expect(errors).toHaveLength(1)
  })
})

describe('a button', () => {
  test('decides with what stood beside it, and is acknowledged after that', async () => {
    const { question } = await show(anUpgrade())
    let stored = false
    surface.beforeStoring = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      stored = true
    }
    const delivery = await press(question, 'approve', 'U0ALICE', true)
    expect(delivery).toMatchObject({ outcome: 'acknowledged', status: 200 })
    expect(stored).toBe(true)
    expect(surface.decisions).toMatchObject([
      {
        upgrade: id,
        action: 'approve',
        by: { kind: 'slack', team: 'T0SHOP', user: 'U0ALICE' },
        via: 'button',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        seen: { step: 0, planHash: anUpgrade().plan?.hash },
      },
    ])
  })

  test('that may not be pressed is answered to its presser alone, with who could have', async () => {
    const { question } = await show(anUpgrade())
    surface.refusal = {
      code: 'NOT_ALLOWED',
      permission: 'approve',
      users: ['U0ALICE'],
      groups: [],
      roles: ['release-managers'],
    }
    const reply = await (await press(question, 'approve', 'U0CAROL', true)).reply()
    expect(reply).toMatchObject({ user: 'U0CAROL', channel })
    expect(reply.text).toBe(`You may not approve or reject the start of ${id}. release-managers (<@U0ALICE>) can.`)
    expect(slack.message(channel, question.ts)?.edits).toEqual([])
  })

  test('pressed by somebody of another workspace says so to the engine', async () => {
    const { question } = await show(anUpgradeIn('awaitingContinue'))
    await press(question, 'pause', 'U0EVE')
    expect(surface.decisions[0]?.by).toEqual({ kind: 'slack', team: 'T0OTHER', user: 'U0EVE' })
  })

  test('that is not stored within two seconds is not acknowledged', async () => {
    const { question } = await show(anUpgradeIn('awaitingContinue'))
    surface.beforeStoring = () => new Promise(() => {})
    const delivery = await press(question, 'pause', 'U0CAROL')
    expect(delivery.outcome).not.toBe('acknowledged')
    expect(delivery.status).toBe(503)
    expect((await delivery.reply()).text).toContain('not stored in time')
  })

  test('whose storing fails is not acknowledged', async () => {
    const { question } = await show(anUpgradeIn('awaitingContinue'))
    surface.beforeStoring = () => Promise.reject(new Error('redis away'))
    const delivery = await press(question, 'pause', 'U0CAROL')
    expect(delivery.status).toBe(503)
  })

  test.each([
    ['selfdestruct', '{}', 'unknown'],
    ['approve', 'forged', 'unreadable'],
    ['continue', `{"u":"${id}","s":4}`, 'unreadable'],
    ['constructor', '{}', 'unknown'],
  ])('%s with %s is refused, counted, and changes nothing', async (action_id, value, reason) => {
    const { question } = await show(anUpgradeIn('awaitingContinue'))
    const delivery = await slack.rawAction({
      user: 'U0CAROL',
      channel,
      ts: question.ts,
      action: { type: 'button', action_id, value },
    })
    expect(delivery.status).toBe(200)
    expect((await delivery.reply()).text).toContain('nothing was done')
    expect(refused).toEqual([reason])
    expect(surface.decisions).toMatchObject([])
  })
})

describe('rejecting', () => {
  test('asks for a reason, and the submission decides', async () => {
    const { question } = await show(anUpgrade())
    const modal = await (await press(question, 'reject', 'U0ALICE')).modal()
    expect(modal.view.callback_id).toBe('reject_upgrade')
    expect(surface.decisions).toMatchObject([])
    const submitted = await slack.submitView({ view: modal.id, values: { reason: 'not on a <!channel> Friday' } })
    expect(submitted).toMatchObject({ status: 200, body: '' })
    expect(surface.upgrades.get(id)?.result).toMatchObject({
      outcome: 'rejected',
      reason: 'not on a <!channel> Friday',
    })
    expect(surface.decisions[0]).toMatchObject({ via: 'modal', seen: { step: 0 } })
  })

  test('that is refused says so in the dialog', async () => {
    const { question } = await show(anUpgrade())
    const modal = await (await press(question, 'reject', 'U0ALICE')).modal()
    surface.refusal = { code: 'ALREADY_DECIDED' }
    await slack.submitView({ view: modal.id, values: { reason: 'no' } })
    const [shown] = slack.views('U0ALICE')
    expect(JSON.stringify(shown?.view.blocks)).toContain('decided already')
  })

  test('for a reason of blanks is not possible', async () => {
    const { question } = await show(anUpgrade())
    const modal = await (await press(question, 'reject', 'U0ALICE')).modal()
    await slack.submitView({ view: modal.id, values: { reason: '  \n ' } })
    expect(slack.views('U0ALICE')[0]?.errors).toEqual({ reason: 'Say why in a few words.' })
    expect(surface.decisions).toEqual([])
  })

  test('without a reason is not possible', async () => {
    const { question } = await show(anUpgrade())
    const modal = await (await press(question, 'reject', 'U0ALICE')).modal()
    await expect(slack.submitView({ view: modal.id, values: {} })).rejects.toThrow()
    expect(surface.decisions).toMatchObject([])
  })
})

describe('rolling back by a button', () => {
  test('acts first, asks why afterwards, and keeps the answer', async () => {
    const { live } = await show(anUpgradeIn('awaitingContinue'))
    const modal = await (await press(live, 'rollback', 'U0CAROL', true)).modal()
    expect(modal.view.callback_id).toBe('rollback_reason')
    expect(surface.upgrades.get(id)).toMatchObject({ at: { path: 'back' }, turnedBack: { by: { user: 'U0CAROL' } } })
    await slack.submitView({ view: modal.id, values: { reason: 'error rate rose' } })
    expect(surface.decisions[1]).toMatchObject({ action: 'explain', via: 'modal', reason: 'error rate rose' })
    expect(surface.upgrades.get(id)?.turnedBack?.reason).toBe('error rate rose')
    expect(slack.views('U0CAROL')).toEqual([])
  })

  test('stays so when the dialog is closed, or cannot be shown', async () => {
    const { live } = await show(anUpgradeIn('awaitingContinue'))
    const modal = await (await press(live, 'rollback', 'U0CAROL', true)).modal()
    await slack.closeView({ view: modal.id })
    expect(surface.decisions).toHaveLength(1)
    surface.put(anUpgradeIn('awaitingContinue'))
    slack.fault({ method: 'views.open', kind: 'platform_error', error: 'expired_trigger_id', times: 1 })
    expect(await press(live, 'rollback', 'U0CAROL', true)).toMatchObject({ outcome: 'acknowledged' })
    expect(surface.upgrades.get(id)?.at.path).toBe('back')
  })

  test('is explained by whoever did it, once', async () => {
    const { live } = await show(anUpgradeIn('awaitingContinue'))
    const modal = await (await press(live, 'rollback', 'U0CAROL', true)).modal()
    surface.happen(id, { type: 'explained', by: carol, reason: 'said already' })
    await slack.submitView({ view: modal.id, values: { reason: 'something else' } })
    expect(JSON.stringify(slack.views('U0CAROL')[0]?.view.blocks)).toContain('nothing to say')
    expect(surface.upgrades.get(id)?.turnedBack?.reason).toBe('said already')
  })

  test('that is refused asks nothing', async () => {
    const { live } = await show(anUpgradeIn('awaitingContinue'))
    surface.refusal = { code: 'BUSY' }
    await (await press(live, 'rollback', 'U0CAROL', true)).reply()
    expect(slack.views('U0CAROL')).toEqual([])
  })
})

describe('«Who can approve this?»', () => {
  const ask = (message: Message, user = 'U0DANA') =>
    slack.messageShortcut({ user, channel, ts: message.ts, callbackId: 'who_can_approve' })
  const said = async (message: Message) => JSON.stringify((await (await ask(message)).modal()).view.blocks)

  test('on the upgrade’s message, and on any in its thread, tells who has and who still can', async () => {
    const upgrade = anUpgrade()
    const approvals = [{ by: slackUser('U0ALICE'), at: noon, planHash: upgrade.plan?.hash ?? '' }]
    const { live, question } = await show({ ...upgrade, approvals })
    const { message } = await slack.say({ user: 'U0DANA', channel, text: 'who?', threadTs: live.ts })
    for (const one of [live, question, message]) {
      const text = await said(one)
      expect(text).toContain('<@U0ALICE> approved')
      expect(text).toContain('One more approval is needed, from release-managers (<@U0BOB>).')
      expect(text).toContain('<@U0DANA> asked for it, so their own yes does not count.')
    }
    expect(surface.decisions).toEqual([])
  })

  test('on another message says what it is for', async () => {
    const { message } = await slack.say({ user: 'U0DANA', channel, text: 'hello' })
    expect(await said(message)).toContain('not of an upgrade')
  })
})

describe('a delivery', () => {
  const body = (text: string) =>
    new URLSearchParams({
      command: '/upgrade',
      text,
      team_id: 'T0SHOP',
      user_id: 'U0CAROL',
      channel_id: channel,
      trigger_id: 't',
      response_url: `${slack.apiUrl}nowhere`,
    }).toString()
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

  beforeEach(() => {
    surface.put(anUpgradeIn('progressing'))
  })

  const pause = () => body(`pause ${id}`)

  test.each<[string, Partial<OutgoingRequest>]>([
    ['of another secret', { signingSecret: 'another secret' }],
    ['that is missing', { headers: { 'x-slack-signature': null } }],
    ['that is empty', { headers: { 'x-slack-signature': '' } }],
    ['of another version', { headers: { 'x-slack-signature': 'v1=abc' } }],
    ['without a hash', { headers: { 'x-slack-signature': 'v0=' } }],
    ['without a time', { headers: { 'x-slack-request-timestamp': null } }],
    ['with a time that is no number', { headers: { 'x-slack-request-timestamp': 'NaN' } }],
  ])('with a signature %s is refused and counted', async (_, outgoing) => {
    const delivery = await slack.send({ body: pause(), ...outgoing })
    expect(delivery).toMatchObject({ status: 401, body: '' })
    expect(refused).toEqual(['forged'])
    expect(surface.decisions).toEqual([])
  })

  test('whose body was changed on the way is refused and counted', async () => {
    const headers = slack.sign(pause())
    expect((await slack.send({ body: body(`rollback ${id}`), headers })).status).toBe(401)
    expect(refused).toEqual(['forged'])
    expect(surface.decisions).toEqual([])
  })

  test('from the past is refused and counted', async () => {
    expect((await slack.send({ body: pause(), timestampSeconds: inSeconds(-302) })).status).toBe(401)
    expect(refused).toEqual(['stale'])
    expect(surface.decisions).toEqual([])
  })

  test('signed for the future is refused and counted', async () => {
    expect((await slack.send({ body: pause(), timestampSeconds: inSeconds(302) })).status).toBe(401)
    expect(refused).toEqual(['future'])
    expect(surface.decisions).toEqual([])
  })

  test('that is replayed is refused and counted, and decides nothing a second time', async () => {
    const outgoing = { body: pause(), timestampSeconds: inSeconds(0) }
    expect((await slack.send(outgoing)).status).toBe(200)
    expect((await slack.send(outgoing)).status).toBe(409)
    expect(refused).toEqual(['replayed'])
    expect(surface.decisions).toHaveLength(1)
  })

  test('that is replayed after it was not stored is refused too: its sender was told so', async () => {
    surface.beforeStoring = () => Promise.reject(new Error('redis away'))
    const outgoing = { body: pause(), timestampSeconds: inSeconds(0) }
    expect((await slack.send(outgoing)).status).toBe(503)
    surface.beforeStoring = async () => {}
    expect((await slack.send(outgoing)).status).toBe(409)
    expect(surface.upgrades.get(id)?.hold).toBeUndefined()
  })

  test('that cannot be told from a replay is not carried out, and the person is told', async () => {
    deliveries.first = () => Promise.reject(new Error('redis away'))
    const delivery = await command(`pause ${id}`, 'U0CAROL')
    expect(delivery.status).toBe(503)
    expect((await delivery.reply()).text).toContain('not stored in time')
    expect(surface.decisions).toEqual([])
  })

  test.each([
    ['in one piece', {}],
    ['without a length', { 'content-length': null, 'transfer-encoding': 'chunked' }],
  ])('that is too large, %s, is refused and counted', async (_, headers) => {
    expect((await slack.send({ body: body('x'.repeat(1_100_000)), headers })).status).toBe(413)
    expect(refused).toEqual(['oversized'])
  })

  test('that is broken off is nobody’s forgery', async () => {
    const request = httpRequest(url, { method: 'POST', headers: { 'content-type': form, 'content-length': 100 } })
    request.on('error', () => {})
    await new Promise((resolve) => request.write('command=%2Fupgrade', resolve))
    request.destroy()
    expect((await slack.send({ body: pause() })).status).toBe(200)
    expect(refused).toEqual([])
  })

  test.each(['application/x-www-form-urlencoded; charset=utf-8', 'Application/X-WWW-Form-Urlencoded;charset="UTF-8"'])(
    'as %s is taken',
    async (contentType) => {
      expect((await slack.send({ body: pause(), contentType })).status).toBe(200)
      expect(surface.decisions).toHaveLength(1)
      expect(refused).toEqual([])
    },
  )

  test.each([
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; charset=utf-8; boundary=x',
    'application/json; charset=utf-7',
    'multipart/form-data; boundary=x',
    'text/plain',
    '',
  ])('as %j is refused and counted', async (contentType) => {
    expect((await slack.send({ body: pause(), contentType })).status).toBe(415)
    expect(refused).toEqual(['malformed'])
    expect(surface.decisions).toEqual([])
  })

  test.each([
    ['{', json],
    ['', json],
    ['null', json],
    ['[]', json],
    ['"pause"', json],
    ['{"__proto__":{"type":"block_actions"}', json],
    ['payload=null', form],
    ['payload=%5B%5D', form],
    ['payload=%7B', form],
    ['payload=', form],
  ])('that says %s is refused and counted, and the next one is taken', async (text, contentType) => {
    expect((await slack.send({ body: text, contentType })).status).toBe(400)
    expect(refused).toEqual(['malformed'])
    expect((await slack.send({ body: pause() })).status).toBe(200)
  })

  test('nested as deep as it may be long is not carried out, and the next one is taken', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    for (const payload of [`{"type":"block_actions","actions":${deep}}`, `{"type":"block_actions","user":${deep}}`]) {
      const delivery = await slack.send({ body: new URLSearchParams({ payload }).toString() })
      expect(delivery.status).toBeGreaterThanOrEqual(400)
    }
    expect(surface.decisions).toEqual([])
    expect((await slack.send({ body: pause() })).status).toBe(200)
  })

  test('that nothing listens to is refused and counted', async () => {
    const delivery = await slack.send({
      body: new URLSearchParams({ command: '/other', user_id: 'U0CAROL' }).toString(),
    })
    expect(delivery.status).toBe(404)
    expect(refused).toEqual(['unknown'])
  })

  test('that only checks the certificate is answered, whoever sends it, and does nothing', async () => {
    const unsigned = { headers: { 'x-slack-signature': null, 'x-slack-request-timestamp': null } }
    expect((await slack.send({ body: 'ssl_check=1&token=x', ...unsigned })).status).toBe(200)
    expect(refused).toEqual([])
    expect((await slack.send({ body: `ssl_check=1&${pause()}`, ...unsigned })).status).toBe(200)
    const payload = JSON.stringify({ type: 'block_actions', actions: [{ type: 'button', action_id: 'pause' }] })
    const smuggled = new URLSearchParams({ ssl_check: '1', payload }).toString()
    expect((await slack.send({ body: smuggled, ...unsigned })).status).toBe(200)
    expect((await slack.send({ body: `ssl_check=1&ssl_check=1&${pause()}`, ...unsigned })).status).toBe(401)
    expect(surface.decisions).toEqual([])
  })

  test('of an address to verify is answered with its challenge, if it is signed', async () => {
    const challenge = { body: JSON.stringify({ type: 'url_verification', challenge: 'c' }), contentType: json }
    expect(JSON.parse((await slack.send(challenge)).body)).toEqual({ challenge: 'c' })
    expect((await slack.send({ ...challenge, signingSecret: 'another' })).status).toBe(401)
  })

  test('of an event comes through once by its ID, however it is signed', async () => {
    const seen: unknown[] = []
    const { claim } = deliveries
    deliveries.claim = async (one) => {
      const state = await claim(one)
      seen.push(state)
      return state
    }
    const first = await slack.event({ type: 'app_home_opened', user: 'U0CAROL', channel: 'D0CAROL', tab: 'home' })
    await slack.event({ type: 'app_home_opened', user: 'U0CAROL', channel: 'D0CAROL', tab: 'home' }, first.eventId)
    expect(seen).toEqual(['mine', 'done'])
    expect(refused).toEqual(['repeated'])
  })

  afterEach(() => {
    expect(surface.decisions.length).toBeLessThanOrEqual(1)
    expect(surface.requests).toEqual([])
  })
})

describe('the start', () => {
  const another = (changes: Partial<SlackAppOptions>) => anApp(slack, { ...changes, surface })

  test('with a wrong token says so', async () => {
    await expect(another({ token: 'xoxb-wrong' }).start()).rejects.toMatchObject({ code: 'SLACK_TOKEN_INVALID' })
  })

  test('without a scope names it', async () => {
    slack.scopes.delete('usergroups:read')
    await expect(another({}).start()).rejects.toMatchObject({
      code: 'SLACK_SCOPE_MISSING',
      message: expect.stringContaining('usergroups:read'),
    })
  })

  test('without Slack says where it looked', async () => {
    await expect(another({ apiUrl: 'http://127.0.0.1:1/api/' }).start()).rejects.toMatchObject({
      code: 'SLACK_UNAVAILABLE',
      message: expect.stringContaining('http://127.0.0.1:1/api/'),
    })
  })
})
