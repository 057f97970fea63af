import { expect, test } from 'vitest'
import type { Queue, Upgrades } from '../../src/engine/ports.ts'
import { showAll } from '../../src/engine/sweep.ts'
import { anUpgrade } from '../an-upgrade.ts'

test('Slack is compared with every upgrade under way, one after the other within the time', async () => {
  const active = [1, 2, 3].map((number) => ({ ...anUpgrade(), id: `web-production-${number}` }))
  const asked: [string, number | undefined][] = []
  const upgrades: Partial<Upgrades> = { active: async () => active }
  const queue: Partial<Queue> = { show: async (id, delayMs) => void asked.push([id, delayMs]) }
  await showAll({ upgrades: upgrades as Upgrades, queue: queue as Queue }, 60_000)
  expect(asked).toEqual([
    ['web-production-1', 15_000],
    ['web-production-2', 30_000],
    ['web-production-3', 45_000],
  ])
})
