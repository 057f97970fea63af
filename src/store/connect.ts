import { Redis, type RedisOptions } from 'ioredis'
import { RollcallError } from '../upgrade/error.ts'
import { redisAddress } from './redis-address.ts'

/** A decision that is not stored within this time is not acknowledged, milliseconds. */
const commandTimeoutMs = 2_000

/**
 * Two connections: `store` answers or fails within two seconds; `queues` waits for Redis as BullMQ wants it.
 *
 * @param url see `redisAddress`
 * @throws RollcallError REDIS_UNAVAILABLE when nothing answers at the start
 */
export async function connectRedis(url: string): Promise<{ store: Redis; queues: Redis; close(): Promise<void> }> {
  const retryStrategy = (attempt: number) => Math.min(attempt * 100, 2_000)
  const open = (options: RedisOptions): Redis => {
    const address = redisAddress(url)
    return typeof address === 'string' ? new Redis(address, options) : new Redis({ ...address, ...options })
  }
  const store = open({
    lazyConnect: true,
    connectTimeout: 3_000,
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 1,
    retryStrategy,
  })
  const queues = open({ lazyConnect: true, connectTimeout: 3_000, maxRetriesPerRequest: null, retryStrategy })
  // Without listeners an error of the connection would end the process; /readyz tells it.
  let lastError: Error | undefined
  for (const one of [store, queues]) one.on('error', (error: Error) => (lastError = error))
  try {
    await store.connect()
    await store.ping()
    await queues.connect()
  } catch (cause) {
    store.disconnect()
    queues.disconnect()
    const why = (lastError ?? cause) as Error
    throw new RollcallError('REDIS_UNAVAILABLE', `No Redis answers at ${withoutPassword(url)}: ${why.message}`, {
      hint: 'Start Redis 6.2 or newer, or set REDIS_URL, for example redis://127.0.0.1:6379.',
      retryable: true,
      cause,
    })
  }
  return {
    store,
    queues,
    async close() {
      store.disconnect()
      queues.disconnect()
    },
  }
}

/** An address that may be shown: the password and everything after it stay out. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@')
}
