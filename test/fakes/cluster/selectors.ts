import { badRequest } from './api-error.ts'
import { isRecord, type KubeObject, type LabelSelector, type Labels } from './objects.ts'

/** One condition on labels. `equals` is the cheap case that an index can answer. */
type Requirement =
  | { key: string; operator: 'In' | 'NotIn'; values: string[] }
  | { key: string; operator: 'Exists' | 'DoesNotExist' }

export type Requirements = Requirement[]

/** Parses the `labelSelector` query parameter: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function parseLabelSelector(text: string): Requirements {
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? []
  return parts.map((part) => {
    const set = /^\s*([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(part)
    if (set) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim())
      return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values }
    }
    const pair = /^\s*([^\s!=]+)\s*(==|=|!=)\s*([^\s!=]*)\s*$/.exec(part)
    if (pair) return { key: pair[1] ?? '', operator: pair[2] === '!=' ? 'NotIn' : 'In', values: [pair[3] ?? ''] }
    const existence = /^\s*(!?)\s*([^\s!=]+)\s*$/.exec(part)
    if (existence) return { key: existence[2] ?? '', operator: existence[1] === '!' ? 'DoesNotExist' : 'Exists' }
    throw badRequest(`unable to parse requirement: ${part}`)
  })
}

/** The requirements of a `spec.selector`. */
export function requirementsOf(selector: LabelSelector): Requirements {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  )
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement =>
      operator === 'In' || operator === 'NotIn' ? { key, operator, values: values ?? [] } : { key, operator },
  )
  return [...equal, ...expressions]
}

function isMet(requirement: Requirement, labels: Labels): boolean {
  const value = labels[requirement.key]
  switch (requirement.operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
  }
}

export function matchesLabels(requirements: Requirements, labels: Labels = {}): boolean {
  return requirements.every((requirement) => isMet(requirement, labels))
}

function print(requirement: Requirement): string {
  const { key, operator } = requirement
  switch (operator) {
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    case 'In':
    case 'NotIn': {
      const [only, ...more] = requirement.values
      if (more.length === 0) return `${key}${operator === 'In' ? '=' : '!='}${only}`
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${requirement.values.join(',')})`
    }
  }
}

/** Prints requirements as the `scale` subresource shows its selector. */
export function printRequirements(requirements: Requirements): string {
  return requirements.map(print).join(',')
}

export type FieldRequirement = { path: string[]; equal: boolean; value: string }

const selectableFields: Record<string, string[]> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  replicasets: ['status.replicas'],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
}

/** Parses the `fieldSelector` query parameter; a field that the resource does not offer is refused, as the real server does. */
export function parseFieldSelector(text: string, resource: string): FieldRequirement[] {
  const allowed = ['metadata.name', 'metadata.namespace', ...(selectableFields[resource] ?? [])]
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(part)
      const field = match?.[1]
      if (!match || !field) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`)
      if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`)
      return { path: field.split('.'), equal: match[2] !== '!=', value: match[3] ?? '' }
    })
}

export function matchesFields(requirements: FieldRequirement[], object: KubeObject): boolean {
  return requirements.every(({ path, equal, value }) => {
    let field: unknown = object
    for (const step of path) field = isRecord(field) ? field[step] : undefined
    return (String(field ?? '') === value) === equal
  })
}
