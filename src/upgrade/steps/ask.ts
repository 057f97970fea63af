import { isDeepStrictEqual } from 'node:util'
import { mayStart, samePerson } from '../quorum.ts'
import { refuse } from '../refusal.ts'
import {
  advance,
  answerOpenQuestion,
  type Handlers,
  holdAt,
  later,
  notNow,
  planAnew,
  system,
  turnBack,
  withIncident,
} from '../step-handlers.ts'
import { takeOverPlan } from '../take-over.ts'
import { hasStarted, isAnswered, onFailureOf, type SlackActor, type Step, type Upgrade } from '../upgrade.ts'
import { afterFailure, afterNoWord } from './gate-outcome.ts'

type Ask = Extract<Step, { kind: 'ask' }>

/** People decide: whether to start, whether what is new is good, or whether to go on to the next batch. */
export const ask: Handlers<Ask> = {
  approved({ upgrade, event, step, now }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    const { plan, policy } = upgrade
    if (event.planHash !== plan?.hash) return refuse({ code: 'ALREADY_DECIDED' })
    if (upgrade.request.breakGlass) return notNow(upgrade, 'approved')
    if (now >= askDeadline(upgrade, step)) return refuse({ code: 'EXPIRED' })
    if (upgrade.approvals.some(({ by }) => samePerson(policy, by, event.by)))
      return refuse({ code: 'ALREADY_APPROVED' })
    return { ...upgrade, approvals: [...upgrade.approvals, { by: event.by, at: now, planHash: plan.hash }] }
  },

  /** Instead of approvals: whoever asked for it answers for this very plan. */
  breakGlassConfirmed({ upgrade, event: { by, planHash }, step, now }) {
    const { request, plan, confirmed } = upgrade
    if (!request.breakGlass) return notNow(upgrade, 'breakGlassConfirmed')
    if (step.question !== 'start' || planHash !== plan?.hash || confirmed) return refuse({ code: 'ALREADY_DECIDED' })
    if (now >= askDeadline(upgrade, step)) return refuse({ code: 'EXPIRED' })
    return { ...upgrade, confirmed: { by, at: now, planHash } }
  },

  /** A complete quorum starts nothing by itself: what it stood on is checked again, and only this event moves on. */
  started({ upgrade, step, now }) {
    const last = upgrade.confirmed ?? upgrade.approvals.at(-1)
    if (step.question !== 'start' || !last || !mayStart(upgrade)) return notNow(upgrade, 'started')
    const { reachable: _, scheduled: __, ...rest } = answerOpenQuestion(upgrade, 'approved', last.by, now)
    return advance(rest, now)
  },

  /** Everything else is checked once it is time. */
  scheduled({ upgrade, event: { type: _, ...later }, step, now }) {
    const { since: __, ...known } = upgrade.scheduled ?? { since: now }
    if (step.question !== 'start' || !mayStart(upgrade)) return notNow(upgrade, 'scheduled')
    if (upgrade.scheduled && isDeepStrictEqual(known, later)) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...upgrade, scheduled: { since: now, ...later } }
  },

  /** What was in order when the plan was made is not any more, now that it is to start. */
  blocked({ upgrade, event: { findings }, step, now }) {
    if (step.question !== 'start' || !mayStart(upgrade) || upgrade.takenOver) return refuse({ code: 'ALREADY_DECIDED' })
    return { ...upgrade, result: { outcome: 'failed', at: now, code: 'BLOCKED', by: system('BLOCKED'), findings } }
  },

  approvalsVoided({ upgrade, event, step, now }) {
    const gone = (by: SlackActor) => event.approvals.some((one) => isDeepStrictEqual(one.by, by))
    const { confirmed, scheduled: _, ...rest } = upgrade
    const approvals = upgrade.approvals.filter(({ by }) => !gone(by))
    const unconfirmed = confirmed !== undefined && gone(confirmed.by)
    if (step.question !== 'start' || (approvals.length === upgrade.approvals.length && !unconfirmed)) {
      return notNow(upgrade, 'approvalsVoided')
    }
    const detail = Object.fromEntries(event.approvals.map(({ by, code }) => [by.user, code]))
    const kept = unconfirmed || !confirmed ? rest : { ...rest, confirmed }
    return { ...withIncident(kept, now, 'APPROVALS_VOIDED', detail), approvals }
  },

  /** People said yes to a policy that is not in force any more, so there is a new plan, and it is asked anew. */
  policyChanged({ upgrade, event: { policy, changed }, step, now }) {
    if (step.question !== 'start') return notNow(upgrade, 'policyChanged')
    const { takenOver, plan } = upgrade
    if (takenOver && plan) {
      const told = withIncident({ ...upgrade, policy }, now, 'POLICY_CHANGED', { changed: changed.join(', ') })
      const { sequence, pods } = takenOver
      return { ...told, plan: takeOverPlan(told, plan.from, pods, sequence), approvals: [] }
    }
    return planAnew({ ...upgrade, policy }, now, 'POLICY_CHANGED', { changed: changed.join(', ') })
  },

  /** What was approved is not what the tag means now. One that was taken over has pods of it already, and keeps it. */
  imageMoved({ upgrade, event: { from, to }, step, now }) {
    if (step.question !== 'start' || upgrade.takenOver) return notNow(upgrade, 'imageMoved')
    return planAnew(upgrade, now, 'IMAGE_MOVED', { from, ...(to !== undefined && { to }) })
  },

  requestVoided({ upgrade, event: { changed }, step, now }) {
    if (step.question !== 'start') return notNow(upgrade, 'requestVoided')
    const by = system('REQUEST_VOID')
    if (upgrade.takenOver) return holdAt(upgrade, now, { by, code: 'REQUEST_VOID' })
    const told = withIncident(answerOpenQuestion(upgrade, 'void', by, now), now, 'REQUEST_VOID', { changed })
    return { ...told, result: { outcome: 'cancelled', at: now, code: 'REQUEST_VOID', by } }
  },

  withdrawn({ upgrade, event, step }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    const approvals = upgrade.approvals.filter(({ by }) => !samePerson(upgrade.policy, by, event.by))
    if (approvals.length === upgrade.approvals.length) return refuse({ code: 'NO_APPROVAL' })
    const { scheduled: _, ...rest } = upgrade
    return { ...rest, approvals }
  },

  rejected({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    // Pods have changed already: whoever does not want it wants the old version back.
    if (upgrade.takenOver) return turnBack(upgrade, now, { by, code: 'REQUESTED', ...(reason && { reason }) })
    const answered = answerOpenQuestion(upgrade, 'rejected', by, now, reason)
    return { ...answered, result: { outcome: 'rejected', at: now, by, ...(reason && { reason }) } }
  },

  accepted({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'accept' || isAnswered(upgrade)) return refuse({ code: 'ALREADY_DECIDED' })
    const report = { gate: step.gate ?? '', verdict: 'passed', code: 'SIGNED_OFF', detail: { by: by.user } } as const
    const measured = [...upgrade.measured, { ...report, step: upgrade.at.step, at: now }]
    return advance({ ...answerOpenQuestion(upgrade, 'accepted', by, now, reason), measured }, now)
  },

  declined({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'accept' || isAnswered(upgrade)) return refuse({ code: 'ALREADY_DECIDED' })
    const detail = { by: by.user, ...(reason && { reason }) }
    const report = { gate: step.gate ?? '', verdict: 'failed', code: 'NOT_ACCEPTED', detail } as const
    return afterFailure(answerOpenQuestion(upgrade, 'declined', by, now, reason), report, now)
  },

  continued({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'continue') return refuse({ code: 'ALREADY_DECIDED' })
    return advance(answerOpenQuestion(upgrade, 'continued', by, now, reason), now)
  },

  quorumLost({ upgrade, event: { people }, step }) {
    const known = people >= upgrade.policy.approval.quorum || upgrade.reachable === people
    return step.question !== 'start' || known ? notNow(upgrade, 'quorumLost') : { ...upgrade, reachable: people }
  },

  quorumRegained({ upgrade }) {
    const { reachable, ...rest } = upgrade
    return reachable === undefined ? notNow(upgrade, 'quorumRegained') : rest
  },

  /** Nobody answered in time. A start that nobody wanted is over; a hold is answered by `onFailure`; no word is no yes. */
  expired({ upgrade, step, now }) {
    if (now < askDeadline(upgrade, step)) return notNow(upgrade, 'expired')
    const by = system('EXPIRED')
    const answered = answerOpenQuestion(upgrade, 'expired', by, now)
    if (step.question === 'accept') {
      const detail = { waitedMs: Date.parse(now) - Date.parse(upgrade.at.since) }
      const report = { gate: step.gate ?? '', verdict: 'inconclusive', code: 'NOBODY_ACCEPTED', detail } as const
      return isAnswered(upgrade) ? notNow(upgrade, 'expired') : afterNoWord(answered, report, now)
    }
    if (!hasStarted(upgrade)) return { ...answered, result: { outcome: 'expired', at: now, by } }
    const why = { by, code: 'HELD_TOO_LONG' }
    const told = withIncident(upgrade, now, why.code, {})
    return onFailureOf(upgrade) === 'rollback' ? turnBack(told, now, why) : holdAt(told, now, why)
  },
}

/** When a question is not waited for any longer, ISO 8601; of a start that was asked for later, counted from then. */
export function askDeadline(upgrade: Upgrade, step: Ask): string {
  const { policy, request, at } = upgrade
  const gate = policy.gates.acceptance?.find(({ name }) => name === step.gate)
  if (step.question === 'accept') return later(at.since, gate?.timeoutMs ?? 0)
  if (step.question === 'continue') return later(at.since, policy.strategy.maxHoldMs)
  const opened = Math.max(Date.parse(at.since), Date.parse(request.startAt ?? at.since))
  return new Date(opened + policy.approval.expiresAfterMs).toISOString()
}
