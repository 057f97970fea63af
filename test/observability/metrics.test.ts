import { expect, test } from 'vitest'
import { createMetrics } from '../../src/observability/metrics.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { rolledBackStory, type Story, succeededStory } from '../a-story.ts'
import { after, anUpgradeIn, carol } from '../an-upgrade.ts'

/** What the metrics are after these states, one event each. */
async function countedFrom(...states: Upgrade[]) {
  const metrics = createMetrics({ active: async () => [], ready: async () => ({}) })
  states.forEach((upgrade, index) => {
    metrics.count('event', upgrade, states[index - 1])
  })
  const text = await metrics.registry.metrics()
  return (name: string) => {
    const line = text.split('\n').find((one) => one.startsWith(name))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  }
}

/** The states of a story's upgrade that matter here. */
function states({ upgrade }: Story): Upgrade[] {
  const { result: _, ...underWay } = upgrade
  return [anUpgradeIn('awaitingApproval'), underWay, underWay, upgrade]
}

const place = 'service="web",environment="production"'

test('an upgrade counts as started once, and as ended once', async () => {
  const value = await countedFrom(...states(succeededStory()))

  expect(value(`rollcall_upgrades_started_total{${place}}`)).toBe(1)
  expect(value(`rollcall_upgrades_ended_total{${place},outcome="succeeded",started="true"}`)).toBe(1)
  expect(value(`rollcall_lead_time_seconds_sum{${place}}`)).toBe(742)
  expect(value(`rollcall_approval_wait_seconds_sum{${place}}`)).toBe(61)
  expect(value(`rollcall_restore_seconds_count`)).toBeUndefined()
})

test('one that is rolled back has a time to restore and no lead time', async () => {
  const value = await countedFrom(...states(rolledBackStory()))

  expect(value(`rollcall_upgrades_ended_total{${place},outcome="rolledBack",started="true"}`)).toBe(1)
  expect(value(`rollcall_restore_seconds_sum{${place}}`)).toBe(14)
  expect(value(`rollcall_lead_time_seconds_count`)).toBeUndefined()
})

test('one that was rejected never started', async () => {
  const value = await countedFrom(anUpgradeIn('awaitingApproval'), anUpgradeIn('rejected'))

  expect(value('rollcall_upgrades_started_total')).toBeUndefined()
  expect(value(`rollcall_upgrades_ended_total{${place},outcome="rejected",started="false"}`)).toBe(1)
})

test('a success that is taken back ends once more, and the end of its window is no end', async () => {
  const { upgrade } = succeededStory()
  const { result, ...rest } = upgrade
  if (!result) throw new Error('not ended')
  const { rollbackUntil: _, ...forGood } = result
  const back = { ...rest, undone: result, turnedBack: { by: carol, at: after(800_000), code: 'REQUESTED' } }
  const rolledBack: Upgrade = { ...back, result: { outcome: 'rolledBack', at: after(830_000), by: carol } }
  const value = await countedFrom(
    ...states({ upgrade, entries: [] }),
    { ...upgrade, result: forGood },
    back,
    rolledBack,
  )

  expect(value(`rollcall_upgrades_started_total{${place}}`)).toBe(1)
  expect(value(`rollcall_upgrades_ended_total{${place},outcome="succeeded",started="true"}`)).toBe(1)
  expect(value(`rollcall_upgrades_ended_total{${place},outcome="rolledBack",started="true"}`)).toBe(1)
  expect(value(`rollcall_restore_seconds_sum{${place}}`)).toBe(30)
})
