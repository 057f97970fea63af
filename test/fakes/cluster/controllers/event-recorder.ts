import { type KubeObject, timestamp } from '../objects.ts'
import { createObject } from '../registry.ts'
import type { Store } from '../store.ts'

/** How many events a cluster keeps; the real one forgets them after an hour. */
const keptEvents = 5_000

/** Writes a Kubernetes Event about an object, as the controllers and the kubelet do. */
export class EventRecorder {
  readonly #store: Store
  readonly #component: string
  readonly #written: { namespace: string; name: string }[] = []

  constructor(store: Store, component: string) {
    this.#store = store
    this.#component = component
  }

  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name, namespace = '', uid, resourceVersion } = about.metadata
    const space = this.#store.get('namespaces', undefined, namespace)
    if (!space || space.metadata.deletionTimestamp) return
    const now = timestamp()
    const event = createObject(this.#store, 'events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: '', generateName: `${name}.`, namespace, uid: '', resourceVersion: '', creationTimestamp: '' },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
      type,
      reason,
      message,
      source: { component: this.#component },
      reportingComponent: this.#component,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    })
    this.#written.push({ namespace, name: event.metadata.name })
    const oldest = this.#written.length > keptEvents ? this.#written.shift() : undefined
    if (oldest) this.#store.remove('events', oldest.namespace, oldest.name)
  }
}
