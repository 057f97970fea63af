import type { Deployment, ReplicaSet } from '../objects.ts'

type Rounding = 'up' | 'down'

/** A number, or a percentage of a total. */
function scaled(value: number | string, total: number, rounding: Rounding): number {
  if (typeof value === 'number') return value
  const share = (Number.parseInt(value, 10) * total) / 100
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share)
}

/** maxSurge and maxUnavailable as pods. They are never both 0, or nothing could move. */
function fenceposts({ spec }: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: surging = 0, maxUnavailable: missing = 0 } = spec.strategy.rollingUpdate ?? {}
  const surge = scaled(surging, spec.replicas, 'up')
  const unavailable = scaled(missing, spec.replicas, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function isRolling({ spec }: Deployment): boolean {
  return spec.strategy.type === 'RollingUpdate'
}

export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0
}

export function maxUnavailable(deployment: Deployment): number {
  const { replicas } = deployment.spec
  if (!isRolling(deployment) || replicas === 0) return 0
  return Math.min(fenceposts(deployment).unavailable, replicas)
}

export function sum(replicaSets: ReplicaSet[], count: (replicaSet: ReplicaSet) => number): number {
  return replicaSets.reduce((total, replicaSet) => total + count(replicaSet), 0)
}

export const wanted = ({ spec }: ReplicaSet) => spec.replicas
export const available = ({ status }: ReplicaSet) => status.availableReplicas ?? 0

/** How many replicas the newest ReplicaSet should have now: as many more as the surge leaves room for. */
export function newReplicaSetSize(deployment: Deployment, all: ReplicaSet[], newest: ReplicaSet): number {
  const { replicas } = deployment.spec
  if (!isRolling(deployment)) return replicas
  const room = replicas + maxSurge(deployment) - sum(all, wanted)
  return room <= 0 ? newest.spec.replicas : newest.spec.replicas + Math.min(room, replicas - newest.spec.replicas)
}

/** Half away from zero, as Go rounds. */
function round(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}

/** By how much one ReplicaSet changes when the Deployment is scaled in proportion. */
function fraction(deployment: Deployment, replicaSet: ReplicaSet, maxReplicasBefore: number | undefined): number {
  const { replicas } = replicaSet.spec
  if (deployment.spec.replicas === 0) return -replicas
  const before = maxReplicasBefore || (deployment.status.replicas ?? 0)
  if (before === 0) return 0
  return round((replicas * (deployment.spec.replicas + maxSurge(deployment))) / before) - replicas
}

/** The share of one ReplicaSet in a change of size, of which some was given to others already. */
export function proportion(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  maxReplicasBefore: number | undefined,
  toAdd: number,
  added: number,
): number {
  if (replicaSet.spec.replicas === 0 || toAdd === 0 || toAdd === added) return 0
  const share = fraction(deployment, replicaSet, maxReplicasBefore)
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added)
}
