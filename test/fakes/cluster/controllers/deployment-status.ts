import { type Condition, type Deployment, type DeploymentStatus, type ReplicaSet, timestamp } from '../objects.ts'
import { available, maxUnavailable, sum, wanted } from './deployment-size.ts'

/** This deadline means none; it is what a hold sets so that no rollout counts as stuck. */
const noDeadline = 2 ** 31 - 1

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline
}

export function progressing({ conditions }: DeploymentStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Progressing')
}

export function condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
  const now = timestamp()
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now }
}

/** Sets a condition, unless it says the same already. */
export function setCondition(status: DeploymentStatus, next: Condition): void {
  const current = status.conditions?.find(({ type }) => type === next.type)
  if (current?.status === next.status && current.reason === next.reason) return
  replaceCondition(status, current?.status === next.status ? keepTransition(next, current) : next)
}

function keepTransition(next: Condition, current: Condition): Condition {
  return { ...next, lastTransitionTime: current.lastTransitionTime }
}

function replaceCondition(status: DeploymentStatus, next: Condition): void {
  removeCondition(status, next.type)
  status.conditions = [...(status.conditions ?? []), next]
}

function removeCondition(status: DeploymentStatus, type: string): void {
  const others = status.conditions?.filter((entry) => entry.type !== type) ?? []
  if (others.length > 0) status.conditions = others
  else delete status.conditions
}

/** The status that the ReplicaSets amount to, with the conditions it had before and a fresh Available. */
export function countStatus(
  deployment: Deployment,
  all: ReplicaSet[],
  newest: ReplicaSet | undefined,
): DeploymentStatus {
  const { collisionCount, conditions } = deployment.status
  const availableReplicas = sum(all, available)
  const terminating = terminatingReplicas(all)
  const counts = {
    replicas: sum(all, ({ status }) => status.replicas),
    updatedReplicas: newest?.status.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, wanted) - availableReplicas),
  }
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions: [...conditions] }),
  }
  const enough = availableReplicas >= deployment.spec.replicas - maxUnavailable(deployment)
  setCondition(
    status,
    enough
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
  )
  return status
}

/** Terminating pods of all ReplicaSets; unknown while one that was synced does not say. */
function terminatingReplicas(all: ReplicaSet[]): number | undefined {
  const synced = all.filter(({ status }) => status.observedGeneration || status.terminatingReplicas !== undefined)
  if (synced.some(({ status }) => status.terminatingReplicas === undefined)) return undefined
  return sum(synced, ({ status }) => status.terminatingReplicas ?? 0)
}

export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  return (
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  )
}

function madeProgress(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

/** Milliseconds until the rollout counts as stuck; negative when it does. */
function untilDeadline({ spec }: Deployment, { lastUpdateTime }: Condition): number {
  return Date.parse(lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 0) * 1000 - Date.now()
}

/** Brings the Progressing condition of a rollout's status up to date, in place. */
export function setProgress(deployment: Deployment, status: DeploymentStatus, newest: ReplicaSet | undefined): void {
  if (!hasProgressDeadline(deployment)) {
    removeCondition(status, 'Progressing')
    return
  }
  const current = progressing(deployment.status)
  const rested =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (rested) return
  const who = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    setCondition(
      status,
      condition('Progressing', 'True', 'NewReplicaSetAvailable', `${who} has successfully progressed.`),
    )
  } else if (madeProgress(deployment.status, status)) {
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`)
    replaceCondition(status, current?.status === 'True' ? keepTransition(next, current) : next)
  } else if (isTimedOut(deployment, progressing(status))) {
    setCondition(
      status,
      condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${who} has timed out progressing.`),
    )
  }
}

function isTimedOut(deployment: Deployment, current: Condition | undefined): boolean {
  if (!current || current.reason === 'NewReplicaSetAvailable') return false
  return current.reason === 'ProgressDeadlineExceeded' || untilDeadline(deployment, current) < 0
}

/** Milliseconds after which a rollout without progress has to be looked at again. */
export function nextProgressCheck(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const current = progressing(deployment.status)
  if (!hasProgressDeadline(deployment) || !current) return undefined
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined
  return Math.max(0, untilDeadline(deployment, current)) + 1000
}
