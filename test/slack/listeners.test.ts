import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpServer, httpServer } from '../../src/http/server.ts'
import { en } from '../../src/messages/en.ts'
import { type SlackApp, slackApp } from '../../src/slack/app.ts'
import type { Deliveries } from '../../src/slack/listeners/deliveries.ts'
import type { RefusedDelivery } from '../../src/slack/listeners/parts.ts'
import { createSync } from '../../src/slack/sync.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn } from '../an-upgrade.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeSlack, type Message, startSlack } from '../fakes/slack/slack.ts'
import { inMemoryDeliveries } from './in-memory-deliveries.ts'
import { InMemoryShown } from './in-memory-shown.ts'

const id = 'web-production-14'
const channel = 'C0RELEASES'

let slack: FakeSlack
let surface: InMemorySurface
let app: SlackApp
let server: HttpServer
let url: string
let deliveries: Deliveries
let refused: RefusedDelivery[]
let errors: unknown[]
let shown: InMemoryShown

beforeEach(async () => {
  slack = await startSlack({ teamId: 'T0SHOP' })
  for (const name of ['dana', 'alice', 'bob', 'carol']) slack.addUser({ id: `U0${name.toUpperCase()}`, name })
  slack.addUser({ id: 'U0EVE', name: 'eve', isStranger: true, teamId: 'T0OTHER' })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0DANA', 'U0ALICE', 'U0BOB', 'U0CAROL', 'U0EVE'] })
  surface = new InMemorySurface()
  refused = []
  errors = []
  shown = new InMemoryShown()
  deliveries = inMemoryDeliveries()
  app = slackApp({
    token: slack.botToken,
    transport: { kind: 'http', signingSecret: slack.signingSecret },
    apiUrl: slack.apiUrl,
    surface,
    messages: en,
    shown,
    deliveries,
    log: { info() {}, warn() {}, error: (fields) => errors.push(fields.err) },
    onRefused: (reason) => refused.push(reason),
  })
  await app.start()
  server = httpServer(app.routes, () => {})
  const port = await server.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${port}/slack/events`
  slack.connect({ requestUrl: url })
})

afterEach(async () => {
  await Promise.all([server.close(), app.stop()])
  await slack.stop()
})

/** Shows an upgrade in the channel; its live message and its open question. */
async function show(upgrade: Upgrade): Promise<{ live: Message; question: Message }> {
  surface.put(upgrade)
  const budget = { take: async () => 0 }
  const log = { info() {}, warn() {}, error() {} }
  await createSync({ client: app.client, surface, shown, budget, messages: en, log, background() {} })(upgrade.id)
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

  test('without a reason is not possible', async () => {
    const { question } = await show(anUpgrade())
    const modal = await (await press(question, 'reject', 'U0ALICE')).modal()
    await expect(slack.submitView({ view: modal.id, values: {} })).rejects.toThrow()
    expect(surface.decisions).toMatchObject([])
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

  test('with a forged signature is refused and counted', async () => {
    const delivery = await slack.send({ body: body(`pause ${id}`), signingSecret: 'another secret' })
    expect(delivery.status).toBe(401)
    expect(refused).toEqual(['forged'])
  })

  test('from the past is refused', async () => {
    expect((await slack.send({ body: body(`pause ${id}`), timestampSeconds: inSeconds(-301) })).status).toBe(401)
  })

  test('signed for the future is refused and counted', async () => {
    expect((await slack.send({ body: body(`pause ${id}`), timestampSeconds: inSeconds(302) })).status).toBe(401)
    expect(refused).toEqual(['future'])
  })

  test('that is replayed is refused and counted, and decides nothing a second time', async () => {
    const outgoing = { body: body(`pause ${id}`), timestampSeconds: inSeconds(0) }
    expect((await slack.send(outgoing)).status).toBe(200)
    expect((await slack.send(outgoing)).status).toBe(409)
    expect(refused).toEqual(['replayed'])
    expect(surface.decisions).toHaveLength(1)
  })

  test('that is too large is refused and counted', async () => {
    expect((await slack.send({ body: body('x'.repeat(1_100_000)) })).status).toBe(413)
    expect(refused).toEqual(['oversized'])
  })

  test('that cannot be read is refused and counted', async () => {
    const delivery = await slack.send({ body: '{', contentType: 'application/json' })
    expect(delivery.status).toBe(400)
    expect(refused).toEqual(['malformed'])
  })

  afterEach(() => {
    expect(surface.decisions.length).toBeLessThanOrEqual(1)
    expect(surface.requests).toEqual([])
  })
})

describe('the start', () => {
  function another(changes: Partial<Parameters<typeof slackApp>[0]>) {
    return slackApp({
      token: slack.botToken,
      transport: { kind: 'http', signingSecret: slack.signingSecret },
      apiUrl: slack.apiUrl,
      surface,
      messages: en,
      shown: { load: async () => ({}) },
      deliveries: inMemoryDeliveries(),
      log: { info() {}, warn() {}, error() {} },
      ...changes,
    })
  }

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
