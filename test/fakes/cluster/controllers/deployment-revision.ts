import { createHash } from 'node:crypto'
import { canonical, type Deployment, type Labels, type PodTemplate, type ReplicaSet } from '../objects.ts'
import { maxSurge } from './deployment-size.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'
export const hashLabel = 'pod-template-hash'

/** Annotations of a Deployment that its ReplicaSets do not inherit. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
])

const revisionHistoryLimitInChars = 2_000

const templateTexts = new WeakMap<PodTemplate, string>()

/** A pod template as text, without the hash label that only ReplicaSets have. */
function templateText(template: PodTemplate): string {
  let text = templateTexts.get(template)
  if (text === undefined) {
    const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {}
    text = JSON.stringify(canonical({ ...template, metadata: { ...template.metadata, labels } }))
    templateTexts.set(template, text)
  }
  return text
}

export function sameTemplate(left: PodTemplate, right: PodTemplate): boolean {
  return templateText(left) === templateText(right)
}

const hashAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** A short name for a pod template. It is not the real controller's, which hashes Go structures. */
export function templateHash(template: PodTemplate, collisionCount: number | undefined): string {
  const digest = createHash('sha256')
    .update(templateText(template))
    .update(String(collisionCount ?? ''))
    .digest()
  return [...String(digest.readUInt32LE())].map((char) => hashAlphabet[char.charCodeAt(0) % 27]).join('')
}

export function revisionOf(replicaSet: ReplicaSet): number {
  return Number.parseInt(replicaSet.metadata.annotations?.[revisionAnnotation] ?? '', 10) || 0
}

/** What the newest ReplicaSet's annotations should be: the Deployment's, its revision, and the ones it had before. */
export function newReplicaSetAnnotations(deployment: Deployment, replicaSet: ReplicaSet, revision: number): Labels {
  const annotations = { ...replicaSet.metadata.annotations }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value
  }
  const before = annotations[revisionAnnotation]
  if (revisionOf(replicaSet) >= revision) return annotations
  annotations[revisionAnnotation] = String(revision)
  if (before === undefined) return annotations
  const history = [...(annotations[revisionHistoryAnnotation]?.split(',') ?? []), before]
  while (history.join(',').length > revisionHistoryLimitInChars) history.shift()
  annotations[revisionHistoryAnnotation] = history.join(',')
  return annotations
}

/** How large the Deployment was when a ReplicaSet was last sized; scaling in proportion starts from there. */
export function replicasAnnotations(deployment: Deployment): Labels {
  const { replicas } = deployment.spec
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge(deployment)),
  }
}
