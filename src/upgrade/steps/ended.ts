import { pageCause } from '../paging.ts'
import { type Handlers, later, notNow, turnBack, withIncident } from '../step-handlers.ts'
import { hasStarted, type Upgrade } from '../upgrade.ts'
import { withBrake } from './braked.ts'
import { explained } from './explained.ts'
import { acknowledged, paged } from './paged.ts'

/** How long another administrator has to sign break-glass off, and how often they are reminded then. */
const reviewWithinMs = 24 * 3_600_000

/** What still means something once an upgrade has ended; everything else is refused. */
export const ended: Handlers<undefined> = {
  /** A success is taken back within its window: the upgrade is under way again. */
  turnedBack({ upgrade, event, now }) {
    const { by, reason } = event
    const { result, reviewDue: __, ...rest } = withBrake(upgrade, now, event)
    if (result?.rollbackUntil === undefined || now >= result.rollbackUntil) return notNow(upgrade, 'turnedBack')
    const { rollbackUntil: _, ...undone } = result
    return { ...turnBack(rest, now, { by, code: 'REQUESTED', ...(reason && { reason }) }), undone }
  },

  /** What has ended needs nobody any more, unless on-call is paged because of how it did. */
  acknowledged(given) {
    return pageCause(given.upgrade) ? acknowledged(given) : notNow(given.upgrade, 'acknowledged')
  },

  paged,

  explained,

  windowClosed({ upgrade, now }) {
    const { result } = upgrade
    if (result?.rollbackUntil === undefined || now < result.rollbackUntil) return notNow(upgrade, 'windowClosed')
    const { rollbackUntil: _, ...closed } = result
    return { ...upgrade, result: closed }
  },

  reviewed({ upgrade, event: { by }, now }) {
    const { reviewDue, ...rest } = upgrade
    return reviewDue === undefined ? notNow(upgrade, 'reviewed') : { ...rest, reviewed: { by, at: now } }
  },

  reviewOverdue({ upgrade, now }) {
    const { reviewDue } = upgrade
    if (reviewDue === undefined || now < reviewDue) return notNow(upgrade, 'reviewOverdue')
    return { ...withIncident(upgrade, now, 'REVIEW_OVERDUE', {}), reviewDue: later(now, reviewWithinMs) }
  },
}

/** An upgrade that went ahead without approvals is looked at by somebody else afterwards, however it ended. */
export function toBeReviewed(upgrade: Upgrade, now: string): Upgrade {
  const owed = upgrade.result && upgrade.request.breakGlass && hasStarted(upgrade) && !upgrade.reviewed
  return owed ? { ...upgrade, reviewDue: later(now, reviewWithinMs) } : upgrade
}
