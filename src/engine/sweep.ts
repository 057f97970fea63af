import type { Parts } from './parts.ts'

/** This much past its time, an upgrade's trigger counts as lost. */
const lateMs = 1_000

/** Puts back on the queue what nobody looked at in time. A plain interval calls it: it must work when a queue does not. */
export async function sweep(parts: Pick<Parts, 'upgrades' | 'queue' | 'log'>): Promise<number> {
  const ids = await parts.upgrades.overdue(lateMs, 100)
  for (const id of ids) {
    await parts.queue.reconcileAt(id, Date.now(), 0)
    await parts.queue.show(id)
  }
  return ids.length
}

/**
 * Has Slack compared with every upgrade under way, evenly over a time: a message that somebody deleted, or that an edit
 * came too late to, would stay like that for as long as nothing happens.
 */
export async function showAll({ upgrades, queue }: Pick<Parts, 'upgrades' | 'queue'>, withinMs: number): Promise<void> {
  const active = await upgrades.active()
  for (const [index, { id }] of active.entries()) {
    await queue.show(id, Math.ceil(((index + 1) * withinMs) / (active.length + 1)))
  }
}
