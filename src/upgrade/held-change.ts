import { createHash } from 'node:crypto'
import { canonicalJson } from './audit-chain.ts'
import type { Upgrade } from './upgrade.ts'

/** Stands for the change that holds the upgrade, so that a button is bound to the very one that was shown beside it. */
export function heldChange({ hold }: Upgrade): string | undefined {
  return hold?.change && createHash('sha256').update(canonicalJson(hold.change)).digest('hex').slice(0, 12)
}
