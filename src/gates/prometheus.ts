import { z } from 'zod'
import type { About, Measure } from '../engine/ports.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { PrometheusGate } from '../upgrade/gate.ts'
import { filledQuery, podsPattern, templatesIn } from '../upgrade/query-template.ts'
import { hasStarted } from '../upgrade/upgrade.ts'
import { askPrometheus, finiteNumber, type NoAnswer, Sample } from './prometheus-api.ts'
import type { GateSecrets } from './secrets.ts'

type Said = Omit<GateReport, 'gate'>
type Value = { value: number } | NoAnswer

/**
 * Holds one value of a Prometheus against limits: fixed ones, and ones that are relative to what the same query gave
 * before the first change, or to what another query gives at the same time.
 */
export function prometheus(secrets: GateSecrets): Measure<PrometheusGate> {
  return async (gate, about, signal) => {
    const queries = [gate.query, gate.stable, gate.samples?.query]
    const asksForPods = queries.some((query) => query !== undefined && templatesIn(query).includes('pods'))
    if (asksForPods && !about.observation?.pods.length) return unknown('NO_PODS', {})

    const ask = (query: string) => instantValue(secrets, gate, filledQuery(query, valuesOf(about)), signal)
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

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
const Result = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample.optional() })) }),
  z.object({ resultType: z.literal('scalar'), result: Sample }),
  z.object({ resultType: z.enum(['matrix', 'string']) }),
])

/** Exactly one number, or why there is none. */
async function instantValue(
  secrets: GateSecrets,
  { url, tokenEnv, timeoutMs }: PrometheusGate,
  query: string,
  signal: AbortSignal,
): Promise<Value> {
  const ask = { url, tokenEnv, endpoint: 'query', parameters: { query }, timeoutMs, signal } as const
  const answer = await askPrometheus(secrets, Result, ask)
  return 'data' in answer ? oneValue(answer.data) : answer
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

function finite(text: string): Value {
  const value = finiteNumber(text)
  return value === undefined ? { code: 'NOT_A_NUMBER', detail: { found: text } } : { value }
}

function unknown(code: string, detail: GateReport['detail']): Said {
  return { verdict: 'inconclusive', code, detail }
}
