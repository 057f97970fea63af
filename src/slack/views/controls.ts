import type { Action } from '../../engine/surface.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import { phaseOf } from '../../upgrade/phase.ts'
import { hasStarted, openAcceptance, type Upgrade } from '../../upgrade/upgrade.ts'

/** The buttons that mean something now, by the message that they stand on. The engine still has the last word. */
export type Controls = {
  /** The live message: stop, go back, and lift a hold. */
  live: readonly Action[]
  /** The open question in the thread. */
  question: readonly Action[]
  /** The newest incident, while it holds the upgrade. */
  alert: readonly Action[]
}

export function controlsOf(upgrade: Upgrade): Controls {
  const phase = phaseOf(upgrade)
  const back: Action = hasStarted(upgrade) ? 'rollback' : 'cancel'
  switch (phase) {
    case 'checking':
      return { live: ['cancel'], question: [], alert: [] }
    case 'awaitingApproval':
    case 'scheduled': {
      if (upgrade.request.breakGlass) {
        return { live: ['cancel'], question: upgrade.confirmed ? [] : ['confirm', 'reject'], alert: [] }
      }
      const given: readonly Action[] = upgrade.approvals.length > 0 ? ['withdraw'] : []
      const open: readonly Action[] = phase === 'scheduled' ? ['reject'] : ['approve', 'reject']
      return { live: ['cancel'], question: [...open, ...given], alert: [] }
    }
    case 'progressing':
      return { live: ['pause', 'rollback'], question: [], alert: [] }
    case 'verifying':
      return {
        live: ['pause', 'rollback'],
        question: openAcceptance(upgrade) === undefined ? [] : ['accept', 'decline'],
        alert: [],
      }
    case 'awaitingContinue':
      return { live: ['pause', 'rollback'], question: ['continue', 'pause', 'rollback'], alert: [] }
    case 'paused': {
      // That ends by itself, and only somebody's pause keeps it from doing so.
      if (upgrade.hold?.restriction) {
        const still: readonly Action[] = ['pause', back]
        return { live: still, question: still, alert: still }
      }
      // Nobody resumes what has no plan yet: there is nothing that could have been seen.
      const on = upgrade.plan ? waysOn(upgrade) : []
      return { live: [...on, back], question: [...on, back], alert: [...on, back] }
    }
    case 'rollingBack':
    case 'succeeded':
    case 'rolledBack':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'failed':
      return { live: [], question: [], alert: [] }
    default:
      return assertNever(phase)
  }
}

/** With replicas and nothing else changed by others one may go on; a template or settings of theirs nobody approved. */
function waysOn({ hold }: Upgrade): readonly Action[] {
  switch (hold?.change?.kind) {
    case 'scaled':
    case 'share':
      return ['resume', 'restore']
    case 'template':
    case 'fields':
      return ['restore']
    default:
      return ['resume']
  }
}

/** On the message of the result: a success can be taken back for a while. */
export function resultControls({ result }: Upgrade): readonly Action[] {
  return result?.rollbackUntil === undefined ? [] : ['rollback']
}
