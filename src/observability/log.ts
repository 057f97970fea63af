import { type Logger, pino } from 'pino'

/** Paths that may hold a secret, whoever logs them. */
const secrets = ['token', 'authorization', 'response_url', 'trigger_id', 'signingSecret', 'headers']

/** JSON lines on standard output; grep for an upgrade's ID and its story is there. */
export function createLog(level: string): Logger {
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  return pino({
    level,
    base: { service: 'rollcall' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: '[secret]' },
    serializers: { err: briefError },
  })
}

/** Name, code, message and stack: an error's other fields may carry a request with its token. */
function briefError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code: unknown = Reflect.get(error, 'code')
  const cause = error.cause instanceof Error ? error.cause.message : undefined
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: error.message,
    ...(cause && { cause }),
    stack: error.stack,
  }
}
