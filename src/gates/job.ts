import { createHash } from 'node:crypto'
import type { About, Measure } from '../engine/ports.ts'
import { type Api, ApiError } from '../kubernetes/api.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { JobGate } from '../upgrade/gate.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { readPodLog } from './pod-log.ts'

type Said = Omit<GateReport, 'gate'>

type Container = { env?: { name: string }[] }

type JobSpec = {
  activeDeadlineSeconds?: number
  ttlSecondsAfterFinished?: number
  template: { spec: { containers: Container[]; initContainers?: Container[] } }
}

type CronJob = {
  metadata: { name: string; uid: string }
  spec: { jobTemplate: { metadata?: { labels?: object; annotations?: object }; spec: JobSpec } }
}

type Job = {
  metadata: { name: string; creationTimestamp: string; annotations?: Record<string, string> }
  status?: {
    startTime?: string
    completionTime?: string
    conditions?: { type: string; status: string; reason?: string }[]
  }
}

const ofUpgrade = 'rollcall.dev/upgrade'

/** So long after the gate's own time Kubernetes ends a Job that nobody waits for any more, seconds. */
const afterTimeOut = 60

/** How long a Job stays after its end, seconds: by default, and at least, so that it is there to be looked at. */
const kept = { usually: 86_400, atLeast: 3_600 }

/** Runs a test of somebody's own, such as a regression test. */
export function job(clusters: Clusters): Measure<JobGate, Said | 'later'> {
  return (gate, about) => runJob(clusters, gate, about)
}

/** What a gate that has a Job do its work says of that. */
export type OfJob = Pick<JobGate, 'name' | 'cronJob' | 'timeoutMs'>

/**
 * Runs a Job made from a CronJob beside the target, as `kubectl create job --from` does, and says how it ended. It only
 * ever looks: the Job's name says which one it is and its own creation how long it has taken, so that nothing is lost
 * with a process. A Job that nobody needs any more is left alone; it may be in the middle of something, it has a
 * deadline, and what it printed tells why it was stopped.
 */
export async function runJob(
  clusters: Clusters,
  gate: OfJob,
  { upgrade, now }: Pick<About, 'upgrade' | 'now'>,
): Promise<Said | 'later'> {
  const { cluster, namespace } = upgrade.policy.target
  const { api } = clusters.get(cluster)
  try {
    const name = jobName(upgrade, gate)
    const found = (await read<Job>(api, namespace, 'jobs', name)) ?? (await create(api, upgrade, gate, name))
    if (found === 'no CronJob') return unknown('CRON_JOB_NOT_FOUND', { cronJob: gate.cronJob, namespace })
    if (found.metadata.annotations?.[ofUpgrade] !== upgrade.id) return unknown('JOB_FOREIGN', { job: name })
    return await verdictOf(api, namespace, found, gate, now)
  } catch (error) {
    const isRefused =
      error instanceof ApiError || (error instanceof RollcallError && error.code === 'CLUSTER_FORBIDDEN')
    if (isRefused) return unknown('JOB_REFUSED', { message: error.message })
    // The Job does not need the API server; a look that fails is made up for by the next one.
    const isPassing = error instanceof RollcallError && error.retryable
    if (isPassing && Date.parse(now) - Date.parse(upgrade.at.since) < gate.timeoutMs) return 'later'
    throw error
  }
}

/**
 * What the first container of a Job's pod that has done its work printed.
 *
 * @param mostBytes of more, nothing is returned
 * @throws when `signal` is aborted
 */
export async function printedBy(
  clusters: Clusters,
  { cluster, namespace }: TargetRef,
  job: string,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal },
): Promise<{ lines: string[] } | { unreadable: string } | undefined> {
  const { api } = clusters.get(cluster)
  const { items } = await podsOf(api, namespace, job)
  const done = items.find(({ status }) => status?.phase === 'Succeeded')
  const [container] = done?.spec.containers ?? []
  if (!done || !container) return { unreadable: 'NotFound' }
  const lines: string[] = []
  const log = { namespace, pod: done.metadata.name, container: container.name, mostBytes, query: {} }
  const read = await readPodLog(api, log, (some) => void lines.push(...some), signal)
  if (read.state === 'unreadable') return { unreadable: read.why }
  return read.state === 'whole' ? { lines } : undefined
}

/**
 * Of one check there is one Job, however often it is looked at and whatever is decided meanwhile; not of one sequence,
 * which every acknowledgement moves on. Only who resumes after a failure has it run again.
 */
export function jobName({ id, plan, at, incidents }: Upgrade, { name }: Pick<OfJob, 'name'>): string {
  const again = incidents.filter(
    ({ code, detail, ended }) => code === 'JOB_FAILED' && detail.gate === name && detail.step === at.step && ended,
  )
  const which = JSON.stringify([id, plan?.hash, at.step, name, again.length])
  return `${`${id}-${name}`.slice(0, 52)}-${createHash('sha256').update(which).digest('hex').slice(0, 10)}`
}

async function create(api: Api, upgrade: Upgrade, gate: OfJob, name: string): Promise<Job | 'no CronJob'> {
  const { namespace } = upgrade.policy.target
  const cronJob = await read<CronJob>(api, namespace, 'cronjobs', gate.cronJob)
  if (!cronJob) return 'no CronJob'
  try {
    return await api.post<Job>(pathOf(namespace, 'jobs'), jobOf(cronJob, upgrade, gate, name))
  } catch (error) {
    const isThere = error instanceof ApiError && error.status === 409
    const other = isThere ? await read<Job>(api, namespace, 'jobs', name) : undefined
    if (other) return other
    throw error
  }
}

/** With everything that the template has, and a few things in the place of what would keep it from being looked at. */
function jobOf({ metadata, spec: { jobTemplate } }: CronJob, upgrade: Upgrade, gate: OfJob, name: string): object {
  const { id } = upgrade
  const { template, ...spec } = jobTemplate.spec
  const { containers, initContainers } = template.spec
  const variables = variablesOf(upgrade)
  const pod = {
    ...template.spec,
    containers: containers.map((one) => withVariables(one, variables)),
    ...(initContainers && { initContainers: initContainers.map((one) => withVariables(one, variables)) }),
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      labels: {
        ...jobTemplate.metadata?.labels,
        'app.kubernetes.io/managed-by': 'rollcall',
        [ofUpgrade]: id,
      },
      annotations: {
        ...jobTemplate.metadata?.annotations,
        'cronjob.kubernetes.io/instantiate': 'manual',
        [ofUpgrade]: id,
        'rollcall.dev/gate': gate.name,
      },
      // Goes with its CronJob, but is none of its history: the controller would delete it by failedJobsHistoryLimit.
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: metadata.name, uid: metadata.uid }],
    },
    spec: {
      ...spec,
      activeDeadlineSeconds: spec.activeDeadlineSeconds ?? Math.ceil(gate.timeoutMs / 1_000) + afterTimeOut,
      ttlSecondsAfterFinished: Math.max(spec.ttlSecondsAfterFinished ?? kept.usually, kept.atLeast),
      template: { ...template, spec: pod },
    },
  }
}

function variablesOf({ id, request }: About['upgrade']): { name: string; value: string }[] {
  const { image, version, service, environment } = request
  const values = { UPGRADE: id, IMAGE: image, VERSION: version, SERVICE: service, ENVIRONMENT: environment }
  return Object.entries(values).map(([name, value]) => ({ name: `ROLLCALL_${name}`, value }))
}

/** First, so that the template's own may refer to them. */
function withVariables<C extends Container>(container: C, variables: { name: string; value: string }[]): C {
  const others = container.env?.filter(({ name }) => !variables.some((one) => one.name === name)) ?? []
  return { ...container, env: [...variables, ...others] }
}

async function verdictOf(
  api: Api,
  namespace: string,
  { metadata: { name, creationTimestamp }, status = {} }: Job,
  { timeoutMs }: OfJob,
  now: string,
): Promise<Said | 'later'> {
  const { startTime = creationTimestamp, completionTime, conditions = [] } = status
  const ended = (type: string) => conditions.find((one) => one.type === type && one.status === 'True')
  if (ended('Complete')) {
    const seconds = (Date.parse(completionTime ?? now) - Date.parse(startTime)) / 1_000
    return { verdict: 'passed', code: 'JOB_COMPLETE', detail: { job: name, seconds } }
  }
  const failed = ended('Failed')
  if (failed) {
    const exitCode = await exitCodeOf(api, namespace, name)
    const detail = { job: name, reason: failed.reason ?? 'Failed', ...(exitCode !== undefined && { exitCode }) }
    return { verdict: 'failed', code: 'JOB_FAILED', detail }
  }
  const isLate = Date.parse(now) - Date.parse(creationTimestamp) >= timeoutMs
  return isLate ? unknown('JOB_TIMEOUT', { job: name, seconds: timeoutMs / 1_000 }) : 'later'
}

type Terminated = { exitCode: number; finishedAt?: string }
type Pod = {
  metadata: { name: string }
  spec: { containers: { name: string }[] }
  status?: { phase?: string; containerStatuses?: { state?: { terminated?: Terminated } }[] }
}

function podsOf(api: Api, namespace: string, job: string): Promise<{ items: Pod[] }> {
  return api.get(`/api/v1/namespaces/${namespace}/pods`, { labelSelector: `job-name=${job}` })
}

/** Of the container that failed last; `undefined` where no pod is left to tell. */
async function exitCodeOf(api: Api, namespace: string, job: string): Promise<number | undefined> {
  const pods = await podsOf(api, namespace, job)
  return pods.items
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.terminated ?? [])
    .filter(({ exitCode }) => exitCode !== 0)
    .sort((one, other) => (one.finishedAt ?? '').localeCompare(other.finishedAt ?? ''))
    .at(-1)?.exitCode
}

/** `undefined` when there is none. */
async function read<T>(api: Api, namespace: string, plural: string, name: string): Promise<T | undefined> {
  try {
    return await api.get<T>(`${pathOf(namespace, plural)}/${name}`)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

function pathOf(namespace: string, plural: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/${plural}`
}

function unknown(code: string, detail: GateReport['detail']): Said {
  return { verdict: 'inconclusive', code, detail }
}
