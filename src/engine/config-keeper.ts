import { parseConfig } from '../config/load.ts'
import { type PermissionChange, permissionsDiff } from '../config/permissions-diff.ts'
import { activeConfig } from '../config/resolve.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from './parts.ts'
import type { ActiveConfig, ConfigStore } from './ports.ts'

/** A configuration file as it was read. */
export type ConfigFile = { config: Config; text: string }

export type ConfigKeeper = {
  /** What this process goes by, whether it is in force or not. */
  config(): Config
  active(): ActiveConfig
  /** Whether it is in force, as far as is known. */
  inForce(): boolean
  /**
   * Given the hash of the configuration in force: whether this process goes by it. When its file has meanwhile become
   * that, it is taken over; in a store without any, this process's own comes into force.
   */
  goesBy(hash: string | undefined): Promise<boolean>
  /** Asks the store which one is in force; wants to be called every second or so. */
  look(): Promise<void>
  /** This process ends: it counts no longer among those that go by the configuration in force. */
  leave(): Promise<void>
  /** Puts the file, as it is now, in force. */
  reload(): Promise<void>
}

type Options = {
  /** Path of the file, for the audit trail. */
  file: string
  /** @throws RollcallError CONFIG_INVALID, CONFIG_NOT_FOUND */
  read(): Promise<ConfigFile>
  store: ConfigStore
  log: Log
  /** Hears of every configuration that this process goes by from now on. */
  onChanged?(config: Config): void
  /** Hears of a configuration that this process put in force, with what it changes in permissions. */
  onPutInForce?(config: Config, changes: PermissionChange[]): void
}

/** For so long nobody else must have been heard of, milliseconds; each lets itself be heard of every second. */
const aloneForMs = 5_000

/**
 * Keeps all processes on one configuration. A new one comes into force when a process starts with it or is sent
 * SIGHUP; the others read their own file again as soon as they see another hash, and lead nothing forward until it has
 * become that. The text itself is never taken from the store: who can write there must not set permissions.
 *
 * A start with one that was in force before and was replaced changes nothing while other processes go by the one in
 * force: it is a process that was left behind. Whoever wants to go back to it says so with SIGHUP.
 */
export async function keepConfig(first: ConfigFile, options: Options): Promise<ConfigKeeper> {
  const { store, log } = options
  let own = first
  let active = activeConfig(first.config, first.text)
  let number = 0
  let current = false
  let told: string | undefined
  let aloneSince: number | undefined
  let reading: Promise<boolean> | undefined

  function adopt(file: ConfigFile, asNumber: number): void {
    if (file.text !== own.text) {
      own = file
      active = activeConfig(file.config, file.text)
      options.onChanged?.(file.config)
    }
    number = asNumber
    current = true
    told = undefined
  }

  async function goesBy(hash: string | undefined): Promise<boolean> {
    if (hash === active.hash) return isInForce()
    current = false
    reading ??= catchUp().finally(() => {
      reading = undefined
    })
    return reading
  }

  function isInForce(): true {
    if (told) log.info({ config: active.hash }, 'the configuration of this process is in force again')
    told = undefined
    current = true
    return true
  }

  async function catchUp(): Promise<boolean> {
    const found = await store.inForce()
    if (found?.hash === active.hash) {
      number = found.number
      return isInForce()
    }
    // Numbers only grow, so a lower one is that of a store which went back in time, and so is none at all.
    const rewound = (found?.number ?? 0) < number
    if (rewound || !found) {
      await putInForce(own, rewound ? 'REWOUND' : 'START')
      return current
    }
    const { hash } = found
    const file = await options.read().catch((error: unknown) => {
      if (told !== hash) log.error({ err: error }, 'the configuration cannot be read again')
      return undefined
    })
    if (file && activeConfig(file.config, file.text).hash === hash) {
      adopt(file, found.number)
      log.info({ to: hash }, 'configuration taken up; another process put it in force')
      return true
    }
    if (told !== hash) {
      const fields = { code: 'CONFIG_OUTDATED', own: active.hash, inForce: hash }
      log.error(fields, 'another configuration is in force, so this process leads nothing forward')
      told = hash
    }
    return false
  }

  /** Of several that try at once one succeeds, and the others see what it did. */
  async function putInForce(file: ConfigFile, reason: 'START' | 'SIGHUP' | 'REWOUND'): Promise<void> {
    const { hash } = activeConfig(file.config, file.text)
    for (;;) {
      const before = await store.inForce()
      if (before?.hash === hash) return adopt(file, before.number)
      if (before && reason === 'START' && (await isLeftBehind(hash))) return
      const changes = before ? await changesSince(before.hash, file.config) : []
      const entry = {
        actor: { kind: 'system' as const, reason },
        action: 'configured',
        target: options.file,
        outcome: 'done' as const,
        from: {},
        to: {},
        detail: { ...(before && { from: before.hash }), to: hash, permissions: changes },
        requestId: hash.slice(0, 12),
      }
      const instead = before?.number ?? 0
      if (!(await store.takeUp({ hash, text: file.text }, instead, entry))) continue
      log.info({ from: before?.hash, to: hash, reason, changes: changes.length }, 'configuration taken up')
      options.onPutInForce?.(file.config, changes)
      return adopt(file, instead + 1)
    }
  }

  /** It was in force once, and others are on a newer one. */
  async function isLeftBehind(hash: string): Promise<boolean> {
    return (await store.textOf(hash)) !== undefined && (await store.others(false)) > 0
  }

  /** With nobody else left there is no newer one to wait for; but others may just be cut off from the store. */
  async function lookAround(): Promise<void> {
    const others = await store.others(current)
    if (current || others > 0) {
      aloneSince = undefined
      return
    }
    aloneSince ??= performance.now()
    if (performance.now() - aloneSince > aloneForMs) await putInForce(own, 'START')
  }

  async function changesSince(hash: string, config: Config): Promise<PermissionChange[]> {
    if (hash === active.hash) return permissionsDiff(own.config, config)
    const text = await store.textOf(hash)
    const before = text === undefined ? undefined : parseQuietly(text)
    return before ? permissionsDiff(before, config) : []
  }

  const keeper: ConfigKeeper = {
    config: () => own.config,
    active: () => active,
    inForce: () => current,
    goesBy,
    async look() {
      await goesBy((await store.inForce())?.hash)
      await lookAround()
    },
    async leave() {
      await store.others(false)
    },
    async reload() {
      try {
        await putInForce(await options.read(), 'SIGHUP')
      } catch (error) {
        log.error({ err: error }, 'the changed configuration is refused; the old one stays in force')
      }
    },
  }
  await putInForce(first, 'START')
  await keeper.look()
  return keeper
}

/** One that was in force under another release may not be valid any more; then nobody can say what changed. */
function parseQuietly(text: string): Config | undefined {
  try {
    return parseConfig(text, { file: 'the configuration before' }).config
  } catch {
    return undefined
  }
}
