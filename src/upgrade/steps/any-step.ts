import { isDeepStrictEqual } from 'node:util'
import { alertCode, mayAct, onAlertOf } from '../alerts.ts'
import { assertNever } from '../assert-never.ts'
import { incidentOf } from '../outside-incident.ts'
import { withImage } from '../plan.ts'
import { type Refused, refuse } from '../refusal.ts'
import { reminderDue } from '../reminders.ts'
import { replan, type Size } from '../replan.ts'
import { codeOf, factsOf, isRestriction } from '../restrictions.ts'
import {
  advance,
  answerOpenQuestion,
  type Handlers,
  holdAt,
  holdDeadline,
  notNow,
  sinceAfterHold,
  system,
  turnBack,
  withIncident,
} from '../step-handlers.ts'
import { rewound } from '../take-over.ts'
import {
  type Actor,
  currentStep,
  hasStarted,
  isAnswered,
  type OutsideChange,
  onFailureOf,
  type Step,
  type Upgrade,
} from '../upgrade.ts'
import { nameOf, withBrake } from './braked.ts'
import { explained } from './explained.ts'
import { afterFailure, afterNoWord } from './gate-outcome.ts'
import { acknowledged, paged } from './paged.ts'

/** What means the same wherever the cursor is: the brake, the way back, and what goes wrong. */
export const anyStep: Handlers<Step | undefined> = {
  prepared({ upgrade, event: { plan }, now }) {
    if (upgrade.plan) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...withImage(upgrade, plan.image), plan, at: { path: 'steps', step: 0, since: now } }
  },

  blocked({ upgrade, event: { findings }, now }) {
    if (upgrade.plan) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...upgrade, result: { outcome: 'failed', at: now, code: 'BLOCKED', by: system('BLOCKED'), findings } }
  },

  paused({ upgrade, event, now }) {
    const { by, reason, carriedOutAt } = event
    // What somebody has done by themselves is recorded, whatever held it before; and a hold that would end by itself
    // becomes one that somebody has to end.
    const known = upgrade.hold && !upgrade.hold.restriction && carriedOutAt === undefined
    // Before there is a plan nothing moves, and a hold could not be lifted on what somebody has seen.
    if (!upgrade.plan || known || upgrade.at.path === 'back') return notNow(upgrade, 'paused')
    return holdAt(withBrake(upgrade, now, event), now, { by, code: 'PAUSED', ...(reason && { reason }) })
  },

  resumed({ upgrade, event: { by }, now }) {
    const { plan, hold } = upgrade
    if (!hold) return notNow(upgrade, 'resumed')
    switch (hold.change?.kind) {
      case 'scaled':
        return startAnew(upgrade, now, by, 'resumed', sizeOf(hold.change), hold.change.updated)
      case 'share':
        return plan ? startAnew(upgrade, now, by, 'resumed', plan.from, hold.change.to) : notNow(upgrade, 'resumed')
      case 'template':
      case 'fields':
        return refuse({ code: 'NOT_AS_APPROVED' })
      default: {
        const { hold: _, ...rest } = withEnded(upgrade, by, now, 'resumed')
        const on = { ...rest, at: { ...upgrade.at, since: sinceAfterHold(upgrade, now) } }
        // Whoever goes on in spite of a no, or without a yes, need not wait for one.
        return currentStep(on)?.kind === 'ask' && isAnswered(on) ? advance(on, now) : on
      }
    }
  },

  restored({ upgrade, event: { by }, now }) {
    const change = upgrade.hold?.change
    if (!upgrade.plan || !change || change.kind === 'ahead') return notNow(upgrade, 'restored')
    return startAnew(upgrade, now, by, 'restored', upgrade.plan.from)
  },

  turnedBack({ upgrade, event, now }) {
    const { by, reason } = event
    if (upgrade.at.path === 'back') return notNow(upgrade, 'turnedBack')
    if (!hasStarted(upgrade)) return refuse({ code: 'NOT_STARTED' })
    return turnBack(withBrake(upgrade, now, event), now, { by, code: 'REQUESTED', ...(reason && { reason }) })
  },

  explained,

  cancelled({ upgrade, event: { by, reason }, now }) {
    if (hasStarted(upgrade)) return refuse({ code: 'STARTED' })
    const answered = answerOpenQuestion(upgrade, 'cancelled', by, now, reason)
    return { ...answered, result: { outcome: 'cancelled', at: now, by, ...(reason && { reason }) } }
  },

  acknowledged,

  paged,

  gateFailed({ upgrade, event: { report }, now }) {
    return upgrade.at.path === 'back' ? notNow(upgrade, 'gateFailed') : afterFailure(upgrade, report, now)
  },

  gateInconclusive({ upgrade, event: { report }, now }) {
    return upgrade.at.path === 'back' ? notNow(upgrade, 'gateInconclusive') : afterNoWord(upgrade, report, now)
  },

  alerted({ upgrade, event: { alert }, now }) {
    if (!mayAct(upgrade)) return notNow(upgrade, 'alerted')
    const action = onAlertOf(upgrade, alert.weight)
    const { name, severity, source, fingerprint, startsAt } = alert
    const about = { name, source, fingerprint, startsAt, action, ...(severity !== undefined && { severity }) }
    const told = withIncident(upgrade, now, alertCode, about)
    const why = { by: system(alertCode), code: alertCode }
    switch (action) {
      case 'rollback':
        return turnBack(told, now, why)
      case 'hold':
        // Whoever ends a hold that is there already knows of the alert; what others changed must not be forgotten.
        return upgrade.hold && !upgrade.hold.restriction ? told : holdAt(told, now, why)
      case 'notify':
        return told
      default:
        return assertNever(action)
    }
  },

  changedOutside({ upgrade, event: { change }, now }) {
    const { code, detail } = incidentOf(change)
    if (upgrade.at.path === 'back') {
      const told = withIncident(upgrade, now, code, detail)
      return { ...told, result: { outcome: 'failed', at: now, code, by: system('CHANGED_OUTSIDE') } }
    }
    const { hold, incidents } = upgrade
    if (isDeepStrictEqual(hold?.change, change)) return refuse({ code: 'ALREADY_DECIDED' })
    const told = incidents.at(-1)
    if (hold && hold.change?.kind === change.kind && told?.code === code) {
      // The same thing goes on: controllers act upon it, or somebody does more of it.
      return { ...upgrade, hold: { ...hold, change }, incidents: [...incidents.slice(0, -1), { ...told, detail }] }
    }
    const why = { by: system('CHANGED_OUTSIDE'), code, change }
    return holdAt(withIncident(upgrade, now, code, detail), now, why)
  },

  changedBack({ upgrade }) {
    if (!upgrade.hold?.change) return notNow(upgrade, 'changedBack')
    const { change: _, ...hold } = upgrade.hold
    return { ...upgrade, hold }
  },

  rescaled({ upgrade, event: { change, autoscaler }, now }) {
    if (upgrade.at.path === 'back') return notNow(upgrade, 'rescaled')
    const by = system('RESCALED')
    const sequence = upgrade.sequence + 1
    const anew = replan(upgrade, sizeOf(change), { verified: false, sequence })
    if (!anew) return notNow(upgrade, 'rescaled')
    const answered = answerOpenQuestion(upgrade, 'void', by, now, autoscaler)
    const moved: Upgrade = { ...answered, plan: anew.plan, at: { path: 'steps', step: anew.step, since: now } }
    const { hold } = upgrade
    if (hold?.change?.kind !== 'scaled' && hold?.change?.kind !== 'share') return moved
    const { change: _, ...kept } = hold
    return { ...moved, hold: kept }
  },

  rewound({ upgrade, event, now }) {
    return event.mark > upgrade.sequence ? rewound(upgrade, event, now) : notNow(upgrade, 'rewound')
  },

  /** Nobody sees what goes on, or strangers do. */
  channelLost({ upgrade, event: { code, channel }, now }) {
    if (!upgrade.plan || upgrade.hold || upgrade.at.path === 'back') return notNow(upgrade, 'channelLost')
    return holdAt(withIncident(upgrade, now, code, { channel }), now, { by: system('CHANNEL_LOST'), code })
  },

  /** Nothing goes forward by a policy that nobody stands behind any more; the way back stays open. */
  serviceRemoved({ upgrade, now }) {
    if (!upgrade.plan || upgrade.hold || upgrade.at.path === 'back') return notNow(upgrade, 'serviceRemoved')
    const told = withIncident(upgrade, now, 'SERVICE_REMOVED', {})
    return holdAt(told, now, { by: system('SERVICE_REMOVED'), code: 'SERVICE_REMOVED' })
  },

  restricted({ upgrade, event: { restriction }, now }) {
    const { hold, at } = upgrade
    if (!hasStarted(upgrade) || at.path === 'back' || (hold && !hold.restriction)) return notNow(upgrade, 'restricted')
    if (isDeepStrictEqual(hold?.restriction, restriction)) return refuse({ code: 'ALREADY_DECIDED' })
    const code = codeOf(restriction)
    // The question that was open then is asked anew.
    const asked = currentStep(upgrade)?.kind === 'ask' ? { step: at.step } : {}
    const told = withIncident(upgrade, now, code, { ...factsOf(restriction), ...asked })
    return holdAt(told, now, { by: system(code), code, restriction })
  },

  /** It goes on by itself: where somebody has to say so, the question is still there. */
  unrestricted({ upgrade, now }) {
    const { hold, ...rest } = upgrade
    if (!hold?.restriction) return notNow(upgrade, 'unrestricted')
    const ended = { by: system('UNRESTRICTED'), at: now, action: 'resumed' as const }
    // What else was reported waits for somebody who accepts it.
    const incidents = upgrade.incidents.map((one) => (one.ended || !isRestriction(one.code) ? one : { ...one, ended }))
    return { ...rest, incidents, at: { ...upgrade.at, since: sinceAfterHold(upgrade, now) } }
  },

  /** A misspelt stop must not pass for one that was heeded. Each is told once. */
  stopUnknown({ upgrade, event: { by, value }, now }) {
    const told = upgrade.incidents.some(({ code, detail }) => code === 'STOP_UNKNOWN' && detail.value === value)
    if (told) return refuse({ code: 'ALREADY_DECIDED' })
    return withIncident(upgrade, now, 'STOP_UNKNOWN', { by: nameOf(by), value })
  },

  /** A hold that nobody ended. */
  expired({ upgrade, now }) {
    const { hold } = upgrade
    // Nobody could have gone on meanwhile.
    if (!hold || hold.restriction || now < holdDeadline(upgrade, hold.since)) return notNow(upgrade, 'expired')
    const by = system('EXPIRED')
    if (!hasStarted(upgrade)) return { ...upgrade, result: { outcome: 'expired', at: now, by } }
    if (onFailureOf(upgrade) !== 'rollback') return notNow(upgrade, 'expired')
    return turnBack(withIncident(upgrade, now, 'HELD_TOO_LONG', {}), now, { by, code: 'HELD_TOO_LONG' })
  },

  /** Once for each of them, and only while there is still time to decide. */
  reminded({ upgrade, event: { of, to }, now }) {
    const due = reminderDue(upgrade, now)
    if (due?.of !== of || due.to !== to || now < due.at) return notNow(upgrade, 'reminded')
    return { ...upgrade, reminders: [...(upgrade.reminders ?? []), { of, to, at: now }] }
  },

  targetGone({ upgrade, event: { recreated }, now }) {
    const code = 'TARGET_GONE'
    const told = withIncident(upgrade, now, code, { how: recreated ? 'recreated' : 'deleted' })
    return { ...told, result: { outcome: 'failed', at: now, code, by: system(code) } }
  },
}

/** The hold ends, and the plan goes on from the share that was approved, or from a larger one that is accepted now. */
function startAnew(
  upgrade: Upgrade,
  now: string,
  by: Actor,
  action: 'resumed' | 'restored',
  size: Size,
  accepted?: number,
): Upgrade | Refused {
  const sequence = upgrade.sequence + 1
  const anew = replan(upgrade, size, { verified: true, sequence, ...(accepted !== undefined && { accepted }) })
  if (!anew) return notNow(upgrade, action)
  const answered = answerOpenQuestion(upgrade, 'void', by, now)
  const { hold: _, ...rest } = withEnded(answered, by, now, action)
  return { ...rest, plan: anew.plan, at: { path: 'steps', step: anew.step, since: now } }
}

function sizeOf({ to, surge, unavailable }: Extract<OutsideChange, { kind: 'scaled' }>): Size {
  return { replicas: to, surge, unavailable }
}

function withEnded(upgrade: Upgrade, by: Actor, at: string, action: 'resumed' | 'restored'): Upgrade {
  return {
    ...upgrade,
    incidents: upgrade.incidents.map((one) => (one.ended ? one : { ...one, ended: { by, at, action } })),
  }
}
