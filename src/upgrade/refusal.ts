import type { Freeze } from './freezes.ts'
import type { Phase } from './phase.ts'
import type { Right } from './policy.ts'

/**
 * Why something was not done. Data, not prose: the message catalogue makes the sentence, with the way on.
 * Every code stands in docs/reference/errors.md.
 */
export type Refusal =
  /** The event has no meaning in this phase. */
  | { code: 'NOT_NOW'; event: string; phase: Phase }
  /** The question on the button is not the open one: it was answered, or the plan changed. */
  | { code: 'ALREADY_DECIDED' }
  | { code: 'PAUSED' }
  /** `resume` of a workload whose template or settings others changed: nobody approved what it would go on with. */
  | { code: 'NOT_AS_APPROVED' }
  /** The soak is not over. */
  | { code: 'SOAKING'; remainingMs: number }
  | { code: 'ALREADY_APPROVED' }
  /** Somebody withdraws a yes that was never given. */
  | { code: 'NO_APPROVAL' }
  | { code: 'EXPIRED' }
  /** `cancel` once pods have changed: only a rollback leads back. */
  | { code: 'STARTED' }
  /** `rollback` before anything changed: `cancel` is meant. */
  | { code: 'NOT_STARTED' }
  | { code: 'NOT_ALLOWED'; permission: Right; users: string[]; groups: string[]; roles: string[] }
  /** A token of this name asks for a service that does not name it. */
  | { code: 'PIPELINE_NOT_ALLOWED'; pipeline: string }
  /** Break-glass where the configuration does not say that it may be. */
  | { code: 'BREAK_GLASS_FORBIDDEN' }
  /** What was declared irreversible is taken back by an operator only. */
  | { code: 'IRREVERSIBLE'; reason: string; users: string[]; groups: string[]; roles: string[] }
  /** The requester's own yes, where somebody else's is asked for. */
  | { code: 'OWN_REQUEST' }
  /** Bots, guests, deactivated accounts and members of other workspaces never count. */
  | { code: 'NOT_A_MEMBER'; why: 'bot' | 'guest' | 'deactivated' | 'stranger' }
  /** Slack cannot say who is in a group; going forward waits for it. */
  | { code: 'MEMBERSHIP_UNKNOWN' }
  /** The next batch may begin in a window only, and none is open. */
  | { code: 'WINDOW_CLOSED'; opensAt?: string }
  /** An administrator froze it. */
  | ({ code: 'FROZEN' } & Freeze)
  /** `unfreeze` of what nobody froze, or what is over. */
  | { code: 'NOT_FROZEN'; scope: string }
  /** Only those who look after Rollcall freeze and unfreeze. */
  | { code: 'ADMINS_ONLY'; users: string[]; groups: string[]; roles: string[] }
  /** The service is no longer in the configuration, so nothing goes forward. */
  | { code: 'SERVICE_REMOVED' }
  /** Another upgrade is under way on the same target; one at a time. */
  | { code: 'ACTIVE'; id: string }
  /** A success cannot be taken back any more: the template is not the upgrade's, or the object is another one. */
  | { code: 'TARGET_CHANGED' }
  /** The old template is not kept in the cluster any more. */
  | { code: 'OLD_REVISION_GONE' }
  | { code: 'NOT_FOUND'; id: string }
  /** This process goes by another configuration than the one in force, so it leads nothing forward. */
  | { code: 'CONFIG_OUTDATED' }
  /** Several writers at once, three times in a row. Retryable. */
  | { code: 'BUSY' }

export type RefusalCode = Refusal['code']

export function isRefusal<T extends object>(value: T | Refused): value is Refused {
  return 'refused' in value
}

/** A refusal as a return value. */
export type Refused = { refused: Refusal }

export function refuse(refusal: Refusal): Refused {
  return { refused: refusal }
}
