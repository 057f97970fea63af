/// <reference path="./ws.d.ts" />
/**
 * Slack's side of Socket Mode: the app asks for an address, connects to it, and gets what Slack would send over HTTP as
 * envelopes, each of which it has to acknowledge by its ID. https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { isObject, type JsonObject } from './block-kit.ts'
import type { Delivery, Dispatch, Transport } from './delivery.ts'
import { parseObject, SlackError } from './method.ts'

/** An address is good for one connection, for this long. */
const TICKET_LIFETIME_MS = 30_000
/** The server asks this often whether the app is still there. */
const PING_INTERVAL_MS = 10_000
/** Slack announces the end of a connection this long before it comes. */
const WARNING_MS = 10_000
/** An app that was asked to connect anew may finish what it got; then Slack hangs up. */
const REFRESH_MS = 2_000

type Connection = {
  socket: WebSocket
  /** It gets no more envelopes. */
  leaving: boolean
}

type Envelope = {
  id: string
  dispatch: Dispatch
  /** How often it was sent, and how often acknowledged: one acknowledgement for each. */
  sent: number
  acknowledged: number
  /** The connection that bears it. */
  by?: Connection
  /** Hears of the acknowledgement's payload while Slack waits for it. */
  resolve?: (payload: JsonObject) => void
}

export type SocketMode = ReturnType<typeof createSocketMode>

export function createSocketMode(options: {
  appId: string
  ackTimeoutMs: number
  /** When Slack sends what was not acknowledged again. */
  retryDelaysMs: readonly number[]
  stopped: AbortSignal
  onDelivery(delivery: Delivery): void
  onChange(): void
}) {
  const appToken = `xapp-1-${options.appId}-${randomBytes(8).toString('hex')}`
  const server = new WebSocketServer({ noServer: true })
  const connections = new Set<Connection>()
  const tickets = new Map<string, number>()
  const envelopes = new Map<string, Envelope>()
  const problems: string[] = []
  let tokenWorks = true
  let mayConnect = true
  let isEnabled = true
  let duplicates = 0
  let isSilent = false
  let last: Envelope | undefined
  let opened = 0
  let turn = 0

  // ---------------------------------------------------------------- connecting

  /** `apps.connections.open`. @throws SlackError as Slack refuses it */
  function open(token: string | undefined, host: string): JsonObject {
    if (!token) throw new SlackError('not_authed')
    if (token.startsWith('xoxb-')) throw new SlackError('not_allowed_token_type')
    if (token !== appToken || !tokenWorks) throw new SlackError('invalid_auth')
    if (!mayConnect)
      throw new SlackError('missing_scope', { needed: 'connections:write', provided: 'authorizations:read' })
    // Slack does not document its error for an app whose Socket Mode is off.
    if (!isEnabled) throw new SlackError('socket_mode_disabled')
    const ticket = randomUUID()
    tickets.set(ticket, Date.now())
    return { url: `ws://${host}/link/?ticket=${ticket}&app_id=${options.appId}` }
  }

  /** `auth.test` with the app-level token, which is of an app and of no workspace; `undefined` for any other token. */
  function identify(token: string | undefined): JsonObject | undefined {
    if (token !== appToken) return undefined
    if (!tokenWorks) throw new SlackError('invalid_auth')
    return { app_name: 'Rollcall', app_id: options.appId }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const ticket = searchParams.get('ticket') ?? ''
    const issued = tickets.get(ticket)
    tickets.delete(ticket)
    if (pathname !== '/link/' || issued === undefined || Date.now() - issued > TICKET_LIFETIME_MS) {
      socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    server.handleUpgrade(request, socket, head, accept)
  }

  function accept(socket: WebSocket): void {
    const connection: Connection = { socket, leaving: false }
    connections.add(connection)
    opened += 1
    const pinging = setInterval(() => socket.ping(), PING_INTERVAL_MS)
    pinging.unref()
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => hear(isBinary ? undefined : data.toString('utf8')))
    socket.on('close', () => {
      clearInterval(pinging)
      connections.delete(connection)
      options.onChange()
      for (const envelope of envelopes.values()) if (envelope.by === connection) void redeliver(envelope)
    })
    if (isSilent) return
    tell(connection, {
      type: 'hello',
      num_connections: connections.size,
      connection_info: { app_id: options.appId },
      debug_info: { host: 'applink-1', build_number: 1, approximate_connection_time: 18_060 },
    })
    options.onChange()
  }

  function tell({ socket }: Connection, message: JsonObject): void {
    socket.send(JSON.stringify(message))
  }

  /** Slack takes turns among the connections that are open. */
  function next(except?: Connection): Connection | undefined {
    const open = [...connections].filter(({ socket, leaving }) => !leaving && socket.readyState === WebSocket.OPEN)
    const others = open.filter((one) => one !== except)
    const among = others.length > 0 ? others : open
    turn += 1
    return among[turn % among.length]
  }

  // ---------------------------------------------------------------- envelopes

  async function deliver(dispatch: Dispatch): Promise<Delivery> {
    const envelope: Envelope = { id: randomUUID(), dispatch, sent: 0, acknowledged: 0 }
    envelopes.set(envelope.id, envelope)
    last = envelope
    const delivery = await attempt(envelope, dispatch.retry)
    // An event is sent again by whoever sent it, in a new envelope.
    if (delivery.outcome !== 'acknowledged' && dispatch.type !== 'events_api') void retry(envelope)
    return delivery
  }

  /** An event in an envelope of its own, everything else in the same one. */
  function repeat(): Promise<Delivery> {
    if (!last) throw new Error('nothing was sent yet')
    const retried = { attempt: 1, reason: 'timeout' }
    if (last.dispatch.type === 'events_api') return deliver({ ...last.dispatch, retry: retried })
    return attempt(last, retried)
  }

  async function retry(envelope: Envelope): Promise<void> {
    for (const [index, waitMs] of options.retryDelaysMs.entries()) {
      await delay(waitMs, undefined, { signal: options.stopped, ref: false }).catch(() => undefined)
      if (options.stopped.aborted || envelope.acknowledged > 0) return
      const { outcome } = await attempt(envelope, { attempt: index + 1, reason: 'timeout' })
      if (outcome === 'acknowledged') return
    }
  }

  /** Sends it once, and waits as long as Slack does. */
  function attempt(envelope: Envelope, retried: Dispatch['retry']): Promise<Delivery> {
    const startedAt = performance.now()
    return new Promise((resolve) => {
      const finish = (outcome: Delivery['outcome'], answer: JsonObject = {}) => {
        clearTimeout(timer)
        delete envelope.resolve
        const ms = performance.now() - startedAt
        const body = Object.keys(answer).length > 0 ? JSON.stringify(answer) : ''
        const delivery = {
          kind: envelope.dispatch.kind,
          headers: { 'content-type': 'application/json' },
          body,
          ms,
          outcome,
        }
        options.onDelivery(delivery)
        resolve(delivery)
      }
      const timer = setTimeout(() => finish('operation_timeout'), options.ackTimeoutMs)
      envelope.resolve = (answer) => finish('acknowledged', answer)
      if (!send(envelope, retried)) return finish('dispatch_failed')
      if (duplicates > 0) {
        duplicates -= 1
        send(envelope, retried, envelope.by)
      }
    })
  }

  function send(envelope: Envelope, retried: Dispatch['retry'], except?: Connection): boolean {
    const connection = next(except)
    if (!connection) return false
    envelope.sent += 1
    envelope.by = connection
    const { type, payload } = envelope.dispatch
    const again = type === 'events_api' || retried
    tell(connection, {
      envelope_id: envelope.id,
      type,
      accepts_response_payload: acceptsPayload(envelope.dispatch),
      payload,
      ...(again ? { retry_attempt: retried?.attempt ?? 0, retry_reason: retried?.reason ?? '' } : {}),
    })
    return true
  }

  /** What a lost connection had not acknowledged goes out on the next one, as long as somebody waits for it. */
  async function redeliver(envelope: Envelope): Promise<void> {
    delete envelope.by
    while (envelope.resolve && !options.stopped.aborted) {
      if (send(envelope, { attempt: 1, reason: 'connection_lost' })) return
      await delay(20, undefined, { ref: false })
    }
  }

  function hear(text: string | undefined): void {
    const message = text === undefined ? undefined : parseObject(text)
    const envelope = envelopes.get(String(message?.envelope_id))
    if (!message || !envelope) {
      problems.push(`not an acknowledgement: ${text ?? 'binary'}`)
      return
    }
    const { payload = {} } = message
    if (!isObject(payload)) problems.push(`the payload of ${envelope.id} is no object`)
    else {
      if (Object.keys(payload).length > 0 && !acceptsPayload(envelope.dispatch)) {
        problems.push(`${envelope.dispatch.kind} takes no payload in its acknowledgement`)
      }
      envelope.acknowledged += 1
      if (envelope.acknowledged > envelope.sent) problems.push(`${envelope.id} was acknowledged more often than sent`)
      envelope.resolve?.(payload)
    }
    options.onChange()
  }

  // ---------------------------------------------------------------- what befalls connections

  function leave(reason: string, hangUpMs: number, stopsNow: boolean): void {
    for (const connection of connections) {
      if (stopsNow) connection.leaving = true
      tell(connection, { type: 'disconnect', reason, debug_info: { host: 'applink-1' } })
      setTimeout(() => connection.socket.close(1000), hangUpMs).unref()
    }
  }

  const transport: Transport = { isConnected: () => next() !== undefined, deliver, repeat }

  return {
    ...transport,
    appToken,
    open,
    identify,
    upgrade,
    /** What the app did that Slack would not understand. */
    problems: problems as readonly string[],
    /** Connections now, and ever. */
    connections: () => connections.size,
    opened: () => opened,
    /** A frame that no version of the protocol knows, or no frame of it at all, on each connection. */
    say(frame: string): void {
      for (const { socket } of connections) socket.send(frame)
    },
    /** Slack asks for a new connection, as it does every few hours. */
    refresh: () => leave('refresh_requested', REFRESH_MS, true),
    /** Slack says that it will soon. */
    warn: () => leave('warning', WARNING_MS, false),
    /** Somebody turns Socket Mode off in the app's settings, or on again. */
    disable(): void {
      isEnabled = false
      leave('link_disabled', 0, true)
    },
    enable(): void {
      isEnabled = true
    },
    /** The network breaks: no goodbye. */
    cut(): void {
      for (const { socket } of connections) socket.terminate()
    },
    /** The network swallows everything, and nobody hears of it. */
    freeze(): void {
      for (const connection of connections) {
        connection.leaving = true
        connection.socket.pause()
      }
    },
    /** Whether Slack takes connections without a word. */
    silent(whether: boolean): void {
      isSilent = whether
    },
    /** Somebody revokes the app-level token, or it works again. */
    revokeToken(): void {
      tokenWorks = false
    },
    restoreToken(): void {
      tokenWorks = true
    },
    /** Whether the app-level token has connections:write. */
    mayConnect(whether: boolean): void {
      mayConnect = whether
    },
    /** The next envelopes come twice, on two connections if there are. */
    duplicate(times = 1): void {
      duplicates += times
    },
    stop(): void {
      for (const { socket } of connections) socket.terminate()
    },
  }
}

/** Only these are answered with more than that they came. */
function acceptsPayload({ type, payload }: Dispatch): boolean {
  return type === 'slash_commands' || payload.type === 'view_submission' || payload.type === 'block_suggestion'
}
