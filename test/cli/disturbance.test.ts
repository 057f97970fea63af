import { describe, expect, it } from 'vitest'
import { disturbance } from '../../src/cli/disturbance.ts'

describe('what the command line says of somebody else’s change', () => {
  it('is a sentence', () => {
    const change = { kind: 'scaled', from: 10, to: 20, updated: 6, surge: 2, unavailable: 0, by: 'kubectl' } as const
    expect(disturbance(change)).toBe('6 updated: Somebody (kubectl) scaled 10 → 20. Find out who, then run this again.')
    expect(disturbance({ kind: 'ahead', stamp: 'web-production-14@12' })).toContain('the mark web-production-14@12')
  })
})
