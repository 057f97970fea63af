import { BatchV1Api, KubeConfig, type V1Job } from '@kubernetes/client-node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { job, jobName } from '../../src/gates/job.ts'
import { type Clusters, openClusters } from '../../src/kubernetes/clusters.ts'
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig.ts'
import type { JobGate } from '../../src/upgrade/gate.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, noon } from '../an-upgrade.ts'
import { eventually } from '../conformance/workbench.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'

const namespace = 'shop'
let cluster: FakeCluster
let clusters: Clusters
let batch: BatchV1Api
let number = 0
/** Each test has an upgrade of its own, and so Jobs of its own. */
let upgrade: Upgrade

beforeAll(async () => {
  cluster = await startCluster({ readyDelayMs: 10 })
  clusters = openClusters(
    () => loadKubeConfig({ KUBECONFIG: cluster.kubeconfig }),
    () => ({ eu: {} }),
  )
  const config = new KubeConfig()
  config.loadFromFile(cluster.kubeconfig)
  batch = config.makeApiClient(BatchV1Api)
})

afterAll(async () => {
  clusters?.close()
  await cluster?.stop()
})

beforeEach(() => {
  number += 1
  upgrade = anUpgradeIn('verifying', { id: `web-production-${number}` })
})

const gate: JobGate = {
  ...{ type: 'job', name: 'regression', during: ['after'], intervalMs: 1_800_000, timeoutMs: 1_800_000 },
  cronJob: 'web-regression',
}

/** What the pods of the CronJob's Jobs exit with; without it they do not. */
function cronJob(exitCode?: number, spec: object = {}, container: object = {}): string {
  const name = `regression-${number}`
  const annotations = exitCode === undefined ? {} : { 'kubelet.fake/exit-code': String(exitCode) }
  const containers = [{ name: 'test', image: 'test:1', ...container }]
  const template = { metadata: { annotations }, spec: { restartPolicy: 'Never', containers } }
  const jobTemplate = { metadata: { labels: { team: 'qa' } }, spec: { backoffLimit: 0, template, ...spec } }
  const metadata = { name, namespace }
  cluster.seed([{ apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { suspend: true, jobTemplate } }])
  return name
}

function look(changes: Partial<JobGate> = {}, now = new Date().toISOString(), of = upgrade) {
  const about = { upgrade: of, observation: undefined, now, key: 'k' }
  return job(clusters)({ ...gate, ...changes }, about, AbortSignal.timeout(10_000))
}

/** Looks until the Job has ended. */
function verdict(changes: Partial<JobGate>, of = upgrade) {
  return eventually('a verdict', async () => {
    const said = await look(changes, new Date().toISOString(), of)
    return said === 'later' ? undefined : said
  })
}

async function jobs(): Promise<V1Job[]> {
  const { items } = await batch.listNamespacedJob({ namespace, labelSelector: `rollcall.dev/upgrade=${upgrade.id}` })
  return items
}

describe('the verdict', () => {
  test('is passed when the Job completes', async () => {
    const said = await verdict({ cronJob: cronJob(0) })
    const detail = { job: jobName(upgrade, gate), seconds: expect.any(Number) }
    expect(said).toEqual({ verdict: 'passed', code: 'JOB_COMPLETE', detail })
  })

  test('is failed when it fails, with the exit code', async () => {
    const said = await verdict({ cronJob: cronJob(3) })
    const detail = { job: jobName(upgrade, gate), reason: 'BackoffLimitExceeded', exitCode: 3 }
    expect(said).toEqual({ verdict: 'failed', code: 'JOB_FAILED', detail })
  })

  test('is failed when Kubernetes ends it', async () => {
    const said = await verdict({ cronJob: cronJob(undefined, { activeDeadlineSeconds: 1 }) })
    expect(said).toMatchObject({ verdict: 'failed', detail: { reason: 'DeadlineExceeded' } })
    expect(said.detail).not.toHaveProperty('exitCode')
  })

  test('is none while it runs, and cannot be told once its time is over', async () => {
    const named = { cronJob: cronJob() }
    expect(await look(named)).toBe('later')
    const created = (await jobs())[0]?.metadata?.creationTimestamp ?? new Date(Number.NaN)
    const at = (ms: number) => new Date(created.getTime() + ms).toISOString()
    expect(await look(named, at(1_799_000))).toBe('later')
    const detail = { job: jobName(upgrade, gate), seconds: 1_800 }
    expect(await look(named, at(1_800_000))).toEqual({ verdict: 'inconclusive', code: 'JOB_TIMEOUT', detail })
  })

  test('cannot be told without the CronJob', async () => {
    const detail = { cronJob: 'web-regression', namespace }
    expect(await look()).toEqual({ verdict: 'inconclusive', code: 'CRON_JOB_NOT_FOUND', detail })
  })

  test('cannot be told of a Job that the cluster refuses', async () => {
    const allow = cluster.forbid('create', 'jobs', namespace)
    expect(await look({ cronJob: cronJob(0) })).toMatchObject({
      verdict: 'inconclusive',
      code: 'JOB_REFUSED',
      detail: { message: expect.stringContaining('cannot create resource "jobs"') },
    })
    allow()
    const endless = { template: { spec: { restartPolicy: 'Always', containers: [{ name: 'a', image: 'a' }] } } }
    number += 1
    expect(await look({ cronJob: cronJob(0, endless) })).toMatchObject({
      code: 'JOB_REFUSED',
      detail: { message: expect.stringContaining('restartPolicy') },
    })
  })

  test('is not that of a Job that somebody else has put in its place', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'true', image: 'true' }] } }
    const body = { metadata: { name: jobName(upgrade, gate) }, spec: { template } }
    await batch.createNamespacedJob({ namespace, body })
    expect(await look({ cronJob: cronJob(0) })).toMatchObject({ verdict: 'inconclusive', code: 'JOB_FOREIGN' })
  })

  test('waits for an API server that is away for a while, and not for ever', async () => {
    const named = { cronJob: cronJob(0) }
    await cluster.down('unavailable')
    try {
      expect(await look(named, after(60_000))).toBe('later')
      await expect(look(named, after(1_800_000))).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
    } finally {
      await cluster.up()
    }
  })
})

describe('the Job', () => {
  test('is what the CronJob says, and tells what it is for', async () => {
    const env = [
      { name: 'TARGET', value: '$(ROLLCALL_SERVICE).shop' },
      { name: 'ROLLCALL_VERSION', value: 'latest' },
    ]
    await look({ cronJob: cronJob(0, { backoffLimit: 2, parallelism: 1 }, { env, command: ['check'] }) })
    const [{ metadata, spec } = {}] = await jobs()
    const { id } = upgrade
    expect(metadata).toMatchObject({
      labels: { team: 'qa', 'app.kubernetes.io/managed-by': 'rollcall', 'rollcall.dev/upgrade': id },
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', 'rollcall.dev/gate': 'regression' },
      ownerReferences: [{ kind: 'CronJob', name: `regression-${number}` }],
    })
    expect(metadata?.ownerReferences?.[0]).not.toHaveProperty('controller')
    expect(spec).toMatchObject({ backoffLimit: 2, activeDeadlineSeconds: 1_860, ttlSecondsAfterFinished: 86_400 })
    expect(spec?.template.spec?.containers[0]).toMatchObject({
      command: ['check'],
      env: [
        { name: 'ROLLCALL_UPGRADE', value: id },
        { name: 'ROLLCALL_IMAGE', value: upgrade.request.image },
        { name: 'ROLLCALL_VERSION', value: '1.5.0' },
        { name: 'ROLLCALL_SERVICE', value: 'web' },
        { name: 'ROLLCALL_ENVIRONMENT', value: 'production' },
        { name: 'TARGET', value: '$(ROLLCALL_SERVICE).shop' },
      ],
    })
  })

  test('keeps its own deadline, and stays long enough to be looked at', async () => {
    await look({ cronJob: cronJob(0, { activeDeadlineSeconds: 90, ttlSecondsAfterFinished: 0 }) })
    expect((await jobs())[0]?.spec).toMatchObject({ activeDeadlineSeconds: 90, ttlSecondsAfterFinished: 3_600 })
  })

  test('is one, however many look at once, and whatever is decided meanwhile', async () => {
    const named = { cronJob: cronJob() }
    await Promise.all(Array.from({ length: 5 }, () => look(named)))
    const acknowledged = { ...upgrade, sequence: upgrade.sequence + 1 }
    await look(named, noon, acknowledged)
    const incident = { at: noon, code: 'GATE_INCONCLUSIVE', detail: { gate: 'regression', step: upgrade.at.step } }
    const ended = { by: { kind: 'system' as const, reason: 'x' }, at: noon, action: 'resumed' as const }
    await look(named, noon, { ...upgrade, incidents: [{ ...incident, ended }] })
    expect(await jobs()).toHaveLength(1)
  })

  test('is another one after a failure that somebody resumed, at the next check, and of another plan', async () => {
    const { step } = upgrade.at
    const ended = { by: { kind: 'system' as const, reason: 'x' }, at: noon, action: 'resumed' as const }
    const incidents = [{ at: noon, code: 'JOB_FAILED', detail: { gate: 'regression', step }, ended }]
    const { plan } = upgrade
    const others: Upgrade[] = [
      { ...upgrade, incidents },
      { ...upgrade, at: { ...upgrade.at, step: step + 4 } },
      { ...upgrade, ...(plan && { plan: { ...plan, hash: 'f'.repeat(64) } }) },
    ]
    const names = [upgrade, ...others].map((one) => jobName(one, gate))
    expect(new Set(names).size).toBe(4)
    expect(names).toContain(jobName(upgrade, { ...gate }))
  })

  test('has a name that Kubernetes takes, however long the others are', () => {
    const name = jobName({ ...upgrade, id: `${'a'.repeat(56)}-123456` }, { name: 'b'.repeat(60) })
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    expect(name.length).toBeLessThanOrEqual(63)
  })
})
