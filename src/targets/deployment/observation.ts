import type { Observation } from '../../engine/ports.ts'
import type { Deployment, ReplicaSetView, Snapshot } from '../../kubernetes/deployment.ts'
import type { PodView } from '../../kubernetes/pod.ts'
import type { Replicas } from '../../upgrade/dependencies.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { reportOf } from '../workload/pods.ts'

/** A pod that its ReplicaSet is about to take away is a replica no more, though nobody has told it so yet. */
export function observationOf(
  { plan, request, policy }: Upgrade,
  { deployment, replicaSets, pods }: Snapshot,
): Observation {
  const isUpgraded = (set: ReplicaSetView) =>
    set.templateHash !== plan?.from.templateHash && set.images[policy.target.container] === request.image
  const present = pods.filter((pod) => !pod.deleting)
  const count = (set: ReplicaSetView, counts: (pod: PodView) => boolean) =>
    Math.min(set.replicas, present.filter((pod) => pod.owner === set.uid && counts(pod)).length)
  const upgraded = replicaSets.filter(isUpgraded)
  const isNew = ({ owner }: PodView) => upgraded.some(({ uid }) => uid === owner)
  const total = deployment.replicas
  const ready = replicaSets.reduce((sum, set) => sum + count(set, (pod) => pod.ready), 0)
  return {
    total,
    updated: upgraded.reduce((sum, set) => sum + count(set, (pod) => pod.active), 0),
    ready: Math.min(total, ready),
    pods: present.filter(isNew).map(reportOf),
    stable: present.filter((pod) => pod.active && !isNew(pod)).map(({ name }) => name),
  }
}

export function replicasOf({ metadata, spec, status = {} }: Deployment): Replicas {
  const { observedGeneration = 0, replicas: total = 0, updatedReplicas = 0, readyReplicas: ready = 0 } = status
  const updated = observedGeneration >= metadata.generation ? updatedReplicas : 0
  return { wanted: spec.replicas ?? 1, total, updated, ready }
}
