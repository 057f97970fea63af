import { dayMs, minuteMs } from './zone-time.ts'

/** How finely traffic is looked at, milliseconds: a value stands for the half hour that it is the beginning of. */
export const slotMs = 30 * minuteMs

const weekMs = 7 * dayMs

/** What a target served at a moment, epoch milliseconds, in whatever unit. */
export type TrafficPoint = { at: number; value: number }

/** From when to when something may happen, epoch milliseconds. */
export type Span = readonly [from: number, until: number]

export type QuietTime = {
  /** Epoch milliseconds. */
  at: number
  /** What is served then on average, as far as the past tells, and what is served now. */
  value: number
  now: number
}

/**
 * When a target will have the least traffic for so long: going by the same time of earlier weeks, or of earlier days
 * while there is less than a week to go by. Pure.
 *
 * @param points by the half hour, in any order; what is missing counts for nothing
 * @param spans when it may happen at all
 * @param lengthMs how long it takes
 * @returns `undefined` where no span is long enough, or the past does not tell of it
 */
export function quietTime(
  points: readonly TrafficPoint[],
  spans: readonly Span[],
  { now, lengthMs }: { now: number; lengthMs: number },
): QuietTime | undefined {
  const known = new Map(points.map(({ at, value }) => [Math.floor(at / slotMs), value]))
  const slots = [...known.keys()]
  const [oldest, newest] = [Math.min(...slots), Math.max(...slots)]
  const span = (newest - oldest + 1) * slotMs
  const period = (span >= weekMs ? weekMs : dayMs) / slotMs
  const current = known.get(newest)
  if (span < dayMs || current === undefined) return undefined

  const usual = (slot: number): number | undefined => {
    const before: number[] = []
    for (let past = slot - period; past >= oldest; past -= period) {
      const value = known.get(past)
      if (value !== undefined) before.push(value)
    }
    return medianOf(before)
  }

  const length = Math.max(1, Math.ceil(lengthMs / slotMs))
  const first = Math.ceil(now / slotMs)
  let best: { slot: number; value: number } | undefined
  for (let slot = first; slot < first + period; slot++) {
    const [from, until] = [slot * slotMs, (slot + length) * slotMs]
    if (!spans.some(([start, end]) => start <= from && until <= end)) continue
    const value = meanOf(Array.from({ length }, (_, index) => usual(slot + index)))
    if (value !== undefined && value < (best?.value ?? Number.POSITIVE_INFINITY)) best = { slot, value }
  }
  return best && { at: best.slot * slotMs, value: best.value, now: current }
}

/** How far ahead it is looked, milliseconds. */
export const lookAheadMs = weekMs

/** One week out of line does not matter; `undefined` for none. */
function medianOf(values: number[]): number | undefined {
  const sorted = values.sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

function meanOf(values: (number | undefined)[]): number | undefined {
  let sum = 0
  for (const value of values) {
    if (value === undefined) return undefined
    sum += value
  }
  return sum / values.length
}
