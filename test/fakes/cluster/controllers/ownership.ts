import { controllerOf, type KubeObject, type LabelSelector, type ObjectOf, type OwnerReference } from '../objects.ts'
import { updateObject } from '../registry.ts'
import { matchesLabels, requirementsOf } from '../selectors.ts'
import type { Store } from '../store.ts'

export function controllerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true }
}

/**
 * The objects that a controller's object owns, after it has adopted the orphans that its selector matches and
 * released those of its own that no longer do.
 */
export function claim<R extends string>(
  store: Store,
  resource: R,
  owner: KubeObject & { spec: { selector: LabelSelector } },
): ObjectOf<R>[] {
  const requirements = requirementsOf(owner.spec.selector)
  const { uid, namespace, deletionTimestamp } = owner.metadata
  const claimed: ObjectOf<R>[] = []
  for (const object of store.ownedBy(resource, uid)) {
    if (controllerOf(object)?.uid !== uid) continue
    if (matchesLabels(requirements, object.metadata.labels)) claimed.push(object)
    else if (!deletionTimestamp && !object.metadata.deletionTimestamp) release(store, resource, object, uid)
  }
  if (deletionTimestamp) return claimed
  for (const object of store.list(resource, namespace, requirements)) {
    if (controllerOf(object) || object.metadata.deletionTimestamp) continue
    const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)]
    claimed.push(updateObject(store, resource, { ...object, metadata: { ...object.metadata, ownerReferences } }))
  }
  return claimed
}

function release(store: Store, resource: string, object: KubeObject, uid: string): void {
  const { ownerReferences, ...metadata } = object.metadata
  const others = ownerReferences?.filter((owner) => owner.uid !== uid) ?? []
  updateObject(store, resource, {
    ...object,
    metadata: { ...metadata, ...(others.length > 0 && { ownerReferences: others }) },
  })
}
