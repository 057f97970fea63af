import type { Redis } from 'ioredis'
import { parseEntry } from '../upgrade/audit-chain.ts'
import { storedChain } from './audit-trail.ts'
import { keys } from './keys.ts'

/**
 * Every entry of every chain in the order of the commits, as `<chain> <sequence>`. Whoever copies the trail elsewhere
 * keeps its position in it, here too: a Redis that was set back sets the position back with it.
 */
export type AuditFeed = {
  length(): Promise<number>
  /** The place of the newest such reference; `undefined` when there is none. */
  find(reference: string): Promise<number | undefined>
  /** The entries from a position on; `text` is absent where somebody took the entry away. */
  read(position: number, limit: number): Promise<{ reference: string; text: string | undefined }[]>
  /** How far a copy has got; 0 at first. */
  position(copy: string): Promise<number>
  setPosition(copy: string, position: number): Promise<void>
}

export function redisAuditFeed(redis: Redis): AuditFeed {
  return {
    length: () => redis.llen(keys.feed),

    async find(reference) {
      return (await redis.lpos(keys.feed, reference, 'RANK', -1)) ?? undefined
    },

    async read(position, limit) {
      const references = await redis.lrange(keys.feed, position, position + limit - 1)
      const lookup = redis.pipeline()
      for (const reference of references) {
        const blank = reference.lastIndexOf(' ')
        lookup.lindex(keys.audit(reference.slice(0, blank)), Number(reference.slice(blank + 1)) - 1)
      }
      const found = (await lookup.exec()) ?? []
      return Promise.all(
        references.map(async (reference, index) => {
          const [error, text] = found[index] ?? []
          if (error) throw error
          const fits = typeof text === 'string' && referenceOf(text) === reference
          return { reference, text: fits ? text : await search(redis, reference) }
        }),
      )
    },

    async position(copy) {
      return Number((await redis.hget(keys.copies, copy)) ?? 0)
    },

    async setPosition(copy, position) {
      await redis.hset(keys.copies, copy, position)
    },
  }
}

/** A chain that lacks entries, since its store went back in time, has an entry elsewhere than at its number. */
async function search(redis: Redis, reference: string): Promise<string | undefined> {
  const chain = reference.slice(0, reference.lastIndexOf(' '))
  for await (const text of storedChain(redis, chain)) if (referenceOf(text) === reference) return text
  return undefined
}

function referenceOf(text: string): string | undefined {
  const entry = parseEntry(text)
  return entry && `${entry.chain} ${entry.sequence}`
}
