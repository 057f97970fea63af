import { nearest } from './nearest.ts'
import { weekdays } from './windows.ts'
import { dayMs, instantsOf, isZone, minuteMs, wallAt, withOffset, zoneNames } from './zone-time.ts'

/** What was typed as a time: the moment, ISO 8601, or why it is none, with what would have been one. */
export type Reading =
  | { at: string }
  | { wrong: 'form' }
  | { wrong: 'unknownZone'; word: string; meant?: string }
  /** The clocks of which zone? */
  | { wrong: 'zoneNeeded' }
  /** The clocks are put forward over it. */
  | { wrong: 'skipped'; zone: string; instead: string }
  /** The clocks are put back, and show it twice. */
  | { wrong: 'twice'; zone: string; both: [string, string] }
  | { wrong: 'past' }
  | { wrong: 'far'; days: number }

/** How far ahead a start may lie: the workload is taken meanwhile, and nobody knows in a year what was meant. */
export const daysAhead = 30

/**
 * Reads `2026-11-22T02:00+08:00`, `2026-11-22 02:00`, `02:00` (the next one), `today 02:00`, `tomorrow 02:00` and
 * `sat 02:00`; each but the first may be followed by the name of a zone, as in `02:00 Asia/Shanghai`. Pure.
 *
 * @param given `now` by Redis's clock, ISO 8601; the `zone` that is meant where none is named; how many `days` ahead it
 *   may be at most
 */
export function readTime(text: string, given: { now: string; zone?: string | undefined; days?: number }): Reading {
  const read = readAnyTime(text, given)
  const { now, days } = given
  const isFar = days !== undefined && 'at' in read && Date.parse(read.at) - Date.parse(now) > days * dayMs
  return isFar ? { wrong: 'far', days } : read
}

function readAnyTime(text: string, given: { now: string; zone?: string | undefined }): Reading {
  const now = Date.parse(given.now)
  const words = text
    .trim()
    .replace(/^(\d{4}-\d{2}-\d{2})T/, '$1 ')
    .split(/\s+/)
  const [first = '', second, third, ...more] = words
  if (more.length > 0) return { wrong: 'form' }
  const exact = exactly.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN
  if (!Number.isNaN(exact)) return ahead(exact, now)
  const hasDay = timeOf(first) === undefined
  const [day, time, zoneName] = hasDay ? [first, second, third] : [undefined, first, second]
  const wall = time === undefined ? undefined : timeOf(time)
  if (wall === undefined || (!hasDay && third !== undefined)) return { wrong: 'form' }
  if (zoneName !== undefined && !isZone(zoneName)) {
    const meant = nearest(zoneName, zoneNames())
    return { wrong: 'unknownZone', word: zoneName, ...(meant !== undefined && { meant }) }
  }
  const zone = zoneName ?? given.zone
  const days = day === undefined ? [0, 1, 2, 3] : daysMeant(day, wallAt(zone ?? 'UTC', now))
  if (!days) return { wrong: 'form' }
  if (zone === undefined) return { wrong: 'zoneNeeded' }
  const midnight = startOfDay(wallAt(zone, now))
  const candidates = days.map((index) => midnight + index * dayMs + wall)
  // «The next one» passes over a day on which there is none, or none any more.
  const upcoming = candidates
    .map((candidate) => instantsOf(zone, candidate))
    .find((found) => found.some((at) => at > now))
  return chosen(upcoming, candidates, zone)
}

function chosen(found: number[] | undefined, candidates: number[], zone: string): Reading {
  const [first, last] = found ?? []
  if (first === undefined) {
    const [only] = candidates
    const isSkipped = only !== undefined && candidates.length === 1 && instantsOf(zone, only).length === 0
    return isSkipped ? { wrong: 'skipped', zone, instead: withOffset(zone, afterGap(zone, only)) } : { wrong: 'past' }
  }
  if (last !== undefined) return { wrong: 'twice', zone, both: [withOffset(zone, first), withOffset(zone, last)] }
  return { at: new Date(first).toISOString() }
}

/** The first minute that the clocks show again. */
function afterGap(zone: string, wall: number): number {
  for (let later = wall; later < wall + dayMs; later += minuteMs) {
    const [at] = instantsOf(zone, later)
    if (at !== undefined) return at
  }
  return wall
}

const exactly = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/

/** `2:00` in milliseconds since midnight. */
function timeOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hours === undefined ? undefined : (Number(hours) * 60 + Number(minutes)) * minuteMs
}

/** Days from today on that a word may mean, the sooner first. */
function daysMeant(word: string, wallNow: number): number[] | undefined {
  const day = word.toLowerCase()
  if (day === 'today') return [0]
  if (day === 'tomorrow') return [1]
  const today = Math.floor(wallNow / dayMs)
  const weekday = weekdays.findIndex(
    (name) => day === name || (day.length > 5 && day.endsWith('day') && day.startsWith(name)),
  )
  // The first day of 1970 was a Thursday.
  if (weekday >= 0) {
    const days = (((weekday - today - 3) % 7) + 7) % 7
    return [days, days + 7]
  }
  const date = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00Z`) : Number.NaN
  const isDate = !Number.isNaN(date) && new Date(date).toISOString().startsWith(day)
  return isDate ? [Math.floor(date / dayMs) - today] : undefined
}

function ahead(at: number, now: number): Reading {
  return at > now ? { at: new Date(at).toISOString() } : { wrong: 'past' }
}

function startOfDay(wall: number): number {
  return Math.floor(wall / dayMs) * dayMs
}
