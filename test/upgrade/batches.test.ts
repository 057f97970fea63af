import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveBatches } from '../../src/upgrade/batches.ts'
import type { Batch } from '../../src/upgrade/policy.ts'

describe('resolveBatches', () => {
  it.each<[Batch[], number, number[]]>([
    [[1, '25%', '50%', '100%'], 10, [1, 3, 5, 10]],
    [['25%'], 4, [1, 4]],
    [['33%', '66%'], 10, [4, 7, 10]],
    [[1, '25%', '50%', '100%'], 1, [1]],
    [[1, '25%', '50%', '100%'], 2, [1, 2]],
    [[50], 10, [10]],
    [[5, '25%', 7], 10, [5, 7, 10]],
    [['100%'], 0, [0]],
  ])('%j of %i replicas are %j', (batches, replicas, expected) => {
    expect(resolveBatches(batches, replicas).map(({ pods }) => pods)).toEqual(expected)
  })

  it('keeps how each batch was written, the first of equal ones', () => {
    const resolved = [
      { pods: 1, written: 1 },
      { pods: 2, written: '100%' },
    ]
    expect(resolveBatches([1, '25%', '50%', '100%'], 2)).toEqual(resolved)
    expect(resolveBatches([1, '25%'], 2)).toEqual(resolved)
  })

  it('only ever grows, never exceeds the replicas and ends with all of them', () => {
    const batch = fc.oneof(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
    )
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1 }), fc.integer({ min: 0, max: 60 }), (batches, replicas) => {
        const counts = resolveBatches(batches, replicas).map(({ pods }) => pods)
        expect(counts.at(-1)).toBe(replicas)
        expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b))
      }),
    )
  })
})
