import type { Redis } from 'ioredis'

/** Every key with everything it holds, as text to search in. */
export async function everythingStored(redis: Redis): Promise<string> {
  const parts: string[] = []
  for (const key of await redis.keys('*')) parts.push(`${key} = ${JSON.stringify(await contentOf(redis, key))}`)
  return parts.join('\n')
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key)
  switch (type) {
    case 'string':
      return redis.get(key)
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'hash':
      return redis.hgetall(key)
    case 'set':
      return redis.smembers(key)
    case 'zset':
      return redis.zrange(key, 0, -1)
    case 'stream':
      return redis.xrange(key, '-', '+')
    case 'none':
      return undefined
    default:
      throw new Error(`${key} is a ${type}, and nobody looks into those yet`)
  }
}
