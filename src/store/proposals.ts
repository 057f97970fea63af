import type { Redis } from 'ioredis'
import type { Proposals } from '../engine/ports.ts'
import { Offers } from '../upgrade/proposals.ts'
import { keys } from './keys.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** As long as the notes of what is shown. */
const keptForMs = 30 * 24 * 3_600_000

/** The one field of each hash. */
const field = 'offers'

/** What is proposed, on Redis, for a month after the last change. */
export function redisProposals(redis: Redis): Proposals {
  const replace = script<number>(redis, 'rollcallReplace', 1, scripts.replace)
  return {
    async of({ service, environment }) {
      const mark = (await redis.hget(keys.proposals(service, environment), field)) ?? ''
      // What another release wrote counts as nothing, and is replaced.
      return { mark, offers: mark === '' ? [] : (Offers.safeParse(JSON.parse(mark)).data ?? []) }
    },
    async replace({ service, environment }, mark, offers) {
      const change = [field, mark, JSON.stringify(offers), keptForMs]
      return (await replace(keys.proposals(service, environment), ...change)) === 1
    },
  }
}
