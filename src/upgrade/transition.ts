import type { Event, EventType } from './events.ts'
import { isRefusal, type Refused, refuse } from './refusal.ts'
import { type Handlers, notNow } from './step-handlers.ts'
import { anyStep } from './steps/any-step.ts'
import { ask } from './steps/ask.ts'
import { check } from './steps/check.ts'
import { ended, toBeReviewed } from './steps/ended.ts'
import { reach } from './steps/reach.ts'
import { soak } from './steps/soak.ts'
import { currentStep, type Step, type Upgrade } from './upgrade.ts'

const steps = { ask, check, reach, soak }

/** What leads forward; a hold stands in its way. */
const forward: ReadonlySet<EventType> = new Set([
  'approved',
  'breakGlassConfirmed',
  'started',
  'scheduled',
  'accepted',
  'continued',
  'reached',
  'soaked',
  'checked',
  'prepared',
])

/**
 * The only code that changes an upgrade. It asks the current step's file, else `any-step`; an event that neither
 * knows is refused with NOT_NOW. Pure: the same arguments give the same answer.
 *
 * @param now Redis's time, ISO 8601
 */
export function transition(upgrade: Upgrade, event: Event, now: string): Upgrade | Refused {
  if (upgrade.hold && !upgrade.result && forward.has(event.type)) return refuse({ code: 'PAUSED' })
  const step = currentStep(upgrade)
  const expiredHold = event.type === 'expired' && upgrade.hold
  const handler = upgrade.result
    ? handlerOf(ended, event)
    : ((step && !expiredHold ? handlerOf(steps[step.kind], event) : undefined) ?? handlerOf(anyStep, event))
  const after = handler?.({ upgrade, event, step, now }) ?? notNow(upgrade, event.type)
  if (isRefusal(after)) return after
  const next = upgrade.result ? after : toBeReviewed(after, now)
  // One that was brought above the workload's mark has its sequence already.
  return event.type === 'rewound' ? next : { ...next, sequence: upgrade.sequence + 1 }
}

/** The first state of an upgrade, sequence 1. */
export function opened(event: Extract<Event, { type: 'requested' }>, now: string): Upgrade {
  const { id, request, policy, target } = event
  return {
    schema: 2,
    id,
    sequence: 1,
    request,
    policy,
    target,
    at: { path: 'steps', step: 0, since: now },
    measured: [],
    approvals: [],
    answers: [],
    incidents: [],
  }
}

type AnyHandler = (given: { upgrade: Upgrade; event: Event; step: Step | undefined; now: string }) => Upgrade | Refused

/** A step's file is looked up by the step's own kind and the event's own type, so the handler fits both. */
function handlerOf(handlers: object, event: Event): AnyHandler | undefined {
  return (handlers as Handlers<Step | undefined>)[event.type] as AnyHandler | undefined
}
