/** The parts of Kubernetes objects that the simulated cluster itself reads; everything else passes through untouched. */

export type Labels = Record<string, string>

export type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export type ObjectMeta = {
  name: string
  namespace?: string
  generateName?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Labels
  annotations?: Labels
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
}

export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
  [field: string]: unknown
}

export type LabelSelector = {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[]
}

export type Condition = {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime: string
  lastUpdateTime?: string
}

export type Container = {
  name: string
  image: string
  imagePullPolicy?: string
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  [field: string]: unknown
}

export type PodSpec = {
  containers: Container[]
  nodeName?: string
  terminationGracePeriodSeconds?: number
  [field: string]: unknown
}

export type PodTemplate = { metadata?: { labels?: Labels; annotations?: Labels }; spec: PodSpec }

export type ContainerStatus = {
  name: string
  image: string
  imageID: string
  ready: boolean
  started: boolean
  restartCount: number
  state: Record<string, Record<string, unknown>>
  lastState: Record<string, Record<string, unknown>>
  containerID?: string
}

export type PodStatus = {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  conditions?: Condition[]
  containerStatuses?: ContainerStatus[]
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  startTime?: string
  qosClass?: string
}

export type Pod = KubeObject & { spec: PodSpec; status: PodStatus }

export type ReplicaSetStatus = {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
}

export type ReplicaSet = KubeObject & {
  spec: { replicas: number; minReadySeconds?: number; selector: LabelSelector; template: PodTemplate }
  status: ReplicaSetStatus
}

export type DeploymentSpec = {
  replicas: number
  paused?: boolean
  minReadySeconds?: number
  revisionHistoryLimit?: number
  progressDeadlineSeconds?: number
  selector: LabelSelector
  strategy: {
    type: string
    rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string }
  }
  template: PodTemplate
}

export type DeploymentStatus = {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  terminatingReplicas?: number
  collisionCount?: number
  conditions?: Condition[]
}

export type Deployment = KubeObject & { spec: DeploymentSpec; status: DeploymentStatus }

export type JobStatus = {
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  succeeded?: number
  failed?: number
  conditions?: (Condition & { lastProbeTime: string })[]
}

export type Job = KubeObject & {
  spec: { backoffLimit: number; activeDeadlineSeconds?: number; suspend?: boolean; template: PodTemplate }
  status: JobStatus
}

export type Service = KubeObject & {
  spec: {
    selector?: Labels
    clusterIP?: string
    ports?: { name?: string; port: number; protocol?: string; targetPort?: number | string }[]
    [field: string]: unknown
  }
}

/** Resources whose objects the controllers read with their own types. */
type TypedResources = { deployments: Deployment; replicasets: ReplicaSet; pods: Pod; services: Service; jobs: Job }

/** The type of the objects of a resource, by its plural name. */
export type ObjectOf<R extends string> = R extends keyof TypedResources ? TypedResources[R] : KubeObject

/** The time as Kubernetes writes it: RFC 3339 in whole seconds. */
export function timestamp(milliseconds = Date.now()): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The controller that owns an object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)
}

/** The object with sorted keys and without nulls and undefined values, so that equal objects serialize equally. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isRecord(value)) return value
  const sorted: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const field = value[key]
    if (field !== undefined && field !== null) sorted[key] = canonical(field)
  }
  return sorted
}

/** Deep equality of two API values, blind to the order of keys. */
export function sameValue(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(canonical(left)) === JSON.stringify(canonical(right))
}
