import { badRequest } from './api-error.ts'
import { isRecord, type KubeObject, type LabelSelector } from './objects.ts'
import { printRequirements, requirementsOf } from './selectors.ts'

/** The `scale` subresource of a Deployment or ReplicaSet. */
export function toScale({ metadata, spec, status }: KubeObject): KubeObject {
  const { selector = {}, replicas } = (spec ?? {}) as { selector?: LabelSelector; replicas?: number }
  const running = isRecord(status) ? status.replicas : 0
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, uid, resourceVersion, creationTimestamp, ...(namespace !== undefined && { namespace }) },
    spec: replicas ? { replicas } : {},
    status: { replicas: running ?? 0, selector: printRequirements(requirementsOf(selector)) },
  }
}

/** The object with the replicas and the preconditions of a Scale that was sent. */
export function fromScale(object: KubeObject, scale: Record<string, unknown>): KubeObject {
  const { resourceVersion, uid } = (isRecord(scale.metadata) ? scale.metadata : {}) as Record<string, string>
  const replicas = isRecord(scale.spec) ? (scale.spec.replicas ?? 0) : 0
  if (!Number.isInteger(replicas)) throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas')
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: resourceVersion ?? '', uid: uid ?? object.metadata.uid },
    spec: { ...(isRecord(object.spec) ? object.spec : {}), replicas },
  }
}
