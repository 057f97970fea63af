import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type RedisServer, startRedis } from '../scripts/redis.ts'

/**
 * A real Redis for the tests of one file, empty before each of them. Call it before any other hook.
 *
 * @param use gets a connection, and the server, before the first test
 */
export function ownRedis(
  use: (redis: Redis, server: RedisServer) => void,
  options: Parameters<typeof startRedis>[0] = {},
): void {
  let server: RedisServer
  let redis: Redis

  beforeAll(async () => {
    server = await startRedis(options)
    redis = new Redis(server.url)
    use(redis, server)
  })
  beforeEach(() => redis.flushdb())
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })
}
