import type { Event } from '../events.ts'
import { refuse } from '../refusal.ts'
import {
  answerOpenQuestion,
  type Handlers,
  holdAt,
  later,
  notNow,
  system,
  turnBack,
  withIncident,
} from '../step-handlers.ts'
import { hasStarted, type KubernetesActor, onFailureOf, type Step, type Upgrade } from '../upgrade.ts'

/** What means the same wherever the cursor is: the brake, the way back, and what goes wrong. */
export const anyStep: Handlers<Step | undefined> = {
  prepared({ upgrade, event: { plan }, now }) {
    if (upgrade.plan) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...upgrade, plan, at: { path: 'steps', step: 0, since: now } }
  },

  blocked({ upgrade, event: { findings }, now }) {
    if (upgrade.plan) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...upgrade, result: { outcome: 'failed', at: now, code: 'BLOCKED', by: system('BLOCKED'), findings } }
  },

  paused({ upgrade, event, now }) {
    const { by, reason } = event
    // Before there is a plan nothing moves, and a hold could not be lifted on what somebody has seen.
    if (!upgrade.plan || upgrade.hold || upgrade.at.path === 'back') return notNow(upgrade, 'paused')
    return holdAt(withBrake(upgrade, now, event), now, { by, code: 'PAUSED', ...(reason && { reason }) })
  },

  resumed({ upgrade, now }) {
    const { hold, ...rest } = upgrade
    if (!hold) return notNow(upgrade, 'resumed')
    return { ...rest, at: { ...upgrade.at, since: sinceAfterHold(upgrade, hold.since, now) } }
  },

  turnedBack({ upgrade, event, now }) {
    const { by, reason } = event
    if (upgrade.at.path === 'back') return notNow(upgrade, 'turnedBack')
    if (!hasStarted(upgrade)) return refuse({ code: 'NOT_STARTED' })
    return turnBack(withBrake(upgrade, now, event), now, { by, code: 'REQUESTED', ...(reason && { reason }) })
  },

  cancelled({ upgrade, event: { by, reason }, now }) {
    if (hasStarted(upgrade)) return refuse({ code: 'STARTED' })
    const answered = answerOpenQuestion(upgrade, 'cancelled', by, now, reason)
    return { ...answered, result: { outcome: 'cancelled', at: now, by, ...(reason && { reason }) } }
  },

  acknowledged({ upgrade, event: { by }, now }) {
    if (!upgrade.incidents.some(({ acknowledged }) => !acknowledged)) return notNow(upgrade, 'acknowledged')
    const incidents = upgrade.incidents.map((one) =>
      one.acknowledged ? one : { ...one, acknowledged: { by, at: now } },
    )
    return { ...upgrade, incidents }
  },

  gateFailed({ upgrade, event: { report }, now }) {
    if (upgrade.at.path === 'back') return notNow(upgrade, 'gateFailed')
    if (!hasStarted(upgrade)) return refuse({ code: 'NOT_STARTED' })
    const why = { by: system('GATE_FAILED'), code: report.code }
    const told = withIncident(upgrade, now, report.code, { ...report.detail, gate: report.gate })
    return onFailureOf(upgrade) === 'rollback' ? turnBack(told, now, why) : holdAt(told, now, why)
  },

  gateInconclusive({ upgrade, event: { report }, now }) {
    if (upgrade.at.path === 'back') return notNow(upgrade, 'gateInconclusive')
    const told = withIncident(upgrade, now, 'GATE_INCONCLUSIVE', {
      ...report.detail,
      gate: report.gate,
      cause: report.code,
    })
    return holdAt(told, now, { by: system('GATE_INCONCLUSIVE'), code: 'GATE_INCONCLUSIVE' })
  },

  changedOutside({ upgrade, event: { change }, now }) {
    const { kind, ...detail } = change
    const code = `OUTSIDE_${kind.toUpperCase()}`
    const told = withIncident(upgrade, now, code, flat(detail))
    if (upgrade.at.path === 'steps') return holdAt(told, now, { by: system('CHANGED_OUTSIDE'), code })
    return { ...told, result: { outcome: 'failed', at: now, code, by: system('CHANGED_OUTSIDE') } }
  },

  /** Nothing goes forward by a policy that nobody stands behind any more; the way back stays open. */
  serviceRemoved({ upgrade, now }) {
    if (!upgrade.plan || upgrade.hold || upgrade.at.path === 'back') return notNow(upgrade, 'serviceRemoved')
    const told = withIncident(upgrade, now, 'SERVICE_REMOVED', {})
    return holdAt(told, now, { by: system('SERVICE_REMOVED'), code: 'SERVICE_REMOVED' })
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
    if (!hold || now < holdDeadline(upgrade, hold.since)) return notNow(upgrade, 'expired')
    const by = system('EXPIRED')
    if (!hasStarted(upgrade)) return { ...upgrade, result: { outcome: 'expired', at: now, by } }
    if (onFailureOf(upgrade) !== 'rollback') return notNow(upgrade, 'expired')
    return turnBack(withIncident(upgrade, now, 'HELD_TOO_LONG', {}), now, { by, code: 'HELD_TOO_LONG' })
  },

  targetGone({ upgrade, now }) {
    return { ...upgrade, result: { outcome: 'failed', at: now, code: 'TARGET_GONE', by: system('TARGET_GONE') } }
  },
}

/** When a hold is not waited for any longer, ISO 8601. */
export function holdDeadline(upgrade: Upgrade, since: string): string {
  return later(since, upgrade.policy.strategy.maxHoldMs)
}

/** What was pressed in Slack is seen there; what was written on the workload has to be told. */
function withBrake(upgrade: Upgrade, now: string, event: Extract<Event, { type: 'paused' | 'turnedBack' }>): Upgrade {
  const { by, reason, carriedOutAt } = event
  if (by.kind !== 'kubernetes') return upgrade
  const code = event.type === 'paused' ? 'PAUSED_IN_CLUSTER' : 'TURNED_BACK_IN_CLUSTER'
  const detail = { by: nameOf(by), ...(reason && { reason }), ...(carriedOutAt && { carriedOutAt }) }
  return withIncident(upgrade, now, code, detail)
}

/** A pause freezes a soak and a deadline; a move starts its wait for pods afresh. */
function sinceAfterHold(upgrade: Upgrade, heldSince: string, now: string): string {
  const moving = upgrade.plan?.[upgrade.at.path][upgrade.at.step]?.kind === 'reach'
  return moving ? now : later(upgrade.at.since, Date.parse(now) - Date.parse(heldSince))
}

function nameOf({ user, manager }: KubernetesActor): string {
  return user ?? manager ?? ''
}

function flat(detail: Record<string, string | number | string[]>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [key, Array.isArray(value) ? value.join(', ') : value]),
  )
}
