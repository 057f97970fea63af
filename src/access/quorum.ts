import type { Policy } from '../upgrade/policy.ts'
import { accountOf, personOf } from '../upgrade/quorum.ts'
import type { Actor } from '../upgrade/upgrade.ts'

/** Who could approve: people with all of their accounts, and whether that is everybody. */
export type Approvers = { people: string[][]; complete: boolean }

/**
 * The distinct people who could say yes to a start: those whom every one of the policies lets approve. Where any of
 * them wants somebody else's yes, the requester is none of them.
 *
 * @param policies today's, and for an upgrade that was asked for earlier the pinned one too
 * @param groupMembers the users in each group that may approve; a group that cannot be read makes the answer incomplete
 */
export function possibleApprovers(
  policies: readonly Policy[],
  requester: Actor,
  groupMembers: ReadonlyMap<string, readonly string[] | undefined>,
): Approvers {
  const [first = [], ...others] = policies.map((policy) => accountsOf(policy, groupMembers))
  const accounts = new Set(first.filter((user) => others.every((named) => named.includes(user))))
  const separate = policies.some(({ approval }) => approval.separateRequester)
  const own = separate ? accountOf(requester)?.user : undefined
  const people: string[][] = []
  for (const user of accounts) {
    if (own !== undefined && areOne(policies, user, own)) continue
    const known = people.find((person) => person.some((other) => areOne(policies, user, other)))
    if (known) known.push(user)
    else people.push([user])
  }
  const groups = policies.flatMap((policy) => policy.permissions.approve.flatMap((grant) => grant.groups))
  return { people, complete: groups.every((group) => groupMembers.get(group) !== undefined) }
}

/** Every group whose members may approve by any of the policies. */
export function approvingGroups(policies: readonly Policy[]): string[] {
  return [...new Set(policies.flatMap((policy) => policy.permissions.approve.flatMap(({ groups }) => groups)))]
}

function accountsOf({ permissions }: Policy, members: ReadonlyMap<string, readonly string[] | undefined>): string[] {
  return permissions.approve.flatMap(({ users, groups }) => [
    ...users,
    ...groups.flatMap((group) => members.get(group) ?? []),
  ])
}

function areOne(policies: readonly Policy[], one: string, other: string): boolean {
  return policies.some((policy) => personOf(policy, one) === personOf(policy, other))
}
