import type { Redis } from 'ioredis'
import { AuditEntry, type ChainFault, genesis } from '../upgrade/audit-chain.ts'
import { readStored } from '../upgrade/stored.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { verifyChain } from '../upgrade/verify-chain.ts'
import { keys } from './keys.ts'

/** Chains that belong to no upgrade. */
const ownChains = ['refusals', 'admin']

/** The text of every entry of a chain, oldest first. */
export async function storedChain(redis: Redis, chain: string): Promise<string[]> {
  return redis.lrange(keys.audit(chain), 0, -1)
}

/** Every chain's name: upgrades by service, environment and number, then Rollcall's own. */
export async function chains(redis: Redis): Promise<string[]> {
  const prefix = keys.audit('')
  const found = (await scan(redis, `${prefix}*`)).map((key) => key.slice(prefix.length))
  const upgrades = found.filter((name) => !ownChains.includes(name))
  const collator = new Intl.Collator('en', { numeric: true })
  return [...upgrades.sort(collator.compare), ...ownChains.filter((name) => found.includes(name))]
}

/**
 * Verifies every chain, that each upgrade's state and its chain end alike, that the first entry of each follows from
 * its target's upgrade before, and that no number is missing. An empty answer: nothing was tampered with.
 */
export async function verifyTrail(redis: Redis): Promise<{ entries: number; chains: number; faults: ChainFault[] }> {
  const faults: ChainFault[] = []
  const names = await chains(redis)
  const heads = await expectedHeads(redis, names, faults)
  let entries = 0
  for (const chain of names) {
    const stored = await storedChain(redis, chain)
    entries += stored.length
    const upgrade = parseUpgrade(await redis.get(keys.upgrade(chain)))
    const start = heads.get(chain)
    faults.push(
      ...verifyChain(chain, stored, {
        ...(start !== undefined && { start }),
        ...(upgrade && { length: upgrade.sequence }),
      }),
    )
  }
  const byChain = new Map(names.map((name, index) => [name, index]))
  faults.sort((a, b) => (byChain.get(a.chain) ?? -1) - (byChain.get(b.chain) ?? -1) || a.sequence - b.sequence)
  return { entries, chains: names.length, faults }
}

/** What each chain must start from; finds upgrades that are missing as a whole. */
async function expectedHeads(redis: Redis, names: string[], faults: ChainFault[]): Promise<Map<string, string>> {
  const present = new Set(names)
  const starts = new Map<string, string>(ownChains.map((chain) => [chain, genesis]))
  const lastOfTarget = new Map<string, string>()
  const opened: { id: string; at: string; target: string; head: string | undefined }[] = []
  for (const id of names.filter((name) => !ownChains.includes(name))) {
    const [first, last] = await Promise.all([redis.lindex(keys.audit(id), 0), redis.lindex(keys.audit(id), -1)])
    const upgrade = parseUpgrade(await redis.get(keys.upgrade(id)))
    if (!upgrade) {
      faults.push({ chain: id, sequence: 0, fault: 'removed' })
      continue
    }
    const at = parseEntry(first)?.at ?? upgrade.request.at
    opened.push({ id, at, target: keys.target(upgrade.target), head: parseEntry(last)?.hash })
  }
  for (const key of await scan(redis, keys.count('*', '*'))) {
    const [service = '', environment = ''] = key.slice(keys.count('', '').length - 1).split(':')
    const count = Number(await redis.get(key))
    for (let n = 1; n <= count; n++) {
      const id = `${service}-${environment}-${n}`
      if (!present.has(id)) faults.push({ chain: id, sequence: 0, fault: 'removed' })
    }
  }
  const numeric = new Intl.Collator('en', { numeric: true })
  opened.sort((a, b) => a.at.localeCompare(b.at) || numeric.compare(a.id, b.id))
  for (const { id, target, head } of opened) {
    starts.set(id, lastOfTarget.get(target) ?? genesis)
    if (head) lastOfTarget.set(target, head)
  }
  for (const [target, head] of lastOfTarget) {
    const stored = await redis.hmget(target, 'head', 'last')
    // The target remembers its last hash: an end that was rewritten, hash and all, does not fit it.
    if (stored[0] && stored[0] !== head) {
      const id = stored[1] ?? ''
      faults.push({ chain: id, sequence: await redis.llen(keys.audit(id)), fault: 'edited' })
    }
  }
  return starts
}

async function scan(redis: Redis, pattern: string): Promise<string[]> {
  const found: string[] = []
  for await (const batch of redis.scanStream({ match: pattern, count: 500 })) found.push(...(batch as string[]))
  return found.sort()
}

function parseEntry(text: string | null): AuditEntry | undefined {
  try {
    return text ? AuditEntry.safeParse(JSON.parse(text)).data : undefined
  } catch {
    return undefined
  }
}

function parseUpgrade(text: string | null): Upgrade | undefined {
  const stored = text ? readStored(text) : undefined
  return stored && 'upgrade' in stored ? stored.upgrade : undefined
}
