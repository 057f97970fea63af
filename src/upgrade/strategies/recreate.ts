import type { Policy } from '../policy.ts'
import type { Step, WorkloadFacts } from '../upgrade.ts'
import { inBatches } from './rolling.ts'

/** All old replicas go, then all new ones come: one batch, with downtime. */
export function recreate(policy: Pick<Policy, 'strategy' | 'gates'>, { replicas }: WorkloadFacts): Step[] {
  return inBatches([{ pods: replicas, written: '100%' }], policy, replicas)
}
