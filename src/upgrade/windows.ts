import { z } from 'zod'
import { changesOfClock, dayMs, instantsOf, minuteMs, wallAt } from './zone-time.ts'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

/** `00:00` to `23:59`; `24:00` too where a window may end with the day. */
export const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/
export const endOfWindow = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/

/**
 * When changes may be made: while the clocks of the zone show a time of day from `from` until before `to`, on one of the
 * days. One that ends at or before the time it begins at goes on over midnight, and belongs to the day that it began on.
 */
export const Window = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1),
  from: z.string().regex(timeOfDay),
  to: z.string().regex(endOfWindow),
  timezone: z.string(),
})
export type Window = z.infer<typeof Window>

/**
 * Whether one of the windows is open at an instant (ISO 8601), and when that changes next. `changesAt` is absent where it
 * does not within the days looked ahead: they are always open.
 *
 * The clocks decide, so summer time needs no rule of its own: what they leave out in spring belongs to no window, and
 * what they show twice in autumn belongs to it twice.
 */
export function windowsAt(windows: readonly Window[], instant: string): { open: boolean; changesAt?: string } {
  const now = Date.parse(instant)
  const open = isOpen(windows, now)
  const edges = windows.flatMap((window) => edgesOf(window, now)).filter((at) => at > now)
  const change = edges.sort((a, b) => a - b).find((at) => isOpen(windows, at) !== open)
  return { open, ...(change !== undefined && { changesAt: new Date(change).toISOString() }) }
}

/** The zone that all of the windows have; absent where there is none, or more than one. */
export function zoneOf(policies: readonly { windows?: readonly Window[] }[]): string | undefined {
  const zones = new Set(policies.flatMap(({ windows = [] }) => windows.map(({ timezone }) => timezone)))
  const [zone] = zones
  return zones.size === 1 ? zone : undefined
}

/** A day that the clocks or the calendar of a zone left out lets a weekly window open a week later. */
const daysAhead = 15

function isOpen(windows: readonly Window[], at: number): boolean {
  return windows.some((window) => covers(window, wallAt(window.timezone, at)))
}

function covers({ days, from, to }: Window, wall: number): boolean {
  const time = wall - startOfDay(wall)
  const [begin, end] = [msOf(from), msOf(to)]
  const isOn = (day: number) => days.includes(weekdayOf(day))
  if (begin < end) return isOn(wall) && time >= begin && time < end
  return (isOn(wall) && time >= begin) || (isOn(wall - dayMs) && time < end)
}

/** Every instant at which the window may open or close. */
function edgesOf({ from, to, timezone }: Window, now: number): number[] {
  const today = startOfDay(wallAt(timezone, now))
  const walls = Array.from({ length: daysAhead + 1 }, (_, day) => today + day * dayMs)
  return [
    ...walls.flatMap((day) => [msOf(from), msOf(to)].flatMap((time) => instantsOf(timezone, day + time))),
    ...changesOfClock(timezone, now, now + daysAhead * dayMs),
  ]
}

function startOfDay(wall: number): number {
  return Math.floor(wall / dayMs) * dayMs
}

/** The first day of 1970 was a Thursday. */
function weekdayOf(wall: number): Weekday {
  const index = (((Math.floor(wall / dayMs) + 3) % 7) + 7) % 7
  return weekdays[index] ?? 'mon'
}

/** `01:30` in milliseconds since midnight. */
function msOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return (hours * 60 + minutes) * minuteMs
}
