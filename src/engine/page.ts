import { pageDue } from '../upgrade/paging.ts'
import type { Policy } from '../upgrade/policy.ts'
import type { Look } from './look.ts'
import type { Loaded } from './ports.ts'

/** Whether on-call is to be paged again now, or when; nothing while there is no reason to. */
export async function pageAgain({ upgrade, now }: Loaded): Promise<Look | undefined> {
  const due = pageDue(upgrade)
  if (!due) return undefined
  const leftMs = Date.parse(due.at) - Date.parse(now)
  if (leftMs > 0) return { againMs: leftMs, exact: true }
  return { event: { type: 'paged', of: due.index, ...onCall(upgrade.policy) } }
}

/** Whoever may respond; where the configuration names nobody, whoever operates. */
function onCall({ permissions }: Policy): { users: string[]; groups: string[] } {
  const grants = permissions.respond.length > 0 ? permissions.respond : permissions.operate
  return {
    users: [...new Set(grants.flatMap(({ users }) => users))],
    groups: [...new Set(grants.flatMap(({ groups }) => groups))],
  }
}
