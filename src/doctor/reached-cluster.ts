import type { Cluster } from '../kubernetes/clusters.ts'
import { RollcallError } from '../upgrade/error.ts'
import { needed } from './check.ts'
import type { DoctorCode } from './codes.ts'
import { once, type Setup } from './setup.ts'

/** A cluster, once it has said which it is; asked once for all checks. */
export type Reached = () => Promise<Cluster>

export function reach(setup: Setup, name: string): Reached {
  return once(async () => {
    const cluster = (await setup.clusters()).get(name)
    await cluster.uid()
    return cluster
  })
}

/** What the check of the cluster itself says of it. */
export function codeOfCluster(error: unknown): DoctorCode {
  if (!(error instanceof RollcallError)) throw error
  if (error.code === 'CONTEXT_NOT_FOUND') return 'KUBECONFIG_UNUSABLE'
  return error.code === 'CLUSTER_FORBIDDEN' ? 'CLUSTER_REFUSES' : 'CLUSTER_UNREACHABLE'
}

/** @throws Unmet */
export function answering(reached: Reached): Promise<Cluster> {
  return needed(reached(), codeOfCluster)
}
