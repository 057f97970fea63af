import { countApprovals, samePerson } from '../quorum.ts'
import { refuse } from '../refusal.ts'
import {
  advance,
  answerOpenQuestion,
  type Handlers,
  holdAt,
  later,
  notNow,
  system,
  turnBack,
  withIncident,
} from '../step-handlers.ts'
import type { Step, Upgrade } from '../upgrade.ts'

type Ask = Extract<Step, { kind: 'ask' }>

/** People decide: whether to start, or whether to go on to the next batch. */
export const ask: Handlers<Ask> = {
  approved({ upgrade, event, step, now }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    const { plan, policy, request } = upgrade
    if (event.planHash !== plan?.hash) return refuse({ code: 'ALREADY_DECIDED' })
    if (now >= askDeadline(upgrade, step)) return refuse({ code: 'EXPIRED' })
    if (upgrade.approvals.some(({ by }) => samePerson(policy, by, event.by)))
      return refuse({ code: 'ALREADY_APPROVED' })
    const approvals = [...upgrade.approvals, { by: event.by, at: now, planHash: plan.hash }]
    const approved = { ...upgrade, approvals }
    if (countApprovals(policy, approvals, request.by, plan.hash) < policy.approval.quorum) return approved
    return advance(answerOpenQuestion(approved, 'approved', event.by, now), now)
  },

  withdrawn({ upgrade, event, step }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    const approvals = upgrade.approvals.filter(({ by }) => !samePerson(upgrade.policy, by, event.by))
    if (approvals.length === upgrade.approvals.length) return refuse({ code: 'NO_APPROVAL' })
    return { ...upgrade, approvals }
  },

  rejected({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'start') return refuse({ code: 'ALREADY_DECIDED' })
    const answered = answerOpenQuestion(upgrade, 'rejected', by, now, reason)
    return { ...answered, result: { outcome: 'rejected', at: now, by, ...(reason && { reason }) } }
  },

  continued({ upgrade, event: { by, reason }, step, now }) {
    if (step.question !== 'continue') return refuse({ code: 'ALREADY_DECIDED' })
    return advance(answerOpenQuestion(upgrade, 'continued', by, now, reason), now)
  },

  /** Nobody answered in time. A start that nobody wanted is over; a hold is answered by `onFailure`. */
  expired({ upgrade, step, now }) {
    if (now < askDeadline(upgrade, step)) return notNow(upgrade, 'expired')
    const by = system('EXPIRED')
    const answered = answerOpenQuestion(upgrade, 'expired', by, now)
    if (step.question === 'start') return { ...answered, result: { outcome: 'expired', at: now, by } }
    const why = { by, code: 'HELD_TOO_LONG' }
    const told = withIncident(upgrade, now, why.code, {})
    return upgrade.policy.onFailure === 'rollback' ? turnBack(told, now, why) : holdAt(told, now, why)
  },
}

/** When a question is not waited for any longer, ISO 8601. */
export function askDeadline(upgrade: Upgrade, step: Ask): string {
  const { approval, strategy } = upgrade.policy
  return later(upgrade.at.since, step.question === 'start' ? approval.expiresAfterMs : strategy.maxHoldMs)
}
