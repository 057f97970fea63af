import type { Event } from './events.ts'
import { compilePlan } from './plan.ts'
import { holdAt, system, withIncident } from './step-handlers.ts'
import type { Plan, Upgrade, WorkloadFacts } from './upgrade.ts'

/**
 * The plan of an upgrade that is taken over half-way, since the store has lost what led there. What had been approved
 * cannot be proven any more, so it begins with the question for the start, and goes on with the batch that the workload
 * is in or on its way to.
 *
 * @param pods replicas on the new revision, as they were found
 * @param sequence the first one that is above the workload's mark; no approval of an earlier plan fits this one
 */
export function takeOverPlan(
  upgrade: Pick<Upgrade, 'request' | 'policy' | 'target'>,
  facts: WorkloadFacts,
  pods: number,
  sequence: number,
): Plan {
  const { steps } = compilePlan(upgrade, facts, [])
  const batches = steps.flatMap((step, index) => (step.kind === 'reach' && step.goal.to === 'batch' ? [index] : []))
  const first = batches.find((index) => podsAt(steps, index) >= pods) ?? batches.at(-1) ?? 0
  const ask = { kind: 'ask' as const, question: 'start' as const, next: podsAt(steps, first), of: facts.replicas }
  return compilePlan(upgrade, facts, [], { steps: [ask, ...steps.slice(first)], takenOverAt: sequence })
}

/** The first state of an upgrade that the store knows nothing of: held, above the workload's mark, without approvals. */
export function adopted(event: Extract<Event, { type: 'adopted' }>, now: string): Upgrade {
  const { id, request, policy, target, mark } = event
  const none = { at: { path: 'steps' as const, step: 0, since: now }, approvals: [], answers: [] }
  const empty: Upgrade = {
    schema: 2,
    id,
    sequence: mark + 1,
    request,
    policy,
    target,
    ...none,
    incidents: [],
    measured: [],
  }
  return takenOver(empty, event, now, 'ADOPTED', { mark: `${id}@${mark}` })
}

/** A state from before the workload's mark, brought above it. The way back goes on; everything else waits for people. */
export function rewound(upgrade: Upgrade, event: Extract<Event, { type: 'rewound' }>, now: string): Upgrade {
  const sequence = Math.max(upgrade.sequence, event.mark) + 1
  const stamp = `${upgrade.id}@${event.mark}`
  if (upgrade.at.path === 'back') return { ...withIncident(upgrade, now, 'OUTSIDE_AHEAD', { stamp }), sequence }
  return takenOver({ ...upgrade, sequence }, event, now, 'OUTSIDE_AHEAD', { stamp })
}

function takenOver(
  upgrade: Upgrade,
  { plan, found }: Pick<Extract<Event, { type: 'rewound' }>, 'plan' | 'found'>,
  now: string,
  code: 'ADOPTED' | 'OUTSIDE_AHEAD',
  detail: Record<string, string>,
): Upgrade {
  const { reachable: _, scheduled: __, ...rest } = upgrade
  const over = {
    ...rest,
    plan,
    at: { path: 'steps' as const, step: 0, since: now },
    approvals: [],
    answers: [],
    found,
    takenOver: { at: now, sequence: upgrade.sequence, pods: found.updated },
  }
  return holdAt(withIncident(over, now, code, detail), now, { by: system(code), code })
}

function podsAt(steps: Plan['steps'], index: number): number {
  const step = steps[index]
  return step?.kind === 'reach' ? step.goal.pods : 0
}
