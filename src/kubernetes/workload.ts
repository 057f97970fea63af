import { type PodTemplate, restartedAt, templateHash } from './pod-template.ts'

type OwnerReference = { kind: string; name: string; uid: string; controller?: boolean }

export type Metadata = {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  creationTimestamp: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
}

/** What workloads of every kind have in common, as the API server sends it. */
export type Workload = {
  metadata: Metadata
  spec: {
    replicas?: number
    minReadySeconds?: number
    selector: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] }
    template: PodTemplate
  }
}

/** What a move needs to know of a workload, whatever its kind. */
export type WorkloadView = {
  uid: string
  generation: number
  /** Only where the generation does not grow with annotations: then this tells whether it is the one that was looked at. */
  resourceVersion?: string
  deleting: boolean
  /** Those of Rollcall and the change cause only; absent when the object has none at all. */
  annotations?: Record<string, string>
  replicas: number
  minReadySeconds?: number
  templateHash: string
  /** When somebody asked for a restart last, as `kubectl rollout restart` writes it. */
  restartedAt?: string
  /** In the template's order, which JSON patches count in. */
  containers: { name: string; image: string }[]
}

/** One revision of a workload, by the object that its controller keeps it in. */
export type RevisionView = {
  uid: string
  name: string
  /** The workload's UID. */
  owner: string
  templateHash: string
  /** By container. */
  images: Record<string, string>
  /** Annotations of Rollcall, which the workload's controller copies and never takes away. */
  marks: string[]
}

export const markPrefix = 'rollcall.dev/'
export const changeCause = 'kubernetes.io/change-cause'

/** @param previous an older view of the same object, whose template hash is taken when the generation is the same */
export function viewWorkload({ metadata, spec }: Workload, previous?: WorkloadView): WorkloadView {
  const same = previous?.generation === metadata.generation && previous.uid === metadata.uid
  const restarted = restartedAt(spec.template)
  return {
    uid: metadata.uid,
    generation: metadata.generation,
    deleting: metadata.deletionTimestamp !== undefined,
    ...(metadata.annotations && {
      annotations: pick(metadata.annotations, (key) => key.startsWith(markPrefix) || key === changeCause),
    }),
    replicas: spec.replicas ?? 1,
    ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
    templateHash: same ? previous.templateHash : templateHash(spec.template),
    ...(restarted !== undefined && { restartedAt: restarted }),
    containers: spec.template.spec.containers.map(({ name, image }) => ({ name, image })),
  }
}

/**
 * @param template as its controller keeps it, which never changes
 * @returns undefined for a revision that no workload of this kind controls
 */
export function viewRevision(
  metadata: Metadata,
  template: () => PodTemplate,
  kind: string,
  previous?: RevisionView,
): RevisionView | undefined {
  const owner = controllerOf(metadata, kind)
  if (!owner) return undefined
  const marks = Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith(markPrefix))
  if (previous?.uid === metadata.uid) {
    const { uid, name, templateHash, images } = previous
    return { uid, name, owner, templateHash, images, marks }
  }
  const made = template()
  return {
    uid: metadata.uid,
    name: metadata.name,
    owner,
    templateHash: templateHash(made),
    images: Object.fromEntries(made.spec.containers.map(({ name, image }) => [name, image])),
    marks,
  }
}

/** UID of what controls an object, if that is of this kind; of any kind without one. */
export function controllerOf(metadata: Metadata, kind?: string): string | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller && (kind === undefined || owner.kind === kind))?.uid
}

function pick(record: Record<string, string>, wanted: (key: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => wanted(key)))
}
