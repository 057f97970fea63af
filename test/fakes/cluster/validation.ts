import { badRequest, type FieldProblem, invalidValue, requiredValue } from './api-error.ts'
import type { Deployment, Job, KubeObject, PodTemplate, ReplicaSet } from './objects.ts'
import { isRecord, sameValue } from './objects.ts'
import { matchesLabels, requirementsOf } from './selectors.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const percent = /^[0-9]+%$/

function templateProblems(template: PodTemplate, field: string): FieldProblem[] {
  const { containers } = template.spec
  if (!Array.isArray(containers) || containers.length === 0) return [requiredValue(`${field}.spec.containers`)]
  const problems: FieldProblem[] = []
  const seen = new Set<string>()
  for (const [position, container] of containers.entries()) {
    const at = `${field}.spec.containers[${position}]`
    if (!container.name) problems.push(requiredValue(`${at}.name`))
    else if (!label.test(container.name))
      problems.push(invalidValue(`${at}.name`, container.name, 'a lowercase RFC 1123 label is expected'))
    if (seen.has(container.name)) {
      problems.push({
        reason: 'FieldValueInvalid',
        message: `Duplicate value: ${JSON.stringify(container.name)}`,
        field: `${at}.name`,
      })
    }
    seen.add(container.name)
    if (!container.image) problems.push(requiredValue(`${at}.image`))
    else if (container.image !== container.image.trim()) {
      problems.push(invalidValue(`${at}.image`, container.image, 'must not have leading or trailing whitespace'))
    }
  }
  return problems
}

function nonNegative(field: string, value: unknown): FieldProblem[] {
  if (typeof value === 'number' && value < 0) return [invalidValue(field, value, 'must be greater than or equal to 0')]
  return []
}

function intOrPercent(field: string, value: number | string): FieldProblem[] {
  if (typeof value === 'number') return nonNegative(field, value)
  if (percent.test(value)) return []
  return [invalidValue(field, value, "a valid percent string must be a numeric string followed by an ending '%'")]
}

function strategyProblems({ strategy }: Deployment['spec']): FieldProblem[] {
  const field = 'spec.strategy'
  if (strategy.type === 'Recreate') {
    if (strategy.rollingUpdate === undefined) return []
    return [
      {
        reason: 'FieldValueForbidden',
        message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
        field: `${field}.rollingUpdate`,
      },
    ]
  }
  const rolling = strategy.rollingUpdate
  if (strategy.type !== 'RollingUpdate' || !rolling) {
    const message = `Unsupported value: ${JSON.stringify(strategy.type)}: supported values: "Recreate", "RollingUpdate"`
    return [{ reason: 'FieldValueNotSupported', message, field }]
  }
  const at = `${field}.rollingUpdate`
  const problems = [
    ...intOrPercent(`${at}.maxUnavailable`, rolling.maxUnavailable),
    ...intOrPercent(`${at}.maxSurge`, rolling.maxSurge),
  ]
  const isZero = (value: number | string) => Number.parseInt(String(value), 10) === 0
  if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
    problems.push(invalidValue(`${at}.maxUnavailable`, rolling.maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  if (typeof rolling.maxUnavailable === 'string' && Number.parseInt(rolling.maxUnavailable, 10) > 100) {
    problems.push(invalidValue(`${at}.maxUnavailable`, rolling.maxUnavailable, 'must not be greater than 100%'))
  }
  return problems
}

function selectorProblems(object: Deployment | ReplicaSet, old: KubeObject | undefined, what: string): FieldProblem[] {
  const { selector, template } = object.spec
  if (selector === undefined) {
    return [
      requiredValue('spec.selector'),
      invalidValue(
        'spec.template.metadata.labels',
        template.metadata?.labels ?? {},
        '`selector` does not match template `labels`',
      ),
    ]
  }
  const problems: FieldProblem[] = []
  const requirements = requirementsOf(selector)
  if (requirements.length === 0)
    problems.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${what}`))
  if (!matchesLabels(requirements, template.metadata?.labels)) {
    problems.push(
      invalidValue(
        'spec.template.metadata.labels',
        template.metadata?.labels ?? {},
        '`selector` does not match template `labels`',
      ),
    )
  }
  if (old && isRecord(old.spec) && !sameValue(old.spec.selector, selector)) {
    problems.push(invalidValue('spec.selector', selector, 'field is immutable'))
  }
  return problems
}

function deploymentProblems(object: Deployment, old: KubeObject | undefined): FieldProblem[] {
  const { spec } = object
  const minReadySeconds = spec.minReadySeconds ?? 0
  const problems = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...selectorProblems(object, old, 'deployment'),
    ...templateProblems(spec.template, 'spec.template'),
    ...strategyProblems(spec),
    ...nonNegative('spec.minReadySeconds', minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...nonNegative('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds),
  ]
  const deadline = spec.progressDeadlineSeconds
  if (deadline !== undefined && deadline <= minReadySeconds) {
    problems.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return problems
}

/** The type of each scalar field of a Deployment's spec; a wrong one fails before validation, with 400. */
const scalarTypes: Record<string, 'number' | 'boolean'> = {
  replicas: 'number',
  minReadySeconds: 'number',
  revisionHistoryLimit: 'number',
  progressDeadlineSeconds: 'number',
  paused: 'boolean',
}

/** Refuses what does not decode into the resource's types, before defaults are applied. */
export function checkTypes(resource: string, object: Record<string, unknown>): void {
  if (object.metadata !== undefined && !isRecord(object.metadata)) throw badRequest('metadata: expected an object')
  if (resource !== 'deployments' || !isRecord(object.spec)) return
  for (const [field, type] of Object.entries(scalarTypes)) {
    const value = object.spec[field]
    const fits =
      value === undefined ||
      (type === 'number' ? Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 : typeof value === type)
    if (fits) continue
    const goType = type === 'number' ? 'int32' : 'bool'
    throw badRequest(
      `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ${typeof value} into Go struct field DeploymentSpec.spec.${field} of type ${goType}`,
    )
  }
}

function jobProblems({ metadata, spec: { template } }: Job): FieldProblem[] {
  const problems = templateProblems(template, 'spec.template')
  const { restartPolicy } = template.spec
  if (restartPolicy !== 'Never' && restartPolicy !== 'OnFailure')
    problems.push(requiredValue('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'))
  if (metadata.name.length > 63)
    problems.push(invalidValue('metadata.name', metadata.name, 'must be no more than 63 bytes'))
  return problems
}

/** What is wrong with an object that has its defaults, as the API server would list it. */
export function validate(resource: string, object: KubeObject, old?: KubeObject): FieldProblem[] {
  const { name } = object.metadata
  const problems: FieldProblem[] = []
  if (!name) problems.push(requiredValue('metadata.name', 'name or generateName is required'))
  else if (name.length > 253 || !subdomain.test(name)) {
    problems.push(invalidValue('metadata.name', name, 'a lowercase RFC 1123 subdomain is expected'))
  }
  switch (resource) {
    case 'deployments':
      return [...problems, ...deploymentProblems(object as Deployment, old)]
    case 'replicasets': {
      const replicaSet = object as ReplicaSet
      return [
        ...problems,
        ...nonNegative('spec.replicas', replicaSet.spec.replicas),
        ...selectorProblems(replicaSet, old, 'replicaset'),
        ...templateProblems(replicaSet.spec.template, 'spec.template'),
      ]
    }
    case 'jobs':
      return [...problems, ...jobProblems(object as Job)]
    case 'pods':
      return [...problems, ...templateProblems({ spec: (object as KubeObject & PodTemplate).spec }, '').map(withoutDot)]
    case 'configmaps': {
      const data = object.data
      if (data !== undefined && (!isRecord(data) || Object.values(data).some((value) => typeof value !== 'string'))) {
        throw badRequest('ConfigMap in version "v1" cannot be handled as a ConfigMap: data: expected strings')
      }
      return problems
    }
    default:
      return problems
  }
}

function withoutDot(problem: FieldProblem): FieldProblem {
  return { ...problem, field: problem.field.replace(/^\./, '') }
}
