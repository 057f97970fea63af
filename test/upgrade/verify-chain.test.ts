import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEntry, auditKey, genesis, parseEntry, seal, soundness } from '../../src/upgrade/audit-chain.ts'
import { linkOf, verifyChain } from '../../src/upgrade/verify-chain.ts'

const chain = 'web-production-14'
const key = auditKey('the first key, which is long enough to be one')
const newer = auditKey('the second key, which is long enough as well!')
const keys = [newer, key]

type Sealer = (sequence: number) => ReturnType<typeof auditKey> | undefined

const unkeyed: Sealer = () => undefined
const keyed: Sealer = () => key

function aChain(length: number, sealedWith: Sealer = unkeyed): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (let sequence = 1; sequence <= length; sequence++) {
    const entry = {
      at: new Date(Date.UTC(2026, 0, 1, 3, 0, sequence)).toISOString(),
      actor: { kind: 'slack' as const, team: 'T1', user: `U${sequence}` },
      action: 'approved',
      target: 'web/production: Deployment shop/web on eu',
      outcome: 'done' as const,
      reason: 'because',
      from: { replicas: sequence },
      to: { replicas: sequence + 1 },
      detail: { ready: sequence },
      requestId: `r${sequence}`,
      chain,
      sequence,
      previousHash: entries.at(-1)?.hash ?? genesis,
    }
    entries.push(seal(entry, sealedWith(sequence)))
  }
  return entries
}

const texts = (entries: AuditEntry[]) => entries.map((entry) => JSON.stringify(entry))
const verify = (stored: string[], length?: number, known = keys) =>
  verifyChain(
    chain,
    stored.map((text) => linkOf(text, known)),
    { start: genesis, ...(length !== undefined && { length }) },
  )

/** A chain of any length, sealed without a key, with one, or with one from somewhere on; and a place in it. */
const aPlace = fc
  .tuple(fc.integer({ min: 2, max: 40 }), fc.nat(), fc.constantFrom('unkeyed', 'keyed', 'rotated', 'introduced'))
  .map(([length, place, how]) => {
    const turn = 1 + Math.ceil(length / 2)
    const sealers: Record<typeof how, Sealer> = {
      unkeyed,
      keyed,
      rotated: (sequence) => (sequence < turn ? key : newer),
      introduced: (sequence) => (sequence < turn ? undefined : key),
    }
    return { entries: aChain(length, sealers[how]), length, at: place % length, how }
  })

/** Any one thing about an entry, by the path to it, changed to something else that is still an entry. */
const aChange = fc.constantFrom<(entry: AuditEntry) => AuditEntry>(
  (entry) => ({ ...entry, action: 'rejected' }),
  (entry) => ({ ...entry, actor: { kind: 'slack', team: 'T1', user: 'U0MALLORY' } }),
  (entry) => ({ ...entry, actor: { kind: 'system', reason: 'DONE' } }),
  (entry) => ({ ...entry, at: new Date(Date.parse(entry.at) + 1).toISOString() }),
  (entry) => ({ ...entry, outcome: 'refused' }),
  (entry) => ({ ...entry, code: 'ADDED' }),
  (entry) => ({ ...entry, reason: 'becaus' }),
  (entry) => ({ ...entry, from: {} }),
  (entry) => ({ ...entry, to: { ...entry.to, phase: 'succeeded' } }),
  (entry) => ({ ...entry, detail: { ready: 1_000 } }),
  (entry) => ({ ...entry, requestId: '' }),
  (entry) => ({ ...entry, target: 'web/staging' }),
  (entry) => ({ ...entry, chain: 'web-production-15' }),
  (entry) => ({ ...entry, previousHash: 'f'.repeat(64) }),
  (entry) => ({ ...entry, hash: 'f'.repeat(64) }),
)

describe('a chain', () => {
  it('has no fault as it was written: with no key, with one, with a new one, and from before there was one', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length }) => {
        expect(verify(texts(entries), length)).toEqual([])
      }),
    )
  })

  it('names any one entry of which anything was edited', () => {
    fc.assert(
      fc.property(aPlace, aChange, ({ entries, length, at }, change) => {
        const edited = entries.map((entry, index) => (index === at ? change(entry) : entry))
        expect(verify(texts(edited), length)).toContainEqual({ chain, sequence: at + 1, fault: 'edited' })
      }),
    )
  })

  it('names an edited entry whose hash was made to fit', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length, at, how }) => {
        fc.pre(at < length - 1 && how === 'unkeyed')
        const edited = entries.map((entry, index) => (index === at ? seal({ ...entry, action: 'rejected' }) : entry))
        expect(verify(texts(edited), length)).toEqual([{ chain, sequence: at + 1, fault: 'edited' }])
      }),
    )
  })

  it('names an entry that is not an entry any more', () => {
    fc.assert(
      fc.property(aPlace, fc.string(), ({ entries, length, at }, garbage) => {
        fc.pre(parseEntry(garbage) === undefined)
        expect(verify(texts(entries).with(at, garbage), length)).toEqual([{ chain, sequence: at + 1, fault: 'edited' }])
      }),
    )
  })

  it('names a removed entry, wherever it was, the last one by the sequence of the state', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length, at }) => {
        expect(verify(texts(entries.toSpliced(at, 1)), length)).toEqual([{ chain, sequence: at + 1, fault: 'removed' }])
      }),
    )
  })

  it('names every entry of a cut tail', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length, at }) => {
        const cut = Array.from({ length: length - at }, (_, index) => ({
          chain,
          sequence: at + index + 1,
          fault: 'removed' as const,
        }))
        expect(verify(texts(entries.slice(0, at)), length)).toEqual(cut)
      }),
    )
  })

  it('names an inserted entry, a copy as well as a forged one', () => {
    fc.assert(
      fc.property(aPlace, fc.boolean(), fc.boolean(), ({ entries, length, at }, forged, before) => {
        const original = entries[at] as AuditEntry
        const extra = forged ? seal({ ...original, action: 'rejected' }) : original
        const faults = verify(texts(entries.toSpliced(before ? at : at + 1, 0, extra)), length)
        expect(faults.map(({ sequence }) => sequence)).toContain(at + 1)
        // At the very end nothing follows that could tell the forged one from the genuine one by its link.
        if (!forged) expect(faults).toEqual([{ chain, sequence: at + 1, fault: 'inserted' }])
      }),
    )
  })

  it('names an entry that was added behind its end', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length }) => {
        const last = entries.at(-1) as AuditEntry
        const extra = seal({ ...last, sequence: length + 1, previousHash: last.hash })
        expect(verify(texts([...entries, extra]), length)).toContainEqual({
          chain,
          sequence: length + 1,
          fault: 'inserted',
        })
      }),
    )
  })

  it('names an entry that stands too early', () => {
    fc.assert(
      fc.property(aPlace, fc.nat(), ({ entries, length, at: to }, from) => {
        const source = to + 1 + (from % Math.max(1, length - to - 1))
        fc.pre(source < length)
        const [moved] = entries.splice(source, 1)
        const stored = texts(entries.toSpliced(to, 0, moved as AuditEntry))
        expect(verify(stored, length)).toContainEqual({ chain, sequence: source + 1, fault: 'reordered' })
      }),
    )
  })

  it('names the first entry where the chain starts from another one than it should', () => {
    const links = texts(aChain(3)).map((text) => linkOf(text))
    expect(verifyChain(chain, links, { start: 'f'.repeat(64) })).toEqual([{ chain, sequence: 1, fault: 'edited' }])
  })

  it('names an entry that is older than the one before it', () => {
    const entries = aChain(2)
    const last = entries.at(-1) as AuditEntry
    const older = seal({ ...last, sequence: 3, at: '2025-01-01T00:00:00.000Z', previousHash: last.hash })
    expect(verify(texts([...entries, older]))).toEqual([{ chain, sequence: 3, fault: 'backdated' }])
  })
})

describe('a keyed chain', () => {
  it('names the entry from which somebody without the key wrote it anew', () => {
    fc.assert(
      fc.property(aPlace, ({ entries, length, at, how }) => {
        fc.pre(how === 'keyed' && at > 0)
        const forged = entries.slice(0, at)
        for (const { keyed: _, ...entry } of entries.slice(at)) {
          const previousHash = forged.at(-1)?.hash ?? genesis
          forged.push(seal({ ...entry, action: 'rejected', previousHash }))
        }
        expect(verify(texts(forged), length)[0]).toEqual({ chain, sequence: at + 1, fault: 'unkeyed' })
      }),
    )
  })

  it('names the entry that somebody sealed with another key under the ID of ours', () => {
    const entries = aChain(4, keyed)
    const impostor = { ...auditKey('a guess'), id: key.id }
    const forged = entries.with(3, seal({ ...(entries[3] as AuditEntry), action: 'rejected' }, impostor))
    expect(verify(texts(forged), 4)).toEqual([{ chain, sequence: 4, fault: 'edited' }])
  })

  it('names a first entry without a key where the upgrade before it ended with one', () => {
    const links = texts(aChain(1)).map((text) => linkOf(text, keys))
    expect(verifyChain(chain, links, { start: genesis, keyed: true })).toEqual([
      { chain, sequence: 1, fault: 'unkeyed' },
    ])
  })

  it('is neither fine nor tampered with for somebody who lacks the key: that is unknown', () => {
    const entry = aChain(1, keyed)[0] as AuditEntry
    expect(soundness(entry, [newer])).toBe('unknown')
    expect(soundness({ ...entry, action: 'rejected' }, [])).toBe('unknown')
    expect(soundness(entry, keys)).toBe('sound')
    expect(soundness({ ...entry, action: 'rejected' }, keys)).toBe('unsound')
    expect(verify(texts(aChain(3, keyed)), 3, [])).toEqual([])
  })

  it('tells by which key, without telling the key', () => {
    const [entry] = aChain(1, keyed)
    expect(entry?.keyed).toMatch(/^[0-9a-f]{16}$/)
    expect(entry?.keyed).toBe(auditKey(key.secret).id)
    expect(JSON.stringify(entry)).not.toContain(key.secret)
  })
})
