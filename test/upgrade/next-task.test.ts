import { expect, test } from 'vitest'
import type { Event } from '../../src/upgrade/events.ts'
import { goesOnUnasked } from '../../src/upgrade/next-task.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, aPolicy } from '../an-upgrade.ts'

const { strategy } = aPolicy()

/** What leads from the first batch to the end, with nobody asked where the policy does not want it. */
const story: Event[] = [1, 3, 5, 10].flatMap((pods): Event[] => [
  { type: 'reached', updated: pods, ready: 10, total: 10, generation: pods },
  { type: 'soaked' },
  { type: 'checked', reports: [] },
])

function unasked(upgrade: Upgrade): string[] {
  const found: string[] = []
  let now = upgrade
  for (const event of story) {
    if (goesOnUnasked(now, event)) found.push(`${event.type} at ${now.found?.updated}`)
    const next = transition(now, event, after(600_000))
    if (isRefusal(next)) break
    now = next
  }
  return found
}

test('a batch begins with nobody asked after the checks of the one before, where the policy says auto', () => {
  const auto = aPolicy({ strategy: { ...strategy, continue: 'auto' } })
  expect(unasked(anUpgradeIn('progressing', { policy: auto }))).toEqual([
    'checked at 1',
    'checked at 3',
    'checked at 5',
  ])
})

test('where people are asked, no batch begins unasked, and neither do a stop and a way back', () => {
  expect(unasked(anUpgradeIn('progressing'))).toEqual([])
  const auto = aPolicy({ strategy: { ...strategy, continue: 'auto', soakMs: 0 } })
  const verifying = anUpgradeIn('verifying', { policy: auto })
  const by = { kind: 'system', reason: 'X' } as const
  for (const event of [{ type: 'paused', by }, { type: 'turnedBack', by }, { type: 'expired' }] as const) {
    expect(goesOnUnasked(verifying, event)).toBe(false)
  }
})
