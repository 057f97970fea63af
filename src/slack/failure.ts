import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api'

/** Slack's own word for why it did not do something; `undefined` when it did not answer that. */
export function platformError(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined
}

/** Of these Slack says that «some aspect of the operation» may have succeeded, or that it is a matter of time. */
const halfDone: ReadonlySet<string> = new Set(['fatal_error', 'internal_error', 'service_unavailable'])
const tooMuch: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited'])

/** Whether what was asked for may have been done although it failed: no answer, or none that says no. */
export function mayHaveHappened(error: unknown): boolean {
  if (error instanceof WebAPIRateLimitedError) return false
  const refused = platformError(error)
  return refused === undefined || halfDone.has(refused)
}

/** When Slack did not say how long to wait, in milliseconds. */
const retryMs = { soon: 5_000, refused: 60_000 }

/** Why, when it was too much for Slack. */
export const rateLimit = 'rate limit'

/** Why Slack did not do it, in a few words, and how long to leave it alone. */
export function explain(error: unknown): { why: string; waitMs: number } {
  if (error instanceof WebAPIRateLimitedError) return { why: rateLimit, waitMs: error.retryAfter * 1_000 }
  const refused = platformError(error)
  if (refused === undefined) {
    return { why: error instanceof Error ? error.message : String(error), waitMs: retryMs.soon }
  }
  if (tooMuch.has(refused)) return { why: rateLimit, waitMs: retryMs.soon }
  return { why: refused, waitMs: halfDone.has(refused) ? retryMs.soon : retryMs.refused }
}
