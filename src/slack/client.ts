import { type FetchFunction, WebClient, type WebClientOptions } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import { slackLogger } from './logger.ts'

/**
 * A client that gives up in time and never tries again by itself: a repeated post may double, and one 429 would
 * stop every other call. Whoever calls decides what to do about an error.
 *
 * @param apiUrl `SLACK_API_URL`: a test double or a GovSlack host
 */
export function slackClient(options: { token: string; apiUrl?: string; timeoutMs?: number; log: Log }): WebClient {
  return new WebClient(options.token, clientOptions(options))
}

export function clientOptions(options: { apiUrl?: string; timeoutMs?: number; log: Log }): WebClientOptions {
  const timeoutMs = options.timeoutMs ?? 5_000
  return {
    ...(options.apiUrl && { slackApiUrl: options.apiUrl }),
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    // The SDK gives response URLs no time-out.
    fetch: withTimeout(timeoutMs),
    logger: slackLogger(options.log),
  }
}

function withTimeout(timeoutMs: number): FetchFunction {
  return (url, init) => fetch(url, { signal: AbortSignal.timeout(timeoutMs), ...init })
}
