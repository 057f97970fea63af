import type { Redis } from 'ioredis'
import { z } from 'zod'
import { keys } from './keys.ts'

/** How long after somebody looked at their Home tab it is kept up to date, milliseconds. */
const keptForMs = 24 * 3_600_000

/** As many are kept up to date at once; whoever looked longest ago goes first. */
const keptAtOnce = 300

const Published = z.object({
  hash: z.string().optional(),
  content: z.string(),
  moment: z.string(),
  at: z.number(),
})
export type Published = z.infer<typeof Published>

type Person = { kind: 'slack'; team: string; user: string }

/** Whose Home tab was opened lately, and what was published there last. All of it may be lost: it is published again. */
export function redisHomes(redis: Redis) {
  return {
    async open({ team, user }: Person): Promise<void> {
      await redis
        .multi()
        .zadd(keys.homes, Date.now(), `${team} ${user}`)
        .zremrangebyscore(keys.homes, '-inf', Date.now() - keptForMs)
        .zremrangebyrank(keys.homes, 0, -keptAtOnce - 1)
        .pexpire(keys.homes, keptForMs)
        .exec()
    },

    async opened(): Promise<{ person: Person; openedAt: number }[]> {
      const since = Date.now() - keptForMs
      const stored = await redis.zrevrangebyscore(keys.homes, '+inf', since, 'WITHSCORES')
      return stored.flatMap((member, index) => {
        const [team, user] = member.split(' ')
        if (index % 2 === 1 || !team || !user) return []
        return [{ person: { kind: 'slack' as const, team, user }, openedAt: Number(stored[index + 1]) }]
      })
    },

    async published(users: readonly string[]): Promise<(Published | undefined)[]> {
      if (users.length === 0) return []
      const stored = await redis.mget(users.map(keys.home))
      return stored.map((text) => (text === null ? undefined : Published.safeParse(JSON.parse(text)).data))
    },

    async note(user: string, published: Published): Promise<void> {
      await redis.set(keys.home(user), JSON.stringify(published), 'PX', keptForMs)
    },

    async close(user: string): Promise<void> {
      const members = await redis.zrange(keys.homes, 0, -1)
      const theirs = members.filter((member) => member.endsWith(` ${user}`))
      if (theirs.length > 0) await redis.zrem(keys.homes, ...theirs)
      await redis.del(keys.home(user))
    },
  }
}
