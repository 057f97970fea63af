const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** One whole number and its unit: `90s`, `2m`, `4h`, `14d`. */
export const durationPattern = /^\d{1,9}(ms|s|m|h|d)$/

/** @returns milliseconds; `undefined` for what is not a duration */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined
  const unit = text.replace(/^\d+/, '') as keyof typeof unitMs
  return Number.parseInt(text, 10) * unitMs[unit]
}
