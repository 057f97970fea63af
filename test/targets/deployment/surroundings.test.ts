/** What the new pods need where they are to run, on the simulated cluster. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../../src/kubernetes/api.ts'
import { scalers } from '../../../src/targets/workload/checks/scaling.ts'
import type { Finding } from '../../../src/upgrade/upgrade.ts'
import { aPolicy } from '../../an-upgrade.ts'
import { type FakeCluster, type Manifest, startCluster } from '../../fakes/cluster/cluster.ts'
import { type Changes, draft, openSite } from './site.ts'

let cluster: FakeCluster

beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 })
})

afterAll(async () => {
  await cluster.stop()
})

type Given = {
  container?: Record<string, unknown>
  pod?: Record<string, unknown>
  beside?: Manifest[]
  replicas?: number
  changes?: Changes
  forbid?: [verb: string, resource: string]
}

/** What is found of a Deployment beside its lack of a probe. */
async function found({ container = {}, pod = {}, beside = [], replicas = 4, changes = {}, forbid }: Given) {
  const spec = {
    replicas,
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image: 'web:1.0.0', ...container }], ...pod },
    },
  }
  const site = await openSite(cluster, spec)
  try {
    const { namespace } = site.bench
    cluster.seed(beside.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } })))
    const upgrade = await draft(site, changes)
    const allow = forbid && cluster.forbid(...forbid, namespace)
    const { findings } = await site.target.prepare(upgrade).finally(allow)
    return findings.filter(({ code }) => code !== 'NO_READINESS_PROBE')
  } finally {
    await site.close()
  }
}

async function codesOf(given: Given): Promise<string[]> {
  return (await found(given)).map(({ severity, code }) => `${severity} ${code}`)
}

const object = (kind: string, name: string, more: Record<string, unknown> = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...more,
})

const room = 'note ROOM_ON_NODES'

describe('what the pod template names', () => {
  const env = (key: string, optional?: boolean) => ({
    env: [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'web', key, ...(optional && { optional }) } } }],
  })

  test.each<[string, Given, Finding['detail']]>([
    [
      'a ConfigMap as a volume',
      { pod: { volumes: [{ name: 'c', configMap: { name: 'web' } }] } },
      { kind: 'ConfigMap', name: 'web', key: '' },
    ],
    [
      'a ConfigMap as an environment',
      { container: { envFrom: [{ configMapRef: { name: 'web' } }] } },
      { kind: 'ConfigMap', name: 'web', key: '' },
    ],
    [
      'a key of a ConfigMap',
      { container: env('level'), beside: [object('ConfigMap', 'web', { data: { mode: 'x' } })] },
      { kind: 'ConfigMap', name: 'web', key: 'level' },
    ],
    [
      'a projected ConfigMap',
      { pod: { volumes: [{ name: 'p', projected: { sources: [{ configMap: { name: 'web' } }] } }] } },
      { kind: 'ConfigMap', name: 'web', key: '' },
    ],
    [
      'a claim',
      { pod: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } },
      { kind: 'PersistentVolumeClaim', name: 'data', key: '' },
    ],
    [
      'what an init container needs',
      { pod: { initContainers: [{ name: 'migrate', image: 'm:1', envFrom: [{ configMapRef: { name: 'db' } }] }] } },
      { kind: 'ConfigMap', name: 'db', key: '' },
    ],
  ])('%s that is not there blocks', async (_, given, detail) => {
    expect(await found(given)).toContainEqual({ severity: 'block', code: 'REFERENCE_MISSING', detail })
  })

  test('everything is there: nothing is said of it', async () => {
    const beside = [object('ConfigMap', 'web', { data: { level: 'info' }, binaryData: { logo: '' } })]
    expect(await codesOf({ container: env('level'), beside })).toEqual([room])
    expect(await codesOf({ container: env('logo'), beside })).toEqual([room])
  })

  test('what is optional only warns', async () => {
    expect(await codesOf({ container: env('level', true) })).toEqual(['warn REFERENCE_ABSENT', room])
    const beside = [object('ConfigMap', 'web', { data: {} })]
    expect(await codesOf({ container: env('level', true), beside })).toEqual(['warn REFERENCE_ABSENT', room])
  })

  test('without the right to see Secrets it says that they were not checked, and not what they are called', async () => {
    const container = { envFrom: [{ secretRef: { name: 'web-tls' } }, { secretRef: { name: 'web-db' } }] }
    const detail = { what: 'Secret', names: '' }
    expect(await found({ container })).toContainEqual({ severity: 'note', code: 'NOT_CHECKED', detail })
  })

  test('without the right to see ConfigMaps too', async () => {
    // Of one that is not Rollcall's own record.
    const detail = { what: 'ConfigMap', names: 'web' }
    const given = { container: env('level'), forbid: ['get', 'configmaps'] as [string, string] }
    expect(await found(given)).toContainEqual({ severity: 'note', code: 'NOT_CHECKED', detail })
  })
})

describe('quotas and limits', () => {
  const requests = { resources: { requests: { cpu: '500m', memory: '1Gi' } } }
  const quota = (hard: Record<string, string>, used: Record<string, string>, spec = {}) =>
    object('ResourceQuota', 'small', { spec: { hard, ...spec }, status: { hard, used } })

  test('what the extra pods request counts', async () => {
    const beside = [quota({ 'requests.cpu': '2300m', memory: '6Gi' }, { 'requests.cpu': '2', memory: '4Gi' })]
    expect(await found({ container: requests, beside })).toEqual([
      {
        severity: 'block',
        code: 'QUOTA_TOO_SMALL',
        detail: { quota: 'small', resource: 'requests.cpu', free: '300m', needed: '1' },
      },
      expect.objectContaining({ code: 'ROOM_ON_NODES' }),
    ])
  })

  test('a quota for other pods does not', async () => {
    const hard = { 'requests.cpu': '1' }
    for (const scopes of [['Terminating'], ['BestEffort']]) {
      expect(await codesOf({ container: requests, beside: [quota(hard, hard, { scopes })] })).toEqual([room])
    }
    const urgent = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['urgent'] }] }
    expect(await codesOf({ container: requests, beside: [quota(hard, hard, { scopeSelector: urgent })] })).toEqual([
      room,
    ])
    expect(await codesOf({ container: requests, beside: [quota(hard, hard, { scopes: ['NotTerminating'] })] })).toEqual(
      ['block QUOTA_TOO_SMALL', room],
    )
  })

  test('no place for the record of the original settings', async () => {
    const beside = [quota({ configmaps: '3' }, { configmaps: '3' })]
    const detail = { quota: 'small', resource: 'configmaps', free: '0', needed: '1' }
    expect(await found({ beside })).toContainEqual({ severity: 'block', code: 'QUOTA_TOO_SMALL', detail })
  })

  test('a container that does not state what a quota counts', async () => {
    const beside = [quota({ 'limits.memory': '64Gi' }, {})]
    const detail = { quota: 'small', resource: 'limits.memory', container: 'app' }
    expect(await found({ container: requests, beside })).toContainEqual({
      severity: 'block',
      code: 'RESOURCES_NOT_STATED',
      detail,
    })
  })

  const range = (limit: Record<string, unknown>) => [object('LimitRange', 'limits', { spec: { limits: [limit] } })]
  test.each<[string, Record<string, unknown>, Record<string, unknown> | undefined]>([
    ['within', { type: 'Container', min: { cpu: '100m' } }, undefined],
    [
      'less than the least',
      { type: 'Container', min: { cpu: '1' } },
      { why: 'min', container: 'app', resource: 'cpu', bound: '1' },
    ],
    [
      'no limit where there is a most',
      { type: 'Container', max: { memory: '2Gi' } },
      { why: 'max', container: 'app', resource: 'memory', bound: '2Gi' },
    ],
    ['of the pod', { type: 'Pod', min: { cpu: '2' } }, { why: 'min', container: '', resource: 'cpu', bound: '2' }],
    ['of something else', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } }, undefined],
  ])('a LimitRange: %s', async (_, limit, detail) => {
    const expected = detail
      ? [{ severity: 'block', code: 'LIMIT_RANGE_REFUSES', detail: { range: 'limits', ...detail } }]
      : []
    const all = await found({ container: requests, beside: range(limit) })
    expect(all.filter(({ code }) => code !== 'ROOM_ON_NODES')).toEqual(expected)
  })
})

describe('room on the nodes', () => {
  test('is told in pods', async () => {
    const container = { resources: { requests: { cpu: '500m', memory: '1Gi' } } }
    const [note] = await found({ container, changes: { strategy: { maxSurge: 2 } } })
    const detail = { pods: 2, needed: 2, request: '500m/1Gi', open: 2, looked: 2 }
    expect(note).toEqual({ severity: 'note', code: 'ROOM_ON_NODES', detail })
  })

  test('no single node has room for one more pod', async () => {
    // Two of them fit on a node of 64 cores, and one on each is there.
    const container = { resources: { requests: { cpu: '40' } } }
    const [warning] = await found({ container, replicas: 2 })
    const detail = { needed: 2, request: '40 cpu', open: 2, looked: 2 }
    expect(warning).toEqual({ severity: 'warn', code: 'NO_ROOM_ON_NODES', detail })
  })

  test('no node takes such a pod at all', async () => {
    const pod = { nodeSelector: { gpu: 'yes' } }
    const all = await found({ pod })
    expect(all).toMatchObject([{ code: 'NO_ROOM_ON_NODES', detail: { open: 0 } }])
  })

  test.each(['nodes', 'pods'])('without the right to list %s of the cluster it says so', async (resource) => {
    // A real cluster grants pods of the namespace by another binding.
    const site = await openSite(cluster, { replicas: 2 })
    const upgrade = await draft(site)
    const allow = cluster.forbid('list', resource, '')
    const { findings } = await site.target.prepare(upgrade).finally(allow)
    expect(findings).toContainEqual({ severity: 'note', code: 'NOT_CHECKED', detail: { what: 'Node', names: '' } })
    await site.close()
  })

  test('is not asked for where no pod comes before an old one goes', async () => {
    const codes = await codesOf({ changes: { strategy: { maxSurge: 0 } } })
    expect(codes).toEqual(['warn DRAINS_FIRST'])
  })
})

describe('KEDA', () => {
  const labels = { 'scaledobject.keda.sh/name': 'web' }
  const scaleTargetRef = { kind: 'Deployment', name: 'web' }
  const autoscaler = {
    metadata: { name: 'keda-hpa-web', labels },
    spec: { minReplicas: 1, maxReplicas: 9, scaleTargetRef },
  }

  async function scaled(scaledObject: Record<string, unknown> | undefined): Promise<string[]> {
    const api = {
      get: async (path: string) =>
        path.includes('/scaledobjects/') ? { spec: scaledObject } : { items: [autoscaler] },
    } as unknown as Api
    const metadata = { labels: {}, annotations: {} }
    const findings = await scalers(api, aPolicy().target, { metadata } as unknown as Parameters<typeof scalers>[2])
    return findings.map(({ code }) => code)
  }

  test.each([
    [{ minReplicaCount: 1 }, 'AUTOSCALED'],
    [{}, 'MAY_SCALE_TO_ZERO'],
    [{ minReplicaCount: 2, idleReplicaCount: 0 }, 'MAY_SCALE_TO_ZERO'],
    [undefined, 'MAY_SCALE_TO_ZERO'],
  ])('with %j: %s', async (spec, code) => {
    expect(await scaled(spec)).toEqual([code])
  })
})
