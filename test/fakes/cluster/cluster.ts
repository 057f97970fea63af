import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PodLogs, quietLogs } from '../pod-log.ts'
import { ApiServer, type ExpiryAnswer } from './api-server.ts'
import { syncDeployment, watchForDeployments } from './controllers/deployment.ts'
import { ServiceIndex, syncEndpoints, watchForEndpoints } from './controllers/endpoints.ts'
import { EventRecorder } from './controllers/event-recorder.ts'
import { collect, watchForGarbage } from './controllers/garbage-collector.ts'
import { syncJob, watchForJobs } from './controllers/job.ts'
import { syncReplicaSet, watchForReplicaSets } from './controllers/replica-set.ts'
import { WorkQueue } from './controllers/work-queue.ts'
import { applyDefaults } from './defaults.ts'
import { type Delay, Kubelet } from './kubelet.ts'
import { canonical, type KubeObject, type Pod } from './objects.ts'
import { createObject, deleteObject } from './registry.ts'
import { resourceOfKind } from './resources.ts'
import { type Change, Store } from './store.ts'

export type { Delay } from './kubelet.ts'
export type { KubeObject } from './objects.ts'
export type { Change } from './store.ts'

/** The controllers that can be slowed down one by one; a number is for all of them. */
export type ControllerLag = number | { deployment?: number; replicaSet?: number; endpoints?: number }

export type ClusterOptions = {
  /** The port to listen on; 0, the default, is any free one. */
  port?: number
  /** From a pod's place on a node to Ready. Default 20. */
  readyDelayMs?: Delay
  /** From a pod's deletion to its end. Default 20. */
  terminateDelayMs?: Delay
  /** From a change to the controllers' reaction. Default 1. */
  controllerLagMs?: ControllerLag
  /** The Kubernetes version that `/version` names. */
  version?: string
  /** Serves requests without a token too: kubectl sends none over plain HTTP. Default false. */
  anonymous?: boolean
  nodes?: number
  /** How many pods fit on a node; more of them stay Pending. Default 5000. */
  podsPerNode?: number
  /** What containers have logged; by default that they listen. */
  podLogs?: PodLogs
}

/** What seeds a cluster: an object as a manifest says it. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

export type FakeCluster = {
  url: string
  /** The path of a kubeconfig file with a token for this cluster. */
  kubeconfig: string
  kubeconfigYaml: string
  store: Store
  stop: () => Promise<void>
  /** Creates objects, with the API server's defaults but without its validation; their namespaces come by themselves. */
  seed: (objects: Manifest[]) => void
  /** Calls back after every write; returns how to end that. */
  onChange: (listener: (change: Change) => void) => () => void
  setReadyDelay: (delay: Delay) => void
  setControllerLag: (lag: ControllerLag) => void
  /** The pod's container exits, counts a restart and becomes Ready again after the ready delay. */
  crashPod: (namespace: string, name: string) => void
  makeUnready: (namespace: string, name: string) => void
  makeReady: (namespace: string, name: string) => void
  /** Ends a pod at once, without grace. */
  killPod: (namespace: string, name: string) => void
  freezeControllers: () => void
  thawControllers: () => void
  /** Refuses a verb on a resource (`deployments`, `replicasets/scale`, `*`), in one namespace or everywhere; returns how to allow it again. */
  forbid: (verb: string, resource: string, namespace?: string) => () => void
  cutWatches: () => void
  /** Forgets the history: watches from before are told that they are expired, by an event or by the HTTP status. */
  compact: (answer?: ExpiryAnswer) => void
  /** Stops answering: refuses connections, or answers 503. */
  down: (how?: 'refuse' | 'unavailable') => Promise<void>
  up: () => Promise<void>
}

const contextName = 'simulated'
const userName = 'simulated-user'

/** Starts a simulated Kubernetes cluster: API server, the controllers behind a Deployment, and a kubelet. */
export async function startCluster(options: ClusterOptions = {}): Promise<FakeCluster> {
  const store = new Store()
  const token = randomBytes(24).toString('hex')
  const forbidden = new Set<{ verb: string; resource: string; namespace: string | undefined }>()
  const allows = (verb: string, resource: string, namespace: string) =>
    ![...forbidden].some(
      (rule) =>
        (rule.verb === '*' || verb === '*' || rule.verb === verb) &&
        (rule.resource === '*' || resource === '*' || rule.resource === resource) &&
        (rule.namespace === undefined || rule.namespace === namespace),
    )
  const forbid = (verb: string, resource: string, namespace?: string) => {
    const rule = { verb, resource, namespace }
    forbidden.add(rule)
    return () => void forbidden.delete(rule)
  }
  for (const verb of ['get', 'list', 'watch']) forbid(verb, 'secrets')

  const kubelet = new Kubelet(store, {
    readyDelayMs: options.readyDelayMs ?? 20,
    terminateDelayMs: options.terminateDelayMs ?? 20,
  })
  const controllers = startControllers(store, options.controllerLagMs ?? 1)
  store.subscribe((change) => kubelet.observe(change))
  seed(store, baseObjects(options))
  // Whoever watches from before the cluster was there is to list first, as on a real one.
  store.compact()

  const server = new ApiServer({
    store,
    ...(!options.anonymous && { token }),
    version: options.version ?? 'v1.36.0',
    allows,
    user: userName,
    podLogs: options.podLogs ?? quietLogs,
  })
  await server.listen(options.port ?? 0)
  const folder = await mkdtemp(join(tmpdir(), 'simulated-cluster-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const kubeconfigYaml = renderKubeconfig(server.url, token)
  await writeFile(kubeconfig, kubeconfigYaml, { mode: 0o600 })

  const podNamed = (namespace: string, name: string): Pod => {
    const pod = store.get('pods', namespace, name)
    if (!pod) throw new Error(`there is no pod ${namespace}/${name}`)
    return pod
  }

  return {
    url: server.url,
    kubeconfig,
    kubeconfigYaml,
    store,
    seed: (objects) => seed(store, objects),
    onChange: (listener) => store.subscribe(listener),
    setReadyDelay: (delay) => {
      kubelet.readyDelayMs = delay
    },
    setControllerLag: controllers.setLag,
    crashPod: (namespace, name) => kubelet.crash(podNamed(namespace, name)),
    makeUnready: (namespace, name) => kubelet.makeUnready(podNamed(namespace, name)),
    makeReady: (namespace, name) => kubelet.makeReady(podNamed(namespace, name)),
    killPod: (namespace, name) => {
      deleteObject(store, 'pods', namespace, name, { gracePeriodSeconds: 0 })
    },
    freezeControllers: () => controllers.each((queue) => queue.freeze()),
    thawControllers: () => controllers.each((queue) => queue.thaw()),
    forbid,
    cutWatches: () => server.cutWatches(),
    compact: (answer = 'event') => {
      server.expiryAnswer = answer
      store.compact()
    },
    down: async (how = 'refuse') => {
      if (how === 'refuse') await server.close()
      else server.answerUnavailable()
    },
    up: () => server.listen(),
    stop: async () => {
      controllers.each((queue) => queue.stop())
      kubelet.stop()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Controllers = { each: (act: (queue: WorkQueue) => void) => void; setLag: (lag: ControllerLag) => void }

function startControllers(store: Store, initialLag: ControllerLag): Controllers {
  let lag = initialLag
  const lagOf = (controller: 'deployment' | 'replicaSet' | 'endpoints') => () =>
    typeof lag === 'number' ? lag : (lag[controller] ?? 1)
  const deploymentEvents = new EventRecorder(store, 'deployment-controller')
  const replicaSetEvents = new EventRecorder(store, 'replicaset-controller')
  const jobEvents = new EventRecorder(store, 'job-controller')
  const services = new ServiceIndex()

  const replicaSets: WorkQueue = new WorkQueue(
    (key) => syncReplicaSet(store, replicaSets, replicaSetEvents, key),
    lagOf('replicaSet'),
  )
  const deployments: WorkQueue = new WorkQueue(
    (key) => syncDeployment(store, deployments, deploymentEvents, key),
    lagOf('deployment'),
  )
  const endpoints = new WorkQueue((key) => syncEndpoints(store, key), lagOf('endpoints'))
  const jobs: WorkQueue = new WorkQueue(
    (key) => syncJob(store, jobs, jobEvents, key),
    () => 1,
  )
  const garbage = new WorkQueue(
    (uid) => collect(store, uid),
    () => 1,
  )

  store.subscribe((change) => {
    watchForReplicaSets(store, replicaSets, change)
    watchForDeployments(store, deployments, change)
    watchForEndpoints(services, endpoints, change)
    watchForJobs(jobs, change)
    watchForGarbage(store, garbage, change)
  })
  return {
    each: (act) => [replicaSets, deployments, endpoints, jobs, garbage].forEach(act),
    setLag: (next) => {
      lag = next
    },
  }
}

function seed(store: Store, objects: Manifest[]): void {
  for (const manifest of objects) {
    const resource = resourceOfKind(manifest.apiVersion, manifest.kind)
    if (!resource) throw new Error(`the simulated cluster has no ${manifest.apiVersion} ${manifest.kind}`)
    const object = structuredClone(canonical(manifest)) as KubeObject
    if (resource.namespaced) object.metadata.namespace ??= 'default'
    const { namespace } = object.metadata
    if (namespace !== undefined && !store.get('namespaces', undefined, namespace))
      seed(store, [namespaceNamed(namespace)])
    if (resource.hasStatus) object.status ??= {}
    applyDefaults(resource.plural, object)
    createObject(store, resource.plural, object)
  }
}

function namespaceNamed(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

function baseObjects({ nodes = 3, podsPerNode = 5000, version = 'v1.36.0' }: ClusterOptions): Manifest[] {
  const resources = { cpu: '64', memory: '256Gi', pods: String(podsPerNode) }
  const numbered = Array.from({ length: nodes }, (_, index): Manifest => {
    const name = `node-${index + 1}`
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady' }
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: {},
      status: {
        capacity: resources,
        allocatable: resources,
        conditions: [ready],
        nodeInfo: { kubeletVersion: version, operatingSystem: 'linux', architecture: 'amd64' },
      },
    }
  })
  return [...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map(namespaceNamed), ...numbered]
}

/** @kubernetes/client-node talks plain HTTP only where TLS is not to be verified. */
function renderKubeconfig(url: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${contextName}
    cluster:
      server: ${url}
      insecure-skip-tls-verify: true
users:
  - name: ${userName}
    user:
      token: ${token}
contexts:
  - name: ${contextName}
    context:
      cluster: ${contextName}
      user: ${userName}
current-context: ${contextName}
`
}
