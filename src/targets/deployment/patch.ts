import { isDeepStrictEqual } from 'node:util'
import type { PatchOperation } from '../../kubernetes/api.ts'
import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import { changeCause, type DeploymentStrategy, type DeploymentView, markPrefix } from '../../kubernetes/workload.ts'

/** The fields of a Deployment that an upgrade sets for a while; `undefined` means that the field is absent. */
export type Fields = {
  minReadySeconds: number | undefined
  progressDeadlineSeconds: number | undefined
  strategy: DeploymentStrategy
  paused: boolean
}

export type Change = {
  fields?: Partial<Fields>
  replicas?: number
  /** Another image in one container, or a whole template. */
  template?: { container: string; image: string } | PodTemplate
  /** `undefined` takes the annotation away. */
  annotations?: Record<string, string | undefined>
}

/** Which upgrade the workload is under: `web-production-14@8`, with the sequence that allowed the last patch. */
export const upgradeMark = `${markPrefix}upgrade`

/** On ReplicaSets, written right before a pause: whose value it is, and when. Only that it is new matters. */
export const barrierMark = `${markPrefix}barrier`

/** The fields as they are now. */
export function fieldsOf(deployment: DeploymentView): Fields {
  const { minReadySeconds, progressDeadlineSeconds, strategy, paused = false } = deployment
  return { minReadySeconds, progressDeadlineSeconds, strategy, paused }
}

/** Takes every mark of Rollcall away. */
export function withoutMarks(deployment: DeploymentView): Record<string, undefined> {
  const marks = Object.keys(deployment.annotations ?? {}).filter((key) => key.startsWith(markPrefix))
  return Object.fromEntries(marks.map((key) => [key, undefined]))
}

/** The change cause as it was; `undefined` takes it away. */
export function causeAs(cause: string | undefined): Record<string, string | undefined> {
  return { [changeCause]: cause }
}

/**
 * A compare-and-set: the tests fail unless the Deployment is exactly the one that was looked at. Its generation grows
 * with every change of spec or annotations and, unlike resourceVersion, not with its status.
 */
export function patchOf(deployment: DeploymentView, change: Change): PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: deployment.uid },
    { op: 'test', path: '/metadata/generation', value: deployment.generation },
    ...annotationOperations(deployment, change.annotations ?? {}),
    ...templateOperations(deployment, change.template),
    ...fieldOperations(fieldsOf(deployment), change.fields ?? {}),
    ...(change.replicas === undefined || change.replicas === deployment.replicas
      ? []
      : [{ op: 'add' as const, path: '/spec/replicas', value: change.replicas }]),
  ]
}

/** As a JSON pointer. */
export function annotationPath(key: string): string {
  return `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function annotationOperations(
  { annotations }: DeploymentView,
  wanted: Record<string, string | undefined>,
): PatchOperation[] {
  const operations: PatchOperation[] = []
  for (const [key, value] of Object.entries(wanted)) {
    const path = annotationPath(key)
    if (value !== undefined) operations.push({ op: 'add', path, value })
    else if (annotations?.[key] !== undefined) operations.push({ op: 'remove', path })
  }
  if (!annotations && operations.length > 0) operations.unshift({ op: 'add', path: '/metadata/annotations', value: {} })
  return operations
}

function templateOperations({ containers }: DeploymentView, template: Change['template']): PatchOperation[] {
  if (!template) return []
  if ('spec' in template) return [{ op: 'replace', path: '/spec/template', value: template }]
  const index = containers.findIndex(({ name }) => name === template.container)
  const path = `/spec/template/spec/containers/${index}`
  return [
    { op: 'test', path: `${path}/name`, value: template.container },
    { op: 'replace', path: `${path}/image`, value: template.image },
  ]
}

/** Only what differs: to remove an absent field is an error, and 0 or false may be stored as absent. */
function fieldOperations(live: Fields, wanted: Partial<Fields>): PatchOperation[] {
  return (Object.keys(wanted) as (keyof Fields)[]).flatMap((key): PatchOperation[] => {
    const value = wanted[key]
    if (isDeepStrictEqual(live[key], value)) return []
    const path = `/spec/${key}`
    return value === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value }]
  })
}
