import { assertNever } from './assert-never.ts'
import type { Event } from './events.ts'
import { quorumReached } from './quorum.ts'
import { holdDeadline } from './steps/any-step.ts'
import { askDeadline } from './steps/ask.ts'
import type { Task } from './task.ts'
import { currentStep, hasStarted, lastGoal, onFailureOf, type Upgrade } from './upgrade.ts'

/** Whether this fact would begin the next batch with nobody asked. */
export function goesOnUnasked(upgrade: Upgrade, event: Event): boolean {
  const { plan, at } = upgrade
  const next = at.path === 'steps' ? plan?.steps[at.step + 1] : undefined
  const endsStep = event.type === 'reached' || event.type === 'soaked' || event.type === 'checked'
  const isAsked = currentStep(upgrade)?.kind === 'ask'
  return endsStep && !isAsked && next?.kind === 'reach' && next.goal.to === 'batch'
}

/** What the upgrade still owes, whatever happened before. Pure. */
export function nextTask(upgrade: Upgrade): Task {
  if (upgrade.result) return { do: 'nothing' }
  const step = currentStep(upgrade)
  if (upgrade.hold) {
    const ends = onFailureOf(upgrade) === 'rollback' || !hasStarted(upgrade)
    const until = ends ? { until: holdDeadline(upgrade, upgrade.hold.since) } : {}
    const goal = step?.kind === 'reach' ? step.goal : lastGoal(upgrade)
    return goal ? { do: 'halt', goal, ...until } : { do: 'wait', ...until }
  }
  if (!step) return { do: 'prepare' }
  switch (step.kind) {
    case 'ask':
      return {
        do: step.question === 'start' && quorumReached(upgrade) ? 'recheck' : 'wait',
        until: askDeadline(upgrade, step),
      }
    case 'reach':
      return { do: 'pursue', goal: step.goal }
    case 'soak':
      return { do: 'soak', since: upgrade.at.since, durationMs: step.durationMs }
    case 'check':
      return { do: 'measure', gates: step.gates }
    default:
      return assertNever(step)
  }
}
