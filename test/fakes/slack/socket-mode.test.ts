import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeSlack, startSlack } from './slack.ts'

type Message = { type: string; envelope_id: string; [field: string]: unknown }

let slack: FakeSlack
let socketMode: NonNullable<FakeSlack['socketMode']>
const sockets: WebSocket[] = []

beforeEach(async () => {
  slack = await startSlack({ socketMode: true, ackTimeoutMs: 1_000, eventRetryDelaysMs: [10, 10] })
  if (!slack.socketMode) throw new Error('it was asked for')
  socketMode = slack.socketMode
  slack.addUser({ id: 'U0DANA', name: 'dana' })
  slack.addChannel({ id: 'C0RELEASES', name: 'releases', members: ['U0DANA'] })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close()
  await slack.stop()
})

async function open(token?: string): Promise<Record<string, unknown>> {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(`${slack.apiUrl}apps.connections.open`, { method: 'POST', headers })
  return (await response.json()) as Record<string, unknown>
}

/** An app that acknowledges what it is told to. */
async function anApp(acknowledge: (message: Message) => unknown = ({ envelope_id }) => ({ envelope_id })) {
  const { url } = await open(socketMode.appToken)
  const socket = new WebSocket(String(url))
  sockets.push(socket)
  const received: Message[] = []
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    received.push(message)
    const answer = message.envelope_id === undefined ? undefined : acknowledge(message)
    if (answer !== undefined) socket.send(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  await once(socket, 'message')
  return { socket, received, url: String(url) }
}

const command = () => slack.command({ user: 'U0DANA', channel: 'C0RELEASES', command: '/upgrade', text: 'help' })

describe('an address to connect to', () => {
  test('is given for the app-level token alone', async () => {
    expect(await open(socketMode.appToken)).toMatchObject({
      ok: true,
      url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1/),
    })
    expect(await open(slack.botToken)).toEqual({ ok: false, error: 'not_allowed_token_type' })
    expect(await open('xapp-1-wrong')).toEqual({ ok: false, error: 'invalid_auth' })
    expect(await open()).toEqual({ ok: false, error: 'not_authed' })
    socketMode.revokeToken()
    expect(await open(socketMode.appToken)).toEqual({ ok: false, error: 'invalid_auth' })
  })

  test('is good for one connection', async () => {
    const { url } = await anApp()
    const second = new WebSocket(url)
    await once(second, 'error')
    expect(socketMode.connections()).toBe(1)
  })

  test('greets whoever connects to it', async () => {
    const { received } = await anApp()
    expect(received).toMatchObject([{ type: 'hello', num_connections: 1, connection_info: { app_id: slack.appId } }])
  })
})

describe('an envelope', () => {
  test('bears what Slack would send over HTTP, and is acknowledged by its ID', async () => {
    const { received } = await anApp()
    expect(await command()).toMatchObject({ outcome: 'acknowledged', body: '' })
    expect(received[1]).toMatchObject({
      type: 'slash_commands',
      accepts_response_payload: true,
      payload: { command: '/upgrade', text: 'help', user_id: 'U0DANA', channel_id: 'C0RELEASES' },
    })
    expect(socketMode.problems).toEqual([])
  })

  test('of a command may be answered in its acknowledgement', async () => {
    await anApp(({ envelope_id }) => ({ envelope_id, payload: { text: 'hello' } }))
    expect(await (await command()).reply()).toMatchObject({ text: 'hello', via: 'acknowledgement' })
  })

  test('that is not acknowledged comes again, with the same ID and the reason', async () => {
    const { received } = await anApp(({ envelope_id, retry_attempt }) => retry_attempt && { envelope_id })
    expect((await command()).outcome).toBe('operation_timeout')
    await slack.waitFor(() => slack.deliveries.length === 2)
    const [, first, second] = received
    expect(second).toMatchObject({ envelope_id: first?.envelope_id, retry_attempt: 1, retry_reason: 'timeout' })
    expect(slack.deliveries[1]?.outcome).toBe('acknowledged')
  })

  test('of an event that is not acknowledged comes again, in another one with the same event ID', async () => {
    const { received } = await anApp(({ envelope_id, retry_attempt }) => (retry_attempt ? { envelope_id } : undefined))
    const { eventId, attempts } = await slack.event({ type: 'app_mention', user: 'U0DANA', text: 'x' })
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['operation_timeout', 'acknowledged'])
    const [, first, second] = received
    expect([first, second]).toMatchObject([
      { type: 'events_api', retry_attempt: 0, payload: { event_id: eventId } },
      { type: 'events_api', retry_attempt: 1, payload: { event_id: eventId } },
    ])
    expect(second?.envelope_id).not.toBe(first?.envelope_id)
  })

  test('goes nowhere without a connection', async () => {
    expect((await command()).outcome).toBe('dispatch_failed')
  })

  test('comes twice when asked to, on two connections', async () => {
    const [one, two] = [await anApp(), await anApp()]
    socketMode.duplicate()
    await command()
    await slack.waitFor(() => one.received.length === 2 && two.received.length === 2)
    expect(one.received[1]?.envelope_id).toBe(two.received[1]?.envelope_id)
  })

  test.each([
    ['is no JSON', () => 'ok'],
    ['names another envelope', () => ({ envelope_id: 'another' })],
  ])('whose acknowledgement %s is a problem', async (_, answer) => {
    await anApp(answer)
    expect((await command()).outcome).toBe('operation_timeout')
    expect(socketMode.problems[0]).toContain('not an acknowledgement')
  })

  test('that is acknowledged more often than it was sent is a problem', async () => {
    const { socket, received } = await anApp()
    await command()
    socket.send(JSON.stringify({ envelope_id: received[1]?.envelope_id }))
    await slack.waitFor(() => socketMode.problems.length === 1)
  })

  test('that takes no payload in its acknowledgement gets none', async () => {
    await anApp(({ envelope_id }) => ({ envelope_id, payload: { text: 'hello' } }))
    await slack.event({ type: 'app_mention', user: 'U0DANA', text: 'x' })
    expect(socketMode.problems).toEqual(['app_mention takes no payload in its acknowledgement'])
  })
})

describe('a connection', () => {
  test.each([
    ['refresh_requested', () => socketMode.refresh()],
    ['warning', () => socketMode.warn()],
    ['link_disabled', () => socketMode.disable()],
  ])('is asked to end with the reason %s', async (reason, ask) => {
    const { received } = await anApp()
    ask()
    await expect.poll(() => received.at(-1)).toMatchObject({ type: 'disconnect', reason })
  })

  test('that is to be renewed gets nothing more, and one that is only warned does', async () => {
    await anApp()
    socketMode.warn()
    expect((await command()).outcome).toBe('acknowledged')
    socketMode.refresh()
    expect((await command()).outcome).toBe('dispatch_failed')
  })

  test('that breaks leaves what it had not acknowledged to the next one', async () => {
    const broken = await anApp(() => undefined)
    const sent = command()
    await expect.poll(() => broken.received.length).toBe(2)
    socketMode.cut()
    const next = await anApp()
    expect((await sent).outcome).toBe('acknowledged')
    expect(next.received[1]).toMatchObject({ envelope_id: broken.received[1]?.envelope_id, retry_attempt: 1 })
  })

  test('cannot be had while Socket Mode is off', async () => {
    socketMode.disable()
    expect(await open(socketMode.appToken)).toMatchObject({ ok: false })
    socketMode.enable()
    expect(await open(socketMode.appToken)).toMatchObject({ ok: true })
  })
})

describe('what is sent once more', () => {
  test('comes in the same envelope, and an event in another one with the same ID', async () => {
    const { received } = await anApp()
    await command()
    expect((await slack.repeat()).outcome).toBe('acknowledged')
    await slack.event({ type: 'app_home_opened', user: 'U0DANA' })
    await slack.repeat()
    const [, first, again, event, retry] = received
    expect(again).toMatchObject({ envelope_id: first?.envelope_id, payload: first?.payload, retry_attempt: 1 })
    expect(retry?.payload).toEqual(event?.payload)
    expect(retry).toMatchObject({ retry_attempt: 1, retry_reason: 'timeout' })
    expect(retry?.envelope_id).not.toBe(event?.envelope_id)
  })
})
