import type { GateReport } from './events.ts'
import { gatesAt } from './gate.ts'
import { currentStep, lastGoal, type Upgrade } from './upgrade.ts'

/** The gates that are to measure again and again now: from the first batch on, until the originals come back. */
export function watchedGates(upgrade: Upgrade): string[] {
  const { policy, at, hold, result } = upgrade
  if (result || hold || at.path === 'back') return []
  const step = currentStep(upgrade)
  const ending = step?.kind === 'reach' && step.goal.to === 'finish'
  const last = lastGoal(upgrade)
  return last?.to === 'batch' && last.pods > 0 && !ending ? gatesAt(policy, 'soak') : []
}

/** Whether somebody resumed what this gate had held at this very step, and so goes on without its word here. */
export function isAccepted({ incidents, at }: Upgrade, gate: string): boolean {
  return incidents.some(
    ({ detail, ended }) => detail.gate === gate && detail.step === at.step && ended?.action === 'resumed',
  )
}

/** What a gate measured before the first change, the last time that it did. */
export function baselineOf({ plan, measured }: Upgrade, gate: string): GateReport | undefined {
  const first = plan?.steps.findIndex(({ kind }) => kind === 'reach') ?? -1
  return measured.findLast((report) => report.gate === gate && report.step < first)
}
