import type { Redis } from 'ioredis'
import { z } from 'zod'
import { type Alerts, type Called, onCallTroubles } from '../engine/ports.ts'
import { TargetAlert } from '../upgrade/alerts.ts'
import { keys } from './keys.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** As long as the notes of what is shown. */
const keptForMs = 30 * 24 * 3_600_000

/** So many alerts of an upgrade are kept; of more only their number. */
const mostKept = 50
const mostCounted = 10_000

/** Redis does nothing else meanwhile. */
const mostAtOnce = 250

/** An alert that may count is kept rather than one that cannot. */
const ofWeight = 1e14

const StoredCalled = z.strictObject({
  users: z.array(z.string()),
  groups: z.array(z.string()),
  by: z.enum(['schedule', 'configuration', 'role']),
  trouble: z.exactOptional(z.enum(onCallTroubles)),
  at: z.iso.datetime(),
})

/** Alerts on Redis, each in the place of what was known of it. */
export function redisAlerts(redis: Redis): Alerts {
  const note = script<number>(redis, 'rollcallAlerts', 4, scripts.alerts)
  return {
    async note(id, alerts) {
      const { all, order, firing } = keys.alerts(id)
      const limits = [mostKept, mostCounted, keptForMs]
      let isNews = false
      for (let from = 0; from < alerts.length; from += mostAtOnce) {
        const described = alerts.slice(from, from + mostAtOnce).flatMap(describe)
        isNews = (await note(all, order, firing, keys.due, id, ...limits, ...described)) === 1 || isNews
      }
      return isNews
    },

    async of(id) {
      const { all, firing, called } = keys.alerts(id)
      const [stored, count, by] = await Promise.all([redis.hvals(all), redis.scard(firing), redis.get(called)])
      const alerts = stored.flatMap((text) => TargetAlert.safeParse(JSON.parse(text)).data ?? [])
      const known = by === null ? undefined : calledIn(by)
      return { alerts, firing: count, ...(known && { called: known }) }
    },

    async call(id, called) {
      const key = keys.alerts(id).called
      const first = await redis.set(key, JSON.stringify(called), 'PX', keptForMs, 'NX')
      const stored = first === 'OK' ? null : await redis.get(key)
      return (stored === null ? undefined : calledIn(stored)) ?? called
    },
  }
}

/** Its name, its state, its rank and itself. */
function describe(alert: TargetAlert): [string, string, number, string] {
  const { source, fingerprint, state, startsAt } = alert
  const mayCount = alert.weight !== 'milder' && alert.sole
  const rank = (mayCount ? ofWeight : 0) + Date.parse(startsAt)
  return [`${source}/${fingerprint}`, state, rank, JSON.stringify(alert)]
}

/** What another release wrote is left out. */
function calledIn(text: string): Called | undefined {
  return StoredCalled.safeParse(JSON.parse(text)).data
}
