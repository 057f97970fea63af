import { randomBytes } from 'node:crypto'
import { type V1Deployment, Watch } from '@kubernetes/client-node'
import { afterAll, test as base, beforeAll, describe, expect } from 'vitest'
import { connect as connectApi } from '../../src/kubernetes/api.ts'
import { deploymentConformance } from './deployments.ts'
import { jobsAndLogsConformance } from './jobs-and-logs.ts'
import {
  asJsonPatch,
  asMergePatch,
  asStrategicMergePatch,
  type ConformanceTest,
  connect,
  eventually,
  eventuallyHolds,
  imageOf,
  isReady,
  manifest,
  refusal,
  type Workbench,
  Workload,
} from './workbench.ts'

/** A cluster to check: whoever the kubeconfig is for may do everything in it. */
export type ClusterUnderTest = { kubeconfig: string; stop: () => Promise<void> }

/**
 * What Rollcall relies on in a Kubernetes cluster, as tests: the API's answers and the Deployment controller's moves.
 * The same tests run against the simulated cluster and a real control plane; where they differ, the real one is right.
 * Pods have to become Ready within a second or so, as their image's tag says.
 */
export function clusterConformance(start: () => Promise<ClusterUnderTest>): void {
  let cluster: ClusterUnderTest
  let clients: Omit<Workbench, 'namespace'>

  beforeAll(async () => {
    cluster = await start()
    clients = connect(cluster.kubeconfig)
  }, 30 * 60_000)

  afterAll(async () => {
    await cluster?.stop()
  })

  const test: ConformanceTest = base.extend<{ kube: Workbench }>({
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that a fixture needs off its pattern.
    kube: async ({}, use) => {
      const namespace = `conformance-${randomBytes(4).toString('hex')}`
      await clients.core.createNamespace({ body: { metadata: { name: namespace } } })
      await use({ ...clients, namespace })
      await clients.core.deleteNamespace({ name: namespace })
    },
  })
  apiConformance(test)
  deploymentConformance(test)
  jobsAndLogsConformance(test)
}

/** Creates a Deployment of no pods, for tests of the API alone. */
function idle({ apps, namespace }: Workbench, name = 'idle', spec: Partial<V1Deployment['spec']> = {}) {
  return apps.createNamespacedDeployment({ namespace, body: manifest(name, 'web:1.0.0', { replicas: 0, ...spec }) })
}

function configMap(
  { core, namespace }: Workbench,
  name: string,
  labels: Record<string, string> = {},
  data: Record<string, string> = {},
) {
  return core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels }, data } })
}

type Seen = { type: string; name: string | undefined; version: string | undefined; code: number | undefined }

/** Watches config maps until `enough`, then tells what came. */
async function watched(
  { config, namespace }: Workbench,
  query: Record<string, string | number | boolean>,
  enough: (seen: Seen[]) => boolean,
) {
  const seen: Seen[] = []
  let ended: unknown = 'not yet'
  const watch = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    query,
    (type: string, object: { code?: number; metadata?: { name?: string; resourceVersion?: string } }) => {
      const { name, resourceVersion: version } = object.metadata ?? {}
      seen.push({ type, name, version, code: object.code })
    },
    (error: unknown) => {
      ended = error
    },
  )
  await eventually('the watch to see enough', async () => (enough(seen) || ended !== 'not yet' ? true : undefined))
  watch.abort()
  return { seen, ended }
}

function apiConformance(it: ConformanceTest): void {
  describe.concurrent('objects', () => {
    it('a Deployment comes back with the defaults of the API', async ({ kube }) => {
      const { spec } = await idle(kube, 'web', {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'app', image: 'web', ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } },
            ],
            volumes: [{ name: 'config', configMap: { name: 'web' } }],
          },
        },
      })

      expect(JSON.parse(JSON.stringify(spec))).toEqual({
        replicas: 0,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: { app: 'web' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'web',
                imagePullPolicy: 'Always',
                ports: [{ containerPort: 80, protocol: 'TCP' }],
                readinessProbe: {
                  httpGet: { path: '/', port: 80, scheme: 'HTTP' },
                  failureThreshold: 3,
                  periodSeconds: 10,
                  successThreshold: 1,
                  timeoutSeconds: 1,
                },
                resources: {},
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
              },
            ],
            dnsPolicy: 'ClusterFirst',
            restartPolicy: 'Always',
            schedulerName: 'default-scheduler',
            securityContext: {},
            terminationGracePeriodSeconds: 30,
            volumes: [{ name: 'config', configMap: { name: 'web', defaultMode: 420 } }],
          },
        },
      })
    })

    it('a second object of the same name is refused', async ({ kube }) => {
      await idle(kube)

      expect(await refusal(idle(kube))).toEqual({
        code: 409,
        reason: 'AlreadyExists',
        message: 'deployments.apps "idle" already exists',
      })
    })

    it('what is not there is not found', async ({ kube }) => {
      const { apps, core, namespace } = kube

      expect(await refusal(apps.readNamespacedDeployment({ namespace, name: 'none' }))).toEqual({
        code: 404,
        reason: 'NotFound',
        message: 'deployments.apps "none" not found',
      })
      const elsewhere = core.createNamespacedConfigMap({
        namespace: 'no-such-space',
        body: { metadata: { name: 'a' } },
      })
      expect(await refusal(elsewhere)).toMatchObject({ code: 404, message: 'namespaces "no-such-space" not found' })
    })

    it('a name is generated where only its beginning is given', async ({ kube }) => {
      const { core, namespace } = kube

      const { metadata } = await core.createNamespacedConfigMap({
        namespace,
        body: { metadata: { generateName: 'a-' } },
      })

      expect(metadata?.name).toMatch(/^a-[a-z0-9]{5}$/)
    })

    it.for<[what: string, spec: Partial<V1Deployment['spec']>, field: string]>([
      [
        'a deadline that the hold would exceed',
        { minReadySeconds: 2_147_483_646, progressDeadlineSeconds: 2_147_483_646 },
        'spec.progressDeadlineSeconds',
      ],
      [
        'neither surge nor unavailable pods',
        { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
        'spec.strategy.rollingUpdate.maxUnavailable',
      ],
      [
        'nothing of both as percentages',
        { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '0%', maxUnavailable: '0%' } } },
        'spec.strategy.rollingUpdate.maxUnavailable',
      ],
      [
        'a rolling update in Recreate',
        { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
        'spec.strategy.rollingUpdate',
      ],
      ['fewer than no replicas', { replicas: -1 }, 'spec.replicas'],
      [
        'a selector that does not match',
        { selector: { matchLabels: { app: 'other' } } },
        'spec.template.metadata.labels',
      ],
      [
        'a container without an image',
        { template: { metadata: { labels: { app: 'idle' } }, spec: { containers: [{ name: 'app' }] } } },
        'spec.template.spec.containers[0].image',
      ],
    ])('a Deployment with %s is refused', async ([_what, spec, field], { kube }) => {
      const { code, reason, message } = await refusal(idle(kube, 'idle', spec))

      expect({ code, reason }).toEqual({ code: 422, reason: 'Invalid' })
      expect(message).toContain('Deployment.apps "idle" is invalid')
      expect(message).toContain(`${field}: `)
    })

    it('a selector cannot be changed', async ({ kube }) => {
      await idle(kube)

      const { code, message } = await refusal(
        new Workload(kube, 'idle').patch(
          { op: 'add', path: '/spec/selector/matchLabels/tier', value: 'a' },
          { op: 'add', path: '/spec/template/metadata/labels/tier', value: 'a' },
        ),
      )

      expect(code).toBe(422)
      expect(message).toContain('field is immutable')
    })
  })

  describe.concurrent('patches', () => {
    it('of 20 writers that test the same generation, one wins and the others are told nothing but 422', async ({
      kube,
    }) => {
      await idle(kube)
      const workload = new Workload(kube, 'idle')
      const { metadata } = await workload.reaches('its revision', (seen) => seen.metadata?.annotations !== undefined)

      const answers = await Promise.allSettled(
        Array.from({ length: 20 }, (_, writer) =>
          workload.patch(
            { op: 'test', path: '/metadata/generation', value: metadata?.generation },
            { op: 'add', path: '/metadata/annotations/example.com~1writer', value: String(writer) },
          ),
        ),
      ).then((all) => all.map((answer) => (answer.status === 'fulfilled' ? undefined : answer.reason)))

      expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
      const losers = await Promise.all(
        answers.filter((answer) => answer !== undefined).map((answer) => refusal(Promise.reject(answer))),
      )
      for (const loser of losers) {
        expect(loser).toEqual({
          code: 422,
          reason: 'Invalid',
          message: 'the server rejected our request due to an error in our request',
        })
      }
    })

    it('a patch for another object of the same name is refused by its uid', async ({ kube }) => {
      await idle(kube)
      const workload = new Workload(kube, 'idle')

      const { code } = await refusal(
        workload.patch(
          { op: 'test', path: '/metadata/uid', value: '00000000-0000-0000-0000-000000000000' },
          { op: 'replace', path: '/spec/replicas', value: 1 },
        ),
      )

      expect(code).toBe(422)
      expect((await workload.get()).spec?.replicas).toBe(0)
    })

    it('removing what is not there is refused', async ({ kube }) => {
      await idle(kube)

      const { code } = await refusal(new Workload(kube, 'idle').patch({ op: 'remove', path: '/spec/paused' }))

      expect(code).toBe(422)
    })

    it('fields of no value are left out of the answer', async ({ kube }) => {
      await idle(kube)

      const { spec } = await new Workload(kube, 'idle').patch(
        { op: 'add', path: '/spec/paused', value: false },
        { op: 'add', path: '/spec/minReadySeconds', value: 0 },
      )

      expect(spec?.paused).toBeUndefined()
      expect(spec?.minReadySeconds).toBeUndefined()
    })

    it('a merge patch merges, removes with null, and replaces lists', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'a', { keep: '1', drop: '1' }, { keep: '1', drop: '1' })

      const body = { metadata: { labels: { drop: null, add: '1' } }, data: { drop: null, add: '1' } }
      const patched = await core.patchNamespacedConfigMap({ namespace, name: 'a', body }, asMergePatch)

      expect(patched.metadata?.labels).toEqual({ keep: '1', add: '1' })
      expect(patched.data).toEqual({ keep: '1', add: '1' })
    })

    it('a strategic merge patch finds containers, variables and ports by their key', async ({ kube }) => {
      const { apps, namespace } = kube
      const sidecar = { name: 'sidecar', image: 'sidecar:1' }
      const env = [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
      ]
      const app = { name: 'app', image: 'web:1.0.0', env, ports: [{ containerPort: 80 }] }
      const template = { metadata: { labels: { app: 'idle' } }, spec: { containers: [app, sidecar] } }
      await idle(kube, 'idle', { template })

      const change = {
        name: 'app',
        image: 'web:2.0.0',
        env: [{ name: 'B', value: '2' }],
        ports: [{ containerPort: 81 }],
      }
      const body = { spec: { template: { spec: { containers: [change, { name: 'sidecar', $patch: 'delete' }] } } } }
      const patched = await apps.patchNamespacedDeployment({ namespace, name: 'idle', body }, asStrategicMergePatch)

      const containers = patched.spec?.template.spec?.containers
      expect(containers?.map(({ image }) => image)).toEqual(['web:2.0.0'])
      expect(containers?.[0]?.env?.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ])
      expect(containers?.[0]?.ports?.map(({ containerPort }) => containerPort).toSorted()).toEqual([80, 81])
    })

    it('a patch that is sent with dryRun is checked, answered and not kept', async ({ kube }) => {
      const { apps, namespace } = kube
      const { metadata } = await idle(kube)
      const replicas = (value: number) => [{ op: 'replace', path: '/spec/replicas', value }]
      const attempt = (value: number) =>
        apps.patchNamespacedDeployment({ namespace, name: 'idle', dryRun: 'All', body: replicas(value) }, asJsonPatch)

      const answer = await attempt(5)
      const { code } = await refusal(attempt(-1))

      expect(answer.spec?.replicas).toBe(5)
      expect(code).toBe(422)
      const after = await new Workload(kube, 'idle').get()
      expect(after.spec?.replicas).toBe(0)
      expect(after.metadata?.generation).toBe(metadata?.generation)
    })

    it('creation and deletion with dryRun change nothing', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'kept')

      await core.createNamespacedConfigMap({ namespace, dryRun: 'All', body: { metadata: { name: 'never' } } })
      await core.deleteNamespacedConfigMap({ namespace, name: 'kept', dryRun: 'All' })

      const { items } = await core.listNamespacedConfigMap({ namespace })
      const names = items.map(({ metadata }) => metadata?.name)
      expect(names).toContain('kept')
      expect(names).not.toContain('never')
    })
  })

  describe.concurrent('versions', () => {
    it('the generation grows with spec and annotations, not with labels and status', async ({ kube }) => {
      const { apps, namespace } = kube
      await idle(kube)
      const workload = new Workload(kube, 'idle')
      await workload.reaches('observed', ({ metadata }) => metadata?.annotations !== undefined)
      const generation = async () => (await workload.get()).metadata?.generation ?? 0
      const first = await generation()

      await workload.patch({ op: 'replace', path: '/spec/revisionHistoryLimit', value: 9 })
      expect(await generation()).toBe(first + 1)
      await workload.patch({ op: 'add', path: '/metadata/annotations/example.com~1a', value: '1' })
      expect(await generation()).toBe(first + 2)
      await workload.patch({ op: 'add', path: '/metadata/labels', value: { a: '1' } })
      expect(await generation()).toBe(first + 2)
      const body = [{ op: 'add', path: '/status/collisionCount', value: 1 }]
      await apps.patchNamespacedDeploymentStatus({ namespace, name: 'idle', body }, asJsonPatch)
      expect(await generation()).toBe(first + 2)
    })

    it('a write that changes nothing leaves the version as it is', async ({ kube }) => {
      await configMap(kube, 'a', {}, { key: 'value' })
      const { core, namespace } = kube
      const before = await core.readNamespacedConfigMap({ namespace, name: 'a' })

      const body = { data: { key: 'value' } }
      const after = await core.patchNamespacedConfigMap({ namespace, name: 'a', body }, asMergePatch)

      expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion)
    })

    it('an update from an old version is a conflict', async ({ kube }) => {
      const { core, namespace } = kube
      const old = await configMap(kube, 'a', {}, { key: '1' })
      await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...old, data: { key: '2' } } })

      const late = core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...old, data: { key: '3' } } })

      expect(await refusal(late)).toMatchObject({ code: 409, reason: 'Conflict' })
      expect((await core.readNamespacedConfigMap({ namespace, name: 'a' })).data).toEqual({ key: '2' })
    })

    it('a deletion with another uid is a conflict', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'a')

      const preconditions = { uid: '00000000-0000-0000-0000-000000000000' }
      const attempt = core.deleteNamespacedConfigMap({ namespace, name: 'a', body: { preconditions } })

      expect(await refusal(attempt)).toMatchObject({ code: 409, reason: 'Conflict' })
    })
  })

  describe.concurrent('what a pod needs', () => {
    it('of an object one may ask for the metadata alone', async ({ kube }) => {
      const { config, namespace } = kube
      await configMap(kube, 'web', {}, { key: 'value' })
      const api = connectApi('here', config)
      const path = (name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`

      const found = await api.metadata(path('web'))
      const missing = api.metadata(path('api'))

      expect(found).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'web' } })
      expect(found).not.toHaveProperty('data')
      await expect(missing).rejects.toMatchObject({ status: 404 })
      api.close()
    })

    it('a claim says how its volume may be used', async ({ kube }) => {
      const { core, namespace } = kube
      const resources = { requests: { storage: '1Gi' } }
      const spec = { accessModes: ['ReadWriteOnce'], resources }
      await core.createNamespacedPersistentVolumeClaim({ namespace, body: { metadata: { name: 'data' }, spec } })

      const claim = await core.readNamespacedPersistentVolumeClaim({ namespace, name: 'data' })

      expect(claim.spec?.accessModes).toEqual(['ReadWriteOnce'])
    })

    it('the pods of one node are found by its name', async ({ kube }) => {
      const { core, namespace } = kube
      const workload = await Workload.start(kube, 'web:1.0.0', { replicas: 3 })
      const [pod] = await workload.pods()
      const nodeName = pod?.spec?.nodeName ?? ''

      const running = 'status.phase!=Succeeded,status.phase!=Failed'
      const there = await core.listNamespacedPod({ namespace, fieldSelector: `spec.nodeName=${nodeName},${running}` })
      const { items: nodes } = await core.listNode()

      expect(there.items.map(({ metadata }) => metadata?.name)).toContain(pod?.metadata?.name)
      expect(there.items.every(({ spec }) => spec?.nodeName === nodeName)).toBe(true)
      const node = nodes.find(({ metadata }) => metadata?.name === nodeName)
      expect(node?.status?.allocatable).toMatchObject({ pods: expect.stringMatching(/^\d+$/) })
      expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }))
    })
  })

  describe.concurrent('lists', () => {
    it.for([
      ['a=1', ['one', 'two']],
      ['a=1,b=2', ['two']],
      ['a!=1', ['none', 'three']],
      ['a in (1,3)', ['one', 'three', 'two']],
      ['a notin (1)', ['none', 'three']],
      ['b', ['two']],
      ['!a', ['none']],
    ])('the label selector «%s» finds %j', async ([labelSelector, names], { kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'one', { a: '1', test: 'yes' })
      await configMap(kube, 'two', { a: '1', b: '2', test: 'yes' })
      await configMap(kube, 'three', { a: '3', test: 'yes' })
      await configMap(kube, 'none', { test: 'yes' })

      const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: `test,${labelSelector}` })

      expect(items.map(({ metadata }) => metadata?.name)).toEqual(names)
    })

    it('field selectors find by name, and are refused where the resource does not offer them', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'one')
      await configMap(kube, 'two')

      const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=two' })
      const { code } = await refusal(core.listNamespacedConfigMap({ namespace, fieldSelector: 'data.key=1' }))

      expect(items.map(({ metadata }) => metadata?.name)).toEqual(['two'])
      expect(code).toBe(400)
    })

    it('a long list comes in pages', async ({ kube }) => {
      const { core, namespace } = kube
      for (const name of ['a', 'b', 'c', 'd', 'e']) await configMap(kube, name, { test: 'yes' })

      const pages: (string | undefined)[][] = []
      let next: string | undefined
      do {
        const page = await core.listNamespacedConfigMap({
          namespace,
          labelSelector: 'test=yes',
          limit: 2,
          ...(next && { _continue: next }),
        })
        pages.push(page.items.map(({ metadata }) => metadata?.name))
        next = page.metadata?._continue
      } while (next)

      expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    })

    it('events are created and found by the object that they are about', async ({ kube }) => {
      const { core, namespace } = kube
      const { metadata } = await idle(kube)
      const involvedObject = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'idle', namespace, uid: metadata?.uid }
      const now = new Date()
      await core.createNamespacedEvent({
        namespace,
        body: {
          metadata: { generateName: 'idle.' },
          involvedObject: { ...involvedObject, uid: metadata?.uid ?? '' },
          type: 'Normal',
          reason: 'UpgradeStep',
          message: 'batch 1 of 3',
          source: { component: 'rollcall' },
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
        },
      })

      const fieldSelector = `involvedObject.kind=Deployment,involvedObject.name=idle,reason=UpgradeStep`
      const { items } = await core.listNamespacedEvent({ namespace, fieldSelector })

      expect(items.map(({ message }) => message)).toEqual(['batch 1 of 3'])
    })
  })

  describe.concurrent('watches', () => {
    it('a watch goes on after the version it is given, and misses and repeats nothing', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'before', { test: 'yes' })
      const list = await core.listNamespacedConfigMap({ namespace })
      await configMap(kube, 'a', { test: 'yes' })
      await core.patchNamespacedConfigMap({ namespace, name: 'a', body: { data: { key: '1' } } }, asMergePatch)
      await core.deleteNamespacedConfigMap({ namespace, name: 'a' })

      const resourceVersion = list.metadata?.resourceVersion ?? ''
      const { seen } = await watched(kube, { resourceVersion, labelSelector: 'test=yes' }, ({ length }) => length === 3)

      expect(seen.map(({ type, name }) => `${type} ${name}`)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
      const again = await watched(
        kube,
        { resourceVersion: seen[0]?.version ?? '', labelSelector: 'test=yes' },
        ({ length }) => length === 2,
      )
      expect(again.seen).toEqual(seen.slice(1))
    })

    it('an object that leaves the selector is deleted for the watch, and added when it is back', async ({ kube }) => {
      const { core, namespace } = kube
      await configMap(kube, 'a', { test: 'yes' })
      const { metadata } = await core.listNamespacedConfigMap({ namespace })
      for (const test of ['no', 'yes']) {
        await core.patchNamespacedConfigMap(
          { namespace, name: 'a', body: { metadata: { labels: { test } } } },
          asMergePatch,
        )
      }

      const resourceVersion = metadata?.resourceVersion ?? ''
      const { seen } = await watched(kube, { resourceVersion, labelSelector: 'test=yes' }, ({ length }) => length === 2)

      expect(seen.map(({ type }) => type)).toEqual(['DELETED', 'ADDED'])
    })

    it('a watch without a version begins with what is there, and ends after its time', async ({ kube }) => {
      await configMap(kube, 'a', { test: 'yes' })

      const { seen, ended } = await watched(kube, { labelSelector: 'test=yes', timeoutSeconds: 1 }, () => false)

      expect(seen.map(({ type, name }) => `${type} ${name}`)).toEqual(['ADDED a'])
      expect(ended).toBeNull()
    })

    it('bookmarks tell how far a quiet watch has come', async ({ kube }) => {
      const { core, namespace } = kube
      const list = await core.listNamespacedConfigMap({ namespace })
      await configMap(kube, 'a', { test: 'no' })

      const resourceVersion = list.metadata?.resourceVersion ?? ''
      const query = { resourceVersion, labelSelector: 'test=yes', allowWatchBookmarks: true, timeoutSeconds: 5 }
      const { seen } = await watched(kube, query, ({ length }) => length > 0)

      expect(seen[0]?.type).toBe('BOOKMARK')
      expect(Number(seen[0]?.version)).toBeGreaterThan(Number(resourceVersion))
    })
  })

  describe.concurrent('what belongs to what', () => {
    it('a ConfigMap that a Deployment owns goes with it', async ({ kube }) => {
      const { apps, core, namespace } = kube
      const { metadata } = await idle(kube)
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'idle', uid: metadata?.uid ?? '' }
      const body = { metadata: { name: 'rollcall-idle', ownerReferences: [owner] } }
      await core.createNamespacedConfigMap({ namespace, body })

      await apps.deleteNamespacedDeployment({ namespace, name: 'idle' })

      await eventually('the ConfigMap to be gone', async () => {
        const { items } = await core.listNamespacedConfigMap({
          namespace,
          fieldSelector: 'metadata.name=rollcall-idle',
        })
        return items.length === 0 ? true : undefined
      })
    })

    it('a Deployment takes its ReplicaSets and pods along', async ({ kube }) => {
      const { apps, namespace } = kube
      const workload = await Workload.start(kube, 'web:1.0.0', { replicas: 3 })

      await apps.deleteNamespacedDeployment({ namespace, name: 'web' })

      await eventuallyHolds('everything to be gone', async () => {
        expect([...(await workload.replicaSets()), ...(await workload.pods())]).toEqual([])
      })
    })

    it('orphaned ReplicaSets are adopted by the next Deployment with the same selector', async ({ kube }) => {
      const { apps, namespace } = kube
      const workload = await Workload.start(kube, 'web:1.0.0', { replicas: 2 })
      const before = (await workload.pods()).map(({ metadata }) => metadata?.uid).toSorted()
      await apps.deleteNamespacedDeployment({ namespace, name: 'web', propagationPolicy: 'Orphan' })
      await eventuallyHolds('the Deployment to be gone', async () => {
        expect((await refusal(workload.get())).code).toBe(404)
      })

      await Workload.start(kube, 'web:1.0.0', { replicas: 2 })

      expect((await workload.pods()).map(({ metadata }) => metadata?.uid).toSorted()).toEqual(before)
    })

    it('the endpoints of a Service are the Ready pods that it selects', async ({ kube }) => {
      const { core, namespace } = kube
      const body = { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }
      await core.createNamespacedService({ namespace, body })
      const workload = await Workload.start(kube, 'web:1.0.0', { replicas: 3 })
      const addresses = async () => {
        const { subsets } = await core.readNamespacedEndpoints({ namespace, name: 'web' })
        return subsets?.flatMap((subset) => subset.addresses?.map(({ ip }) => ip) ?? []).toSorted() ?? []
      }
      const ready = async () =>
        (await workload.pods())
          .filter(isReady)
          .flatMap(({ status }) => status?.podIP ?? [])
          .toSorted()

      await eventuallyHolds('three addresses', async () => {
        expect(await addresses()).toHaveLength(3)
        expect(await addresses()).toEqual(await ready())
      })
      await workload.patch({
        op: 'replace',
        path: '/spec/template/spec/containers/0/image',
        value: 'web:2.0.0-unready',
      })
      await eventuallyHolds('a pod that is not Ready', async () => {
        expect((await workload.pods()).some((pod) => imageOf(pod.spec) === 'web:2.0.0-unready')).toBe(true)
      })
      await workload.staysQuiet()
      await eventuallyHolds('only Ready pods', async () => expect(await addresses()).toEqual(await ready()))
    })

    it('an access review says what may be done', async ({ kube }) => {
      const { authorization, namespace } = kube
      const resourceAttributes = { verb: 'patch', group: 'apps', resource: 'deployments', namespace }

      const review = await authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })

      expect(review.status?.allowed).toBe(true)
    })

    it('the scale of a Deployment is read and written by its own', async ({ kube }) => {
      const { apps, namespace } = kube
      await idle(kube)

      const body = [{ op: 'add', path: '/spec/replicas', value: 2 }]
      await apps.patchNamespacedDeploymentScale({ namespace, name: 'idle', body }, asJsonPatch)

      const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'idle' })
      expect(scale.spec?.replicas).toBe(2)
      expect(scale.status?.selector).toBe('app=idle')
      expect((await new Workload(kube, 'idle').get()).spec?.replicas).toBe(2)
    })
  })
}
