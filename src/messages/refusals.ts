import type { RequestRefusal } from '../engine/surface.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import type { Phase } from '../upgrade/phase.ts'
import { countApprovals } from '../upgrade/quorum.ts'
import { openAcceptance, type Request, type Upgrade } from '../upgrade/upgrade.ts'
import { catalogue } from './catalogue/en.ts'
import { openApprovers } from './deciders.ts'
import { code, type Markup, mrkdwn, nothing } from './markup.ts'
import { closed, frozen, scopeFirst } from './restrictions.ts'
import type { Id, Translator } from './translator.ts'
import { plainVersion, shortVersion } from './version.ts'
import { attempt, duration, who } from './wording.ts'

/** What a refusal is about: the upgrade, or what was asked for when there is none. */
export type About = { upgrade?: Upgrade; service?: string; environment?: string }

/** What was not done, why, and the way on. */
export function refusal(t: Translator, refused: RequestRefusal, about: About = {}): Markup {
  const { upgrade } = about
  const it = upgrade ? upgrade.id : t.plain('refusal.thisUpgrade')
  const place = placeOf(t, about)
  const status = attempt(t, `/upgrade status${upgrade ? ` ${upgrade.id}` : ''}`, 'lead.see')
  switch (refused.code) {
    case 'NOT_NOW':
      return t.sentences(
        t.say(upgrade?.result ? 'refusal.NOT_NOW.ended' : 'refusal.NOT_NOW', {
          ...{ it, phase: t.plain(`phase.${refused.phase}`), verb: verb(t, refused.event) },
        }),
        upgrade ? wayOn(t, refused, upgrade) : status,
      )
    case 'ALREADY_DECIDED':
      return t.sentences(t.say('refusal.ALREADY_DECIDED'), status)
    case 'PAUSED':
      return t.sentences(
        t.say('refusal.PAUSED', { it }),
        attempt(t, upgrade && `/upgrade resume ${upgrade.id}`, 'lead.goOn'),
      )
    case 'NOT_AS_APPROVED':
      return t.sentences(
        t.say('refusal.NOT_AS_APPROVED', { it }),
        attempt(t, upgrade && `/upgrade resume ${upgrade.id}`, 'lead.waysOn'),
      )
    case 'SOAKING':
      return t.say('refusal.SOAKING', { it, remaining: duration(t, refused.remainingMs) })
    case 'ALREADY_APPROVED':
      return t.sentences(t.say('refusal.ALREADY_APPROVED', { it }), stillNeeds(t, upgrade))
    case 'NO_APPROVAL':
      return t.sentences(t.say('refusal.NO_APPROVAL', { it }), status)
    case 'EXPIRED':
      return t.sentences(
        t.say('refusal.EXPIRED', { it }),
        attempt(t, upgrade && requestAgain(upgrade), 'lead.askAgain'),
      )
    case 'STARTED':
      return t.sentences(
        t.say('refusal.STARTED', { it }),
        attempt(t, upgrade && `/upgrade rollback ${upgrade.id}`, 'lead.goBack'),
      )
    case 'NOT_STARTED':
      return t.sentences(
        t.say('refusal.NOT_STARTED', { it }),
        attempt(t, upgrade && `/upgrade cancel ${upgrade.id}`, 'lead.end'),
      )
    case 'NOT_ALLOWED':
      return t.say(`refusal.NOT_ALLOWED.${refused.permission}`, { place, who: who(t, refused) })
    case 'PIPELINE_NOT_ALLOWED':
      return t.say('refusal.PIPELINE_NOT_ALLOWED', { place, pipeline: refused.pipeline })
    case 'BREAK_GLASS_FORBIDDEN':
      return t.say('refusal.BREAK_GLASS_FORBIDDEN', { place })
    case 'IRREVERSIBLE':
      return t.sentences(
        t.say('refusal.IRREVERSIBLE', { it, reason: t.quoted(refused.reason), who: who(t, refused) }),
        attempt(t, upgrade && `/upgrade pause ${upgrade.id}`, 'lead.stop'),
      )
    case 'OWN_REQUEST': {
      const service = upgrade?.request.service ?? t.plain('refusal.itsPolicy')
      return t.sentences(stillNeeds(t, upgrade), t.say('refusal.OWN_REQUEST', { service }))
    }
    case 'NOT_A_MEMBER':
      return t.say('refusal.NOT_A_MEMBER', { why: t.say(`refusal.stranger.${refused.why}`) })
    case 'MEMBERSHIP_UNKNOWN':
      return t.say('refusal.MEMBERSHIP_UNKNOWN')
    case 'SERVICE_REMOVED':
      return t.sentences(
        t.say('refusal.SERVICE_REMOVED', { place }),
        attempt(t, upgrade && `/upgrade rollback ${upgrade.id}`, 'lead.goBackInstead'),
      )
    case 'WINDOW_CLOSED':
      return t.sentences(t.say('refusal.WINDOW_CLOSED', { closed: closed(t, refused), it }), status)
    case 'FROZEN':
      return t.sentences(t.say('refusal.FROZEN', { frozen: frozen(t, refused), it }), status)
    case 'NOT_FROZEN':
      return t.sentences(
        t.say('refusal.NOT_FROZEN', { scope: scopeFirst(t, refused.scope) }),
        attempt(t, '/upgrade list', 'lead.frozen'),
      )
    case 'ADMINS_ONLY':
      return t.say('refusal.ADMINS_ONLY', { who: who(t, refused) })
    case 'NOT_FOUND':
      return t.sentences(t.say('refusal.NOT_FOUND', { id: refused.id }), attempt(t, '/upgrade list', 'lead.underWay'))
    case 'CONFIG_OUTDATED':
      return t.say('refusal.CONFIG_OUTDATED')
    case 'BUSY':
      return t.sentences(t.say('refusal.BUSY'), status)
    case 'ACTIVE':
      return t.sentences(
        t.say('refusal.ACTIVE', { id: refused.id }),
        attempt(t, `/upgrade status ${refused.id}`, 'lead.see'),
      )
    case 'TARGET_CHANGED':
      return t.sentences(t.say('refusal.TARGET_CHANGED', { it }), upgrade ? oldVersionAgain(t, upgrade) : nothing)
    case 'OLD_REVISION_GONE':
      return t.sentences(t.say('refusal.OLD_REVISION_GONE', { it }), upgrade ? oldVersionAgain(t, upgrade) : nothing)
    case 'UNKNOWN_SERVICE':
      return t.say('refusal.UNKNOWN_SERVICE', { service: refused.service, environment: refused.environment })
    case 'OVERRIDE_NOT_ALLOWED': {
      const { option } = refused
      const allowed = t.list(refused.allowed.map((one) => code(`--${one}`)))
      return refused.allowed.length === 0
        ? t.say('refusal.OVERRIDE_NOT_ALLOWED', { place, option })
        : t.say('refusal.OVERRIDE_NOT_ALLOWED.some', { place, option, allowed })
    }
    case 'KEY_REUSED':
      return t.say('refusal.KEY_REUSED')
    case 'QUORUM_UNREACHABLE':
      return t.say('refusal.QUORUM_UNREACHABLE', { place, quorum: refused.quorum, people: refused.people })
    case 'TARGET_UNAVAILABLE':
      return mrkdwn`${refused.message} ${refused.hint}`
    default:
      return assertNever(refused)
  }
}

/** `web-production-14 still needs one more approval from release-managers (@bob).` */
export function stillNeeds(t: Translator, upgrade: Upgrade | undefined): Markup {
  if (!upgrade?.plan) return nothing
  const missing = missingApprovals(t, upgrade)
  return missing.mrkdwn ? t.say('refusal.stillNeeds', { id: upgrade.id, missing }) : nothing
}

/** `one more approval from release-managers (@bob)`; nothing once there are enough. */
export function missingApprovals(t: Translator, upgrade: Upgrade): Markup {
  const { policy, approvals, request, plan } = upgrade
  const count = policy.approval.quorum - countApprovals(policy, approvals, request.by, plan?.hash ?? '')
  return count > 0 ? t.say('refusal.missing', { count, who: who(t, openApprovers(upgrade)) }) : nothing
}

/** The request that leads to the same upgrade. */
export function requestAgain({ request }: { request: Pick<Request, 'service' | 'version' | 'environment'> }): string {
  return `/upgrade ${request.service} ${request.version} in ${request.environment}`
}

/** An upgrade of its own leads back to the old version, too. */
function oldVersionAgain(t: Translator, { plan, request, policy }: Upgrade): Markup {
  if (!plan) return nothing
  const again = requestAgain({ request: { ...request, version: plainVersion(plan.from.image) } })
  return attempt(t, policy.imagePolicy?.forbidDowngrade ? `${again} --downgrade` : again, 'lead.goBack')
}

/** What somebody wanted to do, by the event that it would have been. */
function verb(t: Translator, event: string): string {
  return `verb.${event}` in catalogue ? t.plain(`verb.${event}` as Verb) : event
}

type Verb = Extract<Id, `verb.${string}`>

function placeOf(t: Translator, { upgrade, service, environment }: About): Markup {
  if (upgrade) return mrkdwn`${upgrade.id}`
  if (!service) return t.say('refusal.it')
  return environment ? t.say('refusal.place', { service, environment }) : mrkdwn`${service}`
}

type NotNow = { phase: Phase; event: string }

function wayOn(t: Translator, { phase, event }: NotNow, upgrade: Upgrade): Markup {
  const { id } = upgrade
  switch (phase) {
    case 'checking':
      return t.say('refusal.questionLater')
    case 'awaitingApproval':
      return stillNeeds(t, upgrade)
    case 'scheduled':
      return attempt(t, `/upgrade cancel ${id}`, 'lead.endScheduled')
    case 'verifying':
    case 'progressing':
      if (openAcceptance(upgrade) !== undefined) return attempt(t, `/upgrade accept ${id}`, 'lead.question')
      return attempt(t, `/upgrade rollback ${id}`, 'lead.goBackRunning')
    case 'awaitingContinue':
      return attempt(t, `/upgrade continue ${id}`, 'lead.question')
    case 'paused':
      return attempt(t, `/upgrade resume ${id}`, 'lead.goOn')
    case 'rollingBack':
      return t.say('refusal.rollbackEnds')
    case 'succeeded':
      return event === 'turnedBack' ? oldVersionAgain(t, upgrade) : nothing
    case 'rolledBack':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'failed':
      return attempt(t, requestAgain(upgrade), 'lead.askAgain')
    default:
      return assertNever(phase)
  }
}

/** `1.4.2 (ab12c9) → 1.5.0 (9f3c07)`; without a plan the old version is not known yet. */
export function fromTo(upgrade: Upgrade): Markup {
  const to = shortVersion(upgrade.request.image)
  return upgrade.plan ? mrkdwn`${shortVersion(upgrade.plan.from.image)} → ${to}` : mrkdwn`→ ${to}`
}
