import type { Redis } from 'ioredis'
import type { ChainEntry } from '../engine/ports.ts'
import { AuditEntry, type AuditKey, genesis, seal } from '../upgrade/audit-chain.ts'
import { keys } from './keys.ts'
import { isoFromTime } from './time.ts'

/** A chain that belongs to no upgrade: refused requests and clicks, and configuration changes. */
export type OwnChain = 'refusals' | 'admin'

/**
 * The entry as the next one of its chain. Whoever appends it tests that the chain still has this length.
 *
 * @param key keys its hash
 * @returns the entry's text, and how many are before it
 */
export async function sealNext(
  redis: Redis,
  chain: OwnChain,
  entry: ChainEntry,
  key?: AuditKey,
): Promise<{ text: string; length: number }> {
  const [time, last] = await Promise.all([redis.time(), redis.lindex(keys.audit(chain), -1)])
  const previous = last ? AuditEntry.parse(JSON.parse(last)) : undefined
  const now = isoFromTime(time)
  const length = previous?.sequence ?? 0
  const at = previous && previous.at > now ? previous.at : now
  const previousHash = previous?.hash ?? genesis
  const sealed = seal({ ...entry, at, chain, sequence: length + 1, previousHash }, key)
  return { text: JSON.stringify(sealed), length }
}
