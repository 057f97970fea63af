import { describe, expect, test } from 'vitest'
import { restoreMs, statisticsOf } from '../../src/upgrade/statistics.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { rolledBackStory, succeededStory } from '../a-story.ts'
import { after, anUpgradeIn, carol, noon } from '../an-upgrade.ts'

function succeededAfter(ms: number): Upgrade {
  const upgrade = anUpgradeIn('succeeded')
  return { ...upgrade, result: { outcome: 'succeeded', at: after(ms), by: { kind: 'system', reason: 'DONE' } } }
}

describe('statistics', () => {
  test('of nothing are no rates and no times', () => {
    expect(statisticsOf([])).toEqual({ started: 0, notStarted: 0, succeeded: 0, rolledBack: 0, failed: 0 })
  })

  test('leave out of the failure rate what never started', () => {
    const ended = [succeededAfter(1), succeededAfter(1), anUpgradeIn('rolledBack'), anUpgradeIn('failed')]
    const found = statisticsOf([...ended, anUpgradeIn('rejected'), anUpgradeIn('expired'), anUpgradeIn('cancelled')])
    expect(found).toMatchObject({
      started: 4,
      notStarted: 3,
      succeeded: 2,
      rolledBack: 1,
      failed: 1,
      failureShare: 0.5,
    })
  })

  test('have the lead time of successes, its median and its 95th percentile', () => {
    const all = Array.from({ length: 100 }, (_, index) => succeededAfter((index + 1) * 1_000))
    expect(statisticsOf(all).lead).toEqual({ count: 100, median: 50_500, p95: 95_000 })
    expect(statisticsOf(all.slice(0, 3)).lead).toEqual({ count: 3, median: 2_000, p95: 3_000 })
    expect(statisticsOf([anUpgradeIn('rolledBack')]).lead).toBeUndefined()
  })

  test('have the wait for the yes that completed the quorum', () => {
    expect(statisticsOf([succeededStory().upgrade]).approval).toEqual({ count: 1, median: 61_000, p95: 61_000 })
  })
})

describe('the time to restore', () => {
  test('is from the failed gate to the old revision', () => {
    expect(restoreMs(rolledBackStory().upgrade)).toBe(14_000)
  })

  test('begins with the report that held it, not with the decision that came later', () => {
    const upgrade = rolledBackStory().upgrade
    const { turnedBack } = upgrade
    if (!turnedBack) throw new Error('not turned back')
    const held = { at: after(300_000), code: 'OOM_KILLED', detail: {} }
    expect(restoreMs({ ...upgrade, incidents: [held, ...upgrade.incidents] })).toBe(74_000)
  })

  test('does not begin with what somebody had accepted before', () => {
    const upgrade = rolledBackStory().upgrade
    const ended = { by: carol, at: after(200_000), action: 'resumed' as const }
    const accepted = { at: after(100_000), code: 'NO_DATA', detail: {}, ended }
    expect(restoreMs({ ...upgrade, incidents: [accepted, ...upgrade.incidents] })).toBe(14_000)
  })

  test('is from the decision where nothing was reported', () => {
    const upgrade = anUpgradeIn('rolledBack')
    const result = upgrade.result && { ...upgrade.result, at: after(90_000) }
    expect(restoreMs({ ...upgrade, incidents: [], ...(result && { result }) })).toBe(90_000)
    expect(upgrade.turnedBack?.at).toBe(noon)
  })

  test('is none of a success', () => {
    expect(restoreMs(succeededAfter(1))).toBeUndefined()
  })
})
