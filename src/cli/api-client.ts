import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { Accepted, ErrorBody, type RequestBody, SeenState } from '../http/api/schemas.ts'
import { upgradesPath } from '../http/api/state.ts'
import { again } from '../messages/en/client.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Io } from './io.ts'

/** How long an answer may take beyond what was asked to wait for, milliseconds. */
const answerWithinMs = 45_000

/** Milliseconds between one attempt and the next: at first, and at most. */
const pauses = { first: 1_000, most: 15_000 }

export type ApiClient = {
  /** `late`: nobody answered for as long as there was time. */
  ask(body: RequestBody, as: { key: string; identity: string | undefined }): Promise<Accepted | 'late'>
  read(path: string): Promise<SeenState | 'late'>
}

/**
 * Calls Rollcall's API until it answers: it may be restarted meanwhile, and a network may fail. What Rollcall refuses is
 * not tried again.
 *
 * @param options.untilMs epoch milliseconds
 * @throws RollcallError ENVIRONMENT_INVALID, API_REFUSED
 */
export function apiClient(
  io: Io,
  { untilMs, firstPauseMs = pauses.first }: { untilMs: number; firstPauseMs?: number },
): ApiClient {
  const base = urlOf(io.env)
  const token = io.env.ROLLCALL_API_TOKEN?.trim()
  if (!token) throw unset('ROLLCALL_API_TOKEN', 'the token of this pipeline, from whoever looks after Rollcall')

  async function call<T>(path: string, init: RequestInit, schema: z.ZodType<T>): Promise<T | 'late'> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauses.most, pauseMs * 2)) {
      const left = untilMs - Date.now()
      if (left <= 0) return 'late'
      const outcome = await attempt(path, init, schema, left)
      if ('value' in outcome) return outcome.value
      const waitMs = Math.max(0, Math.min(outcome.afterMs ?? pauseMs, untilMs - Date.now()))
      io.err(again(outcome.why, Math.ceil(waitMs / 1_000)))
      await delay(waitMs)
    }
  }

  async function attempt<T>(
    path: string,
    init: RequestInit,
    schema: z.ZodType<T>,
    withinMs: number,
  ): Promise<{ value: T } | { why: string; afterMs?: number }> {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', ...init.headers }
    const signal = AbortSignal.timeout(Math.min(withinMs, answerWithinMs))
    // A redirect would take the token elsewhere.
    const sent = { ...init, headers, signal, redirect: 'manual' } as const
    const answer = await fetch(new URL(path, base), sent)
      .then(async (response) => ({ response, text: await response.text() }))
      .catch((error: unknown) => ({ failed: causeOf(error) }))
    if ('failed' in answer) return { why: `${base.host} does not answer (${answer.failed})` }
    const { response, text } = answer
    const { status } = response
    if (status >= 200 && status < 300) {
      const parsed = schema.safeParse(jsonOf(text))
      if (parsed.success) return { value: parsed.data }
      return { why: `${base.host} answers something else than Rollcall` }
    }
    const error = ErrorBody.safeParse(jsonOf(text)).data?.error
    const isLater = status === 429 || status >= 500
    if (isLater) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const afterMs = seconds >= 0 ? { afterMs: seconds * 1_000 } : {}
      return { why: `${base.host} answers ${status}${error ? ` (${error.code})` : ''}`, ...afterMs }
    }
    throw refusedBy(base, status, error)
  }

  return {
    ask(body, { key, identity }) {
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': key,
        ...(identity !== undefined && { 'x-rollcall-identity': identity }),
      }
      return call(upgradesPath, { method: 'POST', headers, body: JSON.stringify(body) }, Accepted)
    },
    read: (path) => call(path, {}, SeenState),
  }
}

function urlOf({ ROLLCALL_URL }: NodeJS.ProcessEnv): URL {
  const url = URL.parse(ROLLCALL_URL?.trim() ?? '')
  if (!url || !/^https?:$/.test(url.protocol)) throw unset('ROLLCALL_URL', 'a URL such as https://rollcall.example.com')
  return url
}

function unset(name: string, needed: string): RollcallError {
  return new RollcallError(
    'ENVIRONMENT_INVALID',
    `${name} is not set, or does not have its form: needed is ${needed}.`,
    {
      hint: 'rollcall request --help says what is read from the environment.',
    },
  )
}

function refusedBy(base: URL, status: number, error: z.infer<typeof ErrorBody>['error'] | undefined): RollcallError {
  const {
    code = `HTTP ${status}`,
    message = `${base.host} answers ${status}.`,
    hint = 'Check ROLLCALL_URL.',
  } = error ?? {}
  const problems = error?.problems?.map(({ path, message: what }) => `\n  ${path}: ${what}`).join('') ?? ''
  return new RollcallError('API_REFUSED', `Rollcall refuses this (${code}): ${message}${problems}`, { hint })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Node hides what went wrong behind «fetch failed». */
function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time'
  const cause = error instanceof Error ? error.cause : undefined
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
  return typeof code === 'string' ? code : 'no connection'
}
