import type { Policy } from '../upgrade/policy.ts'
import { personOf } from '../upgrade/quorum.ts'
import type { Actor } from '../upgrade/upgrade.ts'

/**
 * How many distinct people could approve a request: a quorum above it can never be met.
 *
 * @param groupMembers the users in each group that may approve; a group that is missing counts as empty
 */
export function reachableQuorum(
  policy: Policy,
  requester: Actor,
  groupMembers: ReadonlyMap<string, readonly string[]>,
): number {
  const accounts = policy.permissions.approve.flatMap(({ users, groups }) => [
    ...users,
    ...groups.flatMap((group) => groupMembers.get(group) ?? []),
  ])
  const people = new Set(accounts.map((user) => personOf(policy, user)))
  if (policy.approval.separateRequester && requester.kind === 'slack') people.delete(personOf(policy, requester.user))
  return people.size
}
