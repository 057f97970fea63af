import { type PodSpec, type PodTemplate, restartedAt, templateHash } from './pod-template.ts'

type OwnerReference = { kind: string; name: string; uid: string; controller?: boolean }

export type Metadata = {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  creationTimestamp: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
}

export type DeploymentStrategy =
  | { type: 'Recreate' }
  | { type: 'RollingUpdate'; rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string } }

/** A Deployment as the API server sends it; only what is looked at has a type. */
export type Deployment = {
  metadata: Metadata
  spec: {
    replicas?: number
    paused?: boolean
    minReadySeconds?: number
    progressDeadlineSeconds?: number
    strategy: DeploymentStrategy
    selector: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] }
    template: PodTemplate
  }
  status?: {
    observedGeneration?: number
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
  }
}

export type ReplicaSet = {
  metadata: Metadata
  spec: { replicas?: number; minReadySeconds?: number; template: PodTemplate }
  status?: {
    observedGeneration?: number
    replicas?: number
    availableReplicas?: number
    conditions?: { type: string; status: string; message?: string }[]
  }
}

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

/** What a move needs to know of a Deployment. Small: thousands of these are kept. */
export type DeploymentView = {
  uid: string
  generation: number
  deleting: boolean
  /** Those of Rollcall and the change cause only; absent when the object has none at all. */
  annotations?: Record<string, string>
  replicas: number
  paused?: boolean
  minReadySeconds?: number
  progressDeadlineSeconds?: number
  strategy: DeploymentStrategy
  templateHash: string
  /** When somebody asked for a restart last, as `kubectl rollout restart` writes it. */
  restartedAt?: string
  /** In the template's order, which JSON patches count in. */
  containers: { name: string; image: string }[]
  observedGeneration: number
  /** Pods of all revisions, those of the newest one, and those that are available, as its controller counted them. */
  countedReplicas: number
  updatedReplicas: number
  availableReplicas: number
}

export type ReplicaSetView = {
  uid: string
  name: string
  owner: string
  templateHash: string
  /** By container. */
  images: Record<string, string>
  /** Wanted replicas. */
  replicas: number
  minReadySeconds: number
  availableReplicas: number
  /** Whether its controller has seen the spec. */
  observed: boolean
  /** Annotations of Rollcall, which the Deployment controller copies and never takes away. */
  marks: string[]
  /** Why it cannot create pods. */
  failure?: string
}

export type PodView = {
  uid: string
  name: string
  /** The ReplicaSet's UID. */
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

/** A Deployment with everything below it, as three watches show it: its parts may be of different moments. */
export type Snapshot = { deployment: DeploymentView; replicaSets: ReplicaSetView[]; pods: PodView[] }

export const markPrefix = 'rollcall.dev/'
export const changeCause = 'kubernetes.io/change-cause'

/** @param previous an older view of the same object, whose template hash is taken when the generation is the same */
export function viewDeployment({ metadata, spec, status }: Deployment, previous?: DeploymentView): DeploymentView {
  const same = previous?.generation === metadata.generation && previous.uid === metadata.uid
  const restarted = restartedAt(spec.template)
  return {
    uid: metadata.uid,
    generation: metadata.generation,
    deleting: metadata.deletionTimestamp !== undefined,
    ...(metadata.annotations && {
      annotations: pick(metadata.annotations, (key) => key.startsWith(markPrefix) || key === changeCause),
    }),
    replicas: spec.replicas ?? 1,
    ...(spec.paused !== undefined && { paused: spec.paused }),
    ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
    ...(spec.progressDeadlineSeconds !== undefined && { progressDeadlineSeconds: spec.progressDeadlineSeconds }),
    strategy: spec.strategy,
    templateHash: same ? previous.templateHash : templateHash(spec.template),
    ...(restarted !== undefined && { restartedAt: restarted }),
    containers: spec.template.spec.containers.map(({ name, image }) => ({ name, image })),
    observedGeneration: status?.observedGeneration ?? 0,
    countedReplicas: status?.replicas ?? 0,
    updatedReplicas: status?.updatedReplicas ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
  }
}

/** @returns undefined for a ReplicaSet that no Deployment controls */
export function viewReplicaSet(
  { metadata, spec, status }: ReplicaSet,
  previous?: ReplicaSetView,
): ReplicaSetView | undefined {
  const owner = controllerOf(metadata, 'Deployment')
  if (!owner) return undefined
  // The template of a ReplicaSet that a Deployment controls never changes.
  const same = previous?.uid === metadata.uid
  const { containers } = spec.template.spec
  const failure = status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return {
    uid: metadata.uid,
    name: metadata.name,
    owner,
    templateHash: same ? previous.templateHash : templateHash(spec.template),
    images: same ? previous.images : Object.fromEntries(containers.map(({ name, image }) => [name, image])),
    replicas: spec.replicas ?? 1,
    minReadySeconds: spec.minReadySeconds ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
    observed: (status?.observedGeneration ?? 0) >= metadata.generation,
    marks: Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith(markPrefix)),
    ...(failure && { failure: failure.message ?? 'ReplicaFailure' }),
  }
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
 * @returns undefined for a pod that no ReplicaSet controls
 */
export function viewPod({ metadata, spec, status }: Pod, previous?: PodView): PodView | undefined {
  const owner = controllerOf(metadata, 'ReplicaSet')
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

function controllerOf(metadata: Metadata, kind: string): string | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller && owner.kind === kind)?.uid
}

function pick(record: Record<string, string>, wanted: (key: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => wanted(key)))
}
