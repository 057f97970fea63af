import { controllerOf, type Pod, type ReplicaSet, type ReplicaSetStatus, sameValue } from '../objects.ts'
import { createObject, deleteObject, updateStatus } from '../registry.ts'
import { matchesLabels, requirementsOf } from '../selectors.ts'
import type { Change, Store } from '../store.ts'
import type { EventRecorder } from './event-recorder.ts'
import { claim, controllerReference } from './ownership.ts'
import { hasEnded, isActive, isReady, isTerminating, readySince } from './pod-conditions.ts'
import { keyOf, splitKey, type WorkQueue } from './work-queue.ts'

/** At most this many pods are created or deleted in one go. */
const burst = 500

/** Queues the ReplicaSets that a change concerns. */
export function watchForReplicaSets(store: Store, queue: WorkQueue, { resource, object, previous }: Change): void {
  if (resource === 'replicasets') queue.add(keyOf(object))
  if (resource !== 'pods') return
  const owners = [object, previous].flatMap((pod) => (pod && controllerOf(pod)) ?? [])
  for (const owner of owners) {
    if (owner.kind === 'ReplicaSet') queue.add(`${object.metadata.namespace}/${owner.name}`)
  }
  if (controllerOf(object)) return
  for (const replicaSet of store.list('replicasets', object.metadata.namespace)) {
    if (matchesLabels(requirementsOf(replicaSet.spec.selector), object.metadata.labels)) queue.add(keyOf(replicaSet))
  }
}

/** Brings one ReplicaSet's pods to its replicas, then writes what it sees into its status. */
export function syncReplicaSet(store: Store, queue: WorkQueue, events: EventRecorder, key: string): void {
  const replicaSet = store.get('replicasets', ...splitKey(key))
  if (!replicaSet) return
  const pods = claim(store, 'pods', replicaSet).filter((pod) => !hasEnded(pod))
  const active = pods.filter(isActive)
  if (!replicaSet.metadata.deletionTimestamp) manageReplicas(store, events, replicaSet, active)
  const terminating = pods.filter(isTerminating).length
  const status = statusOf(replicaSet, active, terminating)
  if (!sameValue(status, replicaSet.status)) updateStatus(store, 'replicasets', { ...replicaSet, status })
  const next = nextAvailabilityCheck(replicaSet, active)
  if (next !== undefined) queue.addAfter(key, next)
}

function manageReplicas(store: Store, events: EventRecorder, replicaSet: ReplicaSet, active: Pod[]): void {
  const surplus = active.length - replicaSet.spec.replicas
  for (let missing = Math.min(-surplus, burst); missing > 0; missing -= 1) createPod(store, events, replicaSet)
  if (surplus <= 0) return
  for (const pod of podsToDelete(store, replicaSet, active).slice(0, Math.min(surplus, burst))) {
    deleteObject(store, 'pods', pod.metadata.namespace, pod.metadata.name)
    events.record(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
}

function createPod(store: Store, events: EventRecorder, replicaSet: ReplicaSet): void {
  const { template } = replicaSet.spec
  const { name, namespace = '' } = replicaSet.metadata
  const pod = createObject(store, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template.metadata,
      name: '',
      generateName: `${name}-`,
      namespace,
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
      ownerReferences: [controllerReference(replicaSet)],
    },
    spec: {
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      serviceAccount: 'default',
      serviceAccountName: 'default',
      ...template.spec,
    },
    status: { phase: 'Pending' },
  })
  events.record(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
}

const phaseOrder = { Pending: 0, Running: 2, Succeeded: 3, Failed: 3 }

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status.containerStatuses ?? []).map(({ restartCount }) => restartCount))
}

/** Ages count by powers of two: pods of about the same age are told apart by their UID alone. */
function ageRank(since: number, now: number): number {
  const nanoseconds = (now - since) * 1e6
  return nanoseconds > 0 ? Math.trunc(Math.log2(nanoseconds)) : -1
}

/** A ReplicaSet's pods in the order in which it gives them up. */
function podsToDelete(store: Store, replicaSet: ReplicaSet, active: Pod[]): Pod[] {
  const now = Date.now()
  const colocated = readyPodsByNode(store, replicaSet)
  const rank = (pod: Pod) => colocated.get(pod.spec.nodeName ?? '') ?? 0
  const byAge = (left: Pod, right: Pod, leftSince: number, rightSince: number) =>
    ageRank(leftSince, now) - ageRank(rightSince, now) || (left.metadata.uid < right.metadata.uid ? -1 : 1)
  return [...active].sort((left, right) => {
    const order =
      Number(left.spec.nodeName !== undefined) - Number(right.spec.nodeName !== undefined) ||
      phaseOrder[left.status.phase] - phaseOrder[right.status.phase] ||
      Number(isReady(left)) - Number(isReady(right)) ||
      deletionCost(left) - deletionCost(right) ||
      rank(right) - rank(left)
    if (order !== 0) return order
    const leftReady = readySince(left)
    const rightReady = readySince(right)
    if (leftReady !== undefined && rightReady !== undefined && leftReady !== rightReady) {
      return byAge(left, right, leftReady, rightReady)
    }
    if (restarts(left) !== restarts(right)) return restarts(right) - restarts(left)
    const leftCreated = Date.parse(left.metadata.creationTimestamp)
    const rightCreated = Date.parse(right.metadata.creationTimestamp)
    return leftCreated === rightCreated ? 0 : byAge(left, right, leftCreated, rightCreated)
  })
}

/** Ready pods per node of all ReplicaSets with the same owner: those that share a node go first. */
function readyPodsByNode(store: Store, replicaSet: ReplicaSet): Map<string, number> {
  const owner = controllerOf(replicaSet)
  const related = owner ? store.ownedBy('replicasets', owner.uid) : [replicaSet]
  const counts = new Map<string, number>()
  for (const { metadata } of related) {
    for (const pod of store.ownedBy('pods', metadata.uid)) {
      const node = pod.spec.nodeName
      if (node && isActive(pod) && isReady(pod)) counts.set(node, (counts.get(node) ?? 0) + 1)
    }
  }
  return counts
}

function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const since = readySince(pod)
  return since !== undefined && (minReadySeconds === 0 || since + minReadySeconds * 1000 <= now)
}

function statusOf(replicaSet: ReplicaSet, active: Pod[], terminating: number): ReplicaSetStatus {
  const { minReadySeconds = 0, template } = replicaSet.spec
  const now = Date.now()
  const labels = requirementsOf({ matchLabels: template.metadata?.labels ?? {} })
  const labelled = active.filter((pod) => matchesLabels(labels, pod.metadata.labels)).length
  const ready = active.filter(isReady).length
  const available = active.filter((pod) => isAvailable(pod, minReadySeconds, now)).length
  return {
    replicas: active.length,
    terminatingReplicas: terminating,
    ...(labelled > 0 && { fullyLabeledReplicas: labelled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    observedGeneration: replicaSet.metadata.generation ?? 0,
  }
}

/** Milliseconds until the next Ready pod becomes available. */
function nextAvailabilityCheck(replicaSet: ReplicaSet, active: Pod[]): number | undefined {
  const { minReadySeconds = 0 } = replicaSet.spec
  if (minReadySeconds === 0) return undefined
  const now = Date.now()
  const waits = active.flatMap((pod) => {
    const since = readySince(pod)
    const wait = since === undefined ? 0 : since + minReadySeconds * 1000 - now
    return wait > 0 ? [wait] : []
  })
  return waits.length > 0 ? Math.min(...waits) : undefined
}
