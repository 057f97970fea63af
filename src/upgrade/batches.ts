import type { Batch } from './policy.ts'

/** A batch in pods, and as it was written. */
export type ResolvedBatch = { pods: number; written: Batch }

/**
 * Batches as pods: percentages are rounded up, everything is clipped to `replicas`, a batch that adds nothing is
 * dropped, and the last one is always all of them.
 *
 * @returns cumulative counts, strictly growing, ending in `replicas`; a single 0 for a workload scaled to zero
 */
export function resolveBatches(batches: readonly Batch[], replicas: number): ResolvedBatch[] {
  const resolved: ResolvedBatch[] = []
  const all: Batch = '100%'
  for (const written of [...batches, all]) {
    const pods = podsOf(written, replicas)
    if (pods > (resolved.at(-1)?.pods ?? 0)) resolved.push({ pods, written })
  }
  return resolved.length > 0 ? resolved : [{ pods: replicas, written: all }]
}

/** What a batch means with so many replicas. */
export function podsOf(batch: Batch, replicas: number): number {
  return Math.min(
    replicas,
    typeof batch === 'number' ? batch : Math.ceil((Number.parseInt(batch, 10) * replicas) / 100),
  )
}
