/**
 * An error that a person is to see. Every code stands in docs/reference/errors.md with its remedy.
 *
 * `message` is a sentence for the person; `hint` says what to do; `retryable` says whether the same call may
 * succeed later without anybody changing anything.
 */
export class RollcallError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: { hint: string; retryable?: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'RollcallError'
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? false
  }
}

export const errorCodes = [
  'CONFIG_INVALID',
  'CONFIG_NOT_FOUND',
  'ENVIRONMENT_INVALID',
  'REDIS_UNAVAILABLE',
  'SLACK_UNAVAILABLE',
  'SLACK_TOKEN_INVALID',
  'SLACK_SCOPE_MISSING',
  'CLUSTER_UNAVAILABLE',
  'CLUSTER_FORBIDDEN',
  'CONTEXT_NOT_FOUND',
  'TARGET_NOT_FOUND',
  'CONTAINER_NOT_FOUND',
  'ORIGINALS_NOT_FOUND',
  'REGISTRY_BUSY',
  'REGISTRY_UNAVAILABLE',
  'REGISTRY_FORBIDDEN',
  'REGISTRY_INVALID',
  'REGISTRY_CREDENTIALS',
  'PATCH_REFUSED',
  'STOP_REFUSED',
  'UPGRADE_NOT_FOUND',
  'STATE_UNREADABLE',
  'GATE_UNREACHABLE',
  'GATE_ANSWER_TOO_LONG',
  'AUDIT_KEY_MISSING',
  'AUDIT_UNKEYED',
  'NOT_STORED',
  'ROLLCALL_UNREACHABLE',
  'API_REFUSED',
  'USAGE',
] as const
export type ErrorCode = (typeof errorCodes)[number]
