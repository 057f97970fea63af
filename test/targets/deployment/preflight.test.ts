import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../src/kubernetes/deployment.ts'
import { factsOf } from '../../../src/targets/deployment/preflight.ts'
import type { MeasuredGate } from '../../../src/upgrade/gate.ts'
import type { Finding } from '../../../src/upgrade/upgrade.ts'
import { aPolicy } from '../../an-upgrade.ts'
import { asMergePatch, manifest } from '../../conformance/workbench.ts'
import { type FakeCluster, type Manifest, startCluster } from '../../fakes/cluster/cluster.ts'
import { type Changes, draft, openSite, type Site } from './site.ts'

let cluster: FakeCluster

beforeAll(async () => {
  cluster = await startCluster()
})

afterAll(async () => {
  await cluster.stop()
})

type Beside = Omit<Manifest, 'metadata'> & { metadata: { name: string; [field: string]: unknown } }

type Case = {
  spec?: Parameters<typeof openSite>[1]
  /** A merge patch on the Deployment before the pre-flight looks. */
  patch?: Record<string, unknown>
  /** Other objects in its namespace. */
  beside?: Beside | Beside[]
  changes?: Changes
  forbid?: [verb: string, resource: string]
}

async function findings({ spec = {}, patch, beside = [], changes = {}, forbid }: Case): Promise<Finding[]> {
  const site = await openSite(cluster, spec)
  const { bench, target } = site
  try {
    const { namespace } = bench
    if (patch) {
      await bench.apps.patchNamespacedDeployment({ namespace, name: 'web', body: patch }, asMergePatch)
      await site.workload.reaches('the patch is observed', () => true)
    }
    cluster.seed([beside].flat().map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }) as Manifest))
    const upgrade = await draft(site, changes)
    const allow = forbid && cluster.forbid(...forbid, namespace)
    const prepared = await target.prepare(upgrade)
    allow?.()
    expect(await untouched(site)).toBe(true)
    // The test's Deployment has no probe, and its pods fit on every node.
    return prepared.findings.filter(
      ({ code }) => code !== 'ROOM_ON_NODES' && (code !== 'NO_READINESS_PROBE' || spec.template),
    )
  } finally {
    await site.close()
  }
}

/** The pre-flight changes nothing. */
async function untouched({ workload, bench }: Site): Promise<boolean> {
  const { items } = await bench.core.listNamespacedConfigMap({ namespace: bench.namespace })
  const image = (await workload.get()).spec?.template.spec?.containers[0]?.image
  return image === 'web:1.0.0' && !items.some(({ metadata }) => metadata?.name?.startsWith('rollcall-'))
}

const template = (container: Record<string, unknown> = {}, spec: Record<string, unknown> = {}) => ({
  template: {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'web:1.0.0', ...container }], ...spec },
  },
})

const labelled = (labels: Record<string, string>) => ({ metadata: { labels } })
const annotated = (annotations: Record<string, string>) => ({ metadata: { annotations } })

const autoscaler = (minReplicas: number, labels: Record<string, string> = {}) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', labels },
  spec: { minReplicas, maxReplicas: 20, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
})

const withVolume = template({}, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] })

const claim = (mode: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
})

const quota = (hard: string, used: string) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'small' },
  status: { hard: { pods: hard }, used: { pods: used } },
})

test('an ordinary Deployment has nothing against it', async () => {
  expect(await findings({})).toEqual([])
})

describe('blocks', () => {
  test.each<[string, Case, Record<string, string | number>]>([
    ['ALREADY_ON_IMAGE', { changes: { image: 'web:1.0.0' } }, { image: 'web:1.0.0' }],
    ['TARGET_PAUSED', { patch: { spec: { paused: true } } }, {}],
    [
      'LEFTOVERS',
      { patch: annotated({ 'rollcall.dev/upgrade': 'web-production-7@12' }) },
      { upgrade: 'web-production-7', namespace: expect.any(String) as unknown as string, name: 'web' },
    ],
    ['OWNED_BY_CONTROLLER', { patch: owned }, { kind: 'Shop', name: 'spring' }],
    ['RECREATE_NO_BATCHES', { spec: { strategy: { type: 'Recreate' } } }, {}],
    [
      'SURGE_IMPOSSIBLE',
      { spec: template({ ports: [{ containerPort: 80, hostPort: 8080 }] }) },
      { why: 'hostPort', name: '8080' },
    ],
    ['QUOTA_TOO_SMALL', { beside: quota('11', '10') }, { quota: 'small', resource: 'pods', free: '1', needed: '2' }],
    [
      'MIN_READY_SECONDS_TOO_HIGH',
      { patch: { spec: { minReadySeconds: 60 } } },
      { seconds: 60, readyTimeoutSeconds: 60 },
    ],
    ['MAY_SCALE_TO_ZERO', { beside: autoscaler(0) }, { autoscaler: 'web' }],
    ['MAY_SCALE_TO_ZERO', { beside: autoscaler(1, { 'scaledobject.keda.sh/name': 'web' }) }, { autoscaler: 'web' }],
    ['MAY_SCALE_TO_ZERO', { patch: annotated({ 'downscaler/uptime': 'Mon-Fri' }) }, { autoscaler: 'kube-downscaler' }],
    ['MAY_SCALE_TO_ZERO', { patch: labelled({ 'sablier.enable': 'true' }) }, { autoscaler: 'Sablier' }],
    [
      'MANAGED_BY_ARGO_CD',
      { patch: annotated({ 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' }) },
      { application: 'shop' },
    ],
    ['MANAGED_BY_ARGO_CD', { patch: labelled({ 'argocd.argoproj.io/instance': 'shop' }) }, { application: 'shop' }],
    [
      'MANAGED_BY_FLUX',
      { patch: labelled({ 'kustomize.toolkit.fluxcd.io/name': 'apps' }) },
      { kind: 'Kustomization', name: 'apps' },
    ],
    [
      'MANAGED_BY_FLUX',
      { patch: labelled({ 'helm.toolkit.fluxcd.io/name': 'shop' }) },
      { kind: 'HelmRelease', name: 'shop' },
    ],
    [
      'MANAGED_BY_ROLLOUT_CONTROLLER',
      { patch: annotated({ 'rollout.argoproj.io/workload-generation': '3' }) },
      { manager: 'Argo Rollouts' },
    ],
    [
      'MANAGED_BY_ROLLOUT_CONTROLLER',
      { patch: annotated({ 'rollouts.kruise.io/in-progressing': '{}' }) },
      { manager: 'OpenKruise' },
    ],
  ])('%s: %j', async (code, given, detail) => {
    expect(await findings(given)).toContainEqual({ severity: 'block', code, detail })
  })

  test('a container that is not there', async () => {
    const site = await openSite(cluster)
    const upgrade = await draft(site)
    const renamed = { ...upgrade.policy, target: { ...upgrade.policy.target, container: 'web' } }
    const { findings } = await site.target.prepare({ ...upgrade, policy: renamed })
    const detail = { container: 'web', containers: 'app' }
    expect(findings).toContainEqual({ severity: 'block', code: 'CONTAINER_NOT_FOUND', detail })
    await expect(site.target.identify(renamed.target)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' })
    await site.close()
  })

  test('a rollout that is under way', async () => {
    const site = await openSite(cluster)
    const { apps, namespace } = site.bench
    cluster.setReadyDelay(60_000)
    try {
      const body = { spec: { template: { metadata: { annotations: { again: 'yes' } } } } }
      await apps.patchNamespacedDeployment({ namespace, name: 'web', body }, asMergePatch)
      const { findings } = await site.target.prepare(await draft(site))
      const detail = { updated: expect.any(Number), total: 10 }
      expect(findings).toContainEqual({ severity: 'block', code: 'ROLLOUT_IN_PROGRESS', detail })
    } finally {
      cluster.setReadyDelay(20)
      await site.close()
    }
  })

  test.each([
    ['patch', 'deployments'],
    ['watch', 'pods'],
    ['create', 'configmaps'],
    ['list', 'horizontalpodautoscalers'],
  ])('a missing right: %s %s', async (verb, resource) => {
    const found = await findings({ forbid: [verb, resource] })
    expect(found).toMatchObject([{ severity: 'block', code: 'RBAC_FORBIDDEN', detail: { verb, resource } }])
  })

  const common = { during: ['soak' as const], intervalMs: 10_000, timeoutMs: 10_000 }
  const logs: MeasuredGate = { type: 'logs', name: 'logs', ...common, pattern: 'ERROR', max: 0 }
  const regression: MeasuredGate = { type: 'job', name: 'regression', ...common, cronJob: 'web-regression' }
  const gates = (...measured: MeasuredGate[]) => ({ policy: { gates: { rollout: { graceMs: 0 }, measured } } })
  const cronJob: Beside = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'web-regression' },
    spec: { jobTemplate: {} },
  }

  test.each<[string, string, MeasuredGate]>([
    ['get', 'pods/log', logs],
    ['get', 'cronjobs', regression],
    ['create', 'jobs', regression],
    ['get', 'jobs', regression],
  ])('a right that only a gate needs: %s %s', async (verb, resource, gate) => {
    const forbid: Case['forbid'] = [verb, resource]
    expect(await findings({ forbid })).toEqual([])
    expect(await findings({ forbid, changes: gates(gate, { ...gate, name: 'other' }), beside: cronJob })).toMatchObject(
      [{ severity: 'block', code: 'RBAC_FORBIDDEN', detail: { verb, resource } }],
    )
  })

  test('a CronJob that a gate makes its Job from', async () => {
    expect(await findings({ changes: gates(regression), beside: cronJob })).toEqual([])
    const detail = { cronJob: 'web-regression', namespace: expect.any(String), gate: 'regression' }
    expect(await findings({ changes: gates(regression) })).toMatchObject([
      { severity: 'block', code: 'CRON_JOB_MISSING', detail },
    ])
  })

  test('a volume of one node', async () => {
    const detail = { why: 'ReadWriteOnce', name: 'data' }
    expect(await findings({ spec: withVolume, beside: claim('ReadWriteOnce') })).toContainEqual({
      severity: 'block',
      code: 'SURGE_IMPOSSIBLE',
      detail,
    })
    // It cannot be ruled out.
    const found = await findings({ spec: withVolume, forbid: ['get', 'persistentvolumeclaims'] })
    expect(found).toContainEqual({ severity: 'warn', code: 'SURGE_DOUBTFUL', detail })
  })

  test('a volume of many nodes stands in nobody’s way', async () => {
    const found = await findings({ spec: withVolume, beside: claim('ReadWriteMany') })
    expect(found.map(({ code }) => code)).toEqual(['NO_READINESS_PROBE'])
  })

  test('a patch that the API server would refuse', async () => {
    const found = await findings({ changes: { image: '' } })
    expect(found).toContainEqual({
      severity: 'block',
      code: 'ADMISSION_REFUSED',
      detail: { patch: 'start', message: expect.stringContaining('image') },
    })
  })
})

describe('warns and remarks', () => {
  test.each<[string, Case, Finding]>([
    [
      'Helm',
      { patch: annotated({ 'meta.helm.sh/release-name': 'shop' }) },
      { severity: 'warn', code: 'MANAGED_BY_HELM', detail: { release: 'shop' } },
    ],
    [
      'kubectl apply',
      { patch: annotated({ 'kubectl.kubernetes.io/last-applied-configuration': '{}' }) },
      { severity: 'warn', code: 'APPLIED_BY_KUBECTL', detail: {} },
    ],
    [
      'Argo CD where the policy says so',
      { patch: labelled({ 'argocd.argoproj.io/instance': 'shop' }), changes: { policy: { gitops: 'warn' } } },
      { severity: 'warn', code: 'MANAGED_BY_ARGO_CD', detail: { application: 'shop' } },
    ],
    ['one replica', { spec: { replicas: 1 } }, { severity: 'warn', code: 'SINGLE_REPLICA', detail: {} }],
    [
      'no readiness probe',
      { spec: template() },
      { severity: 'warn', code: 'NO_READINESS_PROBE', detail: { container: 'app' } },
    ],
    [
      'no surge',
      { changes: { strategy: { maxSurge: 0 } } },
      { severity: 'warn', code: 'DRAINS_FIRST', detail: { unavailable: 2 } },
    ],
    ['downtime', { changes: { strategy: { type: 'recreate' } } }, { severity: 'warn', code: 'DOWNTIME', detail: {} }],
    ['no replicas', { spec: { replicas: 0 } }, { severity: 'note', code: 'ZERO_REPLICAS', detail: {} }],
    [
      'an autoscaler',
      { beside: autoscaler(2) },
      { severity: 'note', code: 'AUTOSCALED', detail: { autoscaler: 'web', min: 2, max: 20 } },
    ],
    [
      'a disruption budget',
      {
        beside: {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'web' },
          spec: { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] } },
          status: { disruptionsAllowed: 1 },
        },
      },
      { severity: 'note', code: 'DISRUPTION_BUDGET', detail: { budget: 'web', allowed: 1 } },
    ],
  ])('%s', async (_, given, expected) => {
    expect(await findings(given)).toContainEqual(expected)
  })

  test('a pod that is not Ready', async () => {
    const site = await openSite(cluster)
    const [pod] = await site.workload.pods()
    cluster.makeUnready(site.bench.namespace, pod?.metadata?.name ?? '')
    await site.workload.reaches('nine are available', ({ status }) => status?.availableReplicas === 9)
    const { findings } = await site.target.prepare(await draft(site))
    expect(findings).toContainEqual({ severity: 'warn', code: 'TARGET_UNHEALTHY', detail: { ready: 9, total: 10 } })
    await site.close()
  })

  test('a budget for other pods is none of its business', async () => {
    const beside = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'api' },
      spec: { selector: { matchLabels: { app: 'api' } } },
    }
    expect(await findings({ beside })).toEqual([])
  })
})

test('everything at once, the worst first', async () => {
  const found = await findings({
    spec: { replicas: 1 },
    patch: { metadata: { annotations: { 'meta.helm.sh/release-name': 'shop' } }, spec: { paused: true } },
    beside: autoscaler(2),
  })
  expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'block TARGET_PAUSED',
    'warn SINGLE_REPLICA',
    'warn MANAGED_BY_HELM',
    'note AUTOSCALED',
  ])
})

test('a Deployment that was made again is another one', async () => {
  const site = await openSite(cluster, { replicas: 0 })
  const upgrade = await draft(site)
  const { apps, namespace } = site.bench
  await apps.deleteNamespacedDeployment({ namespace, name: 'web' })
  await apps.createNamespacedDeployment({ namespace, body: manifest('web', 'web:1.0.0', { replicas: 0 }) })
  await expect(site.target.prepare(upgrade)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  await site.close()
})

test.each<[Record<string, unknown>, number | string | undefined, { surge: number; unavailable: number }]>([
  [{ maxSurge: '25%', maxUnavailable: '25%' }, undefined, { surge: 3, unavailable: 2 }],
  [{ maxSurge: '25%', maxUnavailable: '25%' }, '11%', { surge: 2, unavailable: 2 }],
  [{ maxSurge: 1, maxUnavailable: 0 }, undefined, { surge: 1, unavailable: 0 }],
  [{ maxSurge: 1, maxUnavailable: 0 }, 0, { surge: 0, unavailable: 1 }],
])('of 10 pods with %j, surge %s in the policy: %j', (rollingUpdate, maxSurge, expected) => {
  const { strategy } = aPolicy()
  const { maxSurge: _, ...own } = strategy
  const policy = aPolicy({ strategy: { ...own, ...(maxSurge !== undefined && { maxSurge }) } })
  const spec = { replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate }, ...template() }
  const { surge, unavailable } = factsOf({ metadata: {}, spec } as unknown as Deployment, policy)
  expect({ surge, unavailable }).toEqual(expected)
})

const owned = {
  metadata: { ownerReferences: [{ apiVersion: 'shop/v1', kind: 'Shop', name: 'spring', uid: 'u1' }] },
}
