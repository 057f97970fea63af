import type { DeploymentStrategy } from '../../kubernetes/deployment.ts'

/**
 * With these timings a pod serves once it is Ready but never counts as available, so the controller stops by itself
 * where `maxSurge` and `maxUnavailable` say. The deadline must exceed the ready seconds; both are about 68 years.
 */
export const heldTimings = { minReadySeconds: 2147483646, progressDeadlineSeconds: 2147483647 }

/** `maxSurge` and `maxUnavailable` in pods. */
export type Budget = { surge: number; unavailable: number }

export function rollingUpdate({ surge, unavailable }: Budget): DeploymentStrategy {
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } }
}

/**
 * The budget of a workload with so many replicas, in pods; where there is no surge at least one pod may be missing.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge
 *
 * @param maxSurge instead of the Deployment's own
 */
export function capacityOf(
  strategy: DeploymentStrategy,
  maxSurge: number | string | undefined,
  replicas: number,
): Budget {
  const own = strategy.type === 'RollingUpdate' ? strategy.rollingUpdate : { maxSurge: 0, maxUnavailable: 0 }
  const surge = podsOf(maxSurge ?? own.maxSurge, replicas, Math.ceil)
  return { surge, unavailable: Math.max(surge === 0 ? 1 : 0, podsOf(own.maxUnavailable, replicas, Math.floor)) }
}

function podsOf(value: number | string, replicas: number, round: (pods: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * replicas) / 100)
}

/** The budget of a strategy that a move may have written; percentages are somebody else's. */
export function budgetOf(strategy: DeploymentStrategy): Budget | undefined {
  if (strategy.type !== 'RollingUpdate') return undefined
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate
  if (typeof maxSurge !== 'number' || typeof maxUnavailable !== 'number') return undefined
  return { surge: maxSurge, unavailable: maxUnavailable }
}

/**
 * The next budget on the way to `pods` new ones, `counted` of which are Ready long enough. With held timings the
 * controller makes surge + unavailable new pods and keeps replicas − unavailable old ones: so never more new than
 * `pods`, and an old one goes only for a new one that serves. `counted` comes from a watch that may lag behind, so
 * what `now` already gives is never taken back.
 *
 * @param capacity the plan's own: `surge` 0 means that `unavailable` old pods go first
 */
export function nextBudget(pods: number, counted: number, now: Budget, capacity: Budget): Budget {
  const granted = capacity.surge > 0 ? counted : counted + capacity.unavailable
  const unavailable = Math.max(now.unavailable, Math.min(pods, granted))
  return { surge: Math.min(capacity.surge, pods - unavailable), unavailable }
}

/** The budget of the way back, on which the controller replaces pods at its own pace. */
export function backBudget(capacity: Budget): Budget {
  return capacity.surge > 0
    ? { surge: capacity.surge, unavailable: 0 }
    : { surge: 0, unavailable: capacity.unavailable }
}
