import { expect, test } from 'vitest'
import { phaseOf, phases } from '../src/upgrade/phase.ts'
import { Upgrade } from '../src/upgrade/upgrade.ts'
import { anUpgradeIn } from './an-upgrade.ts'

test.each(phases)('the upgrade that tests use for %s is valid and in that phase', (phase) => {
  const upgrade = anUpgradeIn(phase)

  expect(phaseOf(upgrade)).toBe(phase)
  expect(Upgrade.parse(upgrade)).toEqual(upgrade)
})
