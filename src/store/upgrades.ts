import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { ChainEntry, Committed, Upgrades } from '../engine/ports.ts'
import { AuditEntry, type AuditKey, genesis, seal } from '../upgrade/audit-chain.ts'
import { RollcallError } from '../upgrade/error.ts'
import { readStored } from '../upgrade/stored.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { keys } from './keys.ts'
import { type OwnChain, sealNext } from './own-chain.ts'
import { script } from './script.ts'
import * as scripts from './scripts.ts'
import { isoFromMicros, isoFromTime } from './time.ts'

/** How long a pipeline that had no answer may ask again, milliseconds. */
const callsKeptMs = 24 * 3_600_000

const Called = z.strictObject({ id: z.string(), hash: z.string() })

/**
 * The store on Redis. Every write that matters is one script; what it reads is parsed before anybody trusts it.
 *
 * @param options.auditKeys the first one seals audit entries; without any their hashes are not keyed
 * @param options.onUnreadable hears of an upgrade that a list leaves out, since this release cannot read it
 */
export function redisUpgrades(
  redis: Redis,
  options: { auditKeys?: readonly AuditKey[]; onUnreadable?: (error: RollcallError) => void } = {},
): Upgrades {
  const { auditKeys = [], onUnreadable = () => {} } = options
  const run = defineScripts(redis)

  async function load(id: string) {
    const [text, time, last, config] = await run.load(keys.upgrade(id), keys.audit(id), keys.config)
    if (!text) return undefined
    const upgrade = parseUpgrade(id, text)
    const entry = last ? AuditEntry.parse(JSON.parse(last)) : undefined
    if (entry?.sequence !== upgrade.sequence) throw unreadable(id, 'its audit trail ends elsewhere')
    const head = { hash: entry.hash, at: entry.at, sequence: entry.sequence }
    return { upgrade, now: isoFromMicros(time), head, ...(config && { config }) }
  }

  async function several(ids: string[]): Promise<Upgrade[]> {
    if (ids.length === 0) return []
    const texts = await redis.mget(ids.map(keys.upgrade))
    return texts.flatMap((text, index) => {
      const stored = text && readStored(text)
      if (!stored) return []
      if ('upgrade' in stored) return [stored.upgrade]
      // One that another release wrote must not hide all the others.
      onUnreadable(unreadable(ids[index] ?? '', stored.unreadable))
      return []
    })
  }

  async function append(chain: OwnChain, entry: ChainEntry): Promise<void> {
    for (;;) {
      const { text, length } = await sealNext(redis, chain, entry, auditKeys[0])
      if ((await run.append(keys.audit(chain), keys.feed, length, text, chain)) === 1) return
    }
  }

  return {
    load,

    async open(service, environment, target) {
      const [time, count, fields] = await Promise.all([
        redis.time(),
        redis.get(keys.count(service, environment)),
        redis.hmget(keys.target(target), 'active', 'head'),
      ])
      const [active, head] = fields
      return {
        now: isoFromTime(time),
        count: Number(count ?? 0),
        head: head ?? genesis,
        ...(active && { active }),
      }
    },

    commit({ upgrade, entry: unsealed, before, count, due, deadline, config, once, call }) {
      const entry = seal(unsealed, auditKeys[0])
      const { id, request, target, sequence } = upgrade
      const number = id.slice(id.lastIndexOf('-') + 1)
      return run.commit(
        keys.upgrade(id),
        keys.audit(id),
        keys.target(target),
        keys.count(request.service, request.environment),
        keys.due,
        keys.ended,
        keys.feed,
        keys.config,
        keys.call(call?.pipeline ?? '', call?.key ?? ''),
        before ?? sequence - 1,
        JSON.stringify(upgrade),
        JSON.stringify(entry),
        entry.hash,
        due ?? Date.parse(entry.at),
        id,
        number,
        upgrade.result ? Date.parse(upgrade.result.at) : '',
        Math.floor(deadline),
        config ?? '',
        sequence,
        count ?? '',
        once === undefined ? '' : JSON.stringify(once),
        call ? JSON.stringify({ id, hash: call.hash }) : '',
        callsKeptMs,
      )
    },

    async called({ pipeline, key }) {
      const text = await redis.get(keys.call(pipeline, key))
      return text === null ? undefined : Called.parse(JSON.parse(text))
    },

    async settle(id, sequence, due) {
      return (await run.settle(keys.upgrade(id), keys.due, sequence, due, id)) === 1
    },

    async begin({ id, sequence, target }, round, generation) {
      const first = await run.begin(keys.upgrade(id), keys.target(target), sequence, `${id} ${round}`, generation)
      return first === null ? undefined : Number(first)
    },

    async told(id, again) {
      await run.told(keys.upgrade(id), keys.due, id, again === undefined ? '' : Math.ceil(again))
    },

    overdue: (lateMs, limit) => run.overdue(keys.due, lateMs, limit),

    async active() {
      const upgrades = await several(await redis.zrange(keys.due, 0, -1))
      return upgrades.filter(({ result }) => !result).sort((a, b) => a.request.at.localeCompare(b.request.at))
    },

    async ended({ service, environment, since, limit }) {
      const found: Upgrade[] = []
      const least = since === undefined ? '-inf' : Date.parse(since)
      for (let start = 0; found.length < limit; start += 100) {
        const ids = await redis.zrevrangebyscore(keys.ended, '+inf', least, 'LIMIT', start, 100)
        if (ids.length === 0) break
        const wanted = ({ request }: Upgrade) =>
          (!service || request.service === service) && (!environment || request.environment === environment)
        found.push(...(await several(ids)).filter(wanted))
      }
      return found.slice(0, limit)
    },

    async now() {
      return isoFromTime(await redis.time())
    },

    async unknown(ids) {
      const known = await Promise.all(ids.map((id) => redis.exists(keys.upgrade(id))))
      return ids.filter((_, index) => known[index] === 0)
    },

    configInForce: async () => (await redis.hget(keys.config, 'hash')) ?? undefined,

    lengths: (ids) => Promise.all(ids.map((id) => redis.llen(keys.audit(id)))),

    async audit(id) {
      const texts = await redis.lrange(keys.audit(id), 0, -1)
      return texts.map((text) => AuditEntry.parse(JSON.parse(text)))
    },

    recordRefusal: (entry) => append('refusals', entry),
    recordAdmin: (entry) => append('admin', entry),
  }
}

function parseUpgrade(id: string, text: string): Upgrade {
  const stored = readStored(text)
  if ('unreadable' in stored) throw unreadable(id, stored.unreadable)
  return stored.upgrade
}

function unreadable(id: string, what: string): RollcallError {
  return new RollcallError('STATE_UNREADABLE', `The stored state of ${id} is not what this release reads: ${what}.`, {
    hint: 'Run the release that wrote it, or look at it with `rollcall audit verify`. Nothing was changed.',
  })
}

function defineScripts(redis: Redis) {
  const load = script<[string | null, string, string | null, string | null]>(redis, 'rollcallLoad', 3, scripts.load)
  const commit = script<Committed>(redis, 'rollcallCommit', 9, scripts.commit)
  const settle = script<number>(redis, 'rollcallSettle', 2, scripts.settle)
  const begin = script<string | null>(redis, 'rollcallBegin', 2, scripts.begin)
  const told = script<number>(redis, 'rollcallTold', 2, scripts.told)
  const overdue = script<string[]>(redis, 'rollcallOverdue', 1, scripts.overdue)
  const append = script<number>(redis, 'rollcallAppend', 2, scripts.append)
  return { load, commit, settle, begin, told, overdue, append }
}
