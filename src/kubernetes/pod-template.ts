import { createHash } from 'node:crypto'
import { canonicalJson } from '../upgrade/audit-chain.ts'

export type Container = {
  name: string
  image: string
  readinessProbe?: unknown
  ports?: { hostPort?: number; name?: string }[]
  [field: string]: unknown
}

/** A pod template as the API server sends it; only what is looked at has a type. */
export type PodTemplate = {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string>; [field: string]: unknown }
  spec: {
    containers: Container[]
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[]
    hostNetwork?: boolean
    [field: string]: unknown
  }
}

/**
 * SHA-256 over the canonical JSON of a pod template. A Deployment's template and those of the ReplicaSets made from it
 * have the same one: the label `pod-template-hash`, which the controller adds, does not count.
 */
export function templateHash(template: PodTemplate): string {
  return createHash('sha256')
    .update(canonicalJson(withoutHashLabel(template)))
    .digest('hex')
}

/** The template of the Deployment that a ReplicaSet's template was made from. */
export function withoutHashLabel(template: PodTemplate): PodTemplate {
  const { creationTimestamp: _, ...metadata } = template.metadata ?? {}
  const { 'pod-template-hash': __, ...labels } = metadata.labels ?? {}
  return { ...template, metadata: { ...metadata, labels } }
}

/** The template with another image in one container. */
export function withImage(template: PodTemplate, container: string, image: string): PodTemplate {
  const containers = template.spec.containers.map((one) => (one.name === container ? { ...one, image } : one))
  return { ...template, spec: { ...template.spec, containers } }
}

/** When a restart was asked for last: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/ */
export function restartedAt({ metadata }: PodTemplate): string | undefined {
  return metadata?.annotations?.['kubectl.kubernetes.io/restartedAt']
}
