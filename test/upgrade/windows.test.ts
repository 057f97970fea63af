import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Window, weekdays, windowsAt } from '../../src/upgrade/windows.ts'
import { fuzzRuns } from '../fuzz-runs.ts'

const everyDay = [...weekdays]

function aWindow(changes: Partial<Window> = {}): Window {
  return { days: everyDay, from: '01:00', to: '05:00', timezone: 'Asia/Shanghai', ...changes }
}

function at(windows: Window | Window[], instant: string) {
  const { open, changesAt } = windowsAt([windows].flat(), new Date(instant).toISOString())
  return [open ? 'open' : 'closed', changesAt?.replace(':00.000Z', 'Z')]
}

describe('a window', () => {
  test.each([
    ['before it', '2026-11-23T00:59+08:00', 'closed', '2026-11-22T17:00Z'],
    ['at its first moment', '2026-11-23T01:00+08:00', 'open', '2026-11-22T21:00Z'],
    ['within it', '2026-11-23T04:59+08:00', 'open', '2026-11-22T21:00Z'],
    ['at its end', '2026-11-23T05:00+08:00', 'closed', '2026-11-23T17:00Z'],
  ])('on every day, %s', (_, instant, state, changes) => {
    expect(at(aWindow(), instant)).toEqual([state, changes])
  })

  test.each([
    ['Friday before', '2026-11-20T02:00+08:00', 'closed', '2026-11-22T17:00Z'],
    ['Monday', '2026-11-23T02:00+08:00', 'open', '2026-11-22T21:00Z'],
    ['Tuesday', '2026-11-24T02:00+08:00', 'open', '2026-11-23T21:00Z'],
    ['Wednesday', '2026-11-25T02:00+08:00', 'closed', '2026-11-29T17:00Z'],
  ])('on Monday and Tuesday, by its own zone’s days: %s', (_, instant, state, changes) => {
    expect(at(aWindow({ days: ['mon', 'tue'] }), instant)).toEqual([state, changes])
  })

  test.each([
    ['the evening of its day', '2026-11-20T22:00Z', 'open', '2026-11-21T02:00Z'],
    ['after midnight, on the next day', '2026-11-21T01:59Z', 'open', '2026-11-21T02:00Z'],
    ['after midnight of its own day', '2026-11-20T01:00Z', 'closed', '2026-11-20T22:00Z'],
    ['its end', '2026-11-21T02:00Z', 'closed', '2026-11-27T22:00Z'],
  ])('over midnight belongs to the day that it began on: %s', (_, instant, state, changes) => {
    const night = aWindow({ days: ['fri'], from: '22:00', to: '02:00', timezone: 'UTC' })
    expect(at(night, instant)).toEqual([state, changes])
  })

  it('may end with the day', () => {
    const evening = aWindow({ days: ['sun'], from: '20:00', to: '24:00', timezone: 'UTC' })
    expect(at(evening, '2026-11-22T23:59Z')).toEqual(['open', '2026-11-23T00:00Z'])
  })

  it('that never closes says so', () => {
    expect(at(aWindow({ from: '00:00', to: '24:00', timezone: 'Europe/Berlin' }), '2026-03-28T12:00Z')).toEqual([
      'open',
      undefined,
    ])
  })

  it('beside another one stays open while either is', () => {
    const windows = [
      aWindow({ from: '01:00', to: '03:00', timezone: 'UTC' }),
      aWindow({ from: '02:00', to: '05:00', timezone: 'UTC' }),
    ]
    expect(at(windows, '2026-11-23T01:30Z')).toEqual(['open', '2026-11-23T05:00Z'])
  })
})

describe('where clocks are put forward', () => {
  // Berlin, 29 March 2026: after 01:59 comes 03:00, at 01:00 UTC.
  test.each([
    ['one over the gap is an hour shorter', '01:30', '03:30', ['2026-03-29T00:30Z', '2026-03-29T01:30Z']],
    ['one that would begin in the gap begins behind it', '02:30', '04:00', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['one that would end in the gap ends before it', '01:00', '02:30', ['2026-03-29T00:00Z', '2026-03-29T01:00Z']],
    ['one within the gap is left out', '02:10', '02:50', ['2026-03-30T00:10Z', '2026-03-30T00:50Z']],
  ])('%s', (_, from, to, [opens, closes]) => {
    const window = aWindow({ from, to, timezone: 'Europe/Berlin' })
    expect(at(window, '2026-03-28T20:00Z')).toEqual(['closed', opens])
    expect(at(window, opens ?? '')).toEqual(['open', closes])
  })

  it('a weekly window within the gap opens a week later', () => {
    const window = aWindow({ days: ['sun'], from: '02:10', to: '02:50', timezone: 'Europe/Berlin' })
    expect(at(window, '2026-03-22T02:00Z')).toEqual(['closed', '2026-04-05T00:10Z'])
  })
})

describe('where clocks are put back', () => {
  // New York, 1 November 2026: after 01:59 comes 01:00 again, at 06:00 UTC.
  test.each([
    ['one over the hour that is shown twice is an hour longer', '00:30', '03:00', ['04:30', '08:00']],
    ['one that is that hour lasts for two', '01:00', '02:00', ['05:00', '07:00']],
  ])('%s', (_, from, to, [opens, closes]) => {
    const window = aWindow({ from, to, timezone: 'America/New_York' })
    expect(at(window, '2026-11-01T04:00Z')).toEqual(['closed', `2026-11-01T${opens}Z`])
    expect(at(window, `2026-11-01T${opens}Z`)).toEqual(['open', `2026-11-01T${closes}Z`])
  })

  it('one that ends within that hour opens twice, as the clocks say', () => {
    const window = aWindow({ from: '00:30', to: '01:30', timezone: 'America/New_York' })
    const changes: unknown[] = []
    for (let instant = '2026-11-01T04:00Z'; changes.length < 4; ) {
      const [, next] = at(window, instant)
      changes.push(next)
      instant = next ?? ''
    }
    expect(changes).toEqual(['04:30', '05:30', '06:00', '06:30'].map((time) => `2026-11-01T${time}Z`))
  })
})

/** Half hours, Southern summers, a shift of half an hour, midnight shifts, no summer time, the date line. */
const zones = [
  ...['UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'Asia/Kathmandu', 'Europe/Berlin', 'Europe/London', 'America/New_York'],
  ...['America/Sao_Paulo', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Beirut'],
  ...['Pacific/Apia', 'Pacific/Chatham', 'Africa/Cairo', 'America/Santiago'],
]

const aTime = fc.integer({ min: 0, max: 95 }).map((quarter) => {
  return `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
})

const anyWindow = fc
  .record({
    days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
    from: aTime,
    to: fc.oneof(aTime, fc.constant('24:00')),
    timezone: fc.constantFrom(...zones),
  })
  .filter(({ from, to }) => from !== to)

const anInstant = fc
  .integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) })
  .map((ms) => new Date(Math.floor(ms / 60_000) * 60_000))

/** What a person who looks at the clock on the wall says; nothing of it is shared with the code. */
function byTheClock({ days, from, to, timezone }: Window, at: Date): boolean {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: timezone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  } as const)
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const time = `${parts.hour}:${parts.minute}`
  const day = weekdays.map(String).indexOf(`${parts.weekday}`.toLowerCase())
  const on = (index: number) => days.some((one) => one === weekdays[(index + 7) % 7])
  if (from < to) return on(day) && time >= from && time < to
  return (on(day) && time >= from) || (on(day - 1) && time < to)
}

describe('whatever the zone', () => {
  it('a window is open when the clock on the wall says so', () => {
    fc.assert(
      fc.property(anyWindow, anInstant, (window, instant) => {
        expect(windowsAt([window], instant.toISOString()).open).toBe(byTheClock(window, instant))
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  it('nothing changes before it is said to, and it does then', () => {
    fc.assert(
      fc.property(anyWindow, anInstant, (window, instant) => {
        const { open, changesAt } = windowsAt([window], instant.toISOString())
        const end = changesAt === undefined ? instant.getTime() + 14 * 86_400_000 : Date.parse(changesAt)
        for (let at = instant.getTime(); at < end; at += 900_000) {
          expect(byTheClock(window, new Date(at))).toBe(open)
        }
        expect(byTheClock(window, new Date(end - 60_000))).toBe(open)
        if (changesAt !== undefined) expect(byTheClock(window, new Date(changesAt))).toBe(!open)
      }),
      { numRuns: Math.ceil(fuzzRuns(600) / 10) },
    )
  })

  it('is met through the very hours in which the clocks change', () => {
    const changes = [
      ['Europe/Berlin', '2026-03-29T01:00Z'],
      ['Europe/Berlin', '2026-10-25T01:00Z'],
      ['America/New_York', '2026-03-08T07:00Z'],
      ['America/New_York', '2026-11-01T06:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
      ['Asia/Beirut', '2026-03-28T22:00Z'],
      ['America/Santiago', '2026-09-06T04:00Z'],
    ] as const
    fc.assert(
      fc.property(anyWindow, fc.constantFrom(...changes), (shape, [timezone, change]) => {
        const window = { ...shape, days: everyDay, timezone }
        for (let minutes = -240; minutes <= 240; minutes += 15) {
          const instant = new Date(Date.parse(change) + minutes * 60_000)
          const { open, changesAt } = windowsAt([window], instant.toISOString())
          expect(open).toBe(byTheClock(window, instant))
          if (changesAt === undefined) continue
          expect(byTheClock(window, new Date(changesAt))).toBe(!open)
          expect(byTheClock(window, new Date(Date.parse(changesAt) - 60_000))).toBe(open)
        }
      }),
      { numRuns: Math.ceil(fuzzRuns(600) / 10) },
    )
  })
})
