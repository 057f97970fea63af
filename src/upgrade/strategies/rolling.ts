import { type ResolvedBatch, resolveBatches } from '../batches.ts'
import { gatesAt } from '../gate.ts'
import type { Policy } from '../policy.ts'
import type { Goal, Step, WorkloadFacts } from '../upgrade.ts'

type Rules = Pick<Policy, 'strategy' | 'gates'>

/** N new replicas beside R−N old ones, batch by batch. */
export function rolling(rules: Rules, facts: WorkloadFacts): Step[] {
  return inBatches(resolveBatches(rules.strategy.batches, facts.replicas), rules, facts.replicas)
}

/**
 * The common shape: ask to start, check what must hold before; for each batch reach, soak, check, and ask before the
 * next; give the fields back.
 */
export function inBatches(batches: ResolvedBatch[], rules: Rules, of: number): Step[] {
  const [first, ...further] = batches
  if (!first) return []
  const before = gatesAt(rules, 'before')
  return [
    { kind: 'ask', question: 'start', next: first.pods, of },
    ...(before.length > 0 ? [{ kind: 'check', gates: before } as const] : []),
    ...batchSteps({ on: 'target', to: 'batch', ...first, of }, rules),
    ...furtherBatches(further, rules, of),
  ]
}

/** Every batch but the first one, and the end. */
export function furtherBatches(batches: ResolvedBatch[], rules: Rules, of: number): Step[] {
  return [
    ...batches.flatMap((batch): Step[] => [
      ...(rules.strategy.continue === 'approval'
        ? [{ kind: 'ask', question: 'continue', next: batch.pods, of } as const]
        : []),
      ...batchSteps({ on: 'target', to: 'batch', ...batch, of }, rules),
    ]),
    { kind: 'reach', goal: { on: 'target', to: 'finish', pods: of, of } },
  ]
}

export function batchSteps(goal: Goal, rules: Rules): Step[] {
  return [{ kind: 'reach', goal }, ...(goal.pods > 0 ? verification(goal, rules) : [])]
}

/** What a batch goes through once it is reached; the last one is the upgrade's last chance. */
export function verification({ pods, of }: Pick<Goal, 'pods' | 'of'>, rules: Rules): Step[] {
  const { soakMs } = rules.strategy
  const soak: Step[] = soakMs > 0 ? [{ kind: 'soak', durationMs: soakMs }] : []
  const atLast = pods === of ? gatesAt(rules, 'after') : []
  const gates = [...new Set(['rollout', ...gatesAt(rules, 'soak'), ...atLast])]
  return [...soak, ...acceptances({ pods, of }, rules), { kind: 'check', gates }]
}

/** Whoever signs off is asked before the gates measure for the last time: by then it may be the next day. */
function acceptances({ pods, of }: Pick<Goal, 'pods' | 'of'>, { gates }: Pick<Rules, 'gates'>): Step[] {
  return (gates.acceptance ?? [])
    .filter(({ during }) => during.includes('soak') || (pods === of && during.includes('after')))
    .map(({ name }) => ({ kind: 'ask', question: 'accept', gate: name, next: pods, of }))
}
