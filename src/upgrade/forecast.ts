import { roundsOf } from './past.ts'
import type { Plan, Step, Upgrade } from './upgrade.ts'

/** A batch as people think of it: the question before it, the move, and what it goes through then. */
export type ForecastBatch = {
  pods: number
  of: number
  /** Whether somebody is asked right before it; the start is asked for once, before everything. */
  asked: boolean
  /** How long the pods will take, by those before; absent without a history. */
  ms?: number
  soakMs: number
  gates: string[]
}

export type Forecast = {
  batches: ForecastBatch[]
  /** Gates that are asked before anything is changed. */
  before: string[]
  /** Moves and soaks of all batches; absent without a history. What people take to decide is not in it. */
  ms?: number
  /** A way back with all pods new; absent without a history. */
  backMs?: number
}

/** What a plan comes to, batch by batch, with times from the history of its target. Pure. */
export function forecastOf({ steps, from, prospect }: Plan, strategy: Upgrade['policy']['strategy']['type']): Forecast {
  const roundMs = prospect?.past?.roundMs
  const timeOf = (pods: number) => (roundMs === undefined ? {} : { ms: roundsOf(pods, from, strategy) * roundMs })
  const batches: ForecastBatch[] = []
  const before: string[] = []
  let asked = false
  let reached = 0
  for (const step of steps) {
    const batch = batches.at(-1)
    if (step.kind === 'ask' && step.question === 'accept') batch?.gates.push(...(step.gate ? [step.gate] : []))
    else if (step.kind === 'ask') asked = step.question === 'continue'
    else if (step.kind === 'soak' && batch) batch.soakMs += step.durationMs
    else if (step.kind === 'check') (batch?.gates ?? before).push(...step.gates)
    else if (isBatch(step)) {
      const { pods, of } = step.goal
      batches.push({ pods, of, asked, soakMs: 0, gates: [], ...timeOf(pods - reached) })
      reached = pods
      asked = false
    }
  }
  const total = batches.reduce((sum, { ms = 0, soakMs }) => sum + ms + soakMs, 0)
  const back = timeOf(from.replicas).ms
  return { batches, before, ...(roundMs !== undefined && { ms: total }), ...(back !== undefined && { backMs: back }) }
}

function isBatch(step: Step): step is Extract<Step, { kind: 'reach' }> {
  return step.kind === 'reach' && step.goal.to === 'batch'
}
