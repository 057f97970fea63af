/** What the API server answers when it refuses: a `Status` object with its HTTP code. */
export type Status = {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Failure' | 'Success'
  message?: string
  reason?: string
  details?: Record<string, unknown>
  code?: number
}

export class ApiError extends Error {
  readonly status: Status
  readonly code: number

  constructor(code: number, reason: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }
  }
}

/** Names a resource in messages as Kubernetes does: `deployments.apps`, or `pods` for the core group. */
export type ResourceName = { plural: string; group: string; kind: string }

function qualified(name: string, group: string): string {
  return group === '' ? name : `${name}.${group}`
}

function details(resource: ResourceName, name: string): Record<string, unknown> {
  return { name, ...(resource.group !== '' && { group: resource.group }), kind: resource.plural }
}

export function notFound(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource.plural, resource.group)} "${name}" not found`
  return new ApiError(404, 'NotFound', message, details(resource, name))
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource.plural, resource.group)} "${name}" already exists`
  return new ApiError(409, 'AlreadyExists', message, details(resource, name))
}

export function conflict(resource: ResourceName, name: string, why: string): ApiError {
  const what = `${qualified(resource.plural, resource.group)} "${name}"`
  return new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${what}: ${why}`, details(resource, name))
}

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(resource: ResourceName, name: string, why: string): ApiError {
  const what = qualified(resource.plural, resource.group)
  return new ApiError(
    403,
    'Forbidden',
    `${what}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    details(resource, name),
  )
}

export type FieldProblem = {
  reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueNotSupported'
  message: string
  field: string
}

export function invalidValue(field: string, value: unknown, why: string): FieldProblem {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field }
}

export function requiredValue(field: string, why = ''): FieldProblem {
  return { reason: 'FieldValueRequired', message: why ? `Required value: ${why}` : 'Required value', field }
}

export function invalid(resource: ResourceName, name: string, problems: FieldProblem[]): ApiError {
  const sentences = problems.map((problem) => `${problem.field}: ${problem.message}`)
  const list = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`
  return new ApiError(422, 'Invalid', `${qualified(resource.kind, resource.group)} "${name}" is invalid: ${list}`, {
    name,
    ...(resource.group !== '' && { group: resource.group }),
    kind: resource.kind,
    causes: problems,
  })
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message)
}

/** A JSON patch that does not apply, a failed `test` among them: the real server gives no details either. */
export function patchRejected(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request')
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message)
}
