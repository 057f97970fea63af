import type { Policy } from '../upgrade/policy.ts'

/**
 * Numbers that the store has not given out and that must not be given out any more, since the cluster shows upgrades
 * that bore them: the store was emptied, or went back in time.
 *
 * @param count the number of the last upgrade that the store knows of
 * @param seen IDs, of any service
 */
export function skippedNumbers(
  { service, environment }: Pick<Policy, 'service' | 'environment'>,
  count: number,
  seen: readonly string[],
): { from: number; to: number } | undefined {
  const prefix = `${service}-${environment}-`
  const numbers = seen.flatMap((id) => (id.startsWith(prefix) ? numberOf(id.slice(prefix.length)) : []))
  const to = Math.max(count, ...numbers)
  return to > count ? { from: count + 1, to } : undefined
}

function numberOf(text: string): number[] {
  return /^[1-9]\d{0,8}$/.test(text) ? [Number(text)] : []
}
