/** `[seconds, microseconds]` as Redis's TIME gives them, ISO 8601. */
export function isoFromTime([seconds = 0, micros = 0]: number[]): string {
  return isoFromMicros(`${seconds}${String(micros).padStart(6, '0')}`)
}

/** `<seconds><six digits of microseconds>`, ISO 8601. */
export function isoFromMicros(micros: string): string {
  return new Date(Math.floor(Number(micros) / 1000)).toISOString()
}
