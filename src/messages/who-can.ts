import { assertNever } from '../upgrade/assert-never.ts'
import { phaseOf } from '../upgrade/phase.ts'
import { accountOf } from '../upgrade/quorum.ts'
import { hasStarted, openAcceptance, type Upgrade } from '../upgrade/upgrade.ts'
import { accepters, type Deciders, deciders, openApprovers, reviewers } from './deciders.ts'
import { bold, lines, type Markup, nothing, time, user } from './markup.ts'
import type { Translator } from './translator.ts'
import { actor, who } from './wording.ts'

/** Who has decided on what is asked now, who still can, and who can stop it. */
export function whoCan(t: Translator, upgrade: Upgrade): Markup {
  const all = [...onward(t, upgrade), ...backward(t, upgrade)]
  const review = upgrade.reviewDue === undefined ? [] : [t.say('whoCan.review', { who: who(t, reviewers(upgrade)) })]
  const said = [...all, ...review]
  return lines(bold(upgrade.id), ...(said.length > 0 ? said : [t.say('whoCan.nothing')]))
}

function onward(t: Translator, upgrade: Upgrade): Markup[] {
  const { policy } = upgrade
  const operators = who(t, deciders(policy, 'operate'))
  const phase = phaseOf(upgrade)
  switch (phase) {
    case 'awaitingApproval':
    case 'scheduled':
      return start(t, upgrade)
    case 'verifying': {
      const isAsked = openAcceptance(upgrade) !== undefined
      return isAsked ? [t.say('whoCan.accept', { who: who(t, accepters(upgrade)) })] : []
    }
    case 'awaitingContinue':
      return [t.say('whoCan.continue', { who: operators })]
    case 'paused':
      return upgrade.hold?.restriction ? [] : [t.say('whoCan.resume', { who: operators })]
    case 'checking':
    case 'progressing':
    case 'rollingBack':
    case 'succeeded':
    case 'rolledBack':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'failed':
      return []
    default:
      return assertNever(phase)
  }
}

function start(t: Translator, upgrade: Upgrade): Markup[] {
  const { approvals, confirmed, policy, request } = upgrade
  if (request.breakGlass) {
    return confirmed
      ? [t.say('whoCan.confirmed', { person: user(confirmed.by.user), time: time(confirmed.at) })]
      : [t.say('whoCan.confirm', { person: actor(t, request.by) })]
  }
  const given = approvals.map(({ by, at }) => t.say('whoCan.approved', { person: user(by.user), time: time(at) }))
  const count = policy.approval.quorum - approvals.length
  if (count <= 0) return [...given, t.say('whoCan.complete')]
  const own = policy.approval.separateRequester && accountOf(request.by) !== undefined
  return [
    ...given,
    t.say('whoCan.missing', { count, who: who(t, openApprovers(upgrade)) }),
    own ? t.say('whoCan.own', { person: actor(t, request.by) }) : nothing,
  ]
}

function backward(t: Translator, upgrade: Upgrade): Markup[] {
  const { policy, request, result, at } = upgrade
  const operators = deciders(policy, 'operate')
  const responders = together(operators, deciders(policy, 'respond'))
  const irreversible = request.irreversible !== undefined
  if (result ? result.rollbackUntil === undefined : at.path === 'back') return []
  if (!result && !hasStarted(upgrade)) return [t.say('whoCan.cancel', { who: who(t, operators) })]
  const back = t.say('whoCan.rollback', { who: who(t, irreversible ? operators : responders) })
  if (result) return [back]
  if (phaseOf(upgrade) === 'paused') return [back]
  return irreversible
    ? [t.say('whoCan.pause', { who: who(t, responders) }), back]
    : [t.say('whoCan.stop', { who: who(t, responders) })]
}

function together(...all: Deciders[]): Deciders {
  const of = (pick: (one: Deciders) => string[]) => [...new Set(all.flatMap(pick))]
  return { roles: of(({ roles }) => roles), users: of(({ users }) => users), groups: of(({ groups }) => groups) }
}

/** Around it, where it is shown as a dialog. */
export function whoCanDialog(t: Translator) {
  return { title: t.plain('whoCan.title'), close: t.plain('whoCan.close') }
}

/** To whoever asks about a message that is not of an upgrade. */
export function noUpgradeHere(t: Translator): Markup {
  return t.say('whoCan.noUpgrade')
}
