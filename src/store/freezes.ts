import type { Redis } from 'ioredis'
import type { Freezes } from '../engine/ports.ts'
import type { AuditKey } from '../upgrade/audit-chain.ts'
import { RollcallError } from '../upgrade/error.ts'
import { Freeze } from '../upgrade/freezes.ts'
import { keys } from './keys.ts'
import { sealNext } from './own-chain.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/**
 * Freezes on Redis, by scope.
 *
 * @param auditKeys the first one seals audit entries
 */
export function redisFreezes(redis: Redis, auditKeys: readonly AuditKey[] = []): Freezes {
  const freeze = script<'committed' | 'conflict' | 'late' | 'behind'>(redis, 'rollcallFreeze', 3, scripts.freeze)
  return {
    async all() {
      return Object.entries(await redis.hgetall(keys.freezes)).map(([scope, text]) => parseFreeze(scope, text))
    },

    async replace({ scope, before, after, entry, deadline }) {
      for (;;) {
        const { text, length } = await sealNext(redis, 'admin', entry, auditKeys[0])
        const written = await freeze(
          ...[keys.freezes, keys.audit('admin'), keys.feed],
          ...[scope, stored(before), stored(after), length, text, Math.floor(deadline)],
        )
        if (written !== 'behind') return written
      }
    },
  }
}

function stored(freeze: Freeze | undefined): string {
  return freeze === undefined ? '' : JSON.stringify(freeze)
}

/** One that cannot be read may hold anything still, so nothing goes forward. */
function parseFreeze(scope: string, text: string): Freeze {
  try {
    return Freeze.parse(JSON.parse(text))
  } catch (cause) {
    throw new RollcallError('STATE_UNREADABLE', `The stored freeze of ${scope} is not what this release reads.`, {
      hint: 'Run the release that wrote it, and lift it there.',
      cause,
    })
  }
}
