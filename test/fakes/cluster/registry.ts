import { randomInt } from 'node:crypto'
import { conflict, forbidden, notFound } from './api-error.ts'
import { type KubeObject, type ObjectMeta, type ObjectOf, type Pod, sameValue, timestamp } from './objects.ts'
import { type Resource, resourceNamed, resourceOfKind, resources } from './resources.ts'
import type { Store } from './store.ts'

/**
 * What the API server does between a valid request and the store, whoever asks: names, generations, the split
 * between an object and its status, and deletion. Controllers write through the same functions as clients do.
 */

type WriteOptions = { dryRun?: boolean }

export type DeleteOptions = WriteOptions & {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
}

const foregroundDeletion = 'foregroundDeletion'
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** A random suffix as Kubernetes generates them. */
export function randomSuffix(length = 5): string {
  return Array.from({ length }, () => nameAlphabet[randomInt(nameAlphabet.length)]).join('')
}

export function createObject<R extends string>(
  store: Store,
  resource: R,
  object: KubeObject,
  options: WriteOptions = {},
): ObjectOf<R> {
  const definition = resourceNamed(resource)
  const { namespace } = object.metadata
  if (definition.namespaced) requireNamespace(store, definition, object.metadata.name, namespace ?? '')
  const name = object.metadata.name || `${object.metadata.generateName ?? ''}${randomSuffix()}`
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = object.metadata
  if (definition.generation !== 'none') metadata.generation = 1
  return store.create(resource, { ...object, metadata: { ...metadata, name } }, options)
}

function requireNamespace(store: Store, resource: Resource, name: string, namespace: string): void {
  const found = store.get('namespaces', undefined, namespace)
  if (!found) throw notFound(resourceNamed('namespaces'), namespace)
  if (found.metadata.deletionTimestamp) {
    throw forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
  }
}

/** Replaces everything but the status; metadata.generation grows when the resource's rule says so. */
export function updateObject<R extends string>(
  store: Store,
  resource: R,
  object: KubeObject,
  options: WriteOptions = {},
): ObjectOf<R> {
  const definition = resourceNamed(resource)
  const current = currentOf(store, definition, object)
  const metadata = { ...object.metadata, ...kept(current.metadata) }
  const updated: KubeObject = { ...object, metadata }
  if (definition.hasStatus) updated.status = current.status
  if (definition.generation !== 'none' && grows(definition, updated, current)) {
    metadata.generation = (current.metadata.generation ?? 0) + 1
  }
  const result = store.update(resource, updated, options)
  if (!options.dryRun && isFinished(result)) store.remove(resource, metadata.namespace, metadata.name)
  return result
}

/** Replaces the status; of the metadata only annotations follow, which is how controllers write them. */
export function updateStatus<R extends string>(
  store: Store,
  resource: R,
  object: KubeObject,
  options: WriteOptions = {},
): ObjectOf<R> {
  const current = currentOf(store, resourceNamed(resource), object)
  const { annotations, resourceVersion } = object.metadata
  const { annotations: _, ...metadata } = current.metadata
  return store.update(
    resource,
    {
      ...current,
      metadata: { ...metadata, ...(annotations && { annotations }), resourceVersion },
      status: object.status,
    },
    options,
  )
}

function currentOf(store: Store, resource: Resource, object: KubeObject): KubeObject {
  const { namespace, name, uid } = object.metadata
  const current: KubeObject | undefined = store.get(resource.plural, namespace, name)
  if (!current) throw notFound(resource, name)
  if (uid) requireUid(resource, current, uid)
  return current
}

function requireUid(resource: Resource, current: KubeObject, uid: string): void {
  if (uid === current.metadata.uid) return
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`
  throw conflict(resource, current.metadata.name, why)
}

/** Metadata that no client can change. */
function kept(metadata: ObjectMeta): Partial<ObjectMeta> {
  const { generation, deletionTimestamp, deletionGracePeriodSeconds } = metadata
  return {
    ...(generation !== undefined && { generation }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
  }
}

function grows(resource: Resource, updated: KubeObject, current: KubeObject): boolean {
  if (resource.plural === 'endpointslices') {
    return !sameValue([updated.endpoints, updated.ports], [current.endpoints, current.ports])
  }
  if (!sameValue(updated.spec, current.spec)) return true
  return (
    resource.generation === 'spec and annotations' &&
    !sameValue(updated.metadata.annotations ?? {}, current.metadata.annotations ?? {})
  )
}

/** Whether a deletion only waited for the last finalizer. */
function isFinished({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined && !metadata.finalizers?.length && !metadata.deletionGracePeriodSeconds
  )
}

/**
 * Deletes an object, or begins to: finalizers, foreground propagation and a pod's grace period leave it with a
 * deletionTimestamp. Answers the object in that case, `undefined` when it is gone.
 */
export function deleteObject(
  store: Store,
  resource: string,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions = {},
): { object: KubeObject; gone: boolean } {
  const definition = resourceNamed(resource)
  const current: KubeObject | undefined = store.get(resource, namespace, name)
  if (!current) throw notFound(definition, name)
  checkPreconditions(definition, current, options)
  if (options.dryRun) return { object: current, gone: true }
  if (options.propagationPolicy === 'Orphan') orphanDependents(store, current)
  const finalizers = [...(current.metadata.finalizers ?? [])]
  if (options.propagationPolicy === 'Foreground' && !finalizers.includes(foregroundDeletion)) {
    finalizers.push(foregroundDeletion)
  }
  const grace = resource === 'pods' ? gracePeriod(current as Pod, options) : 0
  if (finalizers.length > 0 || grace > 0) {
    if (current.metadata.deletionTimestamp !== undefined) return { object: current, gone: false }
    const deletion = {
      deletionTimestamp: timestamp(Date.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length > 0 && { finalizers }),
    }
    const marked: KubeObject = { ...current, metadata: { ...current.metadata, ...deletion } }
    const { generation } = current.metadata
    if (generation !== undefined) marked.metadata.generation = generation + 1
    return { object: store.update(resource, marked), gone: false }
  }
  if (resource === 'namespaces') emptyNamespace(store, name)
  return { object: store.remove(resource, namespace, name) ?? current, gone: true }
}

function checkPreconditions(resource: Resource, current: KubeObject, { preconditions }: DeleteOptions): void {
  if (preconditions?.uid !== undefined) requireUid(resource, current, preconditions.uid)
  const version = preconditions?.resourceVersion
  if (version === undefined || version === current.metadata.resourceVersion) return
  const found = current.metadata.resourceVersion
  const why = `Precondition failed: ResourceVersion in precondition: ${version}, ResourceVersion in object meta: ${found}`
  throw conflict(resource, current.metadata.name, why)
}

/** Seconds that a pod may take to stop; one that no node runs, or that has ended, stops at once. */
function gracePeriod(pod: Pod, { gracePeriodSeconds }: DeleteOptions): number {
  const ended = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
  if (!pod.spec.nodeName || ended) return 0
  return gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
}

function orphanDependents(store: Store, owner: KubeObject): void {
  for (const dependent of store.dependentsOf(owner.metadata.uid)) {
    const { ownerReferences, ...metadata } = dependent.metadata
    const others = ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? []
    const resource = resourceOfKind(dependent.apiVersion, dependent.kind)
    if (!resource) continue
    store.update(resource.plural, {
      ...dependent,
      metadata: { ...metadata, ...(others.length > 0 && { ownerReferences: others }) },
    })
  }
}

function emptyNamespace(store: Store, namespace: string): void {
  for (const resource of resources.filter(({ namespaced }) => namespaced)) {
    for (const object of store.list(resource.plural, namespace) as KubeObject[]) {
      store.remove(resource.plural, namespace, object.metadata.name)
    }
  }
}

/** Takes the finalizer of a foreground deletion off, once its dependents are gone. */
export function finishForegroundDeletion(store: Store, resource: string, object: KubeObject): void {
  const finalizers = object.metadata.finalizers?.filter((finalizer) => finalizer !== foregroundDeletion) ?? []
  updateObject(store, resource, { ...object, metadata: { ...object.metadata, finalizers } })
}

export function waitsForDependents(object: KubeObject): boolean {
  return object.metadata.finalizers?.includes(foregroundDeletion) ?? false
}
