import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type PodLogs, quietLogs, renderLog } from '../fakes/pod-log.ts'
import { type ApiClient, apiClient, type Connection, succeeded, type WatchEvent } from './api-client.ts'
import { live, type Pod, type Surroundings, terminate } from './pod-life.ts'
import { podPlacement } from './pod-placement.ts'

/** Milliseconds: always the same, evenly drawn from `[least, most]` each time, or told each time. */
export type Delay = number | readonly [least: number, most: number] | (() => number)

export type FakeKubeletOptions = Connection & {
  /** From «Running» to «Ready». */
  readyDelayMs: Delay
  /** How long a deleted pod stays «Terminating». Default 50. */
  stopDelayMs?: Delay
  /** How many nodes to register. Default 3. */
  nodes?: number
  /** A pod that fits on no node waits Pending, and is told why. Default 110, a kubelet's own. */
  podsPerNode?: number
  /** With what the logs of containers are served, over HTTPS on loopback, to the API server. */
  serving: { cert: string; key: string }
  /** What containers have logged; by default that they listen. */
  podLogs?: PodLogs
}

export type FakeKubelet = {
  /** Holds for every pod that has yet to begin to become Ready. */
  setReadyDelay(readyDelayMs: Delay): void
  /** Lets go of the cluster; pods and nodes stay as they are. */
  stop(): Promise<void>
}

/**
 * Stands in for the scheduler and the kubelets of a cluster that has neither: registers nodes, binds pods to them and
 * says of their containers what a kubelet would say, without running any. A DaemonSet's pods go to the node they name.
 *
 * The tag of a container's image may ask for misfortune:
 * - `-bad`: the image cannot be pulled (ImagePullBackOff); the pod stays Pending
 * - `-crash`: exits before it is Ready, again and again (CrashLoopBackOff), with a rising restart count
 * - `-oom`: becomes Ready, is OOMKilled once after five times that delay, restarts and becomes Ready again
 * - `-slow`: takes ten times as long to become Ready
 * - `-unready`: runs, and never becomes Ready
 * - `-flap`: becomes Ready, and loses it for good after five times that delay
 *
 * The annotation `kubelet.fake/exit-code` on a pod has its containers exit so once they have been Ready for that delay.
 */
export async function startFakeKubelet(options: FakeKubeletOptions): Promise<FakeKubelet> {
  const { nodes: nodeCount = 3, podsPerNode = 110, stopDelayMs = 50 } = options
  let { readyDelayMs } = options
  const client = apiClient(options)
  const stopping = new AbortController()
  const nodes = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`)
  const logs = await serveLogs(client, options.serving, options.podLogs ?? quietLogs)
  const { port } = logs.address() as AddressInfo
  await Promise.all(nodes.map((name) => registerNode(client, name, podsPerNode, port)))

  let addresses = 0
  const surroundings: Omit<Surroundings, 'signal'> = {
    client,
    placement: podPlacement(nodes, podsPerNode),
    readyDelayMs: () => draw(readyDelayMs),
    stopDelayMs: () => draw(stopDelayMs),
    podIP: () => {
      addresses += 1
      return `10.244.${(addresses >> 8) & 255}.${addresses & 255}`
    },
  }

  /** What is being done about each pod, by uid. */
  const work = new Map<string, { terminating: boolean; abort: AbortController }>()
  const begin = (pod: Pod, terminating: boolean) => {
    const { uid, namespace, name } = pod.metadata
    work.get(uid)?.abort.abort()
    const abort = new AbortController()
    work.set(uid, { terminating, abort })
    const task = terminating ? terminate : live
    task(pod, { ...surroundings, signal: abort.signal }).catch((error: unknown) => {
      if (!abort.signal.aborted) console.error(`fake kubelet, pod ${namespace}/${name}:`, error)
    })
  }
  const forget = (uid: string) => {
    work.get(uid)?.abort.abort()
    work.delete(uid)
    surroundings.placement.release(uid)
  }
  const observe = (pod: Pod) => {
    const { uid, deletionTimestamp } = pod.metadata
    if (pod.spec.nodeName) surroundings.placement.assign(uid, pod.spec.nodeName)
    const known = work.get(uid)
    if (deletionTimestamp ? !known?.terminating : !known) begin(pod, deletionTimestamp !== undefined)
  }
  const resync = (pods: Pod[]) => {
    const present = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const uid of work.keys()) if (!present.has(uid)) forget(uid)
    for (const pod of pods) observe(pod)
  }
  const watching = watchPods(client, stopping.signal, resync, ({ type, object }) =>
    type === 'DELETED' ? forget(object.metadata.uid) : observe(object),
  )

  return {
    setReadyDelay: (changed) => {
      readyDelayMs = changed
    },
    stop: async () => {
      stopping.abort()
      for (const { abort } of work.values()) abort.abort()
      await watching
      logs.closeAllConnections()
      logs.close()
      client.close()
    },
  }
}

/** Lists, then watches from there, over and over: a watch may end, or be too old to go on with, at any time. */
async function watchPods(
  client: ApiClient,
  signal: AbortSignal,
  onList: (pods: Pod[]) => void,
  onEvent: (event: WatchEvent<Pod>) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const list = succeeded(await client.get('/api/v1/pods'), 'list of pods')
      onList(list.items as Pod[])
      let resourceVersion = list.metadata.resourceVersion
      while (resourceVersion) {
        const path = `/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`
        for await (const event of client.watch<Pod>(path, signal)) {
          // A Status object, which has no resourceVersion: list again.
          resourceVersion = event.object.metadata.resourceVersion
          if (event.type !== 'BOOKMARK' && event.type !== 'ERROR') onEvent(event)
        }
      }
    } catch {
      // Stopped, or the API server is away for a while.
      await delay(200, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** `GET /containerLogs/<namespace>/<pod>/<container>`, which the API server passes requests for logs on to. */
async function serveLogs(client: ApiClient, tls: { cert: string; key: string }, podLogs: PodLogs): Promise<Server> {
  const server = createServer(tls, async ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'https://kubelet')
    const [, , namespace = '', pod = '', container = ''] = pathname.split('/')
    const { body } = await client.get(`/api/v1/namespaces/${namespace}/pods/${pod}`)
    const statuses = (body.status?.containerStatuses ?? []) as ContainerStatus[]
    const { image = '', state = {} } = statuses.find(({ name }) => name === container) ?? {}
    const startedAt = state.running?.startedAt ?? state.terminated?.startedAt
    if (startedAt === undefined) {
      response.writeHead(400).end(`container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`)
      return
    }
    const logger = { namespace, pod, container, image, startedAt: Date.parse(startedAt) }
    response.writeHead(200, { 'content-type': 'text/plain' }).end(renderLog(podLogs(logger), searchParams))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

type ContainerStatus = {
  name: string
  image: string
  state: { running?: { startedAt: string }; terminated?: { startedAt: string } }
}

async function registerNode(client: ApiClient, name: string, pods: number, port: number): Promise<void> {
  const size = { cpu: '64', memory: '256Gi', pods: String(pods) }
  const answer = await client.post('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    status: {
      capacity: size,
      allocatable: size,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  })
  // Registered by an earlier kubelet.
  if (answer.status !== 409) succeeded(answer, `registration of ${name}`)
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
  const reached = { status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } } }
  succeeded(await client.patch(`/api/v1/nodes/${name}/status`, reached, 'strategic-merge'), `address of ${name}`)
  // Every new node is tainted as not ready until a controller, which does not run here, has seen that it is.
  succeeded(await client.patch(`/api/v1/nodes/${name}`, { spec: { taints: null } }, 'merge'), `taints of ${name}`)
}

function draw(range: Delay): number {
  if (typeof range === 'number') return range
  if (typeof range === 'function') return range()
  const [least, most] = range
  return least + Math.random() * (most - least)
}
