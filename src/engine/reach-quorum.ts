import { approvingGroups, possibleApprovers } from '../access/quorum.ts'
import type { Policy } from '../upgrade/policy.ts'
import { accountOf } from '../upgrade/quorum.ts'
import type { Actor, SlackActor } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'

/** Whether a quorum can be met at all. `unknown`: Slack cannot say who is in a group or who somebody is. */
export type Reach = { enough: true } | { enough: false; people: number } | 'unknown'

/**
 * Counts who could approve until there are enough: full members of the workspace whom every one of the policies names.
 * Slack is asked only about as many people as it takes.
 */
export async function reachQuorum(
  parts: Pick<Parts, 'members'>,
  policies: readonly Policy[],
  requester: Actor,
): Promise<Reach> {
  const quorum = Math.max(...policies.map(({ approval }) => approval.quorum))
  const groups = new Map<string, string[] | undefined>()
  for (const group of approvingGroups(policies)) groups.set(group, await parts.members.inGroup(group))
  const team = accountOf(requester)?.team ?? (await parts.members.workspace())
  if (team === undefined) return 'unknown'
  const { people, complete } = possibleApprovers(policies, requester, groups)
  let count = 0
  let sure = complete
  for (const accounts of people) {
    const kinds = await Promise.all(accounts.map((user) => kindOf(parts, { kind: 'slack', team, user })))
    if (kinds.includes('member')) count++
    else if (kinds.includes('unknown')) sure = false
    if (count >= quorum) return { enough: true }
  }
  return sure ? { enough: false, people: count } : 'unknown'
}

async function kindOf({ members }: Pick<Parts, 'members'>, actor: SlackActor) {
  return (await members.lookup(actor, [])).kind
}
