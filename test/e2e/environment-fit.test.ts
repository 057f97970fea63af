import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { examine } from '../../src/doctor/check.ts'
import { kubernetesChecks } from '../../src/doctor/kubernetes.ts'
import type { Finding as DoctorFinding } from '../../src/doctor/report.ts'
import { openSetup } from '../../src/doctor/setup.ts'
import type { MeasuredGate } from '../../src/upgrade/gate.ts'
import type { Finding } from '../../src/upgrade/upgrade.ts'
import { eventuallyHolds } from '../conformance/workbench.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { shopConfig } from '../shop.ts'
import { draft, type Ground, openSite, type Site } from '../targets/deployment/site.ts'

/** What the new pods need, on a real control plane and under the rights of deploy/rbac.yaml. */

const account = '--serviceaccount=rollcall:rollcall'
let prepared: Awaited<ReturnType<typeof controlPlaneForRollcall>>

beforeAll(async () => {
  prepared = await controlPlaneForRollcall([20, 120])
}, 30 * 60_000)

afterAll(async () => {
  await prepared?.stop()
})

function kubectl(args: string[], manifest?: unknown): Promise<string> {
  return prepared.controlPlane.kubectl(args, manifest ? { input: JSON.stringify(manifest) } : {})
}

async function open(pod: Record<string, unknown> = {}): Promise<Site> {
  const ground: Ground = {
    kubeconfig: prepared.adminKubeconfig,
    grant: async (namespace) => {
      await kubectl(['create', 'rolebinding', 'rollcall', '-n', namespace, '--clusterrole=rollcall-workloads', account])
      return prepared.kubeconfig
    },
    stop: async () => {},
  }
  const resources = { requests: { cpu: '500m', memory: '1Gi' } }
  const containers = [
    { name: 'app', image: 'web:1.0.0', resources, readinessProbe: { tcpSocket: { port: 80 } }, ...pod },
  ]
  return openSite(ground, { replicas: 4, template: { metadata: { labels: { app: 'web' } }, spec: { containers } } })
}

async function findingsOf(site: Site): Promise<Finding[]> {
  return (await site.target.prepare(await draft(site))).findings
}

test('with its ordinary rights it says what it could not look at, and finds nothing else', async () => {
  const site = await open({ envFrom: [{ secretRef: { name: 'web-database' } }] })
  expect(await findingsOf(site)).toEqual([
    { severity: 'note', code: 'NOT_CHECKED', detail: { what: 'Secret', names: '' } },
    { severity: 'note', code: 'NOT_CHECKED', detail: { what: 'Node', names: '' } },
  ])
  await site.close()
})

test('what came after the pods that run: a missing key, a quota, a LimitRange', async () => {
  const site = await open({
    env: [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'web', key: 'level' } } }],
  })
  const { namespace } = site.bench
  await kubectl(['create', 'configmap', 'web', '-n', namespace, '--from-literal=mode=x'])
  await kubectl(['create', 'quota', 'small', '-n', namespace, '--hard=requests.cpu=2500m,limits.memory=64Gi'])
  await kubectl(['apply', '-n', namespace, '-f', '-'], {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'limits' },
    spec: { limits: [{ type: 'Container', min: { cpu: '1' } }] },
  })
  await eventuallyHolds('the quota to be counted', async () => {
    const { status } = await site.bench.core.readNamespacedResourceQuota({ namespace, name: 'small' })
    expect(status?.used?.['requests.cpu']).toBe('2')
  })

  const blocks = (await findingsOf(site)).filter(({ severity }) => severity === 'block')

  const quota = { quota: 'small', resource: 'requests.cpu', free: '500m', needed: '1' }
  const byCode = (one: Finding, other: Finding) => one.code.localeCompare(other.code)
  expect(blocks.sort(byCode)).toEqual([
    {
      severity: 'block',
      code: 'LIMIT_RANGE_REFUSES',
      detail: { range: 'limits', container: 'app', why: 'min', resource: 'cpu', bound: '1' },
    },
    { severity: 'block', code: 'QUOTA_TOO_SMALL', detail: quota },
    { severity: 'block', code: 'REFERENCE_MISSING', detail: { kind: 'ConfigMap', name: 'web', key: 'level' } },
    {
      severity: 'block',
      code: 'RESOURCES_NOT_STATED',
      detail: { quota: 'small', resource: 'limits.memory', container: 'app' },
    },
  ])
  // The API server says the same of such a pod.
  const pod = { metadata: { name: 'one-more' }, spec: (await site.workload.get()).spec?.template.spec }
  const refused = kubectl(['create', '-n', namespace, '-f', '-'], { apiVersion: 'v1', kind: 'Pod', ...pod })
  await expect(refused).rejects.toThrow(/minimum cpu usage per Container is 1/)
  await site.close()
})

test('with the optional rights it sees that a Secret is there, and whether nodes have room', async () => {
  const site = await open({ envFrom: [{ secretRef: { name: 'here' } }, { secretRef: { name: 'gone' } }] })
  const { namespace } = site.bench
  await kubectl(['create', 'secret', 'generic', 'here', '-n', namespace, '--from-literal=password=hunter2'])
  const named = ['--resource-name=here', '--resource-name=gone']
  await kubectl(['create', 'role', 'secrets', '-n', namespace, '--verb=get', '--resource=secrets', ...named])
  await kubectl(['create', 'rolebinding', 'secrets', '-n', namespace, '--role=secrets', account])
  await kubectl(['create', 'clusterrolebinding', 'node-room', '--clusterrole=rollcall-node-room', account])

  await eventuallyHolds('the bindings to count', async () => {
    expect(await findingsOf(site)).toEqual([
      { severity: 'block', code: 'REFERENCE_MISSING', detail: { kind: 'Secret', name: 'gone', key: '' } },
      {
        severity: 'note',
        code: 'ROOM_ON_NODES',
        detail: { pods: 2, needed: 2, request: '500m/1Gi', open: 3, looked: 3 },
      },
    ])
  })
  await kubectl(['cordon', 'node-1', 'node-2', 'node-3'])
  expect(await findingsOf(site)).toContainEqual({
    severity: 'warn',
    code: 'NO_ROOM_ON_NODES',
    detail: { needed: 2, request: '500m/1Gi', open: 0, looked: 0 },
  })
  await kubectl(['uncordon', 'node-1', 'node-2', 'node-3'])
  await kubectl(['delete', 'clusterrolebinding', 'node-room'])
  await site.close()
})

test('what gates need beyond its ordinary rights blocks the plan until it is there', async () => {
  const times = { during: ['soak' as const], intervalMs: 10_000, timeoutMs: 10_000 }
  const measured: MeasuredGate[] = [
    { type: 'logs', name: 'logs', ...times, pattern: 'ERROR', max: 0 },
    { type: 'job', name: 'regression', ...times, cronJob: 'web-regression' },
  ]
  const site = await open()
  const { namespace } = site.bench
  const blocks = async () => {
    const upgrade = await draft(site, { policy: { gates: { rollout: { graceMs: 0 }, measured } } })
    const { findings } = await site.target.prepare(upgrade)
    return findings.flatMap(({ severity, code, detail }) => {
      return severity === 'block' ? [`${code} ${detail.verb ?? ''} ${detail.resource ?? detail.cronJob}`] : []
    })
  }
  expect((await blocks()).sort()).toEqual([
    'RBAC_FORBIDDEN create jobs',
    'RBAC_FORBIDDEN get cronjobs',
    'RBAC_FORBIDDEN get jobs',
    'RBAC_FORBIDDEN get pods/log',
  ])
  for (const role of ['rollcall-logs', 'rollcall-jobs'])
    await kubectl(['create', 'rolebinding', role, '-n', namespace, `--clusterrole=${role}`, account])
  await eventuallyHolds('the bindings to count', async () => {
    expect(await blocks()).toEqual(['CRON_JOB_MISSING  web-regression'])
  })
  const image = '--image=registry.example.com/shop/regression:7'
  await kubectl(['create', 'cronjob', 'web-regression', '-n', namespace, image, '--schedule=0 0 1 1 *'])
  expect(await blocks()).toEqual([])
  await site.close()
})

/** What `rollcall doctor` says of the cluster and the target. */
async function doctored(site: Site, kubeconfig: string): Promise<DoctorFinding[]> {
  const { namespace } = site.bench
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-doctor-'))
  const file = join(dir, 'rollcall.yaml')
  const target = { kind: 'Deployment', namespace, name: 'web', container: 'app' }
  await writeFile(file, stringify(shopConfig({ web: { environment: { target } } })))
  const setup = openSetup({ env: { KUBECONFIG: kubeconfig, ROLLCALL_CONFIG: file } })
  try {
    return (await examine(await kubernetesChecks(setup))).findings
  } finally {
    await setup.close()
    await rm(dir, { recursive: true })
  }
}

test('doctor finds nothing wrong under deploy/rbac.yaml, the one verb that is missing, and rights that are too many', async () => {
  const site = await open()
  const { namespace } = site.bench
  expect(await doctored(site, prepared.kubeconfig)).toEqual([])

  const { rules } = JSON.parse(await kubectl(['get', 'clusterrole', 'rollcall-workloads', '-o', 'json']))
  const less = rules.map((rule: { resources: string[]; verbs: string[] }) =>
    rule.resources.includes('replicasets') ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') } : rule,
  )
  await kubectl(['apply', '-n', namespace, '-f', '-'], {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'less' },
    rules: less,
  })
  await kubectl(['create', 'rolebinding', 'less', '-n', namespace, '--role=less', account])
  await kubectl(['delete', 'rolebinding', 'rollcall', '-n', namespace])
  await eventuallyHolds('the right to be gone', async () => {
    const found = await doctored(site, prepared.kubeconfig)
    expect(found.map(({ code, found: what }) => `${code}: ${what}`)).toEqual([
      `RIGHTS_MISSING: Rollcall may not patch replicasets in ${namespace}.`,
    ])
  })

  const asAdmin = await doctored(site, prepared.adminKubeconfig)
  expect(asAdmin.map(({ code, found: what }) => `${code}: ${what}`)).toEqual([
    'RIGHTS_TOO_MANY: Rollcall may do everything in the whole cluster.',
  ])
  await site.close()
})
