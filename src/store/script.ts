import type { Redis } from 'ioredis'

/** A script as a function: ioredis sends its digest and, where Redis does not know it yet, its text. */
export function script<Answer>(redis: Redis, name: string, numberOfKeys: number, lua: string) {
  redis.defineCommand(name, { numberOfKeys, lua })
  const command: unknown = Reflect.get(redis, name)
  if (typeof command !== 'function') throw new TypeError(`${name} is not defined`)
  return (...args: (string | number)[]): Promise<Answer> => command.apply(redis, args)
}
