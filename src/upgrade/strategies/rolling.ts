import { resolveBatches } from '../batches.ts'
import type { Strategy } from '../policy.ts'
import type { Step, WorkloadFacts } from '../upgrade.ts'

/** N new replicas beside R−N old ones, batch by batch. */
export function rolling(strategy: Strategy, facts: WorkloadFacts): Step[] {
  return inBatches(resolveBatches(strategy.batches, facts.replicas), strategy, facts.replicas)
}

/** The common shape: ask to start; for each batch reach, soak, check, and ask before the next; give the fields back. */
export function inBatches(batches: number[], strategy: Strategy, of: number): Step[] {
  const steps: Step[] = [{ kind: 'ask', question: 'start', next: batches[0] ?? of, of }]
  batches.forEach((pods, index) => {
    if (index > 0 && strategy.continue === 'approval') steps.push({ kind: 'ask', question: 'continue', next: pods, of })
    steps.push({ kind: 'reach', goal: { on: 'target', to: 'batch', pods, of } })
    if (pods === 0) return
    if (strategy.soakMs > 0) steps.push({ kind: 'soak', durationMs: strategy.soakMs })
    steps.push({ kind: 'check', gates: ['rollout'] })
  })
  steps.push({ kind: 'reach', goal: { on: 'target', to: 'finish', pods: of, of } })
  return steps
}
