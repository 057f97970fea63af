import { z } from 'zod'
import type { TrafficHistory } from '../engine/ports.ts'
import { filledQuery } from '../upgrade/query-template.ts'
import { slotMs } from '../upgrade/quiet-time.ts'
import { askPrometheus, finiteNumber, Sample } from './prometheus-api.ts'
import type { GateSecrets } from './secrets.ts'

/** Nobody waits longer for a proposal, milliseconds. */
const timeoutMs = 5_000

const Result = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ values: z.array(Sample).default([]) })),
})

/** Asks Prometheus for what the target served at each half hour. */
export function trafficHistory(secrets: GateSecrets): TrafficHistory {
  return async ({ service, environment, target }, traffic, now) => {
    const { namespace, name: workload, container } = target
    const values = { namespace, workload, container, service, environment, pods: '' }
    const end = Math.floor(Date.parse(now) / slotMs) * slotMs
    const parameters = {
      query: filledQuery(traffic.query, values),
      start: `${(end - traffic.lookbackMs) / 1_000}`,
      end: `${end / 1_000}`,
      step: `${slotMs / 1_000}`,
    }
    const { url, tokenEnv } = traffic
    const signal = AbortSignal.timeout(timeoutMs)
    const ask = { url, tokenEnv, endpoint: 'query_range', parameters, timeoutMs, signal } as const
    const answer = await askPrometheus(secrets, Result, ask)
    if (!('data' in answer)) return answer
    const [series, ...others] = answer.data.result
    if (others.length > 0) return { code: 'SEVERAL_VALUES', detail: { count: answer.data.result.length } }
    const points = (series?.values ?? []).flatMap(([seconds, text]) => {
      const value = finiteNumber(text)
      return value === undefined ? [] : [{ at: seconds * 1_000, value }]
    })
    return points.length > 0 ? { points } : { code: 'NO_DATA', detail: {} }
  }
}
