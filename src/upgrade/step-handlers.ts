import type { Event, EventType } from './events.ts'
import { phaseOf } from './phase.ts'
import { type Refused, refuse } from './refusal.ts'
import {
  type Actor,
  type Answer,
  type Hold,
  type Incident,
  isAnswered,
  type Result,
  type Step,
  type Upgrade,
  type VoidingCode,
} from './upgrade.ts'

/** What a handler gets: the upgrade as it is, the fact, and Redis's time of it (ISO 8601). */
export type Given<E extends EventType, S = Step | undefined> = {
  upgrade: Upgrade
  event: Extract<Event, { type: E }>
  step: S
  now: string
}

/** A step's file: how it takes the events that mean something there. An absent one is refused. */
export type Handlers<S> = { [E in EventType]?: (given: Given<E, S>) => Upgrade | Refused }

/** The cursor moves on; past the last step the upgrade has its result. */
export function advance(upgrade: Upgrade, now: string): Upgrade {
  const { path, step } = upgrade.at
  const moved: Upgrade = { ...upgrade, at: { path, step: step + 1, since: now } }
  if (moved.at.step < (upgrade.plan?.[path].length ?? 0)) return moved
  if (path === 'steps') return { ...moved, result: succeeded(upgrade, now) }
  const { by, code, reason } = upgrade.turnedBack ?? { by: system('DONE'), code: 'DONE' }
  return { ...moved, result: { outcome: 'rolledBack', at: now, by, code, ...(reason && { reason }) } }
}

function succeeded({ policy, found }: Upgrade, now: string): Result {
  // Without the template's hash nobody could tell later whether it is still the upgrade's.
  const window = policy.rollbackWindowMs > 0 && found?.templateHash !== undefined
  const rollbackUntil = window ? { rollbackUntil: later(now, policy.rollbackWindowMs) } : {}
  return { outcome: 'succeeded', at: now, by: system('DONE'), ...rollbackUntil }
}

/** Onto the way back, whatever was open before. It wins over a hold and over a pending move. */
export function turnBack(upgrade: Upgrade, now: string, why: { by: Actor; code: string; reason?: string }): Upgrade {
  const { hold: _, ...rest } = answerOpenQuestion(upgrade, 'rolledBack', why.by, now, why.reason)
  return { ...rest, at: { path: 'back', step: 0, since: now }, turnedBack: { ...why, at: now } }
}

/** A hold in the place of another one leaves frozen what that one froze. */
export function holdAt(upgrade: Upgrade, now: string, why: Omit<Hold, 'since'>): Upgrade {
  return { ...upgrade, at: { ...upgrade.at, since: sinceAfterHold(upgrade, now) }, hold: { ...why, since: now } }
}

/** A pause freezes a soak and a deadline; a move starts its wait for pods afresh. */
export function sinceAfterHold({ plan, at, hold }: Upgrade, now: string): string {
  if (!hold) return at.since
  const moving = plan?.[at.path][at.step]?.kind === 'reach'
  return moving ? now : later(at.since, Date.parse(now) - Date.parse(hold.since))
}

export function withIncident(upgrade: Upgrade, now: string, code: string, detail: Incident['detail']): Upgrade {
  return { ...upgrade, incidents: [...upgrade.incidents, { at: now, code, detail }] }
}

/** Back to the pre-flight, with nothing touched: every approval is void, and the new plan is asked for anew. */
export function planAnew(upgrade: Upgrade, now: string, code: VoidingCode, detail: Incident['detail']): Upgrade {
  const { plan: _, reachable: __, confirmed: ___, scheduled: ____, ...rest } = withIncident(upgrade, now, code, detail)
  return { ...rest, at: { path: 'steps', step: 0, since: now }, approvals: [], answers: [] }
}

/** Notes how the question under the cursor ended, if the cursor is on one that has no answer yet. */
export function answerOpenQuestion(
  upgrade: Upgrade,
  action: Answer['action'],
  by: Actor,
  now: string,
  reason?: string,
): Upgrade {
  const step = upgrade.plan?.[upgrade.at.path][upgrade.at.step]
  if (step?.kind !== 'ask' || isAnswered(upgrade)) return upgrade
  const answer: Answer = { step: upgrade.at.step, action, by, at: now, ...(reason && { reason }) }
  return { ...upgrade, answers: [...upgrade.answers, answer] }
}

/** The event is known, but has no meaning here. */
export function notNow(upgrade: Upgrade, event: EventType): Refused {
  return refuse({ code: 'NOT_NOW', event, phase: phaseOf(upgrade) })
}

export function system(reason: string): Actor {
  return { kind: 'system', reason }
}

/** When a hold is not waited for any longer, ISO 8601. */
export function holdDeadline(upgrade: Upgrade, since: string): string {
  return later(since, upgrade.policy.strategy.maxHoldMs)
}

/** ISO 8601 plus milliseconds. */
export function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString()
}
