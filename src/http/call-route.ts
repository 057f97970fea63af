import type { IncomingMessage } from 'node:http'
import { RollcallError } from '../upgrade/error.ts'
import { type Answer, errorAnswer, type RefusedCall, refusedAnswer, send } from './answer.ts'
import type { WhoseToken } from './bearer-tokens.ts'
import type { BodyLimits, JsonBody, ReadJson } from './json-body.ts'
import type { Route } from './server.ts'

/** A program's call. */
export type Call = {
  request: IncomingMessage
  /** Of the path, by name. */
  parameters: Readonly<Record<string, string>>
  query: URLSearchParams
  /** `performance.now()` when it arrived. */
  arrivedAt: number
  /** Aborted once nobody waits for the answer any more. */
  gone: AbortSignal
}

/** A call by somebody with a token; `name` is the token's. */
export type NamedCall = Call & { name: string }

type Handle<C> = (call: C) => Promise<Answer>

/** What routes for programs are made of. */
export type CallParts = {
  readJson: ReadJson
  /** Hears of every call that was refused before anybody knew what it wants, for metrics. */
  onRefused(reason: RefusedCall): void
  log: { error(fields: object, message: string): void }
}

/** A path that programs call. Whatever goes wrong, they get JSON with a code, a sentence and a hint. */
export function callRoute(parts: CallParts, route: { method: string; path: string; handle: Handle<Call> }): Route {
  const { method, path, handle } = route
  return {
    method,
    path,
    handler(request, response, parameters) {
      const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '')
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      handle({ request, parameters, query, arrivedAt: performance.now(), gone: gone.signal })
        .catch((error: unknown) => failure(parts, error))
        .then((answer) => send(response, answer))
    },
  }
}

/** Only who bears a known token is heard; whose it is goes on to `handle`. Nothing of a stranger's body is read. */
export function withToken(parts: CallParts, whose: WhoseToken, handle: Handle<NamedCall>): Handle<Call> {
  return async (call) => {
    const who = whose(call.request)
    if (typeof who === 'object') return handle({ ...call, name: who.name })
    const error = who === 'unknown' ? ', error="invalid_token"' : ''
    return refused(parts, 'unauthenticated', {
      headers: { 'www-authenticate': `Bearer realm="rollcall"${error}` },
    })
  }
}

/** Reads the body first. */
export function withJson<C extends Call>(
  parts: CallParts,
  options: { limits?: BodyLimits; types?: readonly string[] },
  handle: Handle<C & JsonBody>,
): Handle<C> {
  return async (call) => {
    const body = await parts.readJson(call.request, options)
    // Nobody hears it.
    if (body === 'gone') return { status: 400 }
    return typeof body === 'string' ? refused(parts, body) : handle({ ...call, ...body })
  }
}

/** Counts it, too. */
export function refused(
  parts: Pick<CallParts, 'onRefused'>,
  reason: RefusedCall,
  options?: Parameters<typeof refusedAnswer>[1],
): Answer {
  parts.onRefused(reason)
  return refusedAnswer(reason, options)
}

function failure(parts: CallParts, error: unknown): Answer {
  if (error instanceof RollcallError && error.retryable) return errorAnswer(503, error)
  parts.log.error({ part: 'http', err: error }, 'a call could not be carried out')
  return refused(parts, 'failed')
}
