import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { App, HTTPReceiver, LogLevel } from '@slack/bolt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeSlack, type SlackOptions, startSlack } from './slack.ts'

const CHANNEL = 'C0RELEASES'
const QUIET = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}

const SECTION = { type: 'section', text: { type: 'mrkdwn', text: 'Start?' } } as const
const QUESTION = [
  SECTION,
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      { type: 'button', action_id: 'pause', text: { type: 'plain_text', text: 'Pause' }, value: 'v1' },
      {
        type: 'button',
        action_id: 'approve',
        text: { type: 'plain_text', text: 'Approve' },
        value: 'v2',
        style: 'primary',
        confirm: {
          title: { type: 'plain_text', text: 'Approve?' },
          text: { type: 'plain_text', text: 'web 1.5.0' },
          confirm: { type: 'plain_text', text: 'Yes' },
          deny: { type: 'plain_text', text: 'No' },
        },
      },
    ],
  },
] as const
const MODAL = {
  type: 'modal',
  callback_id: 'request_upgrade',
  private_metadata: 'secret',
  title: { type: 'plain_text', text: 'Upgrade' },
  submit: { type: 'plain_text', text: 'Ask' },
  notify_on_close: true,
  blocks: [
    {
      type: 'input',
      block_id: 'version',
      label: { type: 'plain_text', text: 'Version' },
      element: { type: 'plain_text_input', action_id: 'version', max_length: 10 },
    },
    {
      type: 'input',
      block_id: 'service',
      optional: true,
      label: { type: 'plain_text', text: 'Service' },
      element: {
        type: 'static_select',
        action_id: 'service',
        options: [
          { text: { type: 'plain_text', text: 'web' }, value: 'web' },
          { text: { type: 'plain_text', text: 'api' }, value: 'api' },
        ],
      },
    },
  ],
} as const

let slack: FakeSlack
const cleanUps: (() => Promise<unknown>)[] = []

beforeEach(() => start())

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function start(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack(options)
  cleanUps.push(slack.stop)
  slack.addUser({ id: 'U0ALICE', name: 'alice' })
  slack.addUser({ id: 'U0BOB', name: 'bob' })
  slack.addUser({ id: 'U0GONE', name: 'gone', deleted: true })
  slack.addUser({ id: 'U0STRANGER', name: 'stranger', isStranger: true })
  slack.addChannel({ id: CHANNEL, name: 'releases', isShared: true, members: ['U0ALICE', 'U0BOB', 'U0STRANGER'] })
}

/** A real Bolt app, told nothing of the double but its URLs and secrets. */
async function startBolt(register: (app: App) => void): Promise<void> {
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, port: 0, logger: QUIET })
  const app = new App({
    token: slack.botToken,
    receiver,
    logger: QUIET,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  })
  register(app)
  const server = (await app.start(0)) as Server
  cleanUps.push(() => app.stop())
  slack.connect({ requestUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events` })
}

type Received = { headers: IncomingHttpHeaders; body: string }

/** An app that answers by the given rule and keeps what it got. */
async function startPlainApp(
  answer: (received: Received, count: number) => { status: number; body?: string } | 'silence',
) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString() }
    received.push(one)
    const said = answer(one, received.length)
    if (said !== 'silence') response.writeHead(said.status).end(said.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  slack.connect({ requestUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events` })
  return received
}

const command = (text = '', user = 'U0ALICE') => slack.command({ user, channel: CHANNEL, command: '/upgrade', text })

async function postAsApp(args: object = {}): Promise<string> {
  const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
    body: JSON.stringify({ channel: CHANNEL, text: 'Start?', blocks: QUESTION, ...args }),
  })
  const answer = (await response.json()) as { ok: boolean; ts: string }
  expect(answer).toMatchObject({ ok: true })
  return answer.ts
}

describe('requests', () => {
  test('are signed as Slack signs them, and are forms without a charset', async () => {
    const received = await startPlainApp(() => ({ status: 200 }))
    await command('web 1.5.0')
    const [{ headers, body } = { headers: {}, body: '' }] = received
    const timestamp = headers['x-slack-request-timestamp']
    const digest = createHmac('sha256', slack.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')
    expect(headers['x-slack-signature']).toBe(`v0=${digest}`)
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(5)
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      command: '/upgrade',
      text: 'web 1.5.0',
      user_id: 'U0ALICE',
      user_name: 'alice',
      team_id: slack.teamId,
      channel_id: CHANNEL,
      channel_name: 'releases',
      api_app_id: slack.appId,
      response_url: expect.stringContaining('/response/'),
      trigger_id: expect.stringMatching(/./),
    })
  })

  test('forged ones are refused by Bolt, an own signature of any time is taken', async () => {
    await startBolt((app) => app.command('/upgrade', ({ ack }) => ack()))
    const body = new URLSearchParams({ command: '/upgrade', team_id: slack.teamId, user_id: 'U0ALICE' }).toString()
    expect(await slack.send({ body, signingSecret: 'wrong' })).toMatchObject({
      status: 401,
      outcome: 'dispatch_failed',
    })
    expect(await slack.send({ body, headers: { 'x-slack-signature': null } })).toMatchObject({ status: 401 })
    const old = Math.floor(Date.now() / 1000) - 3600
    expect(await slack.send({ body, timestampSeconds: old })).toMatchObject({ status: 401 })
    expect(await slack.send({ body: `${body}&text=x`, headers: slack.sign(body) })).toMatchObject({ status: 401 })
    expect(await slack.send({ body, headers: slack.sign(body) })).toMatchObject({
      status: 200,
      outcome: 'acknowledged',
    })
  })

  test('without an acknowledgement in time Slack gives up', async () => {
    await slack.stop()
    await start({ ackTimeoutMs: 60 })
    await startPlainApp(() => 'silence')
    const delivery = await command()
    expect(delivery).toMatchObject({ outcome: 'operation_timeout', body: '' })
    expect(delivery).not.toHaveProperty('status')
    expect(delivery.ms).toBeGreaterThan(55)
  })

  test('an error status or a refused connection is a failed dispatch', async () => {
    await startPlainApp(() => ({ status: 500 }))
    expect(await command()).toMatchObject({ outcome: 'dispatch_failed', status: 500 })
    slack.connect({ requestUrl: 'http://127.0.0.1:1/slack/events' })
    expect(await command()).toMatchObject({ outcome: 'dispatch_failed' })
    expect(slack.deliveries.map((one) => one.kind)).toEqual(['command', 'command'])
  })
})

describe('slash commands', () => {
  test("an acknowledgement's text is shown to the asker alone", async () => {
    await startBolt((app) => app.command('/upgrade', ({ ack, payload }) => ack(`you said ${payload.text}`)))
    const sent = await command('web 1.5.0')
    expect(sent).toMatchObject({ status: 200, outcome: 'acknowledged', problems: [] })
    expect(await sent.reply()).toMatchObject({ text: 'you said web 1.5.0', user: 'U0ALICE', via: 'acknowledgement' })
    expect(slack.messages()).toEqual([])
  })

  test('the response URL shows more, five times, then no more', async () => {
    await startBolt((app) =>
      app.command('/upgrade', async ({ ack, respond }) => {
        await ack()
        for (const text of ['1', '2', '3', '4']) await respond(text)
        await respond({ text: '5', response_type: 'in_channel' })
        await respond('6').catch(() => undefined)
      }),
    )
    const sent = await command()
    const answers = () => slack.calls.filter((one) => one.method === 'response_url')
    await slack.waitFor(() => answers()[5]?.answer)
    expect(answers().map((one) => one.status)).toEqual([200, 200, 200, 200, 200, 404])
    expect(answers()[5]?.answer).toEqual({ ok: false, error: 'used_url' })
    expect(await sent.reply()).toMatchObject({ text: '1', via: 'response_url' })
    expect(slack.ephemerals('U0ALICE').map((one) => one.text)).toEqual(['1', '2', '3', '4'])
    expect(slack.messages(CHANNEL)).toMatchObject([{ text: '5', interaction: sent.interaction }])
  })

  test('a response URL is good for half an hour', async () => {
    await slack.stop()
    let now = Date.now()
    await start({ clock: () => now })
    const received = await startPlainApp(() => ({ status: 200 }))
    await command()
    const url = new URLSearchParams(received[0]?.body).get('response_url') ?? ''
    const respond = () =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"x"}' })
    now += 30 * 60_000
    expect((await respond()).status).toBe(200)
    now += 1
    const late = await respond()
    expect(late.status).toBe(404)
    expect(await late.json()).toMatchObject({ error: 'expired_url' })
  })

  test('an ephemeral by chat.postEphemeral counts as the reply too', async () => {
    await startBolt((app) =>
      app.command('/upgrade', async ({ ack, client, payload }) => {
        await ack()
        await client.chat.postEphemeral({ channel: payload.channel_id, user: payload.user_id, text: 'later' })
      }),
    )
    expect(await (await command()).reply()).toMatchObject({ text: 'later', via: 'chat.postEphemeral' })
  })

  test('an acknowledgement that Slack would refuse is told', async () => {
    await startBolt((app) =>
      app.command('/upgrade', ({ ack }) => ack({ text: 'x', blocks: [{ type: 'section' } as never] })),
    )
    const { problems } = await command()
    expect(problems).toEqual([expect.stringMatching(/^invalid_blocks .*text or fields/)])
    expect(slack.ephemerals()).toEqual([])
  })

  test('nobody can use it who could not in Slack', async () => {
    await startPlainApp(() => ({ status: 200 }))
    await expect(command('', 'U0GONE')).rejects.toThrow('deactivated')
    slack.addUser({ id: 'U0OUTSIDE', name: 'outside' })
    await expect(command('', 'U0OUTSIDE')).rejects.toThrow('not in')
    slack.scopes.delete('commands')
    await expect(command()).rejects.toThrow('scope commands')
    expect(slack.deliveries).toEqual([])
  })
})

describe('clicks', () => {
  test('a click sends the action, the whole message and who it was', async () => {
    const bodies: Record<string, unknown>[] = []
    await startBolt((app) =>
      app.action('approve', async ({ ack, body }) => {
        bodies.push(body as never)
        await ack()
      }),
    )
    const metadata = { event_type: 'rollcall_question', event_payload: { id: 'web-1' } }
    const parent = await postAsApp()
    const ts = await postAsApp({ thread_ts: parent, metadata })
    const clicked = await slack.click({ user: 'U0STRANGER', channel: CHANNEL, ts, actionId: 'approve', confirm: true })
    expect(clicked.outcome).toBe('acknowledged')
    expect(bodies).toMatchObject([
      {
        type: 'block_actions',
        user: { id: 'U0STRANGER', team_id: 'T0OTHER' },
        team: { id: slack.teamId },
        api_app_id: slack.appId,
        container: { type: 'message', message_ts: ts, channel_id: CHANNEL, is_ephemeral: false, thread_ts: parent },
        channel: { id: CHANNEL, name: 'releases' },
        message: { ts, metadata, thread_ts: parent, bot_id: slack.botId },
        actions: [{ type: 'button', action_id: 'approve', block_id: 'decide', value: 'v2', style: 'primary' }],
      },
    ])
  })

  test('a confirm dialog must be answered, and closing it sends nothing', async () => {
    await startPlainApp(() => ({ status: 200 }))
    const ts = await postAsApp()
    const click = (actionId: string, confirm?: boolean) =>
      slack.click({ user: 'U0BOB', channel: CHANNEL, ts, actionId, ...(confirm === undefined ? {} : { confirm }) })
    await expect(click('approve')).rejects.toThrow('has a confirm dialog')
    await expect(click('pause', true)).rejects.toThrow('has no confirm dialog')
    await click('approve', false)
    expect(slack.deliveries).toEqual([])
    await click('pause')
    expect(slack.deliveries).toHaveLength(1)
  })

  test('only what the message shows now can be clicked, by whom it is shown to', async () => {
    await startPlainApp(() => ({ status: 200 }))
    const ts = await postAsApp()
    const click = (user = 'U0BOB', actionId = 'pause') => slack.click({ user, channel: CHANNEL, ts, actionId })
    await expect(click('U0BOB', 'rollback')).rejects.toThrow('shows no rollback, only pause, approve')
    await expect(click('U0GONE')).rejects.toThrow('deactivated')
    slack.deleteMessage(CHANNEL, ts)
    await expect(click()).rejects.toThrow('sees no message')
    expect(slack.deliveries).toEqual([])
  })

  test('a stale or forged value can be sent nonetheless', async () => {
    const values: unknown[] = []
    await startBolt((app) =>
      app.action('approve', async ({ ack, payload, respond }) => {
        values.push('value' in payload ? payload.value : undefined)
        await ack()
        await respond('this was decided already')
      }),
    )
    const ts = await postAsApp()
    slack.deleteMessage(CHANNEL, ts)
    const forged = await slack.rawAction({
      user: 'U0BOB',
      channel: CHANNEL,
      ts,
      action: { action_id: 'approve', value: 'forged' },
    })
    expect(values).toEqual(['forged'])
    expect(await forged.reply()).toMatchObject({ user: 'U0BOB', text: 'this was decided already' })
  })

  test('an ephemeral message with buttons is clicked by its reader, replaced and deleted', async () => {
    const bodies: object[] = []
    await startBolt((app) => {
      app.command('/upgrade', ({ ack }) => ack({ text: 'Pause?', blocks: [...QUESTION] }))
      app.action('pause', async ({ ack, respond, body }) => {
        bodies.push(body)
        await ack()
        await respond({ text: 'Paused', replace_original: true })
      })
    })
    const shown = await (await command('pause web-1')).reply()
    const click = (user: string) => slack.click({ user, channel: CHANNEL, ts: shown.ts, actionId: 'pause' })
    await expect(click('U0BOB')).rejects.toThrow('sees no message')
    expect(await (await click('U0ALICE')).reply()).toMatchObject({
      ts: shown.ts,
      text: 'Paused',
      edits: [{ text: 'Pause?' }],
    })
    expect(bodies).toMatchObject([{ container: { is_ephemeral: true } }])
    expect(bodies[0]).not.toHaveProperty('message')
    await expect(click('U0ALICE')).rejects.toThrow('shows no pause, only text')
  })

  test('menus report the option, and offer no other', async () => {
    const received = await startPlainApp(() => ({ status: 200 }))
    const options = [{ text: { type: 'plain_text', text: 'web' }, value: 'web' }]
    const elements = [
      { type: 'static_select', action_id: 'service', options },
      { type: 'users_select', action_id: 'who' },
    ]
    const ts = await postAsApp({ blocks: [{ type: 'actions', elements }] })
    const choose = (actionId: string, choice: string) =>
      slack.click({ user: 'U0BOB', channel: CHANNEL, ts, actionId, choice })
    await choose('service', 'web')
    await choose('who', 'U0ALICE')
    await expect(choose('service', 'api')).rejects.toThrow('does not offer api, only web')
    const actions = received.map((one) => JSON.parse(new URLSearchParams(one.body).get('payload') ?? '').actions[0])
    expect(actions).toMatchObject([{ selected_option: { value: 'web' } }, { selected_user: 'U0ALICE' }])
  })
})

describe('modals', () => {
  async function openModal(view: object = MODAL) {
    const submitted: { state: unknown; metadata: string }[] = []
    const closed: string[] = []
    await startBolt((app) => {
      app.command('/upgrade', async ({ ack, client, payload }) => {
        await ack()
        await client.views.open({ trigger_id: payload.trigger_id, view: view as never })
      })
      app.view('request_upgrade', async ({ ack, payload }) => {
        submitted.push({ state: payload.state.values, metadata: payload.private_metadata })
        if (payload.state.values.version?.version?.value === 'bad') {
          await ack({ response_action: 'errors', errors: { version: 'no such version' } })
        } else await ack()
      })
      app.view({ callback_id: 'request_upgrade', type: 'view_closed' }, async ({ ack, payload }) => {
        closed.push(payload.id)
        await ack()
      })
    })
    return { opened: await (await command()).modal(), submitted, closed }
  }

  test('a modal is opened, refuses a value, takes another, and closes', async () => {
    const { opened, submitted } = await openModal()
    expect(opened).toMatchObject({ user: 'U0ALICE', type: 'modal', state: 'open' })
    const refused = await slack.submitView({ view: opened.id, values: { version: 'bad' } })
    expect(refused.problems).toEqual([])
    expect(slack.views('U0ALICE')).toMatchObject([{ id: opened.id, errors: { version: 'no such version' } }])
    await slack.submitView({ view: opened.id, values: { version: '1.5.0', service: 'web' } })
    expect(slack.views()).toEqual([])
    expect(submitted).toMatchObject([
      { metadata: 'secret', state: { version: { version: { type: 'plain_text_input', value: 'bad' } } } },
      {
        state: {
          version: { version: { value: '1.5.0' } },
          service: { service: { type: 'static_select', selected_option: { value: 'web' } } },
        },
      },
    ])
  })

  test('Slack does not submit what is incomplete or too long', async () => {
    const { opened, submitted } = await openModal()
    await expect(slack.submitView({ view: opened.id })).rejects.toThrow('version is required')
    const submit = (values: Record<string, string>) => slack.submitView({ view: opened.id, values })
    await expect(submit({ version: '12345678901' })).rejects.toThrow('0 to 10 characters')
    await expect(submit({ version: '1', service: 'db' })).rejects.toThrow('does not offer db')
    await expect(submit({ version: '1', colour: 'red' })).rejects.toThrow('shows no colour')
    expect(submitted).toEqual([])
  })

  test('closing a modal is told when the view asked for it', async () => {
    const { opened, closed } = await openModal()
    await slack.closeView({ view: opened.id })
    expect(closed).toEqual([opened.id])
    expect(slack.views()).toEqual([])
    await expect(slack.submitView({ view: opened.id })).rejects.toThrow('no view')
  })

  test('errors at a block that is no input are a problem', async () => {
    await startBolt((app) => {
      app.command('/upgrade', async ({ ack, client, payload }) => {
        await ack()
        await client.views.open({ trigger_id: payload.trigger_id, view: MODAL as never })
      })
      app.view('request_upgrade', ({ ack }) => ack({ response_action: 'errors', errors: { nowhere: 'x' } }))
    })
    const opened = await (await command()).modal()
    const { problems } = await slack.submitView({ view: opened.id, values: { version: '1' } })
    expect(problems).toEqual(['the view has no input block nowhere to show an error at'])
  })

  test('a trigger opens one view, within three seconds', async () => {
    await slack.stop()
    let now = Date.now()
    await start({ clock: () => now })
    const received = await startPlainApp(() => ({ status: 200 }))
    const open = async (trigger_id: unknown, view: object = MODAL) => {
      const response = await fetch(`${slack.apiUrl}views.open`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
        body: JSON.stringify({ trigger_id, view }),
      })
      return response.json()
    }
    await command()
    await command()
    const [first, second] = received.map((one) => new URLSearchParams(one.body).get('trigger_id'))
    expect(await open(first, { ...MODAL, title: undefined })).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: title [json-pointer:/view]'] },
    })
    now += 3000
    expect(await open(first)).toMatchObject({ ok: true, view: { callback_id: 'request_upgrade', type: 'modal' } })
    expect(await open(first)).toMatchObject({ error: 'exchanged_trigger_id' })
    now += 1
    expect(await open(second)).toMatchObject({ error: 'expired_trigger_id' })
    expect(await open('made.up')).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] invalid `trigger_id` [json-pointer:/trigger_id]'] },
    })
  })

  test('views are updated against their hash, pushed up to three, and home tabs published', async () => {
    const { opened } = await openModal()
    const web = async (method: string, args: object) => {
      const response = await fetch(`${slack.apiUrl}${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
        body: JSON.stringify(args),
      })
      return response.json()
    }
    const view = { ...MODAL, title: { type: 'plain_text', text: 'Changed' } }
    expect(await web('views.update', { view_id: opened.id, view, hash: 'old' })).toMatchObject({
      error: 'hash_conflict',
    })
    expect(await web('views.update', { view_id: opened.id, view, hash: opened.hash })).toMatchObject({ ok: true })
    expect(slack.views()[0]?.view).toMatchObject({ title: { text: 'Changed' } })
    expect(await web('views.update', { view_id: 'V0NONE', view })).toMatchObject({ error: 'not_found' })
    const home = { type: 'home', external_id: 'home', blocks: [SECTION] }
    expect(await web('views.publish', { user_id: 'U0BOB', view: home })).toMatchObject({ ok: true })
    expect(await web('views.publish', { user_id: 'U0BOB', view: home })).toMatchObject({ ok: true })
    expect(await web('views.publish', { user_id: 'U0ALICE', view: home })).toMatchObject({
      error: 'duplicate_external_id',
    })
    expect(await web('views.publish', { user_id: 'U0BOB', view })).toMatchObject({ error: 'invalid_arguments' })
    expect(slack.views('U0BOB')).toMatchObject([{ type: 'home' }])
    const [shown] = slack.views('U0BOB')
    expect(await web('views.publish', { user_id: 'U0BOB', view: home, hash: 'old' })).toMatchObject({
      error: 'hash_conflict',
    })
    expect(await web('views.publish', { user_id: 'U0BOB', view: home, hash: shown?.hash })).toMatchObject({ ok: true })
    for (const user_id of ['U0NOBODY', slack.botUserId]) {
      expect(await web('views.publish', { user_id, view: home })).toMatchObject({ error: 'invalid_arguments' })
    }
    const blocks = Array.from({ length: 101 }, () => SECTION)
    expect(await web('views.publish', { user_id: 'U0BOB', view: { type: 'home', blocks } })).toMatchObject({
      error: 'invalid_arguments',
    })
    await slack.stop()
    await start({ homeTab: false })
    expect(await web('views.publish', { user_id: 'U0BOB', view: home })).toMatchObject({ error: 'not_enabled' })
    await expect(async () => slack.openHome({ user: 'U0BOB' })).rejects.toThrow('no Home tab')
  })
})

describe('modals that change', () => {
  const SEARCH = {
    type: 'modal',
    callback_id: 'search',
    title: { type: 'plain_text', text: 'Search' },
    submit: { type: 'plain_text', text: 'Go' },
    blocks: [
      {
        type: 'input',
        block_id: 'service',
        dispatch_action: true,
        label: { type: 'plain_text', text: 'Service' },
        element: { type: 'external_select', action_id: 'service', min_query_length: 1 },
      },
    ],
  } as const

  function offers(count: number, text?: string) {
    return Array.from({ length: count }, (_, index) => {
      const value = text ?? String(index)
      return { text: { type: 'plain_text', text: value }, value }
    })
  }

  async function openSearch(register: (app: App) => void) {
    await startBolt((app) => {
      app.command('/upgrade', async ({ ack, client, payload }) => {
        await ack()
        await client.views.open({ trigger_id: payload.trigger_id, view: SEARCH as never })
      })
      register(app)
    })
    return (await command()).modal()
  }

  test('an external select offers what the app suggests, and a choice of it is dispatched', async () => {
    const chosen: unknown[] = []
    const opened = await openSearch((app) => {
      app.options('service', ({ ack, payload }) =>
        ack({ options: [{ text: { type: 'plain_text', text: payload.value }, value: `${payload.value}-1` }] }),
      )
      app.action('service', async ({ ack, payload }) => {
        chosen.push('selected_option' in payload ? payload.selected_option : undefined)
        await ack()
      })
    })
    const choose = () => slack.viewAction({ view: opened.id, actionId: 'service', choice: 'web-1' })
    await expect(choose()).rejects.toThrow('does not offer web-1, only nothing')
    const { options } = await slack.suggest({ view: opened.id, actionId: 'service', text: 'web' })
    expect(options).toMatchObject([{ value: 'web-1' }])
    await choose()
    expect(chosen).toMatchObject([{ value: 'web-1' }])
  })

  test.each([
    ['more than a hundred', { options: offers(101) }, 'no more than 100 items allowed [json-pointer:/options]'],
    [
      'one that is too long',
      { options: offers(1, 'x'.repeat(76)) },
      'must be less than 76 characters [json-pointer:/options/0/value]',
    ],
    [
      'one that is marked up',
      { options: [{ text: { type: 'mrkdwn', text: 'a' }, value: 'a' }] },
      'unsupported type: mrkdwn [json-pointer:/options/0/text/type]',
    ],
    ['neither options nor groups', {}, 'must provide exactly one of: options, option_groups [json-pointer:/]'],
  ])('an external select offers nothing when the app answers with %s', async (_, answer, problem) => {
    const opened = await openSearch((app) => {
      app.options('service', ({ ack }) => ack(answer as never))
    })
    const { options, problems } = await slack.suggest({ view: opened.id, actionId: 'service', text: 'w' })
    expect(options).toEqual([])
    expect(problems).toContain(problem)
  })

  test('an external select asks nothing before enough is typed', async () => {
    const opened = await openSearch(() => {})
    const typing = slack.suggest({ view: opened.id, actionId: 'service', text: '' })
    await expect(typing).rejects.toThrow('asks from 1 characters on')
  })

  test('an update keeps what was entered in a block of the same name, and in no other', async () => {
    const field = (name: string) => ({
      ...{ type: 'input', block_id: name, label: { type: 'plain_text', text: name } },
      element: { type: 'plain_text_input', action_id: name },
    })
    const form = (...names: string[]) => ({ ...SEARCH, blocks: [...SEARCH.blocks, ...names.map(field)] }) as never
    const seen: unknown[] = []
    const opened = await openSearch((app) => {
      app.options('service', ({ ack }) => ack({ options: offers(1, 'web') as never }))
      app.action('service', async ({ ack, body, client }) => {
        await ack()
        const view = 'view' in body ? body.view : undefined
        const names = view?.blocks.length === 1 ? ['kept', 'gone'] : ['kept', 'new']
        await client.views.update({ view_id: view?.id ?? '', hash: view?.hash ?? '', view: form(...names) })
      })
      app.view('search', async ({ ack, view }) => {
        seen.push(view.state.values)
        await ack()
      })
    })
    await slack.suggest({ view: opened.id, actionId: 'service', text: 'w' })
    const choose = (values?: Record<string, string>) =>
      slack.viewAction({ view: opened.id, actionId: 'service', choice: 'web', ...(values && { values }) })
    await choose()
    await slack.waitFor(() => JSON.stringify(slack.views()[0]?.view).includes('"gone"'))
    await choose({ kept: 'a', gone: 'b' })
    await slack.waitFor(() => JSON.stringify(slack.views()[0]?.view).includes('"new"'))
    await slack.submitView({ view: opened.id, values: { new: 'c' } })
    expect(seen).toEqual([
      {
        service: { service: expect.objectContaining({ selected_option: expect.objectContaining({ value: 'web' }) }) },
        kept: { kept: { type: 'plain_text_input', value: 'a' } },
        new: { new: { type: 'plain_text_input', value: 'c' } },
      },
    ])
  })

  test('a shortcut opens a modal, and happens in no channel', async () => {
    await startBolt((app) => {
      app.shortcut('search', async ({ ack, client, body }) => {
        await ack()
        expect(body).not.toHaveProperty('response_url')
        await client.views.open({ trigger_id: body.trigger_id, view: SEARCH as never })
      })
    })
    const shortcut = await slack.shortcut({ user: 'U0BOB', callbackId: 'search' })
    expect(await shortcut.modal()).toMatchObject({ user: 'U0BOB', type: 'modal' })
  })

  test.each([
    ['update', ['Next'], 1],
    ['push', ['Search', 'Next'], 2],
    ['clear', [], 0],
  ] as const)('a submission answered with %s leaves %j open', async (response_action, titles, count) => {
    const next = { ...MODAL, title: { type: 'plain_text', text: 'Next' } }
    const opened = await openSearch((app) => {
      app.options('service', ({ ack }) =>
        ack({ options: [{ text: { type: 'plain_text', text: 'web' }, value: 'web' }] }),
      )
      app.view('search', ({ ack }) =>
        ack(response_action === 'clear' ? { response_action } : { response_action, view: next as never }),
      )
    })
    await slack.suggest({ view: opened.id, actionId: 'service', text: 'w' })
    const { problems } = await slack.submitView({ view: opened.id, values: { service: 'web' } })
    expect(problems).toEqual([])
    expect(slack.views()).toHaveLength(count)
    expect(slack.views().map((one) => one.view.title)).toMatchObject(titles.map((text) => ({ text })))
  })

  test('no more than three views stand on each other', async () => {
    const opened = await openSearch((app) => {
      app.options('service', ({ ack }) =>
        ack({ options: [{ text: { type: 'plain_text', text: 'web' }, value: 'web' }] }),
      )
      app.view('search', ({ ack }) => ack({ response_action: 'push', view: SEARCH as never }))
    })
    let top = opened.id
    const problems: string[] = []
    for (let pushed = 0; pushed < 3; pushed += 1) {
      await slack.suggest({ view: top, actionId: 'service', text: 'w' })
      const sent = await slack.submitView({ view: top, values: { service: 'web' } })
      problems.push(...sent.problems)
      top = slack.views().at(-1)?.id ?? ''
    }
    expect(problems).toEqual([expect.stringContaining('push_limit_reached')])
    expect(slack.views()).toHaveLength(3)
  })

  test('a submission that fails leaves the modal open', async () => {
    const opened = await openSearch((app) => {
      app.options('service', ({ ack }) =>
        ack({ options: [{ text: { type: 'plain_text', text: 'web' }, value: 'web' }] }),
      )
    })
    await slack.suggest({ view: opened.id, actionId: 'service', text: 'w' })
    await startPlainApp(() => ({ status: 500 }))
    const sent = await slack.submitView({ view: opened.id, values: { service: 'web' } })
    expect(sent.outcome).toBe('dispatch_failed')
    expect(slack.views().map((one) => one.id)).toEqual([opened.id])
  })
})

describe('events', () => {
  test('a reply in a thread and a mention reach the app as two events', async () => {
    const heard: string[] = []
    await startBolt((app) => {
      app.message(async ({ message }) => {
        heard.push(
          `message ${'text' in message ? message.text : ''} ${'thread_ts' in message ? message.thread_ts : ''}`,
        )
      })
      app.event('app_mention', async ({ event }) => {
        heard.push(`app_mention ${event.text} ${event.thread_ts}`)
      })
    })
    const ts = await postAsApp()
    const text = `<@${slack.botUserId}> hold`
    const { message, events } = await slack.say({ user: 'U0BOB', channel: CHANNEL, text, threadTs: ts })
    expect(events.map((one) => one.attempts.map((attempt) => attempt.outcome))).toEqual([
      ['acknowledged'],
      ['acknowledged'],
    ])
    expect(heard.sort()).toEqual([`app_mention ${text} ${ts}`, `message ${text} ${ts}`])
    expect(slack.replies(CHANNEL, ts)).toEqual([message])
    expect(new Set(events.map((one) => one.eventId)).size).toBe(2)
  })

  test("another app's bot is known by its bot_id, and can neither click nor command", async () => {
    slack.addUser({ id: 'U0OTHERBOT', name: 'otherbot', isBot: true })
    slack.modifyChannel(CHANNEL, { members: ['U0OTHERBOT', slack.botUserId] })
    const received = await startPlainApp(() => ({ status: 200 }))
    const ts = await postAsApp()
    await slack.say({ user: 'U0OTHERBOT', channel: CHANNEL, text: 'rollback', threadTs: ts })
    expect(received.map((one) => JSON.parse(one.body).event)).toMatchObject([
      { bot_id: 'B0OTHERBOT', text: 'rollback' },
    ])
    const click = slack.click({ user: 'U0OTHERBOT', channel: CHANNEL, ts, actionId: 'pause' })
    await expect(click).rejects.toThrow('is a bot')
    await expect(command('', 'U0OTHERBOT')).rejects.toThrow('is a bot')
  })

  test('opening the home tab tells the app who did', async () => {
    const heard: object[] = []
    await startBolt((app) => {
      app.event('app_home_opened', async ({ event, client }) => {
        heard.push(event)
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [SECTION] } })
      })
    })
    await slack.openHome({ user: 'U0BOB' })
    const [shown] = await slack.waitFor(() => slack.views('U0BOB').length > 0 && slack.views('U0BOB'))
    await slack.openHome({ user: 'U0BOB' })
    await slack.openHome({ user: 'U0BOB', tab: 'messages' })
    const channel = expect.stringMatching(/^D/)
    expect(heard).toEqual([
      { type: 'app_home_opened', user: 'U0BOB', channel, tab: 'home', event_ts: expect.any(String) },
      expect.objectContaining({ tab: 'home', view: expect.objectContaining({ id: shown?.id, hash: shown?.hash }) }),
      { type: 'app_home_opened', user: 'U0BOB', channel, tab: 'messages', event_ts: expect.any(String) },
    ])
  })

  test('the app hears nothing without scope or membership', async () => {
    const received = await startPlainApp(() => ({ status: 200 }))
    slack.addChannel({ id: 'C0OTHER', name: 'other', members: ['U0BOB'], bot: false })
    await slack.say({ user: 'U0BOB', channel: 'C0OTHER', text: 'hello' })
    slack.scopes.delete('channels:history')
    await slack.say({ user: 'U0BOB', channel: CHANNEL, text: 'hello' })
    expect(received).toEqual([])
    await slack.say({ user: 'U0BOB', channel: CHANNEL, text: `<@${slack.botUserId}>` })
    expect(received.map((one) => JSON.parse(one.body).event.type)).toEqual(['app_mention'])
  })

  test('an event that is not acknowledged comes again with its number and reason, then no more', async () => {
    await slack.stop()
    await start({ ackTimeoutMs: 40, eventRetryDelaysMs: [0, 1, 1] })
    const received = await startPlainApp((_, count) => (count === 1 ? 'silence' : { status: count === 2 ? 500 : 200 }))
    const { attempts, eventId } = await slack.event({ type: 'app_home_opened', user: 'U0BOB' })
    expect(attempts.map((one) => one.outcome)).toEqual(['operation_timeout', 'dispatch_failed', 'acknowledged'])
    expect(received.map((one) => [one.headers['x-slack-retry-num'], one.headers['x-slack-retry-reason']])).toEqual([
      [undefined, undefined],
      ['1', 'http_timeout'],
      ['2', 'http_error'],
    ])
    expect(new Set(received.map((one) => JSON.parse(one.body).event_id))).toEqual(new Set([eventId]))
  })

  test('it is given up after three retries', async () => {
    await slack.stop()
    await start({ eventRetryDelaysMs: [0, 1, 1] })
    await startPlainApp(() => ({ status: 503 }))
    expect((await slack.event({ type: 'team_join' })).attempts).toHaveLength(4)
  })

  test('stopping ends the retries and what is waited for', async () => {
    await slack.stop()
    await start({ eventRetryDelaysMs: [3_600_000] })
    const received = await startPlainApp(() => ({ status: 503 }))
    const sending = slack.event({ type: 'team_join' })
    const waiting = expect(slack.waitForMessage(() => true)).rejects.toThrow('before Slack was stopped')
    await slack.waitFor(() => received.length === 1 && slack.deliveries.length === 1)
    await slack.stop()
    expect((await sending).attempts).toHaveLength(1)
    await waiting
  })
})
