import type { Target, Targets } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { deploymentTarget } from './deployment/target.ts'

/** Adding a kind of workload: one folder, one line here, one name in `TargetRef.kind`. */
const kinds: Record<TargetRef['kind'], (clusters: Clusters) => Target> = { Deployment: deploymentTarget }

/** The targets of all clusters, by kind. */
export function openTargets(clusters: Clusters): Targets {
  const opened = Object.fromEntries(Object.entries(kinds).map(([kind, open]) => [kind, open(clusters)]))
  return ({ kind }) => {
    const target = opened[kind]
    if (!target) throw new Error(`there is no target of kind ${kind}`)
    return target
  }
}
