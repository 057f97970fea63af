import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEntry, genesis, seal } from '../../src/upgrade/audit-chain.ts'
import { verifyChain } from '../../src/upgrade/verify-chain.ts'

const chain = 'web-production-14'

function aChain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (let sequence = 1; sequence <= length; sequence++) {
    entries.push(
      seal({
        at: new Date(Date.UTC(2026, 0, 1, 3, 0, sequence)).toISOString(),
        actor: { kind: 'slack', team: 'T1', user: `U${sequence}` },
        action: 'approved',
        target: 'web/production: Deployment shop/web on eu',
        outcome: 'done',
        from: { replicas: sequence },
        to: { replicas: sequence + 1 },
        requestId: `r${sequence}`,
        chain,
        sequence,
        previousHash: entries.at(-1)?.hash ?? genesis,
      }),
    )
  }
  return entries
}

const texts = (entries: AuditEntry[]) => entries.map((entry) => JSON.stringify(entry))
const verify = (stored: string[], length: number) => verifyChain(chain, stored, { start: genesis, length })
const position = fc.integer({ min: 2, max: 12 }).chain((length) => fc.tuple(fc.constant(length), fc.nat(length - 1)))

describe('verifyChain', () => {
  it('finds nothing in a chain as it was written', () => {
    expect(verify(texts(aChain(12)), 12)).toEqual([])
  })

  it('names an entry whose content was edited', () => {
    fc.assert(
      fc.property(position, ([length, at]) => {
        const entries = aChain(length)
        const edited = entries.map((entry, index) => (index === at ? { ...entry, action: 'rejected' } : entry))
        expect(verify(texts(edited), length)).toEqual([{ chain, sequence: at + 1, fault: 'edited' }])
      }),
    )
  })

  it('names an edited entry whose hash was made to fit', () => {
    const entries = aChain(5)
    const edited = entries.map((entry, index) => (index === 2 ? seal({ ...entry, action: 'rejected' }) : entry))
    expect(verify(texts(edited), 5)).toEqual([{ chain, sequence: 3, fault: 'edited' }])
  })

  it('names an entry that is not an entry any more', () => {
    const stored = texts(aChain(5)).map((text, index) => (index === 2 ? '{"oops"' : text))
    expect(verify(stored, 5)).toEqual([{ chain, sequence: 3, fault: 'edited' }])
  })

  it('names a removed entry, wherever it was', () => {
    fc.assert(
      fc.property(position, ([length, at]) => {
        const stored = texts(aChain(length)).filter((_, index) => index !== at)
        expect(verify(stored, length)).toEqual([{ chain, sequence: at + 1, fault: 'removed' }])
      }),
    )
  })

  it('names an inserted entry, a copy as well as a forged one', () => {
    fc.assert(
      fc.property(position, fc.boolean(), fc.boolean(), ([length, at], forged, before) => {
        const entries = aChain(length)
        const original = entries[at] as AuditEntry
        const extra = forged ? seal({ ...original, action: 'rejected' }) : original
        const stored = texts(entries.toSpliced(before ? at : at + 1, 0, extra))
        const faults = verify(stored, length)
        expect(faults.length).toBeGreaterThan(0)
        expect(faults.map(({ sequence }) => sequence)).toContain(at + 1)
        // At the very end nothing follows that could tell the forged one from the genuine one by its link.
        if (!forged) expect(faults).toEqual([{ chain, sequence: at + 1, fault: 'inserted' }])
      }),
    )
  })

  it('names an entry that stands too early', () => {
    fc.assert(
      fc.property(position, fc.nat(), ([length, to], from) => {
        const source = to + 1 + (from % Math.max(1, length - to - 1))
        fc.pre(source < length)
        const entries = aChain(length)
        const [moved] = entries.splice(source, 1)
        const stored = texts(entries.toSpliced(to, 0, moved as AuditEntry))
        expect(verify(stored, length)).toContainEqual({ chain, sequence: source + 1, fault: 'reordered' })
      }),
    )
  })

  it('finds a chain that starts from another one than it should', () => {
    expect(verifyChain(chain, texts(aChain(3)), { start: 'f'.repeat(64) })).toEqual([
      { chain, sequence: 1, fault: 'edited' },
    ])
  })
})
