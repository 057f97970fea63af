import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { CallLines } from '../engine/call-lines.ts'
import { keys } from './keys.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'

/** How long after an upgrade's last message its bookkeeping is kept; the rollback window and more. */
const shownForMs = 30 * 24 * 3_600_000

/** Which messages of an upgrade are in Slack, by key. Outside the sequence: bookkeeping never conflicts with a decision. */
export function redisShown<Entry>(redis: Redis) {
  const replace = script<number>(redis, 'rollcallReplace', 1, scripts.replace)
  const replaceLive = script<number>(redis, 'rollcallReplaceLive', 2, scripts.replace)
  return {
    async load(id: string): Promise<Record<string, Entry>> {
      const stored = await redis.hgetall(keys.shown(id))
      return Object.fromEntries(Object.entries(stored).map(([key, text]) => [key, JSON.parse(text) as Entry]))
    },
    async replace(
      id: string,
      key: string,
      before: Entry | undefined,
      entry: Entry,
      thread?: { channel: string; ts: string },
    ): Promise<boolean> {
      const was = before === undefined ? '' : JSON.stringify(before)
      const change = [key, was, JSON.stringify(entry), shownForMs]
      const shown = keys.shown(id)
      if (!thread) return (await replace(shown, ...change)) === 1
      return (await replaceLive(shown, keys.thread(thread), ...change, id)) === 1
    },
    async upgradeOf(thread: { channel: string; ts: string }): Promise<string | undefined> {
      return (await redis.get(keys.thread(thread))) ?? undefined
    },
    async forget(id: string, key: string): Promise<void> {
      await redis.hdel(keys.shown(id), key)
    },
  }
}

/** How long automatic batches go on without Slack, milliseconds. */
const withoutSlackMs = 60_000

/** When Slack answered last, whichever process it was that asked. */
export function redisReached(redis: Redis) {
  return {
    note: async () => void (await redis.set(keys.slackReached, '', 'PX', withoutSlackMs)),
    isRecent: async () => (await redis.exists(keys.slackReached)) === 1,
  }
}

/** Which admins were told of what is wrong with a channel or a workload. */
export function redisTold(redis: Redis) {
  return {
    first: async (about: string, what: string) => (await redis.sadd(keys.told(about), what)) === 1,
    forget: async (about: string, what: string) => void (await redis.srem(keys.told(about), what)),
    all: (about: string): Promise<string[]> => redis.smembers(keys.told(about)),
    clear: async (about: string) => void (await redis.del(keys.told(about))),
  }
}

export type Window = { name: string; limit: number; windowMs: number }

/** What one workspace may do, shared by every process. */
export function redisWindows(redis: Redis): { take(window: Window): Promise<number> } {
  const take = script<number>(redis, 'rollcallTake', 1, scripts.take)
  return { take: ({ name, limit, windowMs }) => take(keys.budget(name), limit, windowMs, randomUUID()) }
}

/** Slack takes no signature that is older than five minutes; twice that is remembered. */
const signatureForMs = 600_000

/** Slack's last attempt at an event comes after six minutes; an hour leaves room for a queue on its side. */
const doneForMs = 3_600_000

/** Whoever waits for an answer in a dialog has given up by then. */
const answerForMs = 600_000

/** Nobody works longer at storing a decision. Who died at it holds the next attempt up for no longer than this. */
const claimForMs = 2_500

/** Which deliveries of Slack were here. */
export function redisDeliveries(redis: Redis) {
  const claim = script<'mine' | 'underWay' | 'done'>(redis, 'rollcallClaim', 1, scripts.claim)
  return {
    first: async (signature: string) =>
      (await redis.set(keys.seen(signature), 'done', 'PX', signatureForMs, 'NX')) === 'OK',
    claim: (id: string) => claim(keys.seen(id), claimForMs),
    async done(id: string, answer?: string): Promise<void> {
      const noted = redis.multi().set(keys.seen(id), 'done', 'PX', doneForMs)
      if (answer !== undefined) noted.set(keys.answer(id), answer, 'PX', answerForMs)
      await noted.exec()
    },
    answerTo: async (id: string) => (await redis.get(keys.answer(id))) ?? undefined,
    async release(id: string): Promise<void> {
      await redis.del(keys.seen(id))
    },
  }
}

/** A kind of delivery is noted so often, milliseconds: it is only for telling whether it ever comes. */
const noteEveryMs = 60_000

/** Which kinds of deliveries arrive, for `rollcall doctor`: what an app's settings send where, Slack tells nobody. */
export function redisArrivals(redis: Redis, now: () => number = Date.now) {
  const noted = new Map<string, number>()
  return {
    /** @param kind `command`, `block_actions`, `event:app_home_opened` … */
    async note(kind: string): Promise<void> {
      const at = now()
      if (at - (noted.get(kind) ?? Number.NEGATIVE_INFINITY) < noteEveryMs) return
      noted.set(kind, at)
      await redis.pipeline().hsetnx(keys.arrived, 'since', at).hset(keys.arrived, kind, at).exec()
    },
    /** Epoch milliseconds by kind; `since`: when the first one was noted. */
    async all(): Promise<ReadonlyMap<string, number>> {
      const stored = await redis.hgetall(keys.arrived)
      return new Map(Object.entries(stored).map(([kind, at]) => [kind, Number(at)]))
    },
  }
}

/** Once Slack asked for patience, everybody stands in line for so long, and for as long as anybody has to wait. */
const strictForMs = 300_000

/** Who does not come back to the line this much after the time that they were told has died, or wants nothing any more. */
const patienceMs = 10_000

/** An upgrade's messages are looked at once in so many milliseconds; where somebody doubts them, sooner. */
const lookedForMs = { usually: 60_000, doubted: 10_000 }

/** When the messages of each upgrade were looked at last. */
export function redisLooks(redis: Redis) {
  const looked = (upgrade: string) => keys.budget(`looked:${upgrade}`)
  const doubted = (upgrade: string) => keys.budget(`doubted:${upgrade}`)
  return {
    async standing(upgrade: string): Promise<'recent' | 'due' | 'doubted'> {
      const [leftMs, isDoubted] = await Promise.all([redis.pttl(looked(upgrade)), redis.exists(doubted(upgrade))])
      const agoMs = lookedForMs.usually - leftMs
      if (isDoubted === 1 && (leftMs < 0 || agoMs >= lookedForMs.doubted)) return 'doubted'
      return leftMs > 0 ? 'recent' : 'due'
    },
    note: async (upgrade: string): Promise<void> => {
      await redis.set(looked(upgrade), '', 'PX', lookedForMs.usually)
      await redis.del(doubted(upgrade))
    },
    doubt: async (upgrade: string): Promise<void> => {
      await redis.set(doubted(upgrade), '', 'PX', lookedForMs.usually)
    },
  }
}

/** Calls of which Slack allows so many, and those who wait for them, in every process. */
export function redisLines(redis: Redis): CallLines {
  const standInLine = script<number>(redis, 'rollcallStandInLine', 3, scripts.standInLine)
  const pauseLine = script<number>(redis, 'rollcallPauseLine', 1, scripts.pauseLine)
  const bucket = (line: string) => keys.budget(`bucket:${line}`)
  return {
    take: ({ line, name, rank, capacity, fillMs, leave, isTrusting }) => {
      const waiting = [keys.budget(`line:${line}`), keys.budget(`back:${line}`)]
      const turn = [name, rank, capacity, fillMs, leave, isTrusting ? '1' : '', strictForMs, patienceMs]
      return standInLine(bucket(line), ...waiting, ...turn)
    },
    pause: async (line, forMs) => void (await pauseLine(bucket(line), Math.max(1, Math.ceil(forMs)), strictForMs)),
  }
}

/** A dead process's lock ends after this, milliseconds; a living one renews it. */
const lockMs = 5_000

/**
 * Runs `work` unless somebody else is at it.
 *
 * @returns whether it ran
 */
export function redisLocks(redis: Redis) {
  const renew = script<number>(redis, 'rollcallRenew', 1, scripts.renew)
  const unlock = script<number>(redis, 'rollcallUnlock', 1, scripts.unlock)
  return async (name: string, work: () => Promise<void>): Promise<boolean> => {
    const owner = randomUUID()
    if ((await redis.set(keys.lock(name), owner, 'PX', lockMs, 'NX')) !== 'OK') return false
    const renewing = setInterval(() => void renew(keys.lock(name), owner, lockMs).catch(() => {}), lockMs / 3)
    try {
      await work()
    } finally {
      clearInterval(renewing)
      await unlock(keys.lock(name), owner)
    }
    return true
  }
}

/**
 * Runs `work` one at a time for each name. Whoever comes while somebody is at it has it done once more afterwards, so
 * that nobody waits and nothing is missed.
 *
 * @returns `busyMs`: somebody else is at it, and this is the first to ask for once more; if that process dies, its lock
 *   ends after so many milliseconds
 */
export function redisTurns(redis: Redis) {
  const takeTurn = script<number>(redis, 'rollcallTakeTurn', 2, scripts.takeTurn)
  const endTurn = script<number>(redis, 'rollcallEndTurn', 2, scripts.endTurn)
  const renew = script<number>(redis, 'rollcallRenew', 1, scripts.renew)
  const unlock = script<number>(redis, 'rollcallUnlock', 1, scripts.unlock)
  return async (name: string, work: () => Promise<void>): Promise<{ busyMs?: number }> => {
    const owner = randomUUID()
    const both = [keys.lock(name), keys.again(name), owner]
    const turn = await takeTurn(...both, lockMs)
    if (turn !== 1) return turn === 0 ? { busyMs: lockMs } : {}
    const renewing = setInterval(() => void renew(keys.lock(name), owner, lockMs).catch(() => {}), lockMs / 3)
    try {
      do await work()
      while ((await endTurn(...both)) === 1)
    } catch (error) {
      await unlock(keys.lock(name), owner)
      throw error
    } finally {
      clearInterval(renewing)
    }
    return {}
  }
}
