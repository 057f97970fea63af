import { type Job, type JobStatus, type Pod, sameValue, timestamp } from '../objects.ts'
import { createObject, deleteObject, updateStatus } from '../registry.ts'
import type { Change, Store } from '../store.ts'
import type { EventRecorder } from './event-recorder.ts'
import { controllerReference } from './ownership.ts'
import { hasEnded, isReady } from './pod-conditions.ts'
import { keyOf, splitKey, type WorkQueue } from './work-queue.ts'

/** Queues the Jobs that a change concerns. */
export function watchForJobs(queue: WorkQueue, { resource, object }: Change): void {
  if (resource === 'jobs') queue.add(keyOf(object))
  const owner = object.metadata.ownerReferences?.find(({ kind, controller }) => controller && kind === 'Job')
  if (resource === 'pods' && owner) queue.add(`${object.metadata.namespace}/${owner.name}`)
}

/** Runs a Job of one completion: one pod after the other, until one succeeds or too many have failed. */
export function syncJob(store: Store, queue: WorkQueue, events: EventRecorder, key: string): void {
  const job = store.get('jobs', ...splitKey(key))
  if (!job || job.metadata.deletionTimestamp || isOver(job) || job.spec.suspend) return
  const pods = store.ownedBy('pods', job.metadata.uid)
  const active = pods.filter((pod) => !hasEnded(pod) && !pod.metadata.deletionTimestamp)
  const startTime = job.status.startTime ?? timestamp()
  const { activeDeadlineSeconds } = job.spec
  const deadline =
    activeDeadlineSeconds === undefined ? undefined : Date.parse(startTime) + activeDeadlineSeconds * 1_000
  const counted = countsOf(pods)
  const end = endOf(job, counted, deadline)
  if (end) {
    for (const { metadata } of active) deleteObject(store, 'pods', metadata.namespace, metadata.name)
  } else {
    if (deadline !== undefined) queue.addAfter(key, deadline - Date.now())
    if (active.length === 0) createPod(store, events, job)
  }
  const running = end ? { ready: 0, ...end } : { active: 1, ready: active.filter(isReady).length }
  const status: JobStatus = { startTime, ...counted, ...running }
  if (!sameValue(status, job.status)) updateStatus(store, 'jobs', { ...job, status })
}

type Counts = { succeeded?: number; failed?: number }

function countsOf(pods: Pod[]): Counts {
  const [succeeded, failed] = ['Succeeded', 'Failed'].map((phase) => pods.filter((pod) => pod.status.phase === phase))
  return {
    ...(succeeded?.length && { succeeded: succeeded.length }),
    ...(failed?.length && { failed: failed.length }),
  }
}

function endOf({ spec }: Job, { succeeded = 0, failed = 0 }: Counts, deadline = Number.POSITIVE_INFINITY) {
  if (succeeded > 0) {
    const conditions = ending('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods')
    return { completionTime: timestamp(), conditions }
  }
  if (failed > spec.backoffLimit)
    return { conditions: ending('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit') }
  if (Date.now() >= deadline)
    return { conditions: ending('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline') }
  return undefined
}

function isOver({ status }: Job): boolean {
  return status.conditions?.some((one) => ['Complete', 'Failed'].includes(one.type) && one.status === 'True') ?? false
}

function ending(type: 'Complete' | 'Failed', reason: string, message: string): NonNullable<JobStatus['conditions']> {
  const now = timestamp()
  const times = { lastProbeTime: now, lastTransitionTime: now }
  const ahead = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
  return [ahead, type].map((one) => ({ type: one, status: 'True' as const, reason, message, ...times }))
}

function createPod(store: Store, events: EventRecorder, job: Job): void {
  const { name, namespace = '' } = job.metadata
  const { template } = job.spec
  const pod: Pod = createObject(store, 'pods', {
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
      labels: { ...template.metadata?.labels, 'batch.kubernetes.io/job-name': name, 'job-name': name },
      ownerReferences: [controllerReference(job)],
    },
    spec: template.spec,
    status: { phase: 'Pending' },
  })
  events.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
}
