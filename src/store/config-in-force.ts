import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { ConfigStore } from '../engine/ports.ts'
import type { AuditKey } from '../upgrade/audit-chain.ts'
import { keys } from './keys.ts'
import { sealNext } from './own-chain.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** A process that has not been heard of for so long counts as gone, milliseconds. */
const goneAfterMs = 5_000

/**
 * Which configuration all processes go by, on Redis; it comes into force in one write with its audit entry.
 *
 * @param auditKeys the first one seals that entry
 */
export function redisConfigStore(redis: Redis, auditKeys: readonly AuditKey[] = []): ConfigStore {
  const process = randomUUID()
  const beat = script<number>(redis, 'rollcallBeat', 1, scripts.beat)
  const takeUp = script<number>(redis, 'rollcallTakeUp', 4, scripts.takeUp)
  return {
    async inForce() {
      const [hash, number] = await redis.hmget(keys.config, 'hash', 'number')
      return hash ? { hash, number: Number(number) } : undefined
    },

    textOf: async (hash) => (await redis.hget(keys.configText(hash), 'text')) ?? undefined,

    others: (current) => beat(keys.processes, process, goneAfterMs, current ? 1 : 0),

    async takeUp({ hash, text }, instead, entry) {
      const next = await sealNext(redis, 'admin', entry, auditKeys[0])
      const written = await takeUp(
        keys.config,
        keys.configText(hash),
        keys.audit('admin'),
        keys.feed,
        instead,
        hash,
        text,
        next.length,
        next.text,
      )
      return written === 1
    },
  }
}
