import type { Condition, Pod } from '../objects.ts'

function readyCondition(pod: Pod): Condition | undefined {
  return pod.status.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'True')
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod) !== undefined
}

/** When the pod became Ready, in milliseconds since the epoch; `undefined` when it is not. */
export function readySince(pod: Pod): number | undefined {
  const condition = readyCondition(pod)
  return condition && Date.parse(condition.lastTransitionTime)
}

/** Whether a pod has ended or is about to: such a pod does not count as a replica. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isTerminating(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp !== undefined
}

export function hasEnded(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}
