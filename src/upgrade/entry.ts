import { alertCode, onAlertOf } from './alerts.ts'
import type { UnsealedEntry } from './audit-chain.ts'
import type { Event } from './events.ts'
import { phaseOf } from './phase.ts'
import { codeOf as restrictionCode } from './restrictions.ts'
import { type Actor, currentStep, lastGoal, openAcceptance, type Request, type Upgrade } from './upgrade.ts'

/** The end of the chain that an entry is put behind. */
export type Head = { hash: string; at: string; sequence: number }

/**
 * The one audit entry of one event. Every change passes here, so no branch can forget or invent an entry.
 *
 * @param before `undefined` for the first event
 * @param now Redis's time; the entry never bears an earlier one than its predecessor
 */
export function entryOf(
  event: Event,
  before: Upgrade | undefined,
  after: Upgrade,
  head: Head,
  now: string,
  requestId: string,
): UnsealedEntry {
  const reason = reasonOf(event)
  const code = codeOf(event)
  const detail = detailOf(event, before, after)
  return {
    at: now > head.at ? now : head.at,
    actor: actorOf(event),
    action: event.type,
    target: describeTarget(after),
    outcome: 'done',
    ...(code && { code }),
    ...(reason && { reason }),
    from: before ? { phase: phaseOf(before), ...imageOf(before), replicas: allowedPods(before) } : {},
    to: { phase: phaseOf(after), image: wantedImage(after), replicas: allowedPods(after) },
    ...(detail && { detail }),
    requestId,
    chain: after.id,
    sequence: after.sequence,
    previousHash: head.hash,
  }
}

/** `shop/web` the object, and where it is: one line that an auditor can search for. */
export function describeTarget({ policy: { service, environment, target } }: Pick<Upgrade, 'policy'>): string {
  return `${service}/${environment}: ${target.kind} ${target.namespace}/${target.name} on ${target.cluster}`
}

/** How many replicas may be on the new revision now. */
export function allowedPods(upgrade: Upgrade): number {
  const step = currentStep(upgrade)
  if (step?.kind === 'reach') return step.goal.pods
  return lastGoal(upgrade)?.pods ?? upgrade.takenOver?.pods ?? 0
}

function imageOf(upgrade: Upgrade) {
  return upgrade.plan ? { image: upgrade.plan.from.image } : {}
}

function wantedImage(upgrade: Upgrade): string {
  const back = upgrade.at.path === 'back' && upgrade.plan
  return back ? back.from.image : upgrade.request.image
}

function actorOf(event: Event): Actor {
  if (event.type === 'requested') return event.request.by
  if ('by' in event) return event.by
  return { kind: 'system', reason: codeOf(event) ?? event.type }
}

function reasonOf(event: Event): string | undefined {
  if (event.type === 'requested') return event.request.reason
  return 'reason' in event ? event.reason : undefined
}

function codeOf(event: Event): string | undefined {
  switch (event.type) {
    case 'stuck':
    case 'outdated':
    case 'channelLost':
      return event.code
    case 'gateFailed':
    case 'gateInconclusive':
      return event.report.code
    case 'changedOutside':
      return `OUTSIDE_${event.change.kind.toUpperCase()}`
    case 'restricted':
      return restrictionCode(event.restriction)
    case 'alerted':
      return alertCode
    case 'declined':
      return 'NOT_ACCEPTED'
    case 'blocked':
      return 'BLOCKED'
    case 'targetGone':
      return 'TARGET_GONE'
    case 'serviceRemoved':
      return 'SERVICE_REMOVED'
    case 'reviewOverdue':
      return 'REVIEW_OVERDUE'
    case 'imageMoved':
      return 'IMAGE_MOVED'
    case 'quorumLost':
      return 'QUORUM_UNREACHABLE'
    case 'approvalsVoided':
      return 'APPROVALS_VOIDED'
    case 'policyChanged':
      return 'POLICY_CHANGED'
    case 'requestVoided':
      return 'REQUEST_VOID'
    case 'rescaled':
      return 'RESCALED'
    case 'adopted':
      return 'ADOPTED'
    case 'rewound':
      return 'OUTSIDE_AHEAD'
    default:
      return undefined
  }
}

/** What the requester wants beside the version. */
function declared({ version, overrides, ...request }: Request): Record<string, unknown> {
  const { irreversible, downgrade, major, breakGlass, startAt } = request
  const said = { ...(irreversible && { irreversible }), ...(downgrade && { downgrade }), ...(major && { major }) }
  return { version, overrides, ...(startAt && { startAt }), ...said, ...(breakGlass && { breakGlass }) }
}

/** Entries that this store does not have, since it was emptied or went back in time; `verifyChain` reads it. */
function missing(before: Upgrade | undefined, after: Upgrade): { missing?: { from: number; to: number } } {
  const [from, to] = [(before?.sequence ?? 0) + 1, after.sequence - 1]
  return from > to ? {} : { missing: { from, to } }
}

function facts({ type: _, ...found }: Extract<Event, { type: 'reached' }>): Record<string, unknown> {
  return found
}

function detailOf(event: Event, before: Upgrade | undefined, after: Upgrade): Record<string, unknown> | undefined {
  switch (event.type) {
    case 'resumed':
    case 'restored': {
      const change = before?.hold?.change
      return change && { change, planHash: after.plan?.hash }
    }
    case 'rescaled':
      return { change: event.change, autoscaler: event.autoscaler, planHash: after.plan?.hash }
    case 'requested':
      return {
        ...declared(event.request),
        ...(event.skipped && { skipped: event.skipped }),
        ...(event.via && { via: event.via }),
      }
    case 'adopted':
    case 'rewound': {
      const { mark, found, plan } = event
      const skipped = event.type === 'adopted' && event.skipped
      return { mark, found, planHash: plan.hash, ...missing(before, after), ...(skipped && { skipped }) }
    }
    case 'breakGlassConfirmed':
      return { planHash: event.planHash, waived: after.plan?.waived }
    case 'accepted':
    case 'declined':
      return { gate: before && openAcceptance(before), planHash: before?.plan?.hash }
    case 'approved':
      return { planHash: event.planHash }
    case 'started':
      return { approvers: event.approvers }
    case 'scheduled': {
      const { type: _, ...later } = event
      return later
    }
    case 'restricted':
      return { restriction: event.restriction }
    case 'approvalsVoided':
      return { approvals: event.approvals }
    case 'policyChanged':
    case 'requestVoided':
      return { changed: event.changed }
    case 'imageMoved':
      return { from: event.from, ...(event.to !== undefined && { to: event.to }) }
    case 'quorumLost':
      return { people: event.people, quorum: after.policy.approval.quorum }
    case 'paused':
    case 'turnedBack':
      return event.carriedOutAt ? { carriedOutAt: event.carriedOutAt } : undefined
    case 'reminded':
      return { of: event.of, to: event.to }
    case 'paged':
      return { incident: before?.incidents[event.of]?.code, users: event.users, groups: event.groups }
    case 'stopUnknown':
      return { value: event.value }
    case 'prepared': {
      const { hash: planHash, from, findings, image, prospect } = event.plan
      const changes = prospect && { changes: prospect.changes }
      return { planHash, replicas: from.replicas, findings, ...(image && { image }), ...changes }
    }
    case 'blocked':
      return { findings: event.findings }
    case 'reached':
      return facts(event)
    case 'checked':
      return { reports: event.reports }
    case 'gateFailed':
    case 'gateInconclusive':
      return { report: event.report }
    case 'alerted':
      return { alert: event.alert, action: onAlertOf(after, event.alert.weight) }
    case 'stuck':
      return { ...event.detail }
    case 'changedOutside':
      return { change: event.change }
    case 'targetGone':
      return { recreated: event.recreated }
    default:
      return undefined
  }
}
