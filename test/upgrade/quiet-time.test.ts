import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type QuietTime, quietTime, type Span, slotMs, type TrafficPoint } from '../../src/upgrade/quiet-time.ts'
import { unrestrictedSpans } from '../../src/upgrade/restrictions.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A Wednesday, noon. */
const now = Date.parse('2026-07-01T12:00:00.000Z')
const anyTime: Span[] = [[now, now + 14 * dayMs]]

/** What was served at each half hour until now. */
function served(days: number, value: (at: Date) => number | undefined): TrafficPoint[] {
  return Array.from({ length: days * 48 }, (_, index) => now - (index + 1) * slotMs).flatMap((at) => {
    const found = value(new Date(at))
    return found === undefined ? [] : [{ at, value: found }]
  })
}

function found(
  points: TrafficPoint[],
  spans = anyTime,
  lengthMs = hourMs,
): (Omit<QuietTime, 'at'> & { at: string }) | undefined {
  const quiet = quietTime(points, spans, { now, lengthMs })
  return quiet && { ...quiet, at: new Date(quiet.at).toISOString() }
}

/** Little at night, and least on Sundays. */
const weekly = (at: Date) => (at.getUTCHours() === 3 ? (at.getUTCDay() === 0 ? 5 : 20) : 100)

describe('the quiet hour', () => {
  test('is the one of the week that had the least, and says what there is now', () => {
    expect(found(served(28, weekly))).toEqual({ at: '2026-07-05T03:00:00.000Z', value: 5, now: 100 })
  })

  test('is the one of the day while there is less than a week to go by', () => {
    expect(found(served(3, weekly))?.at).toBe('2026-07-02T03:00:00.000Z')
  })

  test.each([
    ['less than a day', served(1, weekly).slice(0, 40)],
    ['nothing', []],
  ])('is not known from %s', (_, points) => {
    expect(found(points)).toBeUndefined()
  })

  test('is the next of several that are alike', () => {
    expect(found(served(28, () => 7))).toEqual({ at: '2026-07-01T12:00:00.000Z', value: 7, now: 7 })
  })

  test('is long enough', () => {
    const short = (at: Date) => (at.getUTCHours() === 3 ? 0 : at.getUTCHours() >= 20 ? 10 : 100)
    expect(found(served(28, short), anyTime, hourMs)?.at).toBe('2026-07-02T03:00:00.000Z')
    expect(found(served(28, short), anyTime, 3 * hourMs)?.at).toBe('2026-07-01T20:00:00.000Z')
  })

  test('lies within one window as a whole, and outside of a freeze', () => {
    const windows = [{ days: ['thu', 'fri'], from: '02:30', to: '03:30', timezone: 'UTC' } as const].map((one) => ({
      ...one,
      days: [...one.days],
    }))
    const place = { service: 'web', environment: 'production', windows }
    const spans = unrestrictedSpans(place, [], [now, now + 14 * dayMs])
    expect(found(served(28, weekly), spans)?.at).toBe('2026-07-02T02:30:00.000Z')
    const freeze = { scope: 'all', by: 'U0ROOT', reason: 'a sale', since: '2026-07-01T00:00:00.000Z' } as const
    const until = '2026-07-03T00:00:00.000Z'
    const later = unrestrictedSpans(place, [{ ...freeze, until }], [now, now + 14 * dayMs])
    expect(found(served(28, weekly), later)?.at).toBe('2026-07-03T02:30:00.000Z')
    expect(unrestrictedSpans(place, [freeze], [now, now + 14 * dayMs])).toEqual([])
  })

  test('is none of which nothing is known: no data is not the same as no traffic', () => {
    const unmeasured = (at: Date) => (at.getUTCHours() === 3 ? undefined : at.getUTCHours() === 5 ? 30 : 100)
    expect(found(served(28, unmeasured))?.at).toBe('2026-07-02T05:00:00.000Z')
  })

  test('does not change for one odd week', () => {
    const outage = Date.parse('2026-06-23T00:00:00.000Z')
    const points = served(28, (at) => (at.getTime() >= outage && at.getTime() < outage + dayMs ? 0 : weekly(at)))
    expect(found(points)?.at).toBe('2026-07-05T03:00:00.000Z')
  })

  test('never lies outside of what is open, in the past, or beyond a week, whatever was served', () => {
    const aSpan = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 100 }))
    const holds = fc.property(
      fc.array(fc.record({ ago: fc.nat(28 * 48), value: fc.double({ min: 0, max: 1e6, noNaN: true }) })),
      fc.array(aSpan, { maxLength: 5 }),
      fc.integer({ min: 1, max: 10 }),
      (given, opens, hours) => {
        const points = given.map(({ ago, value }) => ({ at: now - ago * slotMs, value }))
        const spans = opens.map(([from, length]): Span => [now + from * slotMs, now + (from + length) * slotMs])
        const quiet = quietTime(points, spans, { now, lengthMs: hours * hourMs })
        if (!quiet) return
        expect(quiet.at).toBeGreaterThanOrEqual(now)
        expect(quiet.at).toBeLessThan(now + 7 * dayMs)
        const until = quiet.at + hours * hourMs
        expect(spans.some(([from, end]) => from <= quiet.at && until <= end)).toBe(true)
        expect(Number.isFinite(quiet.value)).toBe(true)
      },
    )
    fc.assert(holds)
  })
})
