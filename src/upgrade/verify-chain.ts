import { AuditEntry, type ChainFault, hashOf } from './audit-chain.ts'

/**
 * Reads a chain as it is stored and names every entry that does not belong where it is.
 *
 * @param chain the upgrade's ID, `refusals` or `admin`
 * @param stored the entries as text, in stored order
 * @param expected `start`: the hash that the first entry must follow; `length`: how many entries there must be
 */
export function verifyChain(
  chain: string,
  stored: readonly string[],
  expected: { start?: string; length?: number } = {},
): ChainFault[] {
  const entries = stored.map(parseEntry)
  const bySequence = new Map<number, number>()
  for (const entry of entries) if (entry) bySequence.set(entry.sequence, (bySequence.get(entry.sequence) ?? 0) + 1)

  const faults: ChainFault[] = []
  const fault = (sequence: number, kind: ChainFault['fault']) => faults.push({ chain, sequence, fault: kind })
  const early = new Set<number>()
  let next = 1
  let previousHash = expected.start

  for (const entry of entries) {
    while (early.has(next)) next++
    if (!entry) {
      fault(next++, 'edited')
      previousHash = undefined
      continue
    }
    const { sequence } = entry
    if (sequence < next || early.has(sequence)) {
      fault(sequence, 'inserted')
      continue
    }
    if (sequence > next && bySequence.has(next)) {
      fault(sequence, 'reordered')
      early.add(sequence)
      continue
    }
    while (next < sequence) {
      fault(next++, 'removed')
      previousHash = undefined
    }
    const sound = entry.chain === chain && hashOf(entry) === entry.hash
    const follows = previousHash === undefined || entry.previousHash === previousHash
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
    previousHash = entry.hash
    next++
  }

  while (early.has(next)) next++
  for (; expected.length !== undefined && next <= expected.length; next++) if (!early.has(next)) fault(next, 'removed')
  for (let extra = (expected.length ?? next) + 1; extra < next; extra++) fault(extra, 'inserted')
  return faults
}

function parseEntry(text: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
