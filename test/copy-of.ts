/** A copy of JSON; some ten times as fast as `structuredClone`, which matters in a hundred thousand cases. */
export function copyOf<T>(json: T): T {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(copyOf) as T
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) copy[key] = copyOf(value)
  return copy as T
}
