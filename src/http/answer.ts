import type { ServerResponse } from 'node:http'
import { callRefusals } from '../messages/en/calls.ts'

/** What a call is answered with; `body` goes out as JSON. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> }

/** Why a call was refused before anybody knew what it wants. */
export type RefusedCall = keyof typeof callRefusals

const statuses: Record<RefusedCall, number> = {
  malformed: 400,
  unauthenticated: 401,
  forged: 401,
  stale: 401,
  future: 401,
  oversized: 413,
  unsupported: 415,
  invalid: 400,
  throttled: 429,
  identity_refused: 403,
  identity_unavailable: 503,
  crowded: 503,
  failed: 500,
}
export const refusedCalls = Object.keys(statuses) as RefusedCall[]

/** What every error looks like: a code for programs, a sentence and a way on for people. */
export function errorAnswer(
  status: number,
  { code, message, hint }: { code: string; message: string; hint: string },
  more: object = {},
): Answer {
  return { status, body: { error: { code, message, hint, ...more } } }
}

export function refusedAnswer(
  reason: RefusedCall,
  { headers = {}, more = {} }: { headers?: Record<string, string>; more?: object } = {},
): Answer {
  return { ...errorAnswer(statuses[reason], { code: reason.toUpperCase(), ...callRefusals[reason] }, more), headers }
}

export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, 'cache-control': 'no-store', ...headers })
  response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`)
}
