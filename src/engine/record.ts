import { entryOf } from '../upgrade/entry.ts'
import type { Event } from '../upgrade/events.ts'
import { phaseOf } from '../upgrade/phase.ts'
import { bounded } from '../upgrade/printable.ts'
import { isRefusal, type Refused } from '../upgrade/refusal.ts'
import { transition } from '../upgrade/transition.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'
import type { Commit, Committed, Loaded } from './ports.ts'
import { tellStep } from './tell.ts'

/**
 * Applies one event and stores state, audit entry and what is due next in one write.
 *
 * @param bound what the write must still be within; see `Commit`
 */
export async function record(
  parts: Parts,
  loaded: Loaded,
  happened: Event,
  requestId: string,
  bound: Pick<Commit, 'deadline' | 'config' | 'once'>,
): Promise<{ upgrade: Upgrade } | Refused | Exclude<Committed, 'committed'>> {
  const { upgrade: before, head, now } = loaded
  const event = bounded(happened)
  const upgrade = transition(before, event, now)
  if (isRefusal(upgrade)) return upgrade
  const entry = entryOf(event, before, upgrade, head, now, requestId)
  const committed = await parts.upgrades.commit({
    upgrade,
    entry,
    before: before.sequence,
    due: Date.parse(now),
    ...bound,
  })
  if (committed !== 'committed') return committed
  announce(parts, upgrade, event, requestId, before)
  return { upgrade }
}

/** What follows from a commit. Nothing here may fail it: what is lost, the sweeper finds. */
export function announce(parts: Parts, upgrade: Upgrade, event: Event, requestId: string, before?: Upgrade): void {
  const { id, sequence } = upgrade
  const fields = { upgrade: id, sequence, event: event.type, requestId, phase: phaseOf(upgrade) }
  parts.log.info(fields, `${id}: ${event.type}`)
  parts.onEvent?.(event.type, upgrade, before)
  const enqueued = upgrade.result ? [parts.queue.show(id)] : [parts.queue.reconcile(id), parts.queue.show(id)]
  for (const one of enqueued) {
    one.catch((error: unknown) => parts.log.warn({ upgrade: id, err: error }, 'not enqueued; the sweeper will'))
  }
  tellStep(parts, upgrade, before)
}
