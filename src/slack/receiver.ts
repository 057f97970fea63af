import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CustomRoute, HTTPReceiver } from '@slack/bolt'
import type { Log } from '../engine/parts.ts'
import { Replayed } from './listeners/deliveries.ts'
import type { RefusedDelivery } from './listeners/parts.ts'
import { NotStored } from './listeners/stored-in-time.ts'
import { slackLogger } from './logger.ts'

/** How far Slack's clock may be ahead of ours, in seconds. */
const aheadSeconds = 300

/** Slack's payloads are far smaller, in bytes. */
const largestBody = 1_000_000

/**
 * Slack's requests over HTTP. Bolt refuses what is forged, stale or too large, but takes a signed timestamp from the
 * future, which could be used again for as long as it lies ahead; that is refused here.
 */
export function httpReceiver(options: {
  signingSecret: string
  routes: CustomRoute[]
  log: Log
  onRefused: (reason: RefusedDelivery) => void
}): HTTPReceiver {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: '/slack/events',
    customRoutes: options.routes,
    bodyLimit: largestBody,
    logger: slackLogger(options.log),
    customPropertiesExtractor: ({ headers }) => ({ signature: headers['x-slack-signature'] }),
    // What was not carried out is not acknowledged.
    processEventErrorHandler: async ({ error, response }) => {
      if (response.headersSent) return false
      response.writeHead(statusOf(error)).end()
      return true
    },
  })
  const listen = receiver.requestListener
  receiver.requestListener = (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/slack/')) return listen(request, response)
    if (isAhead(request)) {
      options.onRefused('future')
      response.writeHead(401).end()
      return
    }
    response.once('finish', () => {
      const reason = refusals[response.statusCode]
      if (reason) options.onRefused(reason)
    })
    listen(request, response)
  }
  return receiver
}

const refusals: Record<number, RefusedDelivery | undefined> = { 400: 'malformed', 401: 'forged', 413: 'oversized' }

function isAhead({ headers }: IncomingMessage): boolean {
  return Number(headers['x-slack-request-timestamp']) > Date.now() / 1000 + aheadSeconds
}

function statusOf(error: unknown): number {
  if (error instanceof Replayed) return 409
  return error instanceof NotStored ? 503 : 500
}
