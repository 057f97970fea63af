import { type Logger, LogLevel } from '@slack/bolt'
import type { Log } from '../engine/parts.ts'

/** The SDK's logger on ours. Its debug and info lines tell payloads and tokens, so they are dropped. */
export function slackLogger(log: Log): Logger {
  const text = (parts: unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ')
  return {
    debug() {},
    info() {},
    warn: (...parts: unknown[]) => log.warn({ part: 'slack' }, text(parts)),
    error: (...parts: unknown[]) => log.error({ part: 'slack' }, text(parts)),
    getLevel: () => LogLevel.WARN,
    setLevel() {},
    setName() {},
  }
}
