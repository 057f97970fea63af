import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import { HTTPReceiver } from '@slack/bolt'
import type { Log } from '../engine/parts.ts'
import { boundedBodies } from '../http/bounded-body.ts'
import { Replayed } from './listeners/deliveries.ts'
import type { RefusedDelivery } from './listeners/parts.ts'
import { NotStored } from './listeners/stored-in-time.ts'
import { Unheard } from './listeners/unheard.ts'
import { slackLogger } from './logger.ts'

/** How far Slack's clock and ours may be apart, in seconds; older requests are replays, as Slack says. */
const apartSeconds = 300

/** Slack's payloads are far smaller, in bytes. */
const largestBody = 1_000_000

/** What strangers may have us hold at the same time, in bytes. */
const largestSum = 32_000_000

/** What is not acknowledged by then comes too late. Slack gives up after three seconds, milliseconds. */
const lateAfterMs = 2_900

/** What Slack sends to, as a route of our own server. */
export type SlackRoute = {
  path: string
  method: string
  handler(request: IncomingMessage, response: ServerResponse): void
}

/**
 * Slack's requests over HTTP. Bolt refuses what is forged. Refused here is what it takes or stumbles over: a signed
 * timestamp from the future, which could be used again for as long as it lies ahead, and a body that is no object.
 */
export function httpReceiver(options: {
  signingSecret: string
  log: Log
  onRefused: (reason: RefusedDelivery) => void
}): { receiver: HTTPReceiver; route: SlackRoute } {
  const { onRefused } = options
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: '/slack/events',
    logger: slackLogger(options.log),
    customPropertiesExtractor: ({ headers }) => ({ signature: headers['x-slack-signature'] }),
    // What was not carried out is not acknowledged.
    processEventErrorHandler: async ({ error, response }) => {
      if (response.headersSent) return false
      response.writeHead(statusOf(error)).end()
      return true
    },
    unhandledRequestHandler: ({ response }) => {
      if (!response.headersSent) response.writeHead(503).end()
    },
    unhandledRequestTimeoutMillis: lateAfterMs,
  })
  const readBody = boundedBodies(largestSum)

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const untimely = untimeliness(request)
    if (untimely) {
      onRefused(untimely)
      response.writeHead(401).end()
      return
    }
    response.once('finish', () => {
      const reason = refusals[response.statusCode]
      if (reason) onRefused(reason)
    })
    const type = plainType(request.headers['content-type'])
    const body = type ? await readBody(request, largestBody) : 'unsupported'
    if (body === 'gone') return
    if (typeof body === 'string') response.writeHead(statuses[body]).end()
    else if (!mayBeObject(type, body)) response.writeHead(400).end()
    else {
      request.headers['content-type'] = type
      // Bolt takes a body that was read already under this name.
      receiver.requestListener(Object.assign(request, { rawBody: body }), response)
    }
  }

  return {
    receiver,
    route: {
      path: '/slack/events',
      method: 'POST',
      handler: (request, response) => {
        take(request, response).catch((error: unknown) => {
          options.log.error({ part: 'slack', err: error }, 'a request could not be taken')
          if (!response.headersSent) response.writeHead(500).end()
        })
      },
    },
  }
}

const statuses = { oversized: 413, unsupported: 415, crowded: 503 } as const

const refusals: Record<number, RefusedDelivery | undefined> = {
  400: 'malformed',
  401: 'forged',
  413: 'oversized',
  415: 'malformed',
}

/** Slack's check of the certificate bears no timestamp. */
function untimeliness({ headers }: IncomingMessage): 'future' | 'stale' | undefined {
  const aheadSeconds = Number(headers['x-slack-request-timestamp']) - Date.now() / 1000
  if (aheadSeconds > apartSeconds) return 'future'
  return aheadSeconds < -apartSeconds ? 'stale' : undefined
}

const form = 'application/x-www-form-urlencoded'
const json = 'application/json'

/** Slack sends no charset; a proxy may add the only one that is right. */
function plainType(header = ''): typeof form | typeof json | undefined {
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  if (parameters.some((one) => !/^charset="?utf-8"?$/.test(one))) return undefined
  return type === form || type === json ? type : undefined
}

/** Bolt ends the process over a body that parses to `null`. */
function mayBeObject(type: typeof form | typeof json | undefined, body: Buffer): boolean {
  const text = body.toString()
  const given = type === form ? parse(text).payload : text
  return typeof given !== 'string' || /^\s*\{/.test(given)
}

function statusOf(error: unknown): number {
  if (error instanceof Replayed) return 409
  if (error instanceof Unheard) return 404
  return error instanceof NotStored ? 503 : 500
}
