import type { Batch } from './policy.ts'

/**
 * Batches as pods: percentages are rounded up, everything is clipped to `replicas`, a batch that adds nothing is
 * dropped, and the last one is always all of them.
 *
 * @returns cumulative counts, strictly growing, ending in `replicas`; `[0]` for a workload scaled to zero
 */
export function resolveBatches(batches: readonly Batch[], replicas: number): number[] {
  const counts: number[] = []
  for (const batch of batches) {
    const count = Math.min(replicas, podsOf(batch, replicas))
    if (count > (counts.at(-1) ?? 0)) counts.push(count)
  }
  if (counts.at(-1) !== replicas) counts.push(replicas)
  return counts
}

function podsOf(batch: Batch, replicas: number): number {
  return typeof batch === 'number' ? batch : Math.ceil((Number.parseInt(batch, 10) * replicas) / 100)
}
