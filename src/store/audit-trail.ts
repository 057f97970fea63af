import type { Redis } from 'ioredis'
import {
  type AuditEntry,
  type AuditKey,
  type ChainFault,
  genesis,
  parseEntry,
  skippedBefore,
} from '../upgrade/audit-chain.ts'
import { readStored } from '../upgrade/stored.ts'
import { Outcome, type Upgrade } from '../upgrade/upgrade.ts'
import { type Expected, type Link, linkOf, verifyChain } from '../upgrade/verify-chain.ts'
import { keys } from './keys.ts'

/** Chains that belong to no upgrade. */
const ownChains = ['refusals', 'admin']

/** Entries that are read at once. */
const pageLength = 500

/** The text of every entry of a chain, oldest first, page by page: a chain may be larger than memory. */
export async function* storedChain(redis: Redis, chain: string): AsyncGenerator<string> {
  for (let start = 0; ; start += pageLength) {
    const page = await redis.lrange(keys.audit(chain), start, start + pageLength - 1)
    yield* page
    if (page.length < pageLength) return
  }
}

/** Every chain's name: upgrades by service, environment and number, then Rollcall's own. */
export async function chains(redis: Redis): Promise<string[]> {
  const prefix = keys.audit('')
  const found = (await scan(redis, `${prefix}*`)).map((key) => key.slice(prefix.length))
  const upgrades = found.filter((name) => !ownChains.includes(name))
  const collator = new Intl.Collator('en', { numeric: true })
  return [...upgrades.sort(collator.compare), ...ownChains.filter((name) => found.includes(name))]
}

export type Verified = {
  entries: number
  chains: number
  /** Entries whose hashes are not keyed. */
  unkeyed: number
  /** IDs of keys that entries were sealed with and that are not at hand: of those nobody can say that they are fine. */
  missingKeys: string[]
  /** Entries that the store lost before it went on, as the entry behind them says. No fault, and no proof either. */
  lost: Gap[]
  /** Upgrades whose numbers were given out by a store that was lost, as the upgrade behind them says. */
  skipped: Gap[]
  faults: ChainFault[]
}

/** `from` to `to` are not there; `chain` tells why. */
export type Gap = { chain: string; from: number; to: number }

/**
 * Verifies every chain, that each upgrade's state and its chain end alike, that the first entry of each follows from
 * its target's upgrade before, and that no number is missing. Nothing was tampered with where no fault is found and no
 * key is missing.
 *
 * @param options.only one upgrade's chain instead of all
 */
export async function verifyTrail(
  redis: Redis,
  options: { keys?: readonly AuditKey[]; only?: string } = {},
): Promise<Verified> {
  const { keys: auditKeys = [], only } = options
  const all = await chains(redis)
  const faults: ChainFault[] = []
  const skipped: Gap[] = []
  const lost: Gap[] = []
  const starts = await expectedStarts(redis, all, auditKeys, faults, skipped)
  const missingKeys = new Set<string>()
  const lastUnkeyed: { chain: string; sequence: number; at: string }[] = []
  let keyedSince = ''
  let entries = 0
  let unkeyed = 0
  const names = only === undefined ? all : all.filter((name) => name === only)
  for (const chain of names) {
    const links: (Link | undefined)[] = []
    for await (const text of storedChain(redis, chain)) {
      const link = linkOf(text, auditKeys)
      links.push(link)
      if (link?.missingFrom !== undefined) lost.push({ chain, from: link.missingFrom, to: link.sequence - 1 })
      if (link?.keyed === undefined) unkeyed++
      else if (link.soundness === 'unknown') missingKeys.add(link.keyed)
      else if (keyedSince === '' || link.at < keyedSince) keyedSince = link.at
    }
    entries += links.length
    const last = links.findLast((link) => link?.keyed === undefined)
    if (last) lastUnkeyed.push({ chain, sequence: last.sequence, at: last.at })
    const upgrade = parseUpgrade(await redis.get(keys.upgrade(chain)))
    faults.push(...verifyChain(chain, links, { ...starts.get(chain), ...(upgrade && { length: upgrade.sequence }) }))
  }
  for (const { chain, sequence, at } of lastUnkeyed) {
    const known = faults.some((one) => one.chain === chain && one.sequence === sequence)
    if (keyedSince !== '' && at > keyedSince && !known) faults.push({ chain, sequence, fault: 'unkeyed' })
  }
  const byChain = new Map(all.map((name, index) => [name, index]))
  const wanted = faults.filter(({ chain }) => only === undefined || chain === only)
  wanted.sort((a, b) => (byChain.get(a.chain) ?? -1) - (byChain.get(b.chain) ?? -1) || a.sequence - b.sequence)
  return { entries, chains: names.length, unkeyed, missingKeys: [...missingKeys].sort(), lost, skipped, faults: wanted }
}

/** What each chain must start from; finds upgrades that are missing as a whole. */
async function expectedStarts(
  redis: Redis,
  names: string[],
  auditKeys: readonly AuditKey[],
  faults: ChainFault[],
  skipped: Gap[],
): Promise<Map<string, Expected>> {
  const present = new Set(names)
  const starts = new Map<string, Expected>(ownChains.map((chain) => [chain, { start: genesis }]))
  const opened: { id: string; at: string; target: string; follows: string | undefined; last: Link | undefined }[] = []
  for (const id of names.filter((name) => !ownChains.includes(name))) {
    const [first, last] = await Promise.all([redis.lindex(keys.audit(id), 0), redis.lindex(keys.audit(id), -1)])
    const upgrade = parseUpgrade(await redis.get(keys.upgrade(id)))
    if (!upgrade) {
      faults.push({ chain: id, sequence: 0, fault: 'removed' })
      continue
    }
    const entry = parseEntry(first ?? '')
    const gap = entry && skippedBefore(entry)
    if (gap) skipped.push({ chain: id, ...gap })
    const { at = upgrade.request.at, previousHash: follows } = entry ?? {}
    opened.push({ id, at, target: keys.target(upgrade.target), follows, last: linkOf(last ?? '', auditKeys) })
  }
  for (const key of await scan(redis, keys.count('*', '*'))) {
    const [service = '', environment = ''] = key.slice(keys.count('', '').length - 1).split(':')
    const count = Number(await redis.get(key))
    for (let n = 1; n <= count; n++) {
      const id = `${service}-${environment}-${n}`
      const isSkipped = skipped.some(({ chain, from, to }) => n >= from && n <= to && isOf(chain, service, environment))
      if (!present.has(id) && !isSkipped) faults.push({ chain: id, sequence: 0, fault: 'removed' })
    }
  }
  const numeric = new Intl.Collator('en', { numeric: true })
  opened.sort((a, b) => a.at.localeCompare(b.at) || numeric.compare(a.id, b.id))
  const before = new Map<string, { id: string; last: Link }[]>()
  for (const { id, target, follows, last } of opened) {
    const earlier = before.get(target) ?? []
    const link = (await endThatWas(redis, earlier, follows, auditKeys)) ?? earlier.at(-1)?.last
    const keyed = link?.keyed !== undefined && link.soundness === 'sound'
    starts.set(id, { start: link?.hash ?? genesis, keyed })
    if (last) before.set(target, [...earlier, { id, last }])
  }
  for (const target of before.keys()) {
    const stored = await redis.hmget(target, 'head', 'last')
    const id = stored[1] ?? ''
    const ending = opened.find((one) => one.id === id)?.last
    // The target remembers its last hash: an end that was rewritten, hash and all, does not fit it.
    if (stored[0] && stored[0] !== ending?.hash) {
      faults.push({ chain: id, sequence: await redis.llen(keys.audit(id)), fault: 'edited' })
    }
  }
  return starts
}

function isOf(id: string, service: string, environment: string): boolean {
  return id.startsWith(`${service}-${environment}-`) && /^\d+$/.test(id.slice(`${service}-${environment}-`.length))
}

/**
 * The end of an earlier upgrade of the target, as it was when the next one was opened: a success that was taken back, or
 * for which something was noted later, has gone on since.
 */
async function endThatWas(
  redis: Redis,
  earlier: readonly { id: string; last: Link }[],
  hash: string | undefined,
  auditKeys: readonly AuditKey[],
): Promise<Link | undefined> {
  const now = earlier.findLast(({ last }) => last.hash === hash)
  if (now || hash === undefined || hash === genesis) return now?.last
  for (const { id } of earlier.toReversed()) {
    let over = false
    for await (const text of storedChain(redis, id)) {
      const entry = parseEntry(text)
      over ||= Outcome.options.some((outcome) => outcome === entry?.to.phase)
      if (entry?.hash === hash) return over ? linkOf(text, auditKeys) : undefined
    }
  }
  return undefined
}

/** ID of the key that sealed the last entry of the chain `admin`; `undefined` when none did. */
export async function lastKey(redis: Redis): Promise<string | undefined> {
  return parseEntry((await redis.lindex(keys.audit('admin'), -1)) ?? '')?.keyed
}

/** The entries of a chain with these numbers, wherever in the chain they stand; what is not there is left out. */
export async function storedEntries(
  redis: Redis,
  chain: string,
  sequences: ReadonlySet<number>,
): Promise<Map<number, AuditEntry[]>> {
  const found = new Map<number, AuditEntry[]>()
  const take = (text: string) => {
    const entry = parseEntry(text)
    if (entry && sequences.has(entry.sequence)) found.set(entry.sequence, [...(found.get(entry.sequence) ?? []), entry])
  }
  // Where nothing is wrong, an entry's number is its place.
  const [first, last] = [Math.min(...sequences), Math.max(...sequences)]
  for (const text of await redis.lrange(keys.audit(chain), first - 1, last - 1)) take(text)
  if (found.size === sequences.size) return found
  found.clear()
  for await (const text of storedChain(redis, chain)) take(text)
  return found
}

async function scan(redis: Redis, pattern: string): Promise<string[]> {
  const found = new Set<string>()
  for await (const batch of redis.scanStream({ match: pattern, count: 500 })) {
    for (const key of batch as string[]) found.add(key)
  }
  return [...found].sort()
}

function parseUpgrade(text: string | null): Upgrade | undefined {
  const stored = text ? readStored(text) : undefined
  return stored && 'upgrade' in stored ? stored.upgrade : undefined
}
