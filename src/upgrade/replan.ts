import { podsOf, resolveBatches } from './batches.ts'
import { planHash } from './plan.ts'
import { batchSteps, furtherBatches, verification } from './strategies/rolling.ts'
import { currentStep, type Goal, lastGoal, type Plan, type Step, type Upgrade, type WorkloadFacts } from './upgrade.ts'

/** How large the workload is now, and with which budget its pods may be replaced. */
export type Size = Pick<WorkloadFacts, 'replicas' | 'surge' | 'unavailable'>

/**
 * The plan from here on, for a workload that others changed: what is behind the cursor stays, the share that was
 * approved last comes first, and every batch that adds to it follows. With other replicas percentages mean other pods.
 *
 * @param options `accepted` new replicas that somebody goes on from, should they be more than approved; whether the
 *   share is `verified` anew; the `sequence` of the decision or finding that allows it
 * @returns the plan, and the step that brings the share about; `undefined` where nothing was allowed yet
 */
export function replan(
  upgrade: Upgrade,
  size: Size,
  options: { accepted?: number; verified: boolean; sequence: number },
): { plan: Plan; step: number } | undefined {
  const { plan, at, policy } = upgrade
  const current = currentStep(upgrade)
  const last = approvedGoal(upgrade)
  if (!plan || !last) return undefined
  const { strategy } = policy
  const { accepted = 0, verified, sequence } = options
  const of = size.replicas
  const approved = podsOf(last.written ?? last.pods, of)
  const more = accepted > approved
  const written = more ? accepted : last.written
  const pods = more ? Math.min(accepted, of) : approved
  const goal: Goal = {
    on: 'target',
    to: 'batch',
    pods,
    of,
    ...(written !== undefined && { written }),
    restore: sequence,
  }
  const further =
    strategy.type === 'recreate' ? [] : resolveBatches(strategy.batches, of).filter((batch) => batch.pods > pods)
  const behind = plan.steps.slice(0, at.step + (current?.kind === 'ask' ? 1 : 0))
  const steps: Step[] = [
    ...behind,
    ...(verified ? batchSteps(goal, policy) : [{ kind: 'reach', goal } as const, ...stillOwed(upgrade, goal)]),
    ...furtherBatches(further, policy, of),
  ]
  const from = { ...plan.from, ...size }
  const back = plan.back.map((step) => (step.kind === 'reach' ? { ...step, goal: { ...step.goal, of } } : step))
  return { plan: { ...plan, hash: planHash(upgrade, from, steps), from, steps, back }, step: behind.length }
}

/** The share of the workload that people allowed last: of the batch that is under way, else of the one that is reached. */
function approvedGoal(upgrade: Upgrade): Goal | undefined {
  const step = currentStep(upgrade)
  return step?.kind === 'reach' && step.goal.to === 'batch' ? step.goal : lastGoal(upgrade)
}

/** What the batch under the cursor has yet to go through. */
function stillOwed(upgrade: Upgrade, goal: Goal): Step[] {
  const step = currentStep(upgrade)
  if (goal.pods === 0) return []
  if (step?.kind === 'check') return [step]
  if (step?.kind === 'ask' && step.question === 'accept') {
    return verification(goal, upgrade.policy).filter(({ kind }) => kind !== 'soak')
  }
  const unverified = step?.kind === 'soak' || (step?.kind === 'reach' && step.goal.to === 'batch')
  return unverified ? verification(goal, upgrade.policy) : []
}
