import { grantsOf, type Policy, type Right } from '../upgrade/policy.ts'
import { accountOf } from '../upgrade/quorum.ts'
import { type Actor, openAcceptance, type Upgrade } from '../upgrade/upgrade.ts'

/** Who a permission names, for «who can». */
export type Deciders = { roles: string[]; users: string[]; groups: string[] }

/** How many people are named one by one; behind them stand their groups. */
export const byName = 5

/** Those who are called by their own names. */
export function calledByName(...people: Deciders[]): string[] {
  return unique(people.flatMap(({ users }) => users.slice(0, byName)))
}

/** Everybody that the policy names for a permission, but for those left out. */
export function deciders(
  policy: Pick<Policy, 'permissions' | 'people' | 'admins' | 'gates'>,
  right: Right,
  without: readonly string[] = [],
  gate?: string,
): Deciders {
  const out = new Set(without.flatMap((user) => policy.people.find((accounts) => accounts.includes(user)) ?? [user]))
  const grants = grantsOf(policy, right, gate)
  return {
    roles: unique(grants.map((grant) => grant.role)),
    users: unique(grants.flatMap((grant) => grant.users)).filter((user) => !out.has(user)),
    groups: unique(grants.flatMap((grant) => grant.groups)),
  }
}

/** Who can still say yes to the start: not who has, and not the requester where somebody else's yes is wanted. */
export function openApprovers(upgrade: Pick<Upgrade, 'policy' | 'approvals' | 'request'>): Deciders {
  const { policy, approvals, request } = upgrade
  const requester = policy.approval.separateRequester ? userOf(request.by) : []
  return deciders(policy, 'approve', [...approvals.map(({ by }) => by.user), ...requester])
}

/** Who is asked to sign off what is new: not the requester where somebody else's yes is wanted. */
export function accepters(upgrade: Upgrade): Deciders {
  const { policy, request } = upgrade
  const requester = policy.approval.separateRequester ? userOf(request.by) : []
  return deciders(policy, 'accept', requester, openAcceptance(upgrade))
}

function userOf(actor: Actor): string[] {
  const account = accountOf(actor)
  return account ? [account.user] : []
}

function unique(values: string[]): string[] {
  return [...new Set(values)]
}

/** Who can sign break-glass off: not whoever asked for it. */
export function reviewers({ policy, request }: Pick<Upgrade, 'policy' | 'request'>): Deciders {
  return deciders(policy, 'admin', userOf(request.by))
}
