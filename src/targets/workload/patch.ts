import type { PatchOperation } from '../../kubernetes/api.ts'
import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import { changeCause, type WorkloadView } from '../../kubernetes/workload.ts'

/** Another image in one container, or a whole template. */
export type NewTemplate = { container: string; image: string } | PodTemplate

/** `undefined` takes the annotation away. */
export type NewAnnotations = Record<string, string | undefined>

/**
 * What makes a patch a compare-and-set: the tests fail unless the workload is exactly the one that was looked at. The
 * generation grows with every change of the spec and, unlike resourceVersion, not with the status; where it does not
 * grow with annotations either, resourceVersion it is.
 */
export function testsOf({ uid, generation, resourceVersion }: WorkloadView): PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/generation', value: generation },
    ...(resourceVersion === undefined
      ? []
      : [{ op: 'test' as const, path: '/metadata/resourceVersion', value: resourceVersion }]),
  ]
}

/** Annotations and nothing else, of any workload. */
export function annotate(workload: WorkloadView, annotations: NewAnnotations): PatchOperation[] {
  return [...testsOf(workload), ...annotationOperations(workload, annotations)]
}

/** The change cause as it was; `undefined` takes it away. */
export function causeAs(cause: string | undefined): NewAnnotations {
  return { [changeCause]: cause }
}

/** As a JSON pointer. */
export function annotationPath(key: string): string {
  return `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

export function annotationOperations({ annotations }: WorkloadView, wanted: NewAnnotations): PatchOperation[] {
  const operations: PatchOperation[] = []
  for (const [key, value] of Object.entries(wanted)) {
    const path = annotationPath(key)
    if (value !== undefined) operations.push({ op: 'add', path, value })
    else if (annotations?.[key] !== undefined) operations.push({ op: 'remove', path })
  }
  if (!annotations && operations.length > 0) operations.unshift({ op: 'add', path: '/metadata/annotations', value: {} })
  return operations
}

export function templateOperations({ containers }: WorkloadView, template: NewTemplate | undefined): PatchOperation[] {
  if (!template) return []
  if ('spec' in template) return [{ op: 'replace', path: '/spec/template', value: template }]
  const index = containers.findIndex(({ name }) => name === template.container)
  const path = `/spec/template/spec/containers/${index}`
  return [
    { op: 'test', path: `${path}/name`, value: template.container },
    { op: 'replace', path: `${path}/image`, value: template.image },
  ]
}
