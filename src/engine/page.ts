import { alertCode } from '../upgrade/alerts.ts'
import { pageDue } from '../upgrade/paging.ts'
import type { Look } from './look.ts'
import type { Parts } from './parts.ts'
import type { Loaded } from './ports.ts'

/** Whether on-call is to be paged again now, or when; nothing while there is no reason to. */
export async function pageAgain(
  { alerts, onCall }: Pick<Parts, 'alerts' | 'onCall'>,
  { upgrade, now }: Loaded,
): Promise<Look | undefined> {
  const due = pageDue(upgrade)
  if (!due || !onCall) return undefined
  const leftMs = Date.parse(due.at) - Date.parse(now)
  if (leftMs > 0) return { againMs: leftMs, exact: true }
  // A hold stays when an alert is resolved, but nobody has to get up for it.
  if (due.incident.code === alertCode && !(await alerts?.of(upgrade.id))?.firing) return undefined
  const { users, groups } = await onCall(upgrade.policy)
  return { event: { type: 'paged', of: due.index, users, groups } }
}
