import type { Strategy } from '../policy.ts'
import type { Step, WorkloadFacts } from '../upgrade.ts'
import { inBatches } from './rolling.ts'

/** All old replicas go, then all new ones come: one batch, with downtime. */
export function recreate(strategy: Strategy, { replicas }: WorkloadFacts): Step[] {
  return inBatches([{ pods: replicas, written: '100%' }], strategy, replicas)
}
