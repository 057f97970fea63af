import { pageDue } from '../paging.ts'
import type { Refused } from '../refusal.ts'
import { type Given, notNow } from '../step-handlers.ts'
import type { Upgrade } from '../upgrade.ts'

/** Once for each page that is due, also of an upgrade that has ended. */
export function paged({ upgrade, event: { of, users, groups }, now }: Given<'paged'>): Upgrade | Refused {
  const due = pageDue(upgrade)
  if (due?.index !== of || now < due.at) return notNow(upgrade, 'paged')
  return { ...upgrade, pages: [...(upgrade.pages ?? []), { of, at: now, users, groups }] }
}

/** Somebody takes care of whatever is open. */
export function acknowledged({ upgrade, event: { by }, now }: Given<'acknowledged'>): Upgrade | Refused {
  if (!upgrade.incidents.some((one) => !one.acknowledged)) return notNow(upgrade, 'acknowledged')
  const incidents = upgrade.incidents.map((one) => (one.acknowledged ? one : { ...one, acknowledged: { by, at: now } }))
  return { ...upgrade, incidents }
}
