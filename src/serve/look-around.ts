import type { Redis } from 'ioredis'
import type { Config } from '../config/schema.ts'
import type { Log } from '../engine/parts.ts'

/** Logs what would not stop a start, and is found out too late otherwise. Never throws. */
export async function lookAround(
  env: NodeJS.ProcessEnv,
  { store, config, log }: { store: Redis; config: () => Config; log: Log },
): Promise<void> {
  try {
    // Loaded now, so that the start does not wait for it.
    const { examine, openSetup, startChecks } = await import('../doctor/at-start.ts')
    const setup = { ...openSetup({ env }), redis: async () => store, config: async () => config() }
    const { findings } = await examine(startChecks(setup))
    for (const { code, severity, found, means, remedy, command } of findings) {
      if (severity === 'note') continue
      log.warn({ doctor: code, severity, remedy, ...(command && { command }) }, `${found} ${means}`)
    }
  } catch (error) {
    log.warn({ err: error }, 'the set-up was not looked at')
  }
}
