/**
 * What the pre-flight of a Deployment may find. `detail` of a finding has exactly the parameters named here; the
 * message catalogue makes the sentence of them.
 */
export const findingCodes = {
  // ---- block: the upgrade cannot start

  /** The pod template has no container of the configured name. `container`, `containers` (those that it has) */
  CONTAINER_NOT_FOUND: 'block',
  /** The container runs exactly this image already. `image` */
  ALREADY_ON_IMAGE: 'block',
  /** Somebody paused the Deployment. */
  TARGET_PAUSED: 'block',
  /** The marks or the hold of another upgrade are still on it; `rollcall restore` takes them off. `upgrade`, `namespace`, `name` */
  LEFTOVERS: 'block',
  /** The Deployment's controller is in the middle of a rollout. `updated`, `total` */
  ROLLOUT_IN_PROGRESS: 'block',
  /** Another object owns the Deployment and would undo the change. `kind`, `name` */
  OWNED_BY_CONTROLLER: 'block',
  /** `strategy: rolling` on a Deployment of type Recreate: its pods cannot be held in batches. */
  RECREATE_NO_BATCHES: 'block',
  /** An extra pod can never start, and neither surge nor a missing pod is left to work with: set `maxSurge: 0`, which drains first. `why` (`hostPort` or `ReadWriteOnce`), `name` (port or volume) */
  SURGE_IMPOSSIBLE: 'block',
  /** A ResourceQuota has no room for the surge pods. `quota`, `resource`, `free`, `needed` */
  QUOTA_TOO_SMALL: 'block',
  /** A ResourceQuota counts what a container does not state, so its pods are refused. `quota`, `resource`, `container` */
  RESOURCES_NOT_STATED: 'block',
  /** A LimitRange would refuse new pods. `range`, `container` (empty: the pod as a whole), `why` (`min`, `max` or `ratio`), `resource`, `bound` */
  LIMIT_RANGE_REFUSES: 'block',
  /** What the pods cannot start without is not there. `kind`, `name`, `key` (empty: the whole object) */
  REFERENCE_MISSING: 'block',
  /** A new pod would count only after the batch has failed. `seconds`, `readyTimeoutSeconds` */
  MIN_READY_SECONDS_TOO_HIGH: 'block',
  /** An autoscaler may take it to zero and back, which would make all pods new at once. `autoscaler` */
  MAY_SCALE_TO_ZERO: 'block',
  /** Rollcall's ServiceAccount may not do what a step needs. `verb`, `resource`, `namespace` */
  RBAC_FORBIDDEN: 'block',
  /** A gate makes its Job from a CronJob that is not there. `cronJob`, `namespace`, `gate` */
  CRON_JOB_MISSING: 'block',
  /** The API server or an admission webhook refuses a patch of the plan. `patch` (`start`, `finish` or `back`), `message` */
  ADMISSION_REFUSED: 'block',

  // ---- block, or warn with `gitops: warn`

  /** Argo CD syncs it and would undo the change. `application` */
  MANAGED_BY_ARGO_CD: 'block',
  /** Flux applies it and would undo the change. `kind` (`Kustomization` or `HelmRelease`), `name` */
  MANAGED_BY_FLUX: 'block',
  /** Another rollout controller acts on it. `manager` (`Argo Rollouts`, `Flagger`, `OpenKruise`) */
  MANAGED_BY_ROLLOUT_CONTROLLER: 'block',

  // ---- warn

  /** The next `helm upgrade` must bring the new version too. `release` */
  MANAGED_BY_HELM: 'warn',
  /** The next `kubectl apply` must bring the new version too. */
  APPLIED_BY_KUBECTL: 'warn',
  /** Not every replica is Ready before the start. `ready`, `total` */
  TARGET_UNHEALTHY: 'warn',
  /** There is one replica: a batch is all of it. */
  SINGLE_REPLICA: 'warn',
  /** No readiness probe: a pod counts as Ready as soon as its containers run. `container` */
  NO_READINESS_PROBE: 'warn',
  /** Without surge an old pod goes before its replacement is Ready. `unavailable` */
  DRAINS_FIRST: 'warn',
  /** All old pods go before the first new one is Ready. */
  DOWNTIME: 'warn',
  /** An extra pod may find no place: pods of this Deployment share a host port or a volume. `why` (`hostPort` or `ReadWriteOnce`), `name` */
  SURGE_DOUBTFUL: 'warn',
  /** What the pods name and can do without is not there. `kind`, `name`, `key` (empty: the whole object) */
  REFERENCE_ABSENT: 'warn',
  /** No node has room for one more pod now. `request`, `needed` (pods), `open` (nodes that would take one), `looked` */
  NO_ROOM_ON_NODES: 'warn',

  // ---- note

  /** Scaled to zero: only the template changes. */
  ZERO_REPLICAS: 'note',
  /** A PodDisruptionBudget covers its pods. `budget`, `allowed` (disruptions now) */
  DISRUPTION_BUDGET: 'note',
  /** An autoscaler may change the replicas meanwhile; percentages are then resolved again. `autoscaler`, `min`, `max` */
  AUTOSCALED: 'note',
  /** Nodes have room for these pods beside the replicas. `pods`, `needed`, `request`, `open`, `looked` */
  ROOM_ON_NODES: 'note',
  /** Rollcall may not look at it. `what` (a kind), `names` (which, where it names them; never of Secrets) */
  NOT_CHECKED: 'note',
} as const satisfies Record<string, 'block' | 'warn' | 'note'>

export type FindingCode = keyof typeof findingCodes

/** Why a move waits for pods; `code` of a `waiting` pursuit and of the failed batch that may come of it. */
export const waitingCodes = [
  /** Containers crash again and again. `pod`, `reason` */
  'CRASH_LOOP',
  /** The image cannot be pulled. `pod`, `reason` */
  'IMAGE_PULL',
  /** The container cannot be created: a missing ConfigMap, Secret or command. `pod`, `reason` */
  'CONTAINER_CONFIG',
  /** No node takes the pod. `pod`, `message` */
  'UNSCHEDULABLE',
  /** The ReplicaSet cannot create pods: a quota, or admission. `message` */
  'PODS_REFUSED',
  /** Pods run but are not Ready. `pod`, `ready`, `wanted` */
  'NOT_READY',
  /** The Deployment controller has not acted on the last change yet. */
  'CONTROLLER_BEHIND',
] as const
export type WaitingCode = (typeof waitingCodes)[number]
