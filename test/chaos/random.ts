import { seededRandom } from '../../bench/statistics.ts'

/** Draws that are the same for the same seed. */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** Both included. */
  int(least: number, most: number): number
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
  /** An independent one, for a part of the run. */
  of(): Random
}

export function randomFrom(seed: number): Random {
  const next = seededRandom(seed)
  return {
    next,
    int: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (share) => next() < share,
    pick<T>(from: readonly T[]): T {
      const found = from[Math.floor(next() * from.length)]
      if (found === undefined) throw new RangeError('nothing to pick from')
      return found
    },
    shuffled<T>(items: readonly T[]): T[] {
      const rest = [...items]
      const taken: T[] = []
      while (rest.length > 0) taken.push(...rest.splice(Math.floor(next() * rest.length), 1))
      return taken
    },
    of: () => randomFrom(Math.floor(next() * 2 ** 31)),
  }
}
