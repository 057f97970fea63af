import { assertNever } from '../upgrade/assert-never.ts'
import type { Refusal } from '../upgrade/refusal.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'

/** A success is taken back only while nobody built upon it. */
export async function closedWayBack(parts: Parts, upgrade: Upgrade): Promise<Refusal | undefined> {
  const { state } = await parts.targets(upgrade.policy.target).wayBack(upgrade)
  switch (state) {
    case 'holds':
      return undefined
    case 'changed':
    case 'gone':
      return { code: 'TARGET_CHANGED' }
    case 'lost':
      return { code: 'OLD_REVISION_GONE' }
    default:
      return assertNever(state)
  }
}
