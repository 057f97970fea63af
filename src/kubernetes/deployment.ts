import type { PodView } from './pod.ts'
import type { PodTemplate } from './pod-template.ts'
import { watchedKind } from './watch.ts'
import {
  type Metadata,
  type RevisionView,
  viewRevision,
  viewWorkload,
  type Workload,
  type WorkloadView,
} from './workload.ts'

export type DeploymentStrategy =
  | { type: 'Recreate' }
  | { type: 'RollingUpdate'; rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string } }

/** A Deployment as the API server sends it; only what is looked at has a type. */
export type Deployment = Workload & {
  spec: { paused?: boolean; progressDeadlineSeconds?: number; strategy: DeploymentStrategy }
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

/** What a move needs to know of a Deployment. Small: thousands of these are kept. */
export type DeploymentView = WorkloadView & {
  paused?: boolean
  progressDeadlineSeconds?: number
  strategy: DeploymentStrategy
  observedGeneration: number
  /** Pods of all revisions, those of the newest one, and those that are available, as its controller counted them. */
  countedReplicas: number
  updatedReplicas: number
  availableReplicas: number
}

export type ReplicaSetView = RevisionView & {
  /** Wanted replicas. */
  replicas: number
  minReadySeconds: number
  availableReplicas: number
  /** Whether its controller has seen the spec. */
  observed: boolean
  /** Why it cannot create pods. */
  failure?: string
}

/** A Deployment with everything below it, as three watches show it: its parts may be of different moments. */
export type Snapshot = { deployment: DeploymentView; replicaSets: ReplicaSetView[]; pods: PodView[] }

/** @param previous an older view of the same object, whose template hash is taken when the generation is the same */
export function viewDeployment(live: Deployment, previous?: DeploymentView): DeploymentView {
  const { spec, status } = live
  return {
    ...viewWorkload(live, previous),
    ...(spec.paused !== undefined && { paused: spec.paused }),
    ...(spec.progressDeadlineSeconds !== undefined && { progressDeadlineSeconds: spec.progressDeadlineSeconds }),
    strategy: spec.strategy,
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
  const revision = viewRevision(metadata, () => spec.template, 'Deployment', previous)
  if (!revision) return undefined
  const failure = status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return {
    ...revision,
    replicas: spec.replicas ?? 1,
    minReadySeconds: spec.minReadySeconds ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
    observed: (status?.observedGeneration ?? 0) >= metadata.generation,
    ...(failure && { failure: failure.message ?? 'ReplicaFailure' }),
  }
}

export const deployments = watchedKind({
  kind: 'Deployment',
  workloads: 'deployments',
  revisions: 'replicasets',
  podLabel: 'pod-template-hash',
  viewWorkload: viewDeployment,
  viewRevision: viewReplicaSet,
  snapshot: (deployment, replicaSets, pods): Snapshot => ({ deployment, replicaSets, pods }),
})
