/*
 * What the clocks of a time zone show, and when they show it. Instants are epoch milliseconds. A wall time is what such a
 * clock shows, as the milliseconds at which a clock in UTC shows the same. Rules of the zones are those of Node's ICU.
 */

export const minuteMs = 60_000
export const dayMs = 86_400_000

/** IANA names, so that a summer's rules are known; an offset such as `+08:00` is no zone. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** Every name that is worth proposing. */
export function zoneNames(): string[] {
  return [...Intl.supportedValuesOf('timeZone'), 'UTC']
}

/** What the zone's clocks show at an instant. */
export function wallAt(zone: string, at: number): number {
  return at + offsetAt(zone, at)
}

/** When the zone's clocks show a wall time: once, never where they are put forward over it, twice where they are put back. */
export function instantsOf(zone: string, wall: number): number[] {
  const offsets = new Set([offsetAt(zone, wall - dayMs), offsetAt(zone, wall + dayMs)])
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((at) => wallAt(zone, at) === wall)
    .sort((a, b) => a - b)
}

/** When the zone's clocks are put forward or back, after `from` and up to `to`. */
export function changesOfClock(zone: string, from: number, to: number): number[] {
  const changes: number[] = []
  for (let start = from; start < to; start += quarterDayMs) {
    const end = Math.min(start + quarterDayMs, to)
    if (offsetAt(zone, start) !== offsetAt(zone, end)) changes.push(changeBetween(zone, start, end))
  }
  return changes
}

/** `2026-11-23T01:00+08:00`: the same instant for whoever reads it, and what the zone's clocks show then. */
export function withOffset(zone: string, at: number): string {
  const minutes = Math.round(offsetAt(zone, at) / minuteMs)
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const offset = minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(rest)}`
  return `${new Date(at + minutes * minuteMs).toISOString().slice(0, 16)}${offset}`
}

/** No zone changes its clock twice within this time. */
const quarterDayMs = dayMs / 4

function changeBetween(zone: string, before: number, after: number): number {
  const old = offsetAt(zone, before)
  let [low, high] = [before, after]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle) === old) low = middle
    else high = middle
  }
  return high
}

/** Of the zone's clocks against UTC, milliseconds. */
function offsetAt(zone: string, at: number): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = offsetPattern.exec(formatOf(zone).format(at)) ?? []
  const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -ms : ms
}

/** https://tc39.es/ecma402/#sec-intl-datetimeformat-constructor: `longOffset` is `GMT` and `±HH:mm[:ss]`. */
const offsetPattern = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one costs a thousand times what using it does. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  formats.set(zone, made)
  return made
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}
