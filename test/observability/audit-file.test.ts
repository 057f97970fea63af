import { existsSync } from 'node:fs'
import { appendFile, copyFile, mkdtemp, readFile, rename, rm, symlink, truncate, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChainEntry } from '../../src/engine/ports.ts'
import { type AuditFileParts, auditFile } from '../../src/observability/audit-file.ts'
import { compareWithExport } from '../../src/store/audit-comparison.ts'
import { redisAuditFeed } from '../../src/store/audit-feed.ts'
import { keys } from '../../src/store/keys.ts'
import { redisLocks } from '../../src/store/slack-state.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { type AuditEntry, parseEntry } from '../../src/upgrade/audit-chain.ts'
import { dana } from '../an-upgrade.ts'
import { ownRedis } from '../own-redis.ts'

let redis: Redis
let dir: string
let file: string
let logged: string[]
let behind: number[]
const copies: ReturnType<typeof auditFile>[] = []

ownRedis((connection) => {
  redis = connection
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-audit-'))
  file = join(dir, 'audit.jsonl')
  logged = []
  behind = []
})
afterEach(async () => {
  await Promise.all(copies.splice(0).map((one) => one.stop()))
  await rm(dir, { recursive: true })
})

function copyTo(path: string, changes: Partial<AuditFileParts> = {}) {
  const note = (_: object, message: string) => logged.push(message)
  const one = auditFile({
    feed: redisAuditFeed(redis),
    alone: redisLocks(redis),
    path: () => path,
    log: { info: note, warn: note, error: note },
    onBehind: (entries) => behind.push(entries),
    ...changes,
  })
  copies.push(one)
  return one
}

/** Refusals and changes of the configuration, in turns. */
async function happen(times: number, requestId = 'r'): Promise<void> {
  const upgrades = redisUpgrades(redis)
  const entry: ChainEntry = {
    actor: dana,
    action: 'approve',
    target: 'web/production',
    outcome: 'refused',
    reason: 'ein »Grund«\u2028 in zwei Zeilen',
    from: {},
    to: {},
    requestId,
  }
  for (let n = 0; n < times; n++) await (n % 3 === 2 ? upgrades.recordAdmin(entry) : upgrades.recordRefusal(entry))
}

async function lines(path = file): Promise<string[]> {
  const text = await readFile(path, 'utf8')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text.split('\n').slice(0, -1)
}

/** Every entry of the trail once, each chain in order. */
async function expectWhole(all: string[]): Promise<void> {
  const entries = all.map((line) => parseEntry(line) as AuditEntry)
  for (const chain of ['refusals', 'admin']) {
    const stored = await redis.lrange(keys.audit(chain), 0, -1)
    expect(all.filter((_, index) => entries[index]?.chain === chain)).toEqual(stored)
  }
}

describe('the audit file', () => {
  it('gets every entry once, those from before it was there too, and each chain in order', async () => {
    await happen(5)
    const copy = copyTo(file)
    await copy.flush()
    await happen(450)
    await copy.flush()
    await expectWhole(await lines())
    expect((await lines()).length).toBe(455)
    expect(behind.at(-1)).toBe(0)
  })

  it('gets them live', async () => {
    copyTo(file)
    await happen(2)
    await expect.poll(() => lines().catch(() => []), { timeout: 10_000 }).toHaveLength(2)
    await happen(1)
    await expect.poll(() => lines(), { timeout: 10_000 }).toHaveLength(3)
  })

  it('stands up to `audit verify --against`', async () => {
    await happen(6)
    await copyTo(file).flush()
    await redis.ltrim(keys.audit('refusals'), 0, 2)
    const { faults, badLines } = await compareWithExport(redis, Readable.from(await lines()))
    expect(badLines.count).toBe(0)
    expect(faults).toEqual([{ chain: 'refusals', sequence: 4, fault: 'removed' }])
  })

  it('goes on where a process died that had written more than it could note', async () => {
    await happen(6)
    await copyTo(file).flush()
    await happen(6)
    const [[identity = '', position = ''] = []] = Object.entries(await redis.hgetall(keys.copies))
    await copies.splice(0)[0]?.stop()
    await redis.hset(keys.copies, identity, position)
    await appendFile(file, '{"at":"2026-')
    await happen(1)
    await copyTo(file).flush()
    await expectWhole(await lines())
  })

  it('is written by one of several processes at a time', async () => {
    const several = [1, 2, 3].map(() => {
      const own = redis.duplicate()
      return { own, copy: copyTo(file, { feed: redisAuditFeed(own), alone: redisLocks(own) }) }
    })
    for (let round = 0; round < 15; round++) {
      await Promise.all([happen(20), ...several.map(({ copy }) => copy.flush())])
    }
    for (const { copy } of several) await copy.flush()
    await expectWhole(await lines())
    await Promise.all(copies.splice(0).map((one) => one.stop()))
    for (const { own } of several) own.disconnect()
  })

  it('may be renamed, copied and truncated, or removed, between two entries', async () => {
    const copy = copyTo(file)
    await happen(3)
    await copy.flush()
    await rename(file, `${file}.1`)
    await happen(3)
    await copy.flush()
    await copyFile(file, `${file}.2`)
    await truncate(file)
    await happen(3)
    await copy.flush()
    await copyFile(file, `${file}.3`)
    await unlink(file)
    await copies.splice(0)[0]?.stop()
    await happen(3)
    await copyTo(file).flush()
    const parts = await Promise.all([`${file}.1`, `${file}.2`, `${file}.3`, file].map((part) => lines(part)))
    expect(parts.map(({ length }) => length)).toEqual([3, 3, 3, 3])
    await expectWhole(parts.flat())
  })

  it('that cannot be written is told once, holds nothing up, and is caught up with', async () => {
    // A disk that is always full, where there is one.
    await symlink(existsSync('/dev/full') ? '/dev/full' : dir, file)
    const copy = copyTo(file)
    await happen(3)
    await copy.flush()
    await copy.flush()
    expect(logged).toEqual(['the audit file cannot be written; trying again'])
    expect(behind.at(-1)).toBe(3)
    await happen(3)
    await unlink(file)
    await copy.flush()
    await expectWhole(await lines())
    expect(logged).toHaveLength(2)
  })

  it('gets what is new, and nothing twice, after Redis was set back', async () => {
    const copy = copyTo(file)
    await happen(3)
    await copy.flush()
    const before = await Promise.all(
      [keys.audit('refusals'), keys.audit('admin'), keys.feed].map((key) => redis.dumpBuffer(key)),
    )
    const position = await redis.hgetall(keys.copies)
    await happen(6)
    await copy.flush()
    const written = await lines()
    for (const [index, key] of [keys.audit('refusals'), keys.audit('admin'), keys.feed].entries()) {
      await redis.restore(key, 0, before[index] as Buffer, 'REPLACE')
    }
    await redis.hset(keys.copies, position)
    await happen(7, 'another')
    await copy.flush()
    const added = (await lines()).slice(written.length)
    expect(added.map((line) => parseEntry(line)?.chain)).toHaveLength(7)
    for (const line of added) {
      const { chain = '', sequence = 0 } = parseEntry(line) ?? {}
      expect(line).toBe(await redis.lindex(keys.audit(chain), sequence - 1))
    }
  })

  it('is none while the configuration names none', async () => {
    await happen(1)
    await copyTo(file, { path: () => undefined }).flush()
    expect(existsSync(file)).toBe(false)
  })
})
