import { randomUUID } from 'node:crypto'
import { alreadyExists, conflict, modifiedMeanwhile, notFound } from './api-error.ts'
import { canonical, type KubeObject, type Labels, type ObjectMeta, type ObjectOf, timestamp } from './objects.ts'
import { resourceNamed } from './resources.ts'
import { matchesLabels, type Requirements } from './selectors.ts'

/** One committed write. `previous` is the object before it; of a deletion, `object` is the last state. */
export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: string
  object: KubeObject
  previous?: KubeObject
  version: number
}

/** How many changes of one resource a watch may lag behind before it has to list again. */
const historyLength = 10_000

const labelKey = (namespace: string, label: string, value: string) => `${namespace}\n${label}\n${value}`

const texts = new WeakMap<KubeObject, string>()

/** A stored object as JSON, made once. */
export function jsonOf(object: KubeObject): string {
  let text = texts.get(object)
  if (text === undefined) {
    text = JSON.stringify(object)
    texts.set(object, text)
  }
  return text
}

function withMetadata(object: KubeObject, metadata: Partial<ObjectMeta>): KubeObject {
  return canonical({ ...object, metadata: { ...object.metadata, ...metadata } }) as KubeObject
}

/** An index from a key to objects. */
class Index {
  readonly #sets = new Map<string, Set<KubeObject>>()

  add(key: string, object: KubeObject): void {
    const set = this.#sets.get(key)
    if (set) set.add(object)
    else this.#sets.set(key, new Set([object]))
  }

  delete(key: string, object: KubeObject): void {
    const set = this.#sets.get(key)
    set?.delete(object)
    if (set?.size === 0) this.#sets.delete(key)
  }

  get(key: string): ReadonlySet<KubeObject> {
    return this.#sets.get(key) ?? new Set()
  }
}

/** All objects of one resource, by namespace and name and by label. */
class Table {
  readonly byName = new Map<string, Map<string, KubeObject>>()
  readonly byLabel = new Index()
  history: Change[] = []
  /** A watch from before this version cannot be served. */
  oldestVersion = 0

  put(object: KubeObject): void {
    const namespace = object.metadata.namespace ?? ''
    let names = this.byName.get(namespace)
    if (!names) {
      names = new Map()
      this.byName.set(namespace, names)
    }
    names.set(object.metadata.name, object)
    this.#eachLabel(object.metadata.labels, namespace, (key) => this.byLabel.add(key, object))
  }

  drop(object: KubeObject, keepName = false): void {
    const namespace = object.metadata.namespace ?? ''
    if (!keepName) this.byName.get(namespace)?.delete(object.metadata.name)
    this.#eachLabel(object.metadata.labels, namespace, (key) => this.byLabel.delete(key, object))
  }

  #eachLabel(labels: Labels | undefined, namespace: string, act: (key: string) => void): void {
    for (const [label, value] of Object.entries(labels ?? {})) act(labelKey(namespace, label, value))
  }
}

/**
 * The cluster's memory: immutable objects, one version counter, optimistic concurrency and a history for watches,
 * as etcd gives them to the API server. Listeners are called after each commit and must not write.
 */
export class Store {
  #version = 1
  #compactedAt = 0
  readonly #tables = new Map<string, Table>()
  readonly #uids = new Map<string, KubeObject>()
  readonly #dependents = new Index()
  readonly #listeners = new Set<(change: Change) => void>()

  /** The version of the latest write. */
  get version(): number {
    return this.#version
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get<R extends string>(resource: R, namespace: string | undefined, name: string): ObjectOf<R> | undefined {
    return this.#table(resource)
      .byName.get(namespace ?? '')
      ?.get(name) as ObjectOf<R> | undefined
  }

  /** Objects of a resource in one namespace, or in all of them, that match the labels. */
  list<R extends string>(resource: R, namespace?: string, labels: Requirements = []): ObjectOf<R>[] {
    const table = this.#table(resource)
    const found: ObjectOf<R>[] = []
    const visit = (object: KubeObject) => {
      if (matchesLabels(labels, object.metadata.labels)) found.push(object as ObjectOf<R>)
    }
    const exact = labels.find((requirement) => requirement.operator === 'In' && requirement.values.length === 1)
    if (namespace !== undefined && exact?.operator === 'In') {
      table.byLabel.get(labelKey(namespace, exact.key, exact.values[0] ?? '')).forEach(visit)
    } else if (namespace !== undefined) {
      table.byName.get(namespace)?.forEach(visit)
    } else {
      for (const names of table.byName.values()) names.forEach(visit)
    }
    return found
  }

  byUid(uid: string): KubeObject | undefined {
    return this.#uids.get(uid)
  }

  /** Objects of a resource that name this UID as an owner. */
  ownedBy<R extends string>(resource: R, uid: string): ObjectOf<R>[] {
    const { kind } = resourceNamed(resource)
    return [...this.#dependents.get(uid)].filter((object): object is ObjectOf<R> => object.kind === kind)
  }

  /** Objects of any resource that name this UID as an owner. */
  dependentsOf(uid: string): KubeObject[] {
    return [...this.#dependents.get(uid)]
  }

  create<R extends string>(resource: R, object: KubeObject, { dryRun = false } = {}): ObjectOf<R> {
    const { namespace, name } = object.metadata
    if (this.get(resource, namespace, name)) throw alreadyExists(resourceNamed(resource), name)
    const identity = { uid: randomUUID(), creationTimestamp: timestamp() }
    if (dryRun) return withMetadata(object, identity) as ObjectOf<R>
    const version = ++this.#version
    const created = withMetadata(object, { ...identity, resourceVersion: String(version) })
    this.#index(resource, created)
    this.#commit({ type: 'ADDED', resource, object: created, version })
    return created as ObjectOf<R>
  }

  /**
   * Replaces an object. A resourceVersion in it that is not the current one is a conflict; without one the last
   * writer wins. A write that changes nothing is none.
   */
  update<R extends string>(resource: R, object: KubeObject, { dryRun = false } = {}): ObjectOf<R> {
    const { namespace, name, resourceVersion } = object.metadata
    const current = this.get(resource, namespace, name)
    if (!current) throw notFound(resourceNamed(resource), name)
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(resourceNamed(resource), name, modifiedMeanwhile)
    }
    const { uid, creationTimestamp } = current.metadata
    const proposed = withMetadata(object, { uid, creationTimestamp, resourceVersion: current.metadata.resourceVersion })
    if (dryRun) return proposed as ObjectOf<R>
    if (jsonOf(proposed) === jsonOf(current)) return current
    const version = ++this.#version
    const updated = { ...proposed, metadata: { ...proposed.metadata, resourceVersion: String(version) } }
    this.#unindex(resource, current, true)
    this.#index(resource, updated)
    this.#commit({ type: 'MODIFIED', resource, object: updated, previous: current, version })
    return updated as ObjectOf<R>
  }

  remove(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const current: KubeObject | undefined = this.get(resource, namespace, name)
    if (!current) return undefined
    const version = ++this.#version
    const last = { ...current, metadata: { ...current.metadata, resourceVersion: String(version) } }
    this.#unindex(resource, current, false)
    this.#commit({ type: 'DELETED', resource, object: last, previous: current, version })
    return last
  }

  /** Changes of a resource after a version, or `expired` when they are no longer known. */
  changesSince(resource: string, version: number): Change[] | 'expired' {
    const { history, oldestVersion } = this.#table(resource)
    if (version < oldestVersion) return 'expired'
    let from = history.length
    while (from > 0 && (history[from - 1]?.version ?? 0) > version) from -= 1
    return history.slice(from)
  }

  /** Whether the state of this version can no longer be told. */
  isCompacted(version: number): boolean {
    return version < this.#compactedAt
  }

  /** Forgets the history, so that every older resourceVersion is expired. */
  compact(): void {
    this.#compactedAt = this.#version
    for (const table of this.#tables.values()) {
      table.history = []
      table.oldestVersion = this.#version
    }
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource)
    if (!table) {
      table = new Table()
      table.oldestVersion = this.#compactedAt
      this.#tables.set(resource, table)
    }
    return table
  }

  #index(resource: string, object: KubeObject): void {
    this.#table(resource).put(object)
    this.#uids.set(object.metadata.uid, object)
    for (const owner of object.metadata.ownerReferences ?? []) this.#dependents.add(owner.uid, object)
  }

  #unindex(resource: string, object: KubeObject, replaced: boolean): void {
    this.#table(resource).drop(object, replaced)
    if (!replaced) this.#uids.delete(object.metadata.uid)
    for (const owner of object.metadata.ownerReferences ?? []) this.#dependents.delete(owner.uid, object)
  }

  #commit(change: Change): void {
    const table = this.#table(change.resource)
    table.history.push(change)
    if (table.history.length > historyLength * 1.5) {
      table.history = table.history.slice(-historyLength)
      table.oldestVersion = (table.history[0]?.version ?? change.version) - 1
    }
    for (const listener of this.#listeners) listener(change)
  }
}
