import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/upgrade/audit-chain.ts'
import { forecastOf } from '../../src/upgrade/forecast.ts'
import { batchTimes, type EndedUpgrade, pastOf } from '../../src/upgrade/past.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgrade, anUpgradeIn, aPolicy, someFacts } from '../an-upgrade.ts'

/** `started@0 reached:1@20` in seconds: what was done when, and how many pods were new then. */
function chain(text: string): AuditEntry[] {
  return text.split(' ').map((one) => {
    const [, action = '', updated, seconds = '0'] = /^(\w+)(?::(\d+))?@(\d+)$/.exec(one) ?? []
    const detail = updated === undefined ? {} : { detail: { updated: Number(updated) } }
    return { action, at: after(Number(seconds) * 1000), ...detail } as unknown as AuditEntry
  })
}

const { target } = anUpgrade()

function run(entries: string, changes: Partial<Upgrade> = {}): EndedUpgrade {
  return { upgrade: { ...anUpgradeIn('succeeded'), ...changes }, entries: chain(entries) }
}

describe('how long batches took', () => {
  test('is from where the move began to where it was reached', () => {
    const entries = chain(
      'requested@0 prepared@1 approved@5 started@100 reached:1@120 soaked@240 checked@240 continued@300 reached:3@330 soaked@450 checked@451 reached:10@500 soaked@620 checked@620 reached:10@621',
    )
    expect(batchTimes(entries)).toEqual([
      { pods: 1, ms: 20_000 },
      { pods: 2, ms: 30_000 },
      { pods: 7, ms: 49_000 },
    ])
  })

  test('leaves out what was interrupted', () => {
    expect(batchTimes(chain('started@0 paused@10 resumed@500 reached:1@520 continued@600 reached:3@630'))).toEqual([
      { pods: 2, ms: 30_000 },
    ])
  })

  test('leaves out the way back', () => {
    expect(batchTimes(chain('started@0 reached:1@20 turnedBack@30 reached:0@60'))).toEqual([{ pods: 1, ms: 20_000 }])
  })
})

describe('the past of a workload', () => {
  test('has the usual time of as many pods as go at once', () => {
    // Two at once: 20 s for one round, 60 s for four.
    const past = pastOf(target, [run('started@0 reached:1@20 continued@30 reached:8@90')])
    const last = { id: 'web-production-14', outcome: 'succeeded' }
    expect(past).toEqual({ upgrades: 1, last, roundMs: 17_500, batches: 2 })
  })

  test('is of this very workload, and of what had started', () => {
    const other = run('started@0 reached:1@20', { target: { ...target, uid: 'made-again' } })
    const rejected = { upgrade: anUpgradeIn('rejected') }
    expect(pastOf(target, [other, rejected])).toEqual({ upgrades: 0 })
  })

  test('knows how long the newest way back took', () => {
    const back = (id: string, seconds: number): EndedUpgrade => {
      const upgrade = anUpgradeIn('rolledBack')
      const result = upgrade.result && { ...upgrade.result, at: after(seconds * 1000) }
      return { upgrade: { ...upgrade, id, ...(result && { result }) } }
    }
    const past = pastOf(target, [run('started@0'), back('web-production-12', 40), back('web-production-11', 90)])
    expect(past.back).toEqual({ id: 'web-production-12', ms: 40_000 })
    expect(past.roundMs).toBeUndefined()
  })
})

describe('the forecast', () => {
  const planned = (roundMs: number | undefined, changes: Parameters<typeof anUpgrade>[0] = {}) => {
    const { plan, policy } = anUpgrade(changes)
    if (!plan) throw new Error('no plan')
    const past = { upgrades: 1, ...(roundMs !== undefined && { roundMs, batches: 4 }) }
    return forecastOf({ ...plan, prospect: { changes: [], back: '', past } }, policy.strategy.type)
  }

  test('adds up batches and soaks, and asks where the plan asks', () => {
    const { batches, ms, backMs } = planned(10_000)
    expect(batches.map(({ pods, asked, ms: takes, soakMs, gates }) => [pods, asked, takes, soakMs, gates])).toEqual([
      [1, false, 10_000, 120_000, ['rollout']],
      [3, true, 10_000, 120_000, ['rollout']],
      [5, true, 10_000, 120_000, ['rollout']],
      [10, true, 30_000, 120_000, ['rollout']],
    ])
    expect({ ms, backMs }).toEqual({ ms: 540_000, backMs: 50_000 })
  })

  test('says no time without a history', () => {
    const forecast = planned(undefined)
    expect(forecast).not.toHaveProperty('ms')
    expect(forecast).not.toHaveProperty('backMs')
    expect(forecast.batches[0]).not.toHaveProperty('ms')
  })

  test('without a surge counts by the pods that may be missing', () => {
    expect(planned(10_000, { facts: someFacts({ surge: 0, unavailable: 5 }) }).batches.at(-1)?.ms).toBe(10_000)
  })

  test('of recreate is one round', () => {
    const policy = aPolicy({ strategy: { ...aPolicy().strategy, type: 'recreate' } })
    expect(planned(10_000, { policy }).batches.map(({ ms }) => ms)).toEqual([10_000])
  })
})
