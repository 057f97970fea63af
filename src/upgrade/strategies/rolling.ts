import { type ResolvedBatch, resolveBatches } from '../batches.ts'
import type { Strategy } from '../policy.ts'
import type { Goal, Step, WorkloadFacts } from '../upgrade.ts'

/** N new replicas beside R−N old ones, batch by batch. */
export function rolling(strategy: Strategy, facts: WorkloadFacts): Step[] {
  return inBatches(resolveBatches(strategy.batches, facts.replicas), strategy, facts.replicas)
}

/** The common shape: ask to start; for each batch reach, soak, check, and ask before the next; give the fields back. */
export function inBatches(batches: ResolvedBatch[], strategy: Strategy, of: number): Step[] {
  const [first, ...further] = batches
  if (!first) return []
  return [
    { kind: 'ask', question: 'start', next: first.pods, of },
    ...batchSteps({ on: 'target', to: 'batch', ...first, of }, strategy),
    ...furtherBatches(further, strategy, of),
  ]
}

/** Every batch but the first one, and the end. */
export function furtherBatches(batches: ResolvedBatch[], strategy: Strategy, of: number): Step[] {
  return [
    ...batches.flatMap((batch): Step[] => [
      ...(strategy.continue === 'approval'
        ? [{ kind: 'ask', question: 'continue', next: batch.pods, of } as const]
        : []),
      ...batchSteps({ on: 'target', to: 'batch', ...batch, of }, strategy),
    ]),
    { kind: 'reach', goal: { on: 'target', to: 'finish', pods: of, of } },
  ]
}

export function batchSteps(goal: Goal, strategy: Strategy): Step[] {
  return [{ kind: 'reach', goal }, ...(goal.pods > 0 ? verification(strategy) : [])]
}

/** What a batch goes through once it is reached. */
export function verification({ soakMs }: Strategy): Step[] {
  const soak: Step[] = soakMs > 0 ? [{ kind: 'soak', durationMs: soakMs }] : []
  return [...soak, { kind: 'check', gates: ['rollout'] }]
}
