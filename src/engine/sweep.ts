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
