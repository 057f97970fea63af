import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Api } from '../../src/kubernetes/api.ts'
import { type Clusters, openClusters } from '../../src/kubernetes/clusters.ts'
import { deployments, type Snapshot } from '../../src/kubernetes/deployment.ts'
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig.ts'
import { reflect } from '../../src/kubernetes/reflector.ts'
import type { NamespaceWatch } from '../../src/kubernetes/watch.ts'
import { connect, eventuallyHolds, type Workbench, Workload } from '../conformance/workbench.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'

let cluster: FakeCluster
let bench: Workbench
let workload: Workload
let clusters: Clusters
let watch: NamespaceWatch<Snapshot>

beforeAll(async () => {
  cluster = await startCluster()
  bench = { ...connect(cluster.kubeconfig), namespace: 'shop' }
  await bench.core.createNamespace({ body: { metadata: { name: 'shop' } } })
  workload = await Workload.start(bench, 'web:1', { replicas: 3 })
})

afterAll(async () => {
  await cluster.stop()
})

beforeEach(async () => {
  clusters = openClusters(
    () => loadKubeConfig({ KUBECONFIG: cluster.kubeconfig }),
    () => ({ here: {} }),
  )
  watch = clusters.get('here').watch('shop', deployments)
  await watch.whenSynced()
})

afterEach(() => {
  clusters.close()
})

const readyPods = () => watch.snapshot('web')?.pods.filter((pod) => pod.ready && !pod.deleting).length

async function scale(replicas: number) {
  await workload.patch({ op: 'replace', path: '/spec/replicas', value: replicas })
  await eventuallyHolds(`${replicas} pods are seen`, async () => {
    expect(watch.snapshot('web')?.deployment.replicas).toBe(replicas)
    expect(readyPods()).toBe(replicas)
  })
}

test('shows a Deployment with what is below it, and what becomes of it', async () => {
  const seen = watch.snapshot('web')
  expect(seen?.deployment).toMatchObject({ replicas: 3, availableReplicas: 3 })
  expect(seen?.replicaSets).toMatchObject([{ replicas: 3, images: { app: 'web:1' } }])
  expect(seen?.replicaSets[0]?.templateHash).toBe(seen?.deployment.templateHash)
  expect(seen?.pods.map(({ ready }) => ready)).toEqual([true, true, true])
  expect(watch.snapshot('nothing')).toBeUndefined()
  await scale(5)
  await scale(3)
})

test('tells its listeners which Deployment changed, also when only a pod did', async () => {
  const heard = new Set<string>()
  const unsubscribe = clusters.subscribe(({ cluster: name, namespace, name: deployment }) => {
    heard.add(`${name}/${namespace}/${deployment}`)
  })
  const [pod] = await workload.pods()
  const name = pod?.metadata?.name ?? ''
  cluster.makeUnready('shop', name)
  await eventuallyHolds('it is heard', async () => expect([...heard]).toEqual(['here/shop/web']))
  unsubscribe()
  cluster.makeReady('shop', name)
  await eventuallyHolds('ready again', async () => expect(readyPods()).toBe(3))
})

test('is silent about a change of what it does not keep', async () => {
  const changeCause = 'kubernetes.io/change-cause'
  await workload.staysQuiet()
  const heard: (string | undefined)[] = []
  const unsubscribe = clusters.subscribe(() => {
    heard.push(watch.snapshot('web')?.deployment.annotations?.[changeCause])
  })
  await workload.patch({ op: 'add', path: '/metadata/labels', value: { team: 'shop' } })
  await workload.patch({ op: 'add', path: '/metadata/annotations/kubernetes.io~1change-cause', value: 'a reason' })
  await eventuallyHolds('the cause is heard', async () => expect(heard).toContain('a reason'))
  unsubscribe()
  expect(heard[0]).toBe('a reason')
})

test('remembers when a pod lost its readiness, until it is back', async () => {
  const [pod] = await workload.pods()
  const name = pod?.metadata?.name ?? ''
  const view = () => watch.snapshot('web')?.pods.find((one) => one.name === name)
  expect(view()).not.toHaveProperty('lostReadyAt')
  cluster.makeUnready('shop', name)
  await eventuallyHolds('it is lost', async () => {
    expect(view()).toMatchObject({ ready: false, lostReadyAt: expect.any(String) })
  })
  cluster.makeReady('shop', name)
  await eventuallyHolds('it is back', async () => {
    expect(view()?.ready).toBe(true)
    expect(view()).not.toHaveProperty('lostReadyAt')
  })
})

test('a new pod that is not Ready yet has lost nothing', async () => {
  cluster.setReadyDelay(400)
  const scaling = scale(4)
  await eventuallyHolds('it is there', async () => expect(watch.snapshot('web')?.pods).toHaveLength(4))
  expect(watch.snapshot('web')?.pods.find(({ ready }) => !ready)).not.toHaveProperty('lostReadyAt')
  await scaling
  cluster.setReadyDelay(20)
  await scale(3)
})

describe('goes on', () => {
  test('after its connections were cut', async () => {
    cluster.cutWatches()
    await scale(4)
    await scale(3)
  })

  test.each(['event', 'status'] as const)('after its resource version expired, told by %s', async (answer) => {
    cluster.cutWatches()
    cluster.compact(answer)
    await scale(5)
    await scale(3)
  })

  test('after the API server was away, and says so meanwhile', async () => {
    await cluster.down()
    await eventuallyHolds('it says so', async () => {
      expect(clusters.watches()).toMatchObject([
        { cluster: 'here', kind: 'Deployment', namespace: 'shop', error: expect.any(String) },
      ])
    })
    await cluster.up()
    await scale(4)
    await eventuallyHolds('it is well again', async () => {
      expect(clusters.watches()).toEqual([{ cluster: 'here', kind: 'Deployment', namespace: 'shop', synced: true }])
    })
    await scale(3)
  })
})

test('a watch that says nothing any more is given up', async () => {
  let watches = 0
  const api = {
    get: async () => ({ metadata: { resourceVersion: '7' }, items: [] }),
    async *watch(_path: string, query: { resourceVersion: string }, signal: AbortSignal) {
      watches += 1
      expect(query.resourceVersion).toBe('7')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  } as unknown as Api
  const reflector = reflect({ api, path: '/pods', replace: () => {}, apply: () => {}, watchSeconds: 0.02 })
  await eventuallyHolds('it asks again', async () => expect(watches).toBeGreaterThan(2))
  reflector.close()
})

describe('what stands in the way has a code', () => {
  test.each([
    [{ nowhere: {} }, 'here', 'CONTEXT_NOT_FOUND'],
    [{ here: { context: 'prod-eu' } }, 'here', 'CONTEXT_NOT_FOUND'],
  ])('%j', (configured, name, code) => {
    const wrong = openClusters(
      () => loadKubeConfig({ KUBECONFIG: cluster.kubeconfig }),
      () => configured,
    )
    expect(() => wrong.get(name)).toThrow(expect.objectContaining({ code }))
  })

  test('an API server that is away', async () => {
    await cluster.down()
    const { api } = clusters.get('here')
    await expect(api.get('/version')).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE', retryable: true })
    await cluster.up()
  })

  test('a missing right', async () => {
    const allow = cluster.forbid('get', 'namespaces')
    await expect(clusters.get('here').uid()).rejects.toMatchObject({ code: 'CLUSTER_FORBIDDEN', retryable: false })
    allow()
    expect(await clusters.get('here').uid()).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a namespace that may not be watched', async () => {
    const allow = cluster.forbid('list', 'pods', 'elsewhere')
    const hidden = clusters.get('here').watch('elsewhere', deployments)
    await expect(hidden.whenSynced(300)).rejects.toMatchObject({ code: 'CLUSTER_FORBIDDEN' })
    allow()
  })
})
