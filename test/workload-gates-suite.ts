/** Gates that look into the cluster itself: what the new pods log, and how a Job ends. On any cluster. */
import { BatchV1Api, type V1Job } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { scan } from '../src/gates/scan.ts'
import { openClusters } from '../src/kubernetes/clusters.ts'
import { loadKubeConfig } from '../src/kubernetes/kubeconfig.ts'
import { registryImages } from '../src/registry/images.ts'
import type { ScanGate } from '../src/upgrade/gate.ts'
import { anUpgradeIn } from './an-upgrade.ts'
import { asStrategicMergePatch, eventually, isReady } from './conformance/workbench.ts'
import type { PodLogs } from './fakes/pod-log.ts'
import { type Finding, trivyReport } from './fakes/registry/reports.ts'
import { type Rollcall, startRollcall } from './rollcall.ts'
import { carol, channel, namespace, shopConfig } from './shop.ts'
import { type ClusterForSuite, openShop, type Shop } from './upgrade-suite.ts'

const secret = 'hunter2'

const digest = `sha256:${'a'.repeat(64)}`
const critical = { id: 'CVE-2026-1', severity: 'critical' }
const reportOf = (about: string | undefined, found: Finding[]) =>
  JSON.stringify(trivyReport(about, new Date().toISOString(), found), null, 2)

/** What scanners print, by their image. */
const reports: Record<string, string> = {
  'scanner:good': reportOf(digest, []),
  'scanner:bad': reportOf(digest, [critical]),
  'scanner:other': reportOf(`sha256:${'b'.repeat(64)}`, []),
  'scanner:unbound': reportOf(undefined, []),
  'scanner:broken': '{ "SchemaVersion": 2',
  'scanner:silent': '',
}

/** Every version is late with orders at times; only one has no disk, and only one logs nothing. */
export const podLogs: PodLogs = ({ image, pod, startedAt: at }) => {
  const printed = reports[image]
  if (printed !== undefined) return `INFO scanning\n${printed}`.split('\n').map((text) => ({ at, text }))
  if (image.endsWith('/silent:2.0.0')) return []
  const lines = [
    { at, text: 'listening on :8080' },
    { at, text: `ERROR order ${pod.length}4711 late` },
  ]
  return image.endsWith('/broken:2.0.0') ? [...lines, { at, text: `ERROR no disk for ${secret}` }] : lines
}

const strategy = { batches: [1, '100%'], continue: 'auto' }
const logs = { type: 'logs', pattern: 'ERROR', maxNew: 0, interval: '1s' }
const job = (cronJob: string, changes: object = {}) => ({ type: 'job', cronJob, during: 'after', ...changes })

const services = {
  broken: { strategy: { ...strategy, soak: '2s' }, environment: { gates: [logs] } },
  silent: { strategy, environment: { gates: [logs] } },
  good: { strategy, environment: { gates: [{ ...logs, max: 100 }, job('completes')] } },
  failing: { strategy, environment: { gates: [job('fails', { name: 'regression' })] } },
  slow: { strategy, environment: { gates: [job('runs')] } },
  stopped: { strategy, environment: { gates: [job('runs')] } },
  endless: { strategy, environment: { gates: [job('runs', { timeout: '1s' })] } },
}

export function workloadGatesSuite(startCluster: () => Promise<ClusterForSuite>, waitMs = 60_000): void {
  let shop: Shop
  let rollcall: Rollcall
  let batch: BatchV1Api

  beforeAll(async () => {
    shop = await openShop(startCluster, services, waitMs)
    rollcall = shop.rollcall
    batch = shop.bench.config.makeApiClient(BatchV1Api)
    for (const [name, exitCode] of [['completes', '0'], ['fails', '3'], ['runs']] as const) {
      const annotations = exitCode === undefined ? {} : { 'kubelet.fake/exit-code': exitCode }
      const spec = { restartPolicy: 'Never', containers: [{ name: 'test', image: 'regression:7' }] }
      const jobTemplate = { spec: { backoffLimit: 0, template: { metadata: { annotations }, spec } } }
      const body = { metadata: { name }, spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate } }
      await batch.createNamespacedCronJob({ namespace, body })
    }
  })

  afterAll(async () => {
    if (rollcall !== shop?.rollcall) await rollcall?.stop()
    await shop?.close()
  })

  async function approved(service: keyof typeof services) {
    onTestFailed(() => console.error(rollcall.output().split('\n').slice(-30).join('\n')))
    const requested = await shop.request(service, '2.0.0')
    await shop.people.approve(requested.id)
    return requested
  }

  async function jobsOf(id: string): Promise<V1Job[]> {
    const { items } = await batch.listNamespacedJob({ namespace, labelSelector: `rollcall.dev/upgrade=${id}` })
    return items
  }

  /** The pod of the upgrade's Job, once it runs. */
  function podOf(id: string): Promise<string> {
    return eventually(`the Job of ${id}`, async () => {
      const [found] = await jobsOf(id)
      if (!found) return undefined
      const labelSelector = `job-name=${found.metadata?.name}`
      const { items } = await shop.bench.core.listNamespacedPod({ namespace, labelSelector })
      return items.find(isReady)?.metadata?.name
    })
  }

  function inThread(id: string, text: string) {
    return shop.slack.waitForMessage((one) => one.channel === channel && one.text.includes(text), {
      timeoutMs: waitMs,
      what: `«${text}» about ${id}`,
    })
  }

  it('errors of a new kind take a release back, and are quoted nowhere', async () => {
    const { workload, image, id } = await approved('broken')
    await shop.people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    await inThread(id, 'of a new kind (limit 0)')
    expect(rollcall.output()).not.toContain(secret)
    expect(JSON.stringify(shop.slack.messages(channel))).not.toContain(secret)
    await shop.trailIsIntact()
  })

  it('a release that logs nothing is held, and asked about', async () => {
    const { workload, image, id } = await approved('silent')
    await shop.people.live(id, 'paused')
    await workload.restsAt(image, { old: 9, new: 1 })
    await inThread(id, 'the new pod has not logged anything')
  })

  it.each([
    ['good', '0', { verdict: 'passed', code: 'SCAN_WITHIN_LIMITS' }],
    ['bad', '0', { verdict: 'failed', code: 'SCAN_ABOVE_LIMITS', detail: { worst: 'CVE-2026-1' } }],
    ['other', '0', { verdict: 'inconclusive', code: 'REPORT_OF_ANOTHER' }],
    ['unbound', '0', { verdict: 'inconclusive', code: 'REPORT_OF_ANOTHER' }],
    ['broken', '0', { verdict: 'inconclusive', code: 'REPORT_UNREADABLE' }],
    ['silent', '0', { verdict: 'inconclusive', code: 'REPORT_UNREADABLE' }],
    ['good', '1', { verdict: 'inconclusive', code: 'JOB_FAILED' }],
  ])('a report that a Job prints is judged like any other: %s, exit code %s', async (scanner, exitCode, expected) => {
    const name = `scan-${scanner}-${exitCode}`
    const spec = { restartPolicy: 'Never', containers: [{ name: 'scanner', image: `scanner:${scanner}` }] }
    const template = { metadata: { annotations: { 'kubelet.fake/exit-code': exitCode } }, spec }
    const jobTemplate = { spec: { backoffLimit: 0, template } }
    const body = { metadata: { name }, spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate } }
    await batch.createNamespacedCronJob({ namespace, body })
    const clusters = openClusters(
      () => loadKubeConfig({ KUBECONFIG: shop.cluster.kubeconfig }),
      () => ({ eu: {} }),
    )
    try {
      const upgrade = anUpgradeIn('progressing', { id: `${name}-production-1` })
      const image = `registry.example.com/shop/web:1.5.0@${digest}`
      const gate: ScanGate = {
        ...{ type: 'scan', name: 'scan', cronJob: name, during: ['before'], intervalMs: 10_000, timeoutMs: waitMs },
        ...{
          artifactTypes: [],
          keys: [],
          limits: { critical: 0 },
          fixableOnly: false,
          maxAgeMs: 86_400_000,
          ignore: [],
        },
      }
      const { attachments } = registryImages({ registries: () => ({}) })
      const said = await eventually('a verdict', async () => {
        const now = new Date().toISOString()
        const about = {
          upgrade: { ...upgrade, request: { ...upgrade.request, image } },
          observation: undefined,
          now,
          key: 'k',
        }
        const one = await scan({}, attachments, clusters)(gate, about, AbortSignal.timeout(20_000))
        return one === 'later' ? undefined : one
      })
      expect(said).toMatchObject(expected)
    } finally {
      clusters.close()
    }
  })

  it('a good release passes both, and its Job knew what it was for', async () => {
    const { workload, image, id } = await approved('good')
    await shop.people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
    const [found, ...others] = await jobsOf(id)
    expect(others).toEqual([])
    expect(found?.spec?.template.spec?.containers[0]?.env).toContainEqual({ name: 'ROLLCALL_IMAGE', value: image })
    await shop.trailIsIntact()
  })

  it('a regression test that fails takes the release back', async () => {
    const { workload, image, id } = await approved('failing')
    await shop.people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    await inThread(id, 'failed (BackoffLimitExceeded, exit code 3)')
  })

  it('a Job that is under way when Rollcall dies is the one that counts', async () => {
    const { id } = await approved('slow')
    const pod = await podOf(id)
    await rollcall.stop('SIGKILL')
    const { redisServer, cluster, slack } = shop
    const { kubeconfig } = cluster
    rollcall = await startRollcall({ config: shopConfig(services), redisUrl: redisServer.url, kubeconfig, slack })
    const terminated = { exitCode: 0, reason: 'Completed', startedAt: new Date(), finishedAt: new Date() }
    const containerStatuses = [{ name: 'test', ready: false, state: { running: null, terminated } }]
    const body = { status: { phase: 'Succeeded', containerStatuses } }
    await shop.bench.core.patchNamespacedPodStatus({ namespace, name: pod, body }, asStrategicMergePatch)
    await shop.people.live(id, 'succeeded')
    expect(await jobsOf(id)).toHaveLength(1)
    await shop.trailIsIntact()
  })

  it('a Job that nobody waits for any more is left alone', async () => {
    const { workload, image, id } = await approved('stopped')
    const pod = await podOf(id)
    await shop.people.type(carol, `rollback ${id}`)
    await shop.people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    const { metadata, status } = await shop.bench.core.readNamespacedPod({ namespace, name: pod })
    expect([metadata?.deletionTimestamp, status?.phase]).toEqual([undefined, 'Running'])
  })

  it('a Job that takes too long holds the release, and whoever resumes does without its word', async () => {
    const { id } = await approved('endless')
    const held = await shop.people.live(id, 'paused')
    await inThread(id, 'has not ended within 1 s')
    await shop.people.press(carol, held, 'resume')
    await shop.people.live(id, 'succeeded')
    expect(await jobsOf(id)).toHaveLength(1)
  })
}
