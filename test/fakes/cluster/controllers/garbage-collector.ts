import type { KubeObject } from '../objects.ts'
import { deleteObject, finishForegroundDeletion, waitsForDependents } from '../registry.ts'
import { resourceOfKind } from '../resources.ts'
import type { Change, Store } from '../store.ts'
import type { WorkQueue } from './work-queue.ts'

/** Queues the UIDs that a change concerns: what lost its owner, and owners that wait for their dependents. */
export function watchForGarbage(store: Store, queue: WorkQueue, { type, object }: Change): void {
  const owners = object.metadata.ownerReferences ?? []
  if (type === 'DELETED') {
    for (const dependent of store.dependentsOf(object.metadata.uid)) queue.add(dependent.metadata.uid)
    for (const { uid } of owners) {
      const owner = store.byUid(uid)
      if (owner && waitsForDependents(owner)) queue.add(uid)
    }
  } else if (waitsForDependents(object) || (type === 'ADDED' && owners.length > 0)) queue.add(object.metadata.uid)
}

/** Deletes an object whose owners are all gone, and finishes a foreground deletion whose dependents are. */
export function collect(store: Store, uid: string): void {
  const object = store.byUid(uid)
  const resource = object && resourceOfKind(object.apiVersion, object.kind)
  if (!object || !resource) return
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length > 0 && owners.every((owner) => !store.byUid(owner.uid))) {
    remove(store, object)
  } else if (waitsForDependents(object)) {
    const dependents = store.dependentsOf(uid)
    for (const dependent of dependents) if (!dependent.metadata.deletionTimestamp) remove(store, dependent)
    if (store.dependentsOf(uid).length === 0) finishForegroundDeletion(store, resource.plural, object)
  }
}

function remove(store: Store, object: KubeObject): void {
  const resource = resourceOfKind(object.apiVersion, object.kind)
  if (resource) deleteObject(store, resource.plural, object.metadata.namespace, object.metadata.name)
}
