import { type AuditKey, type ChainFault, missingBefore, parseEntry, soundness } from './audit-chain.ts'

/** What of an entry its place in a chain hangs on. A chain may be long, and its texts many times as large. */
export type Link = {
  chain: string
  sequence: number
  at: string
  previousHash: string
  hash: string
  keyed: string | undefined
  soundness: 'sound' | 'unsound' | 'unknown'
  /** The first of the entries before it that were not in the store when it was written, as it says itself. */
  missingFrom: number | undefined
}

/** `undefined` for what is no entry any more. */
export function linkOf(stored: string, keys: readonly AuditKey[] = []): Link | undefined {
  const entry = parseEntry(stored)
  if (!entry) return undefined
  const { chain, sequence, at, previousHash, hash, keyed } = entry
  const missingFrom = missingBefore(entry)?.from
  return { chain, sequence, at, previousHash, hash, keyed, soundness: soundness(entry, keys), missingFrom }
}

export type Expected = {
  /** The hash that the first entry must follow. */
  start?: string
  /** How many entries there must be. */
  length?: number
  /** Whether the chain that this one follows ended with a keyed entry; absent where nobody can tell. */
  keyed?: boolean
}

/**
 * Names every entry that does not belong where it is.
 *
 * @param chain the upgrade's ID, `refusals` or `admin`
 * @param links in stored order
 */
export function verifyChain(
  chain: string,
  links: readonly (Link | undefined)[],
  expected: Expected = {},
): ChainFault[] {
  const bySequence = new Map<number, number>()
  for (const link of links) if (link) bySequence.set(link.sequence, (bySequence.get(link.sequence) ?? 0) + 1)

  const faults: ChainFault[] = []
  const fault = (sequence: number, kind: ChainFault['fault']) => faults.push({ chain, sequence, fault: kind })
  const early = new Set<number>()
  let next = 1
  let previousHash = expected.start
  let latest = ''
  let keyed = expected.keyed ?? false

  for (const link of links) {
    while (early.has(next)) next++
    if (!link) {
      fault(next++, 'edited')
      previousHash = undefined
      continue
    }
    const { sequence } = link
    if (sequence < next || early.has(sequence)) {
      fault(sequence, 'inserted')
      continue
    }
    if (sequence > next && bySequence.has(next)) {
      fault(sequence, 'reordered')
      early.add(sequence)
      continue
    }
    const sound = link.chain === chain && link.soundness !== 'unsound'
    // The store had lost them already when this one was written: it went back in time, or was emptied.
    const declared = link.missingFrom === next && (previousHash ?? link.previousHash) === link.previousHash
    if (sound && declared) next = sequence
    while (next < sequence) {
      fault(next++, 'removed')
      previousHash = undefined
    }
    const follows = previousHash === undefined || link.previousHash === previousHash
    const another = (bySequence.get(sequence) ?? 0) > 1
    if (another && !(sound && follows)) {
      // One of several with this number is genuine, and it is not this one.
      fault(sequence, 'inserted')
      bySequence.set(sequence, (bySequence.get(sequence) ?? 0) - 1)
      continue
    }
    if (!sound) fault(sequence, 'edited')
    // This one is as it was sealed, so it is the one before that was rewritten, hash and all.
    else if (!follows) fault(Math.max(1, sequence - 1), 'edited')
    else if (keyed && link.keyed === undefined) fault(sequence, 'unkeyed')
    else if (link.at < latest) fault(sequence, 'backdated')
    previousHash = link.hash
    latest = link.at
    keyed ||= link.keyed !== undefined && link.soundness === 'sound'
    next++
  }

  while (early.has(next)) next++
  for (; expected.length !== undefined && next <= expected.length; next++) if (!early.has(next)) fault(next, 'removed')
  for (let extra = (expected.length ?? next) + 1; extra < next; extra++) fault(extra, 'inserted')
  return faults
}
