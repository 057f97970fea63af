import type { Redis } from 'ioredis'
import {
  type AuditEntry,
  type AuditKey,
  type ChainFault,
  canonicalJson,
  parseEntry,
  soundness,
} from '../upgrade/audit-chain.ts'
import { chains, storedEntries } from './audit-trail.ts'
import { keys } from './keys.ts'

/** Lines of the export that are compared at once. */
const batchLength = 500

/** An outside copy that cannot be trusted everywhere still witnesses the rest; so many bad lines are named. */
const namedLines = 20

export type Comparison = {
  /** Entries of the export that were compared. */
  entries: number
  /** Where Redis no longer has what the export has: `removed`, or `edited`. */
  faults: ChainFault[]
  /** Numbers of lines, from 1, that are no entry or do not bear their own hash; the first of them, and how many. */
  badLines: { first: number[]; count: number }
  /** What Redis has beyond the export. */
  newer: { entries: number; chains: number }
}

/**
 * Holds the trail against an outside copy: what the export has must stand in Redis, unchanged. That finds what a chain
 * cannot tell by itself: a cut tail, an upgrade that vanished with its count, a past that was rewritten hash and all.
 *
 * @param lines of one or several exports, or of the file that Rollcall writes live; in any order, also twice
 * @param options.only one upgrade's chain instead of all
 */
export async function compareWithExport(
  redis: Redis,
  lines: AsyncIterable<string>,
  options: { keys?: readonly AuditKey[]; only?: string } = {},
): Promise<Comparison> {
  const { keys: auditKeys = [], only } = options
  const faults: ChainFault[] = []
  const badLines: Comparison['badLines'] = { first: [], count: 0 }
  const lastSeen = new Map<string, number>()
  const vanished = new Set<string>()
  let entries = 0
  let number = 0
  let batch: AuditEntry[] = []

  async function compareBatch(): Promise<void> {
    const byChain = Map.groupBy(batch, ({ chain }) => chain)
    batch = []
    for (const [chain, given] of byChain) {
      if (vanished.has(chain)) continue
      const stored = await storedEntries(redis, chain, new Set(given.map(({ sequence }) => sequence)))
      if (stored.size === 0 && (await redis.exists(keys.audit(chain))) === 0) {
        vanished.add(chain)
        faults.push({ chain, sequence: 0, fault: 'removed' })
        continue
      }
      for (const entry of given) {
        const found = stored.get(entry.sequence)
        const same = found?.some((one) => canonicalJson(one) === canonicalJson(entry))
        if (!same) faults.push({ chain, sequence: entry.sequence, fault: found ? 'edited' : 'removed' })
        lastSeen.set(chain, Math.max(lastSeen.get(chain) ?? 0, entry.sequence))
      }
    }
  }

  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const entry = parseEntry(line)
    if (!entry || soundness(entry, auditKeys) === 'unsound') {
      badLines.count++
      if (badLines.first.length < namedLines) badLines.first.push(number)
      continue
    }
    if (only !== undefined && entry.chain !== only) continue
    entries++
    batch.push(entry)
    if (batch.length === batchLength) await compareBatch()
  }
  await compareBatch()
  return { entries, faults, badLines, newer: await beyond(redis, lastSeen, only) }
}

async function beyond(redis: Redis, lastSeen: ReadonlyMap<string, number>, only: string | undefined) {
  const newer = { entries: 0, chains: 0 }
  for (const chain of await chains(redis)) {
    if (only !== undefined && chain !== only) continue
    const seen = lastSeen.get(chain)
    if (seen === undefined) newer.chains++
    newer.entries += Math.max(0, (await redis.llen(keys.audit(chain))) - (seen ?? 0))
  }
  return newer
}
