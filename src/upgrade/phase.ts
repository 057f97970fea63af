import { assertNever } from './assert-never.ts'
import { mayStart } from './quorum.ts'
import { currentStep, hasStarted, type Outcome, type Upgrade } from './upgrade.ts'

export type Phase =
  | 'checking'
  | 'awaitingApproval'
  | 'scheduled'
  | 'progressing'
  | 'verifying'
  | 'awaitingContinue'
  | 'paused'
  | 'rollingBack'
  | Outcome

export const phases = [
  'checking',
  'awaitingApproval',
  'scheduled',
  'progressing',
  'verifying',
  'awaitingContinue',
  'paused',
  'rollingBack',
  'succeeded',
  'rolledBack',
  'rejected',
  'expired',
  'cancelled',
  'failed',
] as const satisfies readonly Phase[]

/** The phase is never stored: it is read off the cursor, the hold and the result. */
export function phaseOf(upgrade: Upgrade): Phase {
  if (upgrade.result) return upgrade.result.outcome
  if (upgrade.at.path === 'back') return 'rollingBack'
  if (upgrade.hold) return 'paused'
  const step = currentStep(upgrade)
  if (!step) return 'checking'
  switch (step.kind) {
    case 'ask':
      if (step.question === 'continue') return 'awaitingContinue'
      if (step.question === 'accept') return 'verifying'
      return upgrade.scheduled && mayStart(upgrade) ? 'scheduled' : 'awaitingApproval'
    case 'reach':
      return 'progressing'
    case 'soak':
      return 'verifying'
    case 'check':
      return hasStarted(upgrade) ? 'verifying' : 'checking'
    default:
      return assertNever(step)
  }
}
