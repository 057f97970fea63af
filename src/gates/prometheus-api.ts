import { z } from 'zod'
import type { GateReport } from '../upgrade/events.ts'
import { boundedFetch, jsonOf } from './bounded-fetch.ts'
import { bearerHeaders, type GateSecrets } from './secrets.ts'

/** Why a Prometheus gave no answer to go by: a code of the message catalogue, and what fills its sentence. */
export type NoAnswer = Pick<GateReport, 'code' | 'detail'>

/** One value needs a few hundred bytes, and a month by the half hour some 60,000. */
const mostBytes = 1_000_000

export type Ask = {
  /** Of the Prometheus itself; the API is below it. */
  url: string
  /** The environment variable that holds a bearer token. */
  tokenEnv?: string | undefined
  endpoint: 'query' | 'query_range'
  parameters: Record<string, string>
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Asks the HTTP API, and returns the `data` of its answer.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 *
 * @throws RollcallError GATE_UNREACHABLE, GATE_ANSWER_TOO_LONG
 */
export async function askPrometheus<T>(
  secrets: GateSecrets,
  data: z.ZodType<T>,
  { url: base, tokenEnv, endpoint, parameters, timeoutMs, signal }: Ask,
): Promise<{ data: T } | NoAnswer> {
  const proof = bearerHeaders(secrets, tokenEnv)
  if ('missing' in proof) return { code: 'NO_SECRET', detail: { variable: proof.missing } }
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${endpoint}`
  const fetched = await boundedFetch(url.href, {
    method: 'POST',
    // Prometheus gives up when nobody waits for the answer any more.
    body: new URLSearchParams({ ...parameters, timeout: `${timeoutMs}ms` }),
    headers: { accept: 'application/json', ...proof.headers },
    signal,
    mostBytes,
    whole: true,
  })
  const { host } = url
  const answer = answerOf(data).safeParse(jsonOf(fetched)).data
  if (answer?.status === 'error') return { code: 'QUERY_REFUSED', detail: { host, message: answer.error } }
  if (fetched.status !== 200 || !answer) return { code: 'NOT_PROMETHEUS', detail: { host, status: fetched.status } }
  const [warning] = answer.warnings ?? []
  if (warning !== undefined) return { code: 'QUERY_WARNED', detail: { host, message: warning } }
  return { data: answer.data }
}

function answerOf<T>(data: z.ZodType<T>) {
  return z.discriminatedUnion('status', [
    z.object({ status: z.literal('success'), data, warnings: z.array(z.string()).nullish() }),
    z.object({ status: z.literal('error'), error: z.string() }),
  ])
}

/** A pair of epoch seconds and a number as text: what JSON has no word for stays readable. */
export const Sample = z.tuple([z.number(), z.string()])

/** As Go writes a float; `undefined` for `NaN` and `+Inf`, which are none that can be compared. */
export function finiteNumber(text: string): number | undefined {
  const value = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
