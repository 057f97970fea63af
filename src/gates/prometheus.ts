import { z } from 'zod'
import type { About, Measure } from '../engine/ports.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { PrometheusGate } from '../upgrade/gate.ts'
import { own } from '../upgrade/own.ts'
import { filledQuery, podsPattern, templatesIn } from '../upgrade/query-template.ts'
import { hasStarted } from '../upgrade/upgrade.ts'
import { boundedFetch, jsonOf } from './bounded-fetch.ts'
import type { GateSecrets } from './secrets.ts'

/** One value needs a few hundred bytes; an error message perhaps more. */
const mostBytes = 1_000_000

type Said = Omit<GateReport, 'gate'>
type Unknown = Pick<GateReport, 'code' | 'detail'>
type Value = { value: number } | Unknown

/**
 * Holds one value of a Prometheus against limits: fixed ones, and ones that are relative to what the same query gave
 * before the first change, or to what another query gives at the same time.
 */
export function prometheus(secrets: GateSecrets): Measure<PrometheusGate> {
  return async (gate, about, signal) => {
    const token = gate.tokenEnv === undefined ? undefined : own(secrets, gate.tokenEnv)
    if (gate.tokenEnv !== undefined && token === undefined) return unknown('NO_SECRET', { variable: gate.tokenEnv })
    const queries = [gate.query, gate.stable, gate.samples?.query]
    const asksForPods = queries.some((query) => query !== undefined && templatesIn(query).includes('pods'))
    if (asksForPods && !about.observation?.pods.length) return unknown('NO_PODS', {})

    const ask = (query: string) => instantValue({ gate, query: filledQuery(query, valuesOf(about)), token, signal })
    const [measured, stable, samples] = await Promise.all([
      ask(gate.query),
      gate.stable === undefined ? undefined : ask(gate.stable),
      gate.samples && ask(gate.samples.query),
    ])
    if (gate.samples && samples) {
      const { min } = gate.samples
      // Where nothing was counted there is no series either.
      const counted = 'value' in samples || samples.code !== 'NO_DATA' ? samples : { value: 0 }
      if (!('value' in counted)) return { verdict: 'inconclusive', ...counted }
      if (counted.value < min) return unknown('TOO_FEW_SAMPLES', { samples: counted.value, min })
    }
    return 'value' in measured ? judge(gate, measured.value, stable, about) : { verdict: 'inconclusive', ...measured }
  }
}

function valuesOf({ upgrade, observation }: About) {
  const { service, environment, target } = upgrade.policy
  const { namespace, name: workload, container } = target
  const pods = podsPattern(observation?.pods.map(({ name }) => name) ?? [])
  return { namespace, workload, container, service, environment, pods }
}

/** A fixed limit that is not kept fails, whatever there is to compare with. */
function judge(gate: PrometheusGate, value: number, stable: Value | undefined, { upgrade, before }: About): Said {
  const { min, max, unit, maxIncrease, maxDecrease } = gate
  const figures = { value, ...(unit && { unit }) }
  const isRelative = maxIncrease !== undefined || maxDecrease !== undefined
  const isBefore = !hasStarted(upgrade)
  if (isBefore && !gate.during.includes('before')) return { verdict: 'passed', code: 'BASELINE', detail: figures }
  const fixed = within(figures, min, max)
  if (fixed.verdict === 'failed' || !isRelative || (isBefore && !stable)) return fixed

  const reference = stable ?? baseline(before)
  if (!('value' in reference)) return { verdict: 'inconclusive', ...reference }
  const compared = { ...figures, [stable ? 'stable' : 'before']: reference.value }
  const isWorse =
    (maxIncrease !== undefined && value > reference.value) || (maxDecrease !== undefined && value < reference.value)
  if (reference.value <= 0)
    return isWorse ? unknown('NO_RATIO', compared) : { ...fixed, detail: { ...fixed.detail, ...compared } }
  // What is stored has to be finite.
  const most = maxIncrease === undefined ? max : Math.min(max ?? Number.MAX_VALUE, reference.value * (1 + maxIncrease))
  const least =
    maxDecrease === undefined ? min : Math.max(min ?? -Number.MAX_VALUE, reference.value * (1 - maxDecrease))
  return within(compared, least, most)
}

function within(
  figures: GateReport['detail'] & { value: number },
  atLeast: number | undefined,
  atMost: number | undefined,
): Said {
  const { value } = figures
  const detail = { ...figures, ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) }
  if (atMost !== undefined && value > atMost) return { verdict: 'failed', code: 'ABOVE_LIMIT', detail }
  if (atLeast !== undefined && value < atLeast) return { verdict: 'failed', code: 'BELOW_LIMIT', detail }
  return { verdict: 'passed', code: 'WITHIN_LIMIT', detail }
}

/** What it measured before the first change; absent after somebody went on without, and of an upgrade taken over. */
function baseline(before: GateReport | undefined): Value {
  const value = before?.detail.value
  return typeof value === 'number' ? { value } : { code: 'NO_BASELINE', detail: {} }
}

/** A pair of epoch seconds and a number as text: what JSON has no word for stays readable. */
const Sample = z.tuple([z.number(), z.string()])

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
const Result = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample.optional() })) }),
  z.object({ resultType: z.literal('scalar'), result: Sample }),
  z.object({ resultType: z.enum(['matrix', 'string']) }),
])

const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: Result, warnings: z.array(z.string()).nullish() }),
  z.object({ status: z.literal('error'), error: z.string() }),
])

type Question = { gate: PrometheusGate; query: string; token: string | undefined; signal: AbortSignal }

/** Exactly one number, or why there is none. */
async function instantValue({ gate, query, token, signal }: Question): Promise<Value> {
  const url = new URL(gate.url)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`
  const fetched = await boundedFetch(url.href, {
    method: 'POST',
    // Prometheus gives up when nobody waits for the answer any more.
    body: new URLSearchParams({ query, timeout: `${gate.timeoutMs}ms` }),
    headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    signal,
    mostBytes,
    whole: true,
  })
  const { host } = url
  const answer = Answer.safeParse(jsonOf(fetched)).data
  if (answer?.status === 'error') return { code: 'QUERY_REFUSED', detail: { host, message: answer.error } }
  if (fetched.status !== 200 || !answer) return { code: 'NOT_PROMETHEUS', detail: { host, status: fetched.status } }
  const [warning] = answer.warnings ?? []
  if (warning !== undefined) return { code: 'QUERY_WARNED', detail: { host, message: warning } }
  return oneValue(answer.data)
}

function oneValue(data: z.infer<typeof Result>): Value {
  switch (data.resultType) {
    case 'scalar':
      return finite(data.result[1])
    case 'vector': {
      const [first, ...others] = data.result
      if (!first) return { code: 'NO_DATA', detail: {} }
      if (others.length > 0) return { code: 'SEVERAL_VALUES', detail: { count: data.result.length } }
      // A native histogram has none.
      return first.value ? finite(first.value[1]) : { code: 'NOT_A_NUMBER', detail: { found: 'histogram' } }
    }
    case 'matrix':
    case 'string':
      return { code: 'NOT_A_VECTOR', detail: { found: data.resultType } }
    default:
      return assertNever(data)
  }
}

/** As Go writes a float; `NaN` and `+Inf` are none that can be compared. */
function finite(text: string): Value {
  const value = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? { value } : { code: 'NOT_A_NUMBER', detail: { found: text } }
}

function unknown(code: string, detail: GateReport['detail']): Said {
  return { verdict: 'inconclusive', code, detail }
}
