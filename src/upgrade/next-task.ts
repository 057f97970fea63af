import { assertNever } from './assert-never.ts'
import type { Event } from './events.ts'
import { pageDue } from './paging.ts'
import { mayStart } from './quorum.ts'
import { holdDeadline } from './step-handlers.ts'
import { askDeadline } from './steps/ask.ts'
import type { Task } from './task.ts'
import { currentStep, type Goal, goalAhead, hasStarted, lastGoal, onFailureOf, type Upgrade } from './upgrade.ts'

/** What a move that was under way when the upgrade was taken over led to: it stops until somebody decides. */
function movingTowards(upgrade: Upgrade): Goal | undefined {
  return upgrade.takenOver && upgrade.at.path === 'steps' && !lastGoal(upgrade) ? goalAhead(upgrade) : undefined
}

/** Whether this fact would begin the next batch with nobody asked. */
export function goesOnUnasked(upgrade: Upgrade, event: Event): boolean {
  const { plan, at } = upgrade
  const next = at.path === 'steps' ? plan?.steps[at.step + 1] : undefined
  const endsStep = event.type === 'reached' || event.type === 'soaked' || event.type === 'checked'
  const isAsked = currentStep(upgrade)?.kind === 'ask'
  return endsStep && !isAsked && next?.kind === 'reach' && next.goal.to === 'batch'
}

/** Whether this fact ends a batch that another one follows, asked for or not. */
export function endsBatch(upgrade: Upgrade, event: Event): boolean {
  const { plan, at } = upgrade
  const next = at.path === 'steps' ? plan?.steps[at.step + 1] : undefined
  return goesOnUnasked(upgrade, event) || (event.type === 'checked' && next?.kind === 'ask')
}

/** Whether it is on its way to more replicas of the new version. */
export function isInBatch({ plan, at, hold, result }: Upgrade): boolean {
  const step = at.path === 'steps' && !hold && !result ? plan?.steps[at.step] : undefined
  return step?.kind === 'reach' && step.goal.to === 'batch'
}

/** What the upgrade still owes, whatever happened before. Pure. */
export function nextTask(upgrade: Upgrade): Task {
  if (upgrade.result) return followUp(upgrade)
  const step = currentStep(upgrade)
  if (upgrade.hold) {
    const ends = !upgrade.hold.restriction && (onFailureOf(upgrade) === 'rollback' || !hasStarted(upgrade))
    const until = ends ? { until: holdDeadline(upgrade, upgrade.hold.since) } : {}
    const goal = step?.kind === 'reach' ? step.goal : (lastGoal(upgrade) ?? movingTowards(upgrade))
    return goal ? { do: 'halt', goal, ...until } : { do: 'wait', ...until }
  }
  if (!step) return { do: 'prepare' }
  switch (step.kind) {
    case 'ask': {
      const until = askDeadline(upgrade, step)
      if (step.question === 'start' && mayStart(upgrade)) return { do: 'recheck', until }
      const goal = movingTowards(upgrade)
      return goal ? { do: 'halt', goal, until } : { do: 'wait', until }
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

/** What an ended upgrade still owes, the next thing first. */
function followUp(upgrade: Upgrade): Task {
  const owed = {
    windowClosed: upgrade.result?.rollbackUntil,
    reviewOverdue: upgrade.reviewDue,
    paged: pageDue(upgrade)?.at,
  }
  const [next] = (['windowClosed', 'reviewOverdue', 'paged'] as const)
    .flatMap((event) => (owed[event] === undefined ? [] : [{ event, at: owed[event] }]))
    .toSorted((one, other) => one.at.localeCompare(other.at))
  return next ? { do: 'followUp', ...next } : { do: 'nothing' }
}
