import { type DestinationStream, type Logger, pino } from 'pino'
import { printable } from '../upgrade/printable.ts'

/** Paths that may hold a secret, whoever logs them. */
const secretFields = ['token', 'authorization', 'response_url', 'trigger_id', 'signingSecret', 'appToken', 'headers']

/**
 * JSON lines on standard output; grep for an upgrade's ID and its story is there.
 *
 * @param options.secrets values that no line may hold, in whatever field or message they got there
 */
export function createLog(
  level: string,
  options: { secrets?: readonly string[]; destination?: DestinationStream } = {},
): Logger {
  const paths = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  const values = (options.secrets ?? []).filter(Boolean).map((secret) => JSON.stringify(secret).slice(1, -1))
  return pino(
    {
      level,
      base: { service: 'rollcall' },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[secret]' },
      serializers: { err: briefError },
      hooks: {
        streamWrite: (line) => printable(values.reduce((text, value) => text.replaceAll(value, '[secret]'), line)),
      },
    },
    options.destination ?? pino.destination(1),
  )
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
