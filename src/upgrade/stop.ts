import type { Event } from './events.ts'
import { phaseOf } from './phase.ts'
import type { Refusal } from './refusal.ts'
import { type Actor, hasStarted, type KubernetesActor, type Upgrade } from './upgrade.ts'

/** What `rollcall restore` calls itself on what it writes. */
export const restoreClient = 'rollcall-restore'

/** What somebody wrote on the workload itself to stop its upgrade. */
export type Stop = {
  /** `hold` and `rollback` are heeded; anything else is told and left alone. */
  value: string
  by: KubernetesActor
  reason?: string
  /** The upgrade that is meant; absent: whichever is under way. */
  upgrade?: string
  /** When the command line had done it by itself, no Rollcall having answered, ISO 8601. */
  carriedOutAt?: string
}

export type StopAnswer =
  | { answer: 'record'; event: Event }
  /** Decided, or not decidable: it comes off the workload. */
  | { answer: 'remove'; refusal?: Refusal }
  /** Not yet, or told already. */
  | { answer: 'leave' }

/**
 * What a stop on the workload means now. Pure; asked as long as it is there, so that one which was decided by a process
 * that then died is only taken off. Who may write there is for the API server to say.
 */
export function answerStop(upgrade: Upgrade, stop: Stop): StopAnswer {
  const { value, by, reason, carriedOutAt } = stop
  if (stop.upgrade !== undefined && stop.upgrade !== upgrade.id) return { answer: 'remove' }
  const given = { by, ...(reason && { reason }) }
  const braked = { ...given, ...(carriedOutAt && { carriedOutAt }) }
  const { hold, turnedBack, result } = upgrade
  // What was recorded of this very stop is no news.
  const unlessSame = (done: { by: Actor }, event: Event['type']): StopAnswer =>
    sameActor(done.by, by) ? { answer: 'remove' } : notNow(upgrade, event)
  if (result) {
    // A success is taken back as in Slack, where what was declared irreversible takes an operator too.
    const { irreversible } = upgrade.request
    if (value !== 'rollback') return notNow(upgrade, 'paused')
    if (result.rollbackUntil === undefined) return notNow(upgrade, 'turnedBack')
    return irreversible === undefined
      ? { answer: 'record', event: { type: 'turnedBack', ...braked } }
      : { answer: 'remove', refusal: { code: 'IRREVERSIBLE', reason: irreversible, users: [], groups: [], roles: [] } }
  }
  switch (value) {
    case 'hold':
      if (turnedBack) return notNow(upgrade, 'paused')
      if (hold && !hold.restriction) return unlessSame(hold, 'paused')
      // Nothing moves before there is a plan, and then it is held.
      return upgrade.plan ? { answer: 'record', event: { type: 'paused', ...braked } } : { answer: 'leave' }
    case 'rollback':
      if (turnedBack) return unlessSame(turnedBack, 'turnedBack')
      // Taking that back needs an operator's word, and an account of the cluster is nobody's role: it is held for one.
      if (upgrade.request.irreversible !== undefined && hasStarted(upgrade)) {
        const known = hold && !hold.restriction && (carriedOutAt === undefined || sameActor(hold.by, by))
        return known ? unlessSame(hold, 'turnedBack') : { answer: 'record', event: { type: 'paused', ...braked } }
      }
      // Where nothing has changed, going back is not to start.
      return {
        answer: 'record',
        event: hasStarted(upgrade) ? { type: 'turnedBack', ...braked } : { type: 'cancelled', ...given },
      }
    default: {
      const told = upgrade.incidents.some(({ code, detail }) => code === 'STOP_UNKNOWN' && detail.value === value)
      return told ? { answer: 'leave' } : { answer: 'record', event: { type: 'stopUnknown', by, value } }
    }
  }
}

function notNow(upgrade: Upgrade, event: Event['type']): StopAnswer {
  return { answer: 'remove', refusal: { code: 'NOT_NOW', event, phase: phaseOf(upgrade) } }
}

function sameActor(one: Actor, other: KubernetesActor): boolean {
  return one.kind === 'kubernetes' && one.user === other.user && one.manager === other.manager
}
