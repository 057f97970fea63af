import type { DeploymentStrategy, Snapshot } from '../../kubernetes/deployment.ts'
import type * as common from '../workload/situation.ts'

export type Originals = common.Originals & { progressDeadlineSeconds?: number; strategy: DeploymentStrategy }

export type Situation = common.Situation<Snapshot, Originals>
