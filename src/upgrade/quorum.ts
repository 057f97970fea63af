import { assertNever } from './assert-never.ts'
import type { Policy } from './policy.ts'
import type { Actor, Approval, SlackActor, Upgrade } from './upgrade.ts'

type People = Pick<Policy, 'people'>

/** One name for all Slack accounts of a human, so that several of them count once. */
export function personOf({ people }: People, user: string): string {
  return people.find((accounts) => accounts.includes(user))?.[0] ?? user
}

/** The account whose doing it is: somebody in Slack, or whom a pipeline asks for. */
export function accountOf(actor: Actor): SlackActor | undefined {
  switch (actor.kind) {
    case 'slack':
      return actor
    case 'pipeline':
      return actor.onBehalfOf
    case 'kubernetes':
    case 'system':
      return undefined
    default:
      return assertNever(actor)
  }
}

/** Whether two actors are one human. Rollcall itself is nobody. */
export function samePerson(policy: People, one: Actor, other: Actor): boolean {
  const [mine, theirs] = [accountOf(one), accountOf(other)]
  if (!mine || !theirs) return false
  return mine.team === theirs.team && personOf(policy, mine.user) === personOf(policy, theirs.user)
}

/** The policy as it is for this requester: for a pipeline that asks for nobody, one more has to say yes. */
export function policyForRequester(policy: Policy, requester: Actor): Policy {
  if (requester.kind !== 'pipeline' || requester.onBehalfOf) return policy
  return { ...policy, approval: { ...policy.approval, quorum: policy.approval.quorum + 1 } }
}

/**
 * How many distinct people have said yes to this very plan. A yes to another plan does not count, nor does the
 * requester's own where the policy asks for somebody else's.
 */
export function countApprovals(
  policy: People & Pick<Policy, 'approval'>,
  approvals: readonly Approval[],
  requester: Actor,
  planHash: string,
): number {
  const counted = approvals.filter(
    (approval) =>
      approval.planHash === planHash &&
      !(policy.approval.separateRequester && samePerson(policy, approval.by, requester)),
  )
  return new Set(counted.map(({ by }) => `${by.team} ${personOf(policy, by.user)}`)).size
}

/** Whether somebody may start it: the quorum is complete, or break-glass was confirmed for this very plan. */
export function mayStart(upgrade: Upgrade): boolean {
  const { request, confirmed, plan } = upgrade
  if (!request.breakGlass) return quorumReached(upgrade)
  return confirmed !== undefined && confirmed.planHash === plan?.hash
}

/** Whether as many people have said yes to the start as the pinned policy asks for. */
function quorumReached({ policy, approvals, request, plan }: Upgrade): boolean {
  return plan !== undefined && countApprovals(policy, approvals, request.by, plan.hash) >= policy.approval.quorum
}
