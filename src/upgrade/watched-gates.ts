import type { GateReport } from './events.ts'
import { gatesAt, isWatched, judgesImage, type MeasuredGate, type Moment } from './gate.ts'
import type { Policy } from './policy.ts'
import { currentStep, hasStarted, lastGoal, type Upgrade } from './upgrade.ts'

/** The gates that are to measure again and again now: from the first batch on, until the originals come back. */
export function watchedGates(upgrade: Upgrade): string[] {
  const { policy, at, hold, result } = upgrade
  if (result || hold || at.path === 'back') return []
  const step = currentStep(upgrade)
  const ending = step?.kind === 'reach' && step.goal.to === 'finish'
  const last = lastGoal(upgrade)
  if (last?.to !== 'batch' || last.pods === 0 || ending) return []
  const watched = policy.gates.measured.filter(isWatched).map(({ name }) => name)
  return gatesAt(policy, 'soak').filter((name) => watched.includes(name))
}

/**
 * Whether somebody resumed what this gate had held at this very step, and so goes on without its word here. What is to be
 * known of the image is not for anybody to pass over.
 */
export function isAccepted({ incidents, at, policy }: Upgrade, gate: string): boolean {
  if (isOfImage(policy, gate)) return false
  return incidents.some(
    ({ detail, ended }) => detail.gate === gate && detail.step === at.step && ended?.action === 'resumed',
  )
}

/** Of which moment a gate is asked now. */
export function momentOf(upgrade: Upgrade, gate: MeasuredGate): Moment {
  if (!hasStarted(upgrade)) return 'before'
  const last = lastGoal(upgrade)
  const isLastCheck = currentStep(upgrade)?.kind === 'check' && last?.pods === last?.of
  return isLastCheck && gate.during.includes('after') ? 'after' : 'soak'
}

/** What a gate measured before the first change, the last time that it did. */
export function baselineOf({ plan, measured }: Upgrade, gate: string): GateReport | undefined {
  const first = plan?.steps.findIndex(({ kind }) => kind === 'reach') ?? -1
  return measured.findLast((report) => report.gate === gate && report.step < first)
}

/** Whether the gate of this name judges the image alone. */
export function isOfImage({ gates }: Pick<Policy, 'gates'>, gate: string): boolean {
  return gates.measured.some((one) => one.name === gate && judgesImage(one))
}
