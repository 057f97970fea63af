import { createHash } from 'node:crypto'
import { canonicalJson } from '../upgrade/audit-chain.ts'
import type { Requirement } from './requirement.ts'

/** Quantities as Kubernetes writes them, by resource. */
export type Resources = { requests?: Record<string, string>; limits?: Record<string, string> }

/** An object of the same namespace, and perhaps one key of it. */
type KeyReference = { name?: string; key: string; optional?: boolean }
type ObjectReference = { name?: string; optional?: boolean }

export type Container = {
  name: string
  image: string
  readinessProbe?: unknown
  ports?: { hostPort?: number; name?: string }[]
  env?: { name: string; valueFrom?: { configMapKeyRef?: KeyReference; secretKeyRef?: KeyReference } }[]
  envFrom?: { configMapRef?: ObjectReference; secretRef?: ObjectReference }[]
  resources?: Resources
  /** Of an init container: `Always` makes it a sidecar. */
  restartPolicy?: string
  [field: string]: unknown
}

type Items = { key: string }[]

export type Volume = {
  name: string
  configMap?: ObjectReference & { items?: Items }
  secret?: { secretName?: string; optional?: boolean; items?: Items }
  projected?: {
    sources?: { configMap?: ObjectReference & { items?: Items }; secret?: ObjectReference & { items?: Items } }[]
  }
  persistentVolumeClaim?: { claimName: string }
  csi?: { nodePublishSecretRef?: { name?: string } }
}

export type Toleration = { key?: string; operator?: string; value?: string; effect?: string }

export type NodeSelectorTerm = {
  matchExpressions?: Requirement[]
  matchFields?: Requirement[]
}

/** Of a pod or of the template of one; only what is looked at has a type. */
export type PodSpec = {
  containers: Container[]
  initContainers?: Container[]
  volumes?: Volume[]
  imagePullSecrets?: { name?: string }[]
  hostNetwork?: boolean
  resources?: Resources
  overhead?: Record<string, string>
  nodeSelector?: Record<string, string>
  affinity?: {
    nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] } }
  }
  tolerations?: Toleration[]
  priorityClassName?: string
  activeDeadlineSeconds?: number
  [field: string]: unknown
}

/** A pod template as the API server sends it. */
export type PodTemplate = {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string>; [field: string]: unknown }
  spec: PodSpec
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
