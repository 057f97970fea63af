import type { ReplicaSetView } from '../../kubernetes/deployment.ts'
import type { PodView } from '../../kubernetes/pod.ts'
import { upgradeMark } from '../workload/marks.ts'
import { lastReadyOf, type Progress } from '../workload/pods.ts'
import { heldTimings } from './hold.ts'
import type { Situation } from './situation.ts'

/** What a snapshot means for one upgrade. */
export type Reading = Progress & {
  template: 'old' | 'new' | 'other'
  timings: 'held' | 'original' | 'other'
  /** Whether this upgrade changed the workload already, as far as can be seen. */
  touched: boolean
  /** Image of the upgraded container now. */
  image: string
  /** The new revision, and the old one. */
  upgraded: RevisionReading
  original: RevisionReading
  /** Replicas that all ReplicaSets together are to have. */
  total: number
  /** Whether the controller's status counts no pod that it has already taken away. */
  countsSettled: boolean
  /**
   * Whether there are pods of one revision only, as the controller knows, and as is known here. Its own status tells what
   * it knows, which may be older than anything that others see.
   */
  oneRevision: boolean
}

export type RevisionReading = {
  /** That its ReplicaSet is to have. */
  replicas: number
  pods: PodView[]
  /** Whether the controllers' own status shows that they take no pod of it for available. */
  blind: boolean
  /** Whether its ReplicaSet bears the workload's own timings, and its controller knows. */
  ownTimings: boolean
}

export function read({ snapshot, facts, originals, reachedHash, stamp, container }: Situation): Reading {
  const { deployment, replicaSets, pods } = snapshot
  const upgradedHash = originals?.upgradedHash ?? reachedHash
  const newSet = replicaSets.find((set) => set.templateHash === upgradedHash)
  const oldSet = replicaSets.find((set) => set.templateHash === facts.templateHash)
  const current = replicaSets.find((set) => set.templateHash === deployment.templateHash)
  const total = sum(replicaSets, (set) => set.replicas)
  const share = newSet?.replicas ?? 0
  const { minReadySeconds: own = 0 } = originals ?? {}
  const isHeld = (set: ReplicaSetView) => set.minReadySeconds === heldTimings.minReadySeconds
  const observed = deployment.observedGeneration >= deployment.generation
  const { minReadySeconds, progressDeadlineSeconds } = deployment

  const template =
    deployment.templateHash === upgradedHash ? 'new' : deployment.templateHash === facts.templateHash ? 'old' : 'other'
  const timings =
    minReadySeconds === heldTimings.minReadySeconds
      ? 'held'
      : minReadySeconds === originals?.minReadySeconds && progressDeadlineSeconds === originals?.progressDeadlineSeconds
        ? 'original'
        : 'other'
  const stamped = deployment.annotations?.[upgradeMark]?.startsWith(`${stamp.id}@`) ?? false
  const revision = (set: ReplicaSetView | undefined): RevisionReading => ({
    replicas: set?.replicas ?? 0,
    pods: podsOf(pods, set),
    blind:
      observed &&
      (!set || (isHeld(set) && set.observed && set.availableReplicas === 0)) &&
      deployment.availableReplicas <= sum(replicaSets, (one) => (one === set ? 0 : one.availableReplicas)),
    ownTimings: observed && (!set || (set.observed && set.minReadySeconds === own)),
  })
  const failure = [newSet, oldSet].find((set) => set?.failure)?.failure
  const lastReady = lastReadyOf(pods)

  return {
    template,
    timings,
    touched: stamped || timings === 'held' || template === 'new' || share > 0,
    image: deployment.containers.find(({ name }) => name === container)?.image ?? '',
    observed,
    upgraded: revision(newSet),
    original: revision(oldSet),
    total,
    ...(lastReady && { lastReady }),
    ...(failure && { failure }),
    countsSettled:
      (oldSet?.availableReplicas ?? 0) <= (oldSet?.replicas ?? 0) &&
      deployment.availableReplicas <= sum(replicaSets, (set) => (isHeld(set) ? 0 : set.replicas)),
    oneRevision:
      observed &&
      replicaSets.every((set) => set.observed) &&
      deployment.countedReplicas === deployment.updatedReplicas &&
      deployment.updatedReplicas <= deployment.replicas &&
      pods.every((pod) => pod.owner === current?.uid || !isReplica(pod)),
  }
}

/** Pods that count as replicas of a ReplicaSet. */
function podsOf(pods: PodView[], set: ReplicaSetView | undefined): PodView[] {
  return pods.filter((pod) => pod.owner === set?.uid && isReplica(pod))
}

function isReplica({ active, deleting }: PodView): boolean {
  return active && !deleting
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
