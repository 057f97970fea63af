import { isDeepStrictEqual } from 'node:util'
import type { Event, PolicyPart, RequestPart, VoidApproval, VoidCode } from '../upgrade/events.ts'
import { versionOf } from '../upgrade/image-reference.ts'
import type { Membership } from '../upgrade/people.ts'
import { imageOf, withOverrides } from '../upgrade/plan.ts'
import type { Policy } from '../upgrade/policy.ts'
import { samePerson } from '../upgrade/quorum.ts'
import { isRefusal, type Refusal } from '../upgrade/refusal.ts'
import type { Approval, Upgrade } from '../upgrade/upgrade.ts'
import { authorize } from './authorize.ts'

/** An approval with what Slack says now about whoever gave it. */
export type Approver = { approval: Approval; membership: Membership }

/**
 * Whether everything that was approved still holds, once the quorum is complete and before the first change: the
 * request against today's configuration, the policy where an approval stands for it, and each approver by today's
 * membership in a role of both policies. The live template is looked at by the target itself, right before its first
 * patch.
 *
 * @param today the policy of this moment's configuration; absent when the service is no longer in it
 * @returns the event that follows, or `unknown`: what cannot be known does not start anything
 */
export function recheck(upgrade: Upgrade, today: Policy | undefined, approvers: Approver[]): Event | 'unknown' {
  if (!today) return { type: 'serviceRemoved' }
  const [changed] = changedRequest(upgrade, today)
  if (changed) return { type: 'requestVoided', changed }
  const parts = changedPolicy(upgrade, today)
  if (parts.length > 0) return { type: 'policyChanged', changed: parts, policy: repinned(upgrade, today) }
  const verdicts = verdictsOn(upgrade, today, approvers)
  const voided = verdicts.flatMap(({ by, verdict }): VoidApproval[] =>
    verdict === 'counts' || verdict === 'unknown' ? [] : [{ by, code: verdict }],
  )
  if (voided.length > 0) return { type: 'approvalsVoided', approvals: voided }
  if (verdicts.some(({ verdict }) => verdict === 'unknown')) return 'unknown'
  return { type: 'started', approvers: verdicts.map(({ by }) => by) }
}

/** What makes another request of it: where it goes, what it is, or an option that is no longer the requester's. */
function changedRequest({ policy, request }: Upgrade, today: Policy): RequestPart[] {
  const options = Object.keys(request.overrides)
  const allowed: readonly string[] = today.overrides
  const checks: Record<RequestPart, boolean> = {
    target: isDeepStrictEqual(policy.target, today.target),
    promotion: !today.promoteFrom || isDeepStrictEqual(policy.promoteFrom, today.promoteFrom),
    image: imageOf(today, request.version, versionOf(request.image).digest) === request.image,
    overrides: options.every((option) => allowed.includes(option)),
    breakGlass: !request.breakGlass || today.breakGlass,
  }
  return differing(checks)
}

/** What the approvers would have read otherwise. A rule that became milder voids nothing: the stricter one stays. */
function changedPolicy({ policy, request }: Upgrade, today: Policy): PolicyPart[] {
  const checks: Record<PolicyPart, boolean> = {
    strategy: isDeepStrictEqual(withOverrides(today, request.overrides).strategy, policy.strategy),
    quorum: today.approval.quorum <= policy.approval.quorum,
    separateRequester: policy.approval.separateRequester || !today.approval.separateRequester,
    onFailure: today.onFailure === policy.onFailure,
    onAlert: today.onAlert === policy.onAlert,
    gitops: today.gitops === policy.gitops,
    imagePolicy: isDeepStrictEqual(today.imagePolicy, policy.imagePolicy),
    gates: isDeepStrictEqual(withoutPeople(today.gates), withoutPeople(policy.gates)),
    windows: isDeepStrictEqual(today.windows, policy.windows),
    dependsOn: isDeepStrictEqual(today.dependsOn, policy.dependsOn),
  }
  return differing(checks)
}

/** Who signs off is looked up when somebody does; which roles may is what the approvers read. */
function withoutPeople({ acceptance, ...gates }: Policy['gates']) {
  return { ...gates, acceptance: acceptance?.map((gate) => ({ ...gate, by: gate.by.map(({ role }) => role) })) }
}

/** Today's rules, and of an approval's the stricter ones; who may do what stays pinned, for forward needs both. */
function repinned({ policy, request }: Upgrade, today: Policy): Policy {
  const { strategy, onFailure, onAlert, gitops, imagePolicy, gates, windows, dependsOn } = withOverrides(
    today,
    request.overrides,
  )
  const { imagePolicy: _, windows: __, ...pinned } = policy
  const approval = {
    quorum: Math.max(policy.approval.quorum, today.approval.quorum),
    separateRequester: policy.approval.separateRequester || today.approval.separateRequester,
    expiresAfterMs: today.approval.expiresAfterMs,
  }
  const where = { ...(imagePolicy && { imagePolicy }), ...(windows && { windows }) }
  return { ...pinned, strategy, onFailure, onAlert, gitops, gates, dependsOn, approval, ...where }
}

type Verdict = { by: Approval['by']; verdict: 'counts' | 'unknown' | VoidCode }

function verdictsOn(upgrade: Upgrade, today: Policy, approvers: Approver[]): Verdict[] {
  const verdicts: Verdict[] = []
  for (const { approval, membership } of approvers) {
    const { by } = approval
    const access = authorize({
      action: upgrade.request.breakGlass ? 'confirm' : 'approve',
      actor: by,
      upgrade: { ...upgrade, approvals: [] },
      today,
      membership,
    })
    const before = verdicts.some((one) => one.verdict === 'counts' && samePerson(today, one.by, by))
    const verdict = isRefusal(access) ? verdictOf(access.refused) : before ? 'SAME_PERSON' : 'counts'
    verdicts.push({ by, verdict })
  }
  return verdicts
}

function verdictOf(refused: Refusal): Verdict['verdict'] {
  if (refused.code === 'NOT_A_MEMBER') return voidCodes[refused.why]
  if (refused.code === 'OWN_REQUEST') return 'OWN_REQUEST'
  return refused.code === 'MEMBERSHIP_UNKNOWN' ? 'unknown' : 'ROLE_LOST'
}

const voidCodes = { bot: 'BOT', guest: 'GUEST', deactivated: 'DEACTIVATED', stranger: 'STRANGER' } as const

function differing<Part extends string>(same: Record<Part, boolean>): Part[] {
  return (Object.keys(same) as Part[]).filter((part) => !same[part])
}
