import type { Targets } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { deploymentMechanics } from './deployment/mechanics.ts'
import { type Kind, kindOf } from './workload/kind.ts'

/** Adding a kind of workload: one folder, one line here, one name in `TargetRef.kind`. */
const registry: Record<TargetRef['kind'], Kind> = {
  Deployment: kindOf(deploymentMechanics),
}

/** Every kind of workload that can be upgraded. */
export const kinds: readonly Kind[] = Object.values(registry)

export function kindFor({ kind }: Pick<TargetRef, 'kind'>): Kind {
  return registry[kind]
}

/** What kubectl would understand by it: `deployment`, `deploy` … */
export function kindNamed(name: string): Kind | undefined {
  return kinds.find(({ names }) => names.includes(name))
}

/** The targets of all clusters, by kind. */
export function openTargets(clusters: Clusters): Targets {
  const opened = new Map(kinds.map((one) => [one.kind, one.target(clusters)]))
  return ({ kind }) => {
    const target = opened.get(kind)
    if (!target) throw new Error(`there is no target of kind ${kind}`)
    return target
  }
}
