import type { RequestRefusal } from '../../engine/surface.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import { own } from '../../upgrade/own.ts'
import type { Phase } from '../../upgrade/phase.ts'
import type { Right } from '../../upgrade/policy.ts'
import { countApprovals } from '../../upgrade/quorum.ts'
import { openAcceptance, type Request, type Upgrade } from '../../upgrade/upgrade.ts'
import { openApprovers } from '../deciders.ts'
import { code, join, type Markup, mrkdwn, nothing, quoted, sentences } from '../markup.ts'
import { plainVersion, shortVersion } from '../version.ts'
import { phases } from './phases.ts'
import { closed, frozen, scopeWords, sentenceCase } from './restrictions.ts'
import { approvals, attempt, duration, who } from './wording.ts'

/** What a refusal is about: the upgrade, or what was asked for when there is none. */
export type About = { upgrade?: Upgrade; service?: string; environment?: string }

/** What was not done, why, and the way on. */
export function refusal(refused: RequestRefusal, about: About = {}): Markup {
  const { upgrade } = about
  const it = upgrade ? mrkdwn`${upgrade.id}` : mrkdwn`This upgrade`
  const status = attempt(`/upgrade status${upgrade ? ` ${upgrade.id}` : ''}`, 'See')
  switch (refused.code) {
    case 'NOT_NOW':
      return sentences(
        mrkdwn`${it} ${standing(refused.phase, upgrade)}, so there is nothing to ${own(verbs, refused.event) ?? refused.event}.`,
        upgrade ? wayOn(refused, upgrade) : status,
      )
    case 'ALREADY_DECIDED':
      return sentences(mrkdwn`This was decided already, so nothing changed.`, status)
    case 'PAUSED':
      return sentences(
        mrkdwn`${it} is paused, and nothing goes forward until somebody resumes it.`,
        attempt(upgrade && `/upgrade resume ${upgrade.id}`, 'To go on:'),
      )
    case 'NOT_AS_APPROVED':
      return sentences(
        mrkdwn`Others changed more of ${it} than its replicas, and nobody approved that. Restore what was approved, or roll back; what they want needs an upgrade of its own.`,
        attempt(upgrade && `/upgrade resume ${upgrade.id}`, 'The ways on:'),
      )
    case 'SOAKING':
      return mrkdwn`${it} soaks for another ${duration(refused.remainingMs)}. The question comes when that is over; pausing and rolling back work at any time.`
    case 'ALREADY_APPROVED':
      return sentences(mrkdwn`You approved ${it} already, and one person counts once.`, stillNeeds(upgrade))
    case 'NO_APPROVAL':
      return sentences(mrkdwn`You have not approved ${it}, so there is nothing to withdraw.`, status)
    case 'EXPIRED':
      return sentences(
        mrkdwn`${it} was not approved in time, and an old yes does not count.`,
        attempt(upgrade && requestAgain(upgrade), 'To ask again:'),
      )
    case 'STARTED':
      return sentences(
        mrkdwn`${it} has begun to change pods, so it cannot be cancelled any more.`,
        attempt(upgrade && `/upgrade rollback ${upgrade.id}`, 'To go back:'),
      )
    case 'NOT_STARTED':
      return sentences(
        mrkdwn`${it} has not changed anything yet, so there is nothing to roll back.`,
        attempt(upgrade && `/upgrade cancel ${upgrade.id}`, 'To end it:'),
      )
    case 'NOT_ALLOWED':
      return mrkdwn`You may not ${permissions[refused.permission]} ${place(about)}. ${who(refused)} can.`
    case 'BREAK_GLASS_FORBIDDEN':
      return mrkdwn`${place(about)} does not allow break-glass. Ask without ${code('--break-glass')}, and let ${code('/upgrade whoami')} tell who may do what.`
    case 'IRREVERSIBLE':
      return sentences(
        mrkdwn`${it} was declared irreversible ${quoted(refused.reason)}, so taking it back is for ${who(refused)} to decide.`,
        attempt(upgrade && `/upgrade pause ${upgrade.id}`, 'To stop it where it is:'),
      )
    case 'OWN_REQUEST':
      return sentences(
        stillNeeds(upgrade),
        mrkdwn`You asked for this upgrade yourself, and ${upgrade?.request.service ?? 'its policy'} wants somebody else's yes.`,
      )
    case 'NOT_A_MEMBER':
      return mrkdwn`${strangers[refused.why]} Nothing was done. Ask a member of this workspace who may do it: ${code('/upgrade status')} names them.`
    case 'MEMBERSHIP_UNKNOWN':
      return mrkdwn`Slack does not say at the moment who you are or which groups you are in, and nothing goes forward on a guess. Try again in a minute.`
    case 'SERVICE_REMOVED':
      return sentences(
        mrkdwn`${place(about)} is no longer in Rollcall's configuration, so nothing goes forward. An administrator can put it back.`,
        attempt(upgrade && `/upgrade rollback ${upgrade.id}`, 'To go back instead:'),
      )
    case 'WINDOW_CLOSED':
      return sentences(
        mrkdwn`${closed(refused)}. ${it} goes on only then; pausing and rolling back work at any time.`,
        status,
      )
    case 'FROZEN':
      return sentences(
        mrkdwn`${frozen(refused)}. ${it} goes on only after that; pausing and rolling back work at any time.`,
        status,
      )
    case 'NOT_FROZEN':
      return sentences(
        mrkdwn`${sentenceCase(scopeWords(refused.scope))} is not frozen.`,
        attempt('/upgrade list', 'What is:'),
      )
    case 'ADMINS_ONLY':
      return mrkdwn`Freezing and unfreezing is for ${who(refused)}. Ask one of them.`
    case 'NOT_FOUND':
      return mrkdwn`There is no upgrade ${code(refused.id)}. ${attempt('/upgrade list', 'Those under way:')}`
    case 'CONFIG_OUTDATED':
      return mrkdwn`Another configuration is in force than the one that this process of Rollcall goes by, so nothing goes forward here. Try again in a minute; if it stays, an administrator has to bring its file up to date. Pausing and rolling back work.`
    case 'BUSY':
      return sentences(
        mrkdwn`Several people decided at once, and your decision was not stored. Look again, then repeat it.`,
        status,
      )
    case 'ACTIVE':
      return sentences(
        mrkdwn`${refused.id} is under way on the same workload, and a workload has one upgrade at a time. Nothing was queued.`,
        attempt(`/upgrade status ${refused.id}`, 'See'),
      )
    case 'TARGET_CHANGED':
      return sentences(
        mrkdwn`The workload was changed since ${it} succeeded, so rolling it back could undo what somebody else did. Nothing was done.`,
        upgrade ? oldVersionAgain(upgrade) : nothing,
      )
    case 'OLD_REVISION_GONE':
      return sentences(
        mrkdwn`The cluster does not keep the old revision any more, so ${it} cannot be rolled back as it was. Nothing was done.`,
        upgrade ? oldVersionAgain(upgrade) : nothing,
      )
    case 'UNKNOWN_SERVICE':
      return mrkdwn`Rollcall knows no service ${code(refused.service)} in ${code(refused.environment)}. It may just have been taken out of the configuration.`
    case 'OVERRIDE_NOT_ALLOWED': {
      const allowed = refused.allowed.map((option) => code(`--${option}`))
      const rest = allowed.length === 0 ? mrkdwn`Leave it out.` : mrkdwn`Allowed: ${join(allowed, ', ')}.`
      return mrkdwn`${place(about)} does not let a requester set ${code(`--${refused.option}`)}. ${rest}`
    }
    case 'QUORUM_UNREACHABLE':
      return mrkdwn`${place(about)} asks for ${refused.quorum} approvals, but only ${refused.people} ${refused.people === 1 ? 'person' : 'people'} could give one, so it could never start. An administrator has to name more approvers, or somebody else has to ask.`
    case 'TARGET_UNAVAILABLE':
      return mrkdwn`${refused.message} ${refused.hint}`
    default:
      return assertNever(refused)
  }
}

/** `web-production-14 still needs one more approval from release-managers (@bob).` */
export function stillNeeds(upgrade: Upgrade | undefined): Markup {
  if (!upgrade?.plan) return nothing
  const missing = missingApprovals(upgrade)
  return missing.mrkdwn ? mrkdwn`${upgrade.id} still needs ${missing}.` : nothing
}

/** `one more approval from release-managers (@bob)`; nothing once there are enough. */
export function missingApprovals(upgrade: Upgrade): Markup {
  const { policy, approvals: given, request, plan } = upgrade
  const missing = policy.approval.quorum - countApprovals(policy, given, request.by, plan?.hash ?? '')
  return missing > 0 ? mrkdwn`${approvals(missing)} from ${who(openApprovers(upgrade))}` : nothing
}

/** The request that leads to the same upgrade. */
export function requestAgain({ request }: { request: Pick<Request, 'service' | 'version' | 'environment'> }): string {
  return `/upgrade ${request.service} ${request.version} in ${request.environment}`
}

/** An upgrade of its own leads back to the old version, too. */
function oldVersionAgain({ plan, request, policy }: Upgrade): Markup {
  if (!plan) return nothing
  const again = requestAgain({ request: { ...request, version: plainVersion(plan.from.image) } })
  return attempt(policy.imagePolicy?.forbidDowngrade ? `${again} --downgrade` : again, 'To go back:')
}

function standing(phase: Phase, upgrade: Upgrade | undefined): string {
  return upgrade?.result ? `has ended (${phases[phase]})` : `is ${phases[phase]}`
}

const verbs: Record<string, string> = {
  approved: 'approve',
  withdrawn: 'withdraw',
  rejected: 'reject',
  accepted: 'accept',
  declined: 'decline',
  continued: 'continue',
  paused: 'pause',
  resumed: 'resume',
  restored: 'restore',
  turnedBack: 'roll back',
  explained: 'say',
  cancelled: 'cancel',
  acknowledged: 'acknowledge',
  breakGlassConfirmed: 'confirm',
  reviewed: 'sign off',
}

const permissions: Record<Right, string> = {
  admin: 'break the glass for, or sign off,',
  request: 'ask for an upgrade of',
  approve: 'approve or reject the start of',
  accept: 'accept or decline',
  operate: 'operate',
  respond: 'stop or roll back',
}

const strangers = {
  bot: 'Bots and apps do not decide about upgrades.',
  guest: 'Guest accounts do not decide about upgrades.',
  deactivated: 'This account is deactivated.',
  stranger: 'You belong to another workspace, and only members of this one decide about upgrades.',
} as const

function place({ upgrade, service, environment }: About): Markup {
  if (upgrade) return mrkdwn`${upgrade.id}`
  return service ? mrkdwn`${service}${environment ? mrkdwn` in ${environment}` : nothing}` : mrkdwn`it`
}

function wayOn({ phase, event }: Extract<RequestRefusal, { code: 'NOT_NOW' }>, upgrade: Upgrade): Markup {
  const { id } = upgrade
  switch (phase) {
    case 'checking':
      return mrkdwn`The question comes once the checks are done.`
    case 'awaitingApproval':
      return stillNeeds(upgrade)
    case 'scheduled':
      return attempt(`/upgrade cancel ${id}`, 'It starts by itself; to end it:')
    case 'verifying':
    case 'progressing':
      if (openAcceptance(upgrade) !== undefined) return attempt(`/upgrade accept ${id}`, 'The open question:')
      return attempt(`/upgrade rollback ${id}`, 'It goes on by itself; to go back:')
    case 'awaitingContinue':
      return attempt(`/upgrade continue ${id}`, 'The open question:')
    case 'paused':
      return attempt(`/upgrade resume ${id}`, 'To go on:')
    case 'rollingBack':
      return mrkdwn`A rollback is always brought to its end.`
    case 'succeeded':
      return event === 'turnedBack' ? oldVersionAgain(upgrade) : nothing
    case 'rolledBack':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'failed':
      return attempt(requestAgain(upgrade), 'To ask again:')
    default:
      return assertNever(phase)
  }
}

/** `1.4.2 (ab12c9) → 1.5.0 (9f3c07)`; without a plan the old version is not known yet. */
export function fromTo(upgrade: Upgrade): Markup {
  const to = shortVersion(upgrade.request.image)
  return upgrade.plan ? mrkdwn`${shortVersion(upgrade.plan.from.image)} → ${to}` : mrkdwn`→ ${to}`
}
