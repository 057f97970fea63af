import type { PodView, ReplicaSetView } from '../../kubernetes/workload.ts'
import { own } from '../../upgrade/own.ts'
import type { WaitingCode } from './finding-codes.ts'
import { heldTimings } from './hold.ts'
import { upgradeMark } from './patch.ts'
import type { Situation } from './situation.ts'

/** What a snapshot means for one upgrade. */
export type Reading = {
  template: 'old' | 'new' | 'other'
  timings: 'held' | 'original' | 'other'
  /** Whether this upgrade changed the workload already, as far as can be seen. */
  touched: boolean
  /** Image of the upgraded container now. */
  image: string
  /** Whether the Deployment controller has acted on the newest spec. */
  observed: boolean
  /** The new revision, and the old one. */
  upgraded: RevisionReading
  original: RevisionReading
  /** Replicas that all ReplicaSets together are to have. */
  total: number
  /** The newest moment at which a pod that is still Ready became so. */
  lastReady?: string
  /** Why the ReplicaSet that should grow cannot create pods. */
  failure?: string
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
  const lastReady = pods.reduce(
    (latest, pod) => (pod.readySince && pod.readySince > latest ? pod.readySince : latest),
    '',
  )

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
      pods.every(({ owner, active, deleting }) => owner === current?.uid || !active || deleting),
  }
}

/** Pods that count as replicas of a ReplicaSet. */
function podsOf(pods: PodView[], set: ReplicaSetView | undefined): PodView[] {
  return pods.filter((pod) => pod.owner === set?.uid && pod.active && !pod.deleting)
}

/** How many pods have been Ready without a break for the workload's own `minReadySeconds`. */
export function counted(pods: PodView[], minReadySeconds = 0, now: string): number {
  return pods.filter((pod) => pod.ready && (ripeAt(pod, minReadySeconds) ?? '') <= now).length
}

/** When a Ready pod counts, ISO 8601; at once where nothing is to be waited for, whatever the node's clock says. */
function ripeAt({ readySince }: PodView, minReadySeconds: number): string | undefined {
  if (!readySince || minReadySeconds === 0) return undefined
  return new Date(Date.parse(readySince) + minReadySeconds * 1000).toISOString()
}

export type Obstacle = { code: WaitingCode; detail: Record<string, string | number> }

/** What stands between these pods and being `wanted` in number and Ready long enough. */
export function obstacle(
  pods: PodView[],
  reading: Reading,
  wanted: number,
  minReadySeconds = 0,
  now: string,
): Obstacle | { againAt: string } {
  const ripening = pods.flatMap((pod) => ripeAt(pod, minReadySeconds) ?? []).filter((at) => at > now)
  const [againAt] = ripening.sort()
  if (againAt) return { againAt }
  for (const pod of pods) {
    const found = pod.ready ? undefined : troubleOf(pod)
    if (found) return found
  }
  if (reading.failure) return { code: 'PODS_REFUSED', detail: { message: reading.failure } }
  if (!reading.observed) return { code: 'CONTROLLER_BEHIND', detail: {} }
  const ready = counted(pods, minReadySeconds, now)
  return { code: 'NOT_READY', detail: { pod: pods.find((pod) => !pod.ready)?.name ?? '', ready, wanted } }
}

const reasons: Record<string, WaitingCode> = {
  CrashLoopBackOff: 'CRASH_LOOP',
  ImagePullBackOff: 'IMAGE_PULL',
  ErrImagePull: 'IMAGE_PULL',
  ErrImageNeverPull: 'IMAGE_PULL',
  InvalidImageName: 'IMAGE_PULL',
  ImageInspectError: 'IMAGE_PULL',
  CreateContainerConfigError: 'CONTAINER_CONFIG',
  CreateContainerError: 'CONTAINER_CONFIG',
  RunContainerError: 'CONTAINER_CONFIG',
}

function troubleOf({ name, waiting, unschedulable }: PodView): Obstacle | undefined {
  if (unschedulable) return { code: 'UNSCHEDULABLE', detail: { pod: name, message: unschedulable } }
  const code = waiting && own(reasons, waiting)
  return code ? { code, detail: { pod: name, reason: waiting } } : undefined
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
