import { alertCode } from './alerts.ts'
import { later } from './step-handlers.ts'
import type { Incident, Upgrade } from './upgrade.ts'

/** What somebody on call has to look at now; `index` tells which of the upgrade's incidents it is. */
export type PageCause = { index: number; incident: Incident }

/** Why on-call is paged again, for as long as nobody has acknowledged it. */
export function pageCause(upgrade: Upgrade): PageCause | undefined {
  const index = upgrade.incidents.findLastIndex((one) => calls(upgrade, one))
  const incident = upgrade.incidents[index]
  return incident && !incident.acknowledged ? { index, incident } : undefined
}

/** How often on-call was paged for what nobody has acknowledged yet, and when last (ISO 8601); `undefined`: not at all. */
export function pagedSoFar(upgrade: Upgrade): { incident: Incident; times: number; at: string } | undefined {
  const cause = pageCause(upgrade)
  const pages = upgrade.pages?.filter(({ of }) => of === cause?.index) ?? []
  const last = pages.at(-1)
  return cause && last && { incident: cause.incident, times: pages.length, at: last.at }
}

/** A way back that does not get on, or that has failed, and a hold under an alert: nothing leads out of that by itself. */
function calls(upgrade: Upgrade, incident: Incident): boolean {
  const { at, result } = upgrade
  if (incident.code === alertCode) return holdsUnder(upgrade, incident)
  if (at.path !== 'back') return false
  return result ? result.outcome === 'failed' && incident.at === result.at : incident.code === 'ROLLBACK_STUCK'
}

/** Whoever paused it after the alert knows of that. */
function holdsUnder({ hold, result, at }: Upgrade, alert: Incident): boolean {
  if (!hold || hold.restriction || result || at.path === 'back' || alert.ended) return false
  return hold.by.kind === 'system' || hold.since <= alert.at
}

/** The next page, and when it is due, ISO 8601; `number` counts from 1, and the `last` one says that it is. */
export type DuePage = PageCause & { number: number; last: boolean; at: string }

/**
 * When on-call is paged again: the incident has called them once, or the hold that came after it, and the time doubles
 * from page to page. Pure. Quiet hours mean nothing to it.
 */
export function pageDue(upgrade: Upgrade): DuePage | undefined {
  const { paging } = upgrade.policy
  const cause = pageCause(upgrade)
  if (!paging || !cause) return undefined
  const before = upgrade.pages?.filter(({ of }) => of === cause.index) ?? []
  const number = before.length + 1
  if (number > paging.times) return undefined
  const called = [cause.incident.at, upgrade.hold?.since ?? '', ...before.map(({ at }) => at)]
  const since = called.toSorted().at(-1) ?? cause.incident.at
  return { ...cause, number, last: number === paging.times, at: later(since, paging.everyMs * 2 ** before.length) }
}
