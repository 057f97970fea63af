import type { PodSpec } from './pod-template.ts'
import { controllerOf, type Metadata } from './workload.ts'

type ContainerStatus = {
  restartCount?: number
  state?: { waiting?: { reason?: string } }
  lastState?: { terminated?: { reason?: string; finishedAt?: string } }
}

export type Pod = {
  metadata: Metadata
  spec?: Partial<PodSpec> & { nodeName?: string }
  status?: {
    phase?: string
    reason?: string
    conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[]
    initContainerStatuses?: ContainerStatus[]
    containerStatuses?: ContainerStatus[]
  }
}

export type PodView = {
  uid: string
  name: string
  /** UID of what controls it: a ReplicaSet, or the workload itself. */
  owner: string
  createdAt: string
  deleting: boolean
  /** Neither succeeded nor failed: it counts as a replica. */
  active: boolean
  ready: boolean
  /** Since when it is Ready without a break. */
  readySince?: string
  lostReadyAt?: string
  restarts: number
  waiting?: string
  terminated?: string
  terminatedAt?: string
  unschedulable?: string
  displaced: boolean
}

/** Reasons for which a pod ends or is not Ready that say nothing about what runs in it. */
const displacements = new Set([
  'Evicted',
  'NodeLost',
  'NodeNotReady',
  'NodeAffinity',
  'NodeShutdown',
  'Shutdown',
  'Terminated',
  'Preempting',
  'Preempted',
])

/**
 * @param previous the view of the same pod before, which knows since when it has lost its readiness
 * @returns undefined for a pod that nothing controls
 */
export function viewPod({ metadata, spec, status }: Pod, previous?: PodView): PodView | undefined {
  const owner = controllerOf(metadata)
  if (!owner) return undefined
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type)
  const readiness = condition('Ready')
  const ready = readiness?.status === 'True'
  const deleting = metadata.deletionTimestamp !== undefined
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const waiting = containers
    .map(({ state }) => state?.waiting?.reason)
    .find((reason) => reason && !starting.has(reason))
  const terminated = containers.map(({ lastState }) => lastState?.terminated?.reason).find(Boolean)
  const ends = containers.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? [])
  const terminatedAt = ends.sort().at(-1)
  const scheduled = condition('PodScheduled')
  const unplaced = !spec?.nodeName && scheduled?.status === 'False'
  const lostReadyAt = ready || deleting ? undefined : lossOf(readiness?.lastTransitionTime, previous)
  return {
    uid: metadata.uid,
    name: metadata.name,
    owner,
    createdAt: metadata.creationTimestamp,
    deleting,
    active: status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
    ready,
    ...(ready && { readySince: readiness.lastTransitionTime ?? metadata.creationTimestamp }),
    ...(lostReadyAt && { lostReadyAt }),
    restarts: containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ...(waiting && { waiting }),
    ...(terminated && { terminated }),
    ...(terminatedAt && { terminatedAt }),
    ...(unplaced && { unschedulable: scheduled.message ?? scheduled.reason ?? 'Unschedulable' }),
    displaced:
      condition('DisruptionTarget')?.status === 'True' ||
      displacements.has(status?.reason ?? '') ||
      displacements.has(readiness?.reason ?? ''),
  }
}

/** What every container waits for once. */
const starting = new Set(['ContainerCreating', 'PodInitializing'])

function lossOf(transition: string | undefined, previous: PodView | undefined): string | undefined {
  if (previous?.ready) return transition ?? new Date().toISOString()
  return previous?.lostReadyAt
}
