import type { KubeObject, Labels, Pod, Service } from '../objects.ts'
import { createObject, deleteObject, updateObject } from '../registry.ts'
import { requirementsOf } from '../selectors.ts'
import type { Change, Store } from '../store.ts'
import { controllerReference } from './ownership.ts'
import { hasEnded, isReady } from './pod-conditions.ts'
import { keyOf, splitKey, type WorkQueue } from './work-queue.ts'

/** A slice of endpoints holds at most this many. */
const sliceLength = 100

/** The Services of a pod, found by one label of their selector instead of by trying all of them. */
export class ServiceIndex {
  readonly #byLabel = new Map<string, Set<string>>()

  observe({ object, previous }: Change): void {
    const before = previous && this.#labelOf(previous as Service)
    if (before) this.#byLabel.get(before)?.delete(keyOf(object))
    const now = this.#labelOf(object as Service)
    if (!now) return
    const keys = this.#byLabel.get(now) ?? new Set()
    this.#byLabel.set(now, keys.add(keyOf(object)))
  }

  /** Keys of the Services whose selector may match these labels. */
  candidates(namespace: string, labels: Labels = {}): string[] {
    return Object.entries(labels).flatMap(([label, value]) => [
      ...(this.#byLabel.get(`${namespace}\n${label}\n${value}`) ?? []),
    ])
  }

  #labelOf({ metadata, spec }: Service): string | undefined {
    const [first] = Object.entries(spec.selector ?? {})
    return first && `${metadata.namespace}\n${first[0]}\n${first[1]}`
  }
}

/** Queues the Services that a change concerns. */
export function watchForEndpoints(index: ServiceIndex, queue: WorkQueue, change: Change): void {
  const { resource, object, previous } = change
  if (resource === 'services') {
    index.observe(change)
    queue.add(keyOf(object))
  }
  if (resource !== 'pods') return
  for (const pod of previous ? [object, previous] : [object]) {
    for (const key of index.candidates(pod.metadata.namespace ?? '', pod.metadata.labels)) queue.add(key)
  }
}

/** Writes a Service's Endpoints and EndpointSlices from the pods that its selector matches. */
export function syncEndpoints(store: Store, key: string): void {
  const [namespace, name] = splitKey(key)
  const service = store.get('services', namespace, name)
  if (!service) {
    if (store.get('endpoints', namespace, name)) deleteObject(store, 'endpoints', namespace, name)
    return
  }
  const { selector } = service.spec
  if (!selector) return
  const pods = store
    .list('pods', namespace, requirementsOf({ matchLabels: selector }))
    .filter((pod) => pod.status.podIP !== undefined && !hasEnded(pod))
    .sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
  writeEndpoints(store, service, pods)
  writeSlices(store, service, pods)
}

function portsOf(service: Service, pod: Pod | undefined): { name?: string; port: number; protocol: string }[] {
  return (service.spec.ports ?? []).flatMap(({ name, port, protocol = 'TCP', targetPort = port }) => {
    const named = pod?.spec.containers.flatMap(({ ports = [] }) => ports).find((entry) => entry.name === targetPort)
    const number = typeof targetPort === 'number' ? targetPort : named?.containerPort
    return number === undefined ? [] : [{ ...(name && { name }), port: number, protocol }]
  })
}

function reference({ metadata }: Pod): Record<string, unknown> {
  return { kind: 'Pod', name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }
}

function writeEndpoints(store: Store, service: Service, pods: Pod[]): void {
  const staying = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const addresses = (some: Pod[]) =>
    some.map((pod) => ({ ip: pod.status.podIP, nodeName: pod.spec.nodeName, targetRef: reference(pod) }))
  const ready = addresses(staying.filter(isReady))
  const notReady = addresses(staying.filter((pod) => !isReady(pod)))
  const subset = {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ports: portsOf(service, staying[0]),
  }
  const { name, namespace, labels } = service.metadata
  put(store, 'endpoints', namespace ?? '', name, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, labels: { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
    ...(staying.length > 0 && { subsets: [subset] }),
  })
}

function writeSlices(store: Store, service: Service, pods: Pod[]): void {
  const { name, namespace = '' } = service.metadata
  const endpoints = pods.map((pod) => {
    const terminating = pod.metadata.deletionTimestamp !== undefined
    return {
      addresses: [pod.status.podIP],
      conditions: { ready: isReady(pod) && !terminating, serving: isReady(pod), terminating },
      nodeName: pod.spec.nodeName,
      targetRef: reference(pod),
    }
  })
  const count = Math.max(1, Math.ceil(endpoints.length / sliceLength))
  for (let slice = 0; slice < count; slice += 1) {
    put(store, 'endpointslices', namespace, `${name}-${slice}`, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${slice}`,
        labels: {
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': name,
        },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      endpoints: endpoints.slice(slice * sliceLength, (slice + 1) * sliceLength),
      ports: portsOf(service, pods[0]),
    })
  }
  for (const { metadata } of store.ownedBy('endpointslices', service.metadata.uid)) {
    const number = Number(metadata.name.slice(name.length + 1))
    if (number >= count) deleteObject(store, 'endpointslices', namespace, metadata.name)
  }
}

function put(
  store: Store,
  resource: string,
  namespace: string,
  name: string,
  object: { apiVersion: string; kind: string; metadata: Partial<KubeObject['metadata']>; [field: string]: unknown },
): void {
  const identity = { name, namespace, uid: '', resourceVersion: '', creationTimestamp: '' }
  const found: KubeObject | undefined = store.get(resource, namespace, name)
  if (!found) {
    createObject(store, resource, { ...object, metadata: { ...object.metadata, ...identity } })
    return
  }
  updateObject(store, resource, { ...object, metadata: { ...found.metadata, ...object.metadata } })
}
