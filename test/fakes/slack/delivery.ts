/** Sends the app signed requests as Slack does, and takes the time until it acknowledges. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from './block-kit.ts'
import { signatureHeaders } from './signature.ts'
import type { Clock } from './workspace.ts'

/** What Slack has to tell the app, however it gets there. */
export type Dispatch = {
  /** As in `Delivery`. */
  kind: string
  type: 'slash_commands' | 'interactive' | 'events_api'
  payload: JsonObject
  /** Not the first time. */
  retry?: { attempt: number; reason: string }
}

/** A way to the app: signed requests over HTTP, or envelopes over Socket Mode. */
export type Transport = {
  isConnected(): boolean
  deliver(dispatch: Dispatch): Promise<Delivery>
  /**
   * Sends what it sent last once more, as Slack does when no acknowledgement came through: an event as the retry that it
   * is, everything else as it was.
   */
  repeat(): Promise<Delivery>
}

export type Delivery = {
  /** `command`, the payload's type, or the event's type. */
  kind: string
  /** Absent when no answer came. */
  status?: number
  headers: IncomingHttpHeaders
  body: string
  /** From the first byte sent to the last received. */
  ms: number
  /** `operation_timeout` and `dispatch_failed` are what Slack tells the person. */
  outcome: 'acknowledged' | 'operation_timeout' | 'dispatch_failed'
}

export type OutgoingRequest = {
  kind?: string
  body: string
  /** Slack sends forms without a charset. */
  contentType?: 'application/x-www-form-urlencoded' | 'application/json' | (string & {})
  /** Epoch seconds; now when absent. Also what is signed. */
  timestampSeconds?: number
  /** Sent besides the usual ones, or instead of them; null leaves one out. For forged requests. */
  headers?: Record<string, string | null>
  /** Sign with another secret. */
  signingSecret?: string
}

export type Courier = ReturnType<typeof createCourier>

export function createCourier(options: {
  signingSecret: string
  clock: Clock
  ackTimeoutMs: number
  onDelivery(delivery: Delivery): void
}) {
  let requestUrl: string | undefined
  let last: { dispatch: Dispatch; timestampSeconds: number } | undefined

  const nowSeconds = () => Math.floor(options.clock() / 1000)

  const courier = {
    isConnected: () => requestUrl !== undefined,

    deliver(dispatch: Dispatch): Promise<Delivery> {
      last = { dispatch, timestampSeconds: nowSeconds() }
      return courier.send({ ...requestOf(dispatch), timestampSeconds: last.timestampSeconds })
    },

    /** Signed anew, which no two attempts of Slack have in common. */
    repeat(): Promise<Delivery> {
      if (!last) throw new Error('nothing was sent yet')
      const { dispatch, timestampSeconds } = last
      const retry = dispatch.type === 'events_api' ? { retry: { attempt: 1, reason: 'http_timeout' } } : {}
      return courier.send({ ...requestOf({ ...dispatch, ...retry }), timestampSeconds: timestampSeconds + 1 })
    },

    /** What was sent last once more, byte for byte: by somebody who has recorded it. */
    replay(): Promise<Delivery> {
      if (!last) throw new Error('nothing was sent yet')
      return courier.send({ ...requestOf(last.dispatch), timestampSeconds: last.timestampSeconds })
    },

    connect(url: string): void {
      requestUrl = url
    },

    sign(body: string, timestampSeconds = nowSeconds()) {
      return signatureHeaders(options.signingSecret, body, timestampSeconds)
    },

    async send(outgoing: OutgoingRequest): Promise<Delivery> {
      if (!requestUrl) throw new Error('no app is connected: call connect({ requestUrl }) first')
      const url = requestUrl
      const { body, contentType = 'application/x-www-form-urlencoded' } = outgoing
      const seconds = outgoing.timestampSeconds ?? nowSeconds()
      const usual: Record<string, string | null> = {
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        accept: '*/*',
        ...signatureHeaders(outgoing.signingSecret ?? options.signingSecret, body, seconds),
        ...outgoing.headers,
      }
      const headers = Object.fromEntries(
        Object.entries(usual).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
      )

      const startedAt = performance.now()
      return new Promise((resolve) => {
        let isOver = false
        const finish = (outcome: Delivery['outcome'], answer: Partial<Delivery> = {}) => {
          if (isOver) return
          isOver = true
          clearTimeout(timer)
          const ms = performance.now() - startedAt
          const delivery: Delivery = { kind: outgoing.kind ?? 'raw', headers: {}, body: '', ms, outcome, ...answer }
          options.onDelivery(delivery)
          resolve(delivery)
        }
        const request = httpRequest(url, { method: 'POST', agent: false, headers }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const status = response.statusCode ?? 0
            const outcome = status >= 200 && status < 300 ? 'acknowledged' : 'dispatch_failed'
            finish(outcome, { status, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') })
          })
          response.on('error', () => finish('dispatch_failed'))
        })
        const timer = setTimeout(() => {
          finish('operation_timeout')
          request.destroy()
        }, options.ackTimeoutMs)
        request.on('error', () => finish('dispatch_failed'))
        request.end(body)
      })
    },
  }
  return courier
}

function requestOf({ kind, type, payload, retry }: Dispatch): OutgoingRequest {
  switch (type) {
    case 'slash_commands':
      return { kind, body: new URLSearchParams(payload as Record<string, string>).toString() }
    case 'interactive':
      return { kind, body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString() }
    case 'events_api': {
      const again = retry && { 'x-slack-retry-num': String(retry.attempt), 'x-slack-retry-reason': retry.reason }
      return { kind, body: JSON.stringify(payload), contentType: 'application/json', ...(again && { headers: again }) }
    }
  }
}
