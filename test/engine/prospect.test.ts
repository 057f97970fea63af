import { expect, test } from 'vitest'
import type { Loaded, Prepared, Upgrades } from '../../src/engine/ports.ts'
import { prospectOf } from '../../src/engine/prospect.ts'
import type { AuditEntry } from '../../src/upgrade/audit-chain.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, noon, someFacts } from '../an-upgrade.ts'

const prepared: Prepared = { facts: someFacts(), findings: [], changes: [], back: 'kubectl patch' }

/** Ended upgrades by their numbers; each took 20 s for its first pod. */
function storeOf(upgrades: Record<number, Upgrade | 'unreadable' | 'down'>) {
  const audited: string[] = []
  const loaded: string[] = []
  const store: Pick<Upgrades, 'load' | 'audit'> = {
    load: async (id) => {
      loaded.push(id)
      const found = upgrades[Number(id.split('-').at(-1))]
      if (found === 'unreadable') throw new RollcallError('STATE_UNREADABLE', 'of another release', { hint: 'none' })
      if (found === 'down') throw new RollcallError('REDIS_UNAVAILABLE', 'away', { hint: 'wait', retryable: true })
      return found && ({ upgrade: { ...found, id }, now: noon } as Loaded)
    },
    audit: async (id) => {
      audited.push(id)
      const entries = [
        { action: 'started', at: noon },
        { action: 'reached', at: after(20_000), detail: { updated: 1 } },
      ]
      return entries as unknown as AuditEntry[]
    },
  }
  return { store, loaded, audited }
}

const asked = anUpgrade()
const succeeded = anUpgradeIn('succeeded')

test('the past is that of the numbers before', async () => {
  const { store, loaded } = storeOf({ 13: anUpgradeIn('rejected'), 12: succeeded, 11: anUpgradeIn('rolledBack') })

  const { past } = await prospectOf(store, asked, prepared)

  expect(loaded).toContain('web-production-1')
  expect(loaded).not.toContain('web-production-0')
  expect(past).toMatchObject({
    upgrades: 2,
    last: { id: 'web-production-12', outcome: 'succeeded' },
    roundMs: 20_000,
    back: { id: 'web-production-11' },
  })
})

test('it costs no more with a long history', async () => {
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [index + 1, succeeded]))
  const { store, loaded, audited } = storeOf(many)
  await prospectOf(store, { ...asked, id: 'web-production-401' }, prepared)
  expect([loaded.length, audited.length]).toEqual([20, 5])
})

test('one that this release cannot read is passed over', async () => {
  const { store } = storeOf({ 13: 'unreadable', 12: succeeded })
  expect((await prospectOf(store, asked, prepared)).past?.upgrades).toBe(1)
})

test('while the store is away nothing is said, rather than that there is no history', async () => {
  await expect(prospectOf(storeOf({ 13: 'down' }).store, asked, prepared)).rejects.toMatchObject({ retryable: true })
})

test('without a store nothing is said of the past', async () => {
  expect(await prospectOf(undefined, asked, prepared)).toEqual({ changes: [], back: 'kubectl patch' })
})
