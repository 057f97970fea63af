import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { Redis } from 'ioredis'
import { readAuditKeys } from '../config/environment.ts'
import { type Comparison, compareWithExport } from '../store/audit-comparison.ts'
import { chains, storedChain, type Verified, verifyTrail } from '../store/audit-trail.ts'
import { connectRedis } from '../store/connect.ts'
import type { ChainFault } from '../upgrade/audit-chain.ts'
import { RollcallError } from '../upgrade/error.ts'
import { exit, type Io } from './io.ts'
import { redisUrl } from './redis-url.ts'

const usage = `Usage: rollcall audit verify [--upgrade ID] [--against FILE]...
       rollcall audit export [--upgrade ID]

verify   reads every chain and names each entry that was edited, removed, inserted or reordered. With --against also
         what an earlier export, or the file of audit.file, has and Redis has no longer: a cut end, a vanished upgrade,
         a rewritten past. FILE may be given several times; - is standard input.
         Exit code 0: intact; 1: tampered with; 2: cannot verify, because a key is missing
export   writes the entries as JSON Lines, oldest first within each chain
Redis is found by REDIS_URL, and ROLLCALL_AUDIT_KEY has the keys of keyed entries.`

/** `rollcall audit verify|export` */
export async function audit(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      upgrade: { type: 'string' },
      against: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const { upgrade, against } = values
  const command = positionals[0]
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  if ((command !== 'verify' && command !== 'export') || positionals.length > 1) {
    throw new RollcallError('USAGE', 'audit takes `verify` or `export`.', { hint: usage })
  }
  if (command === 'export' && against.length > 0) {
    throw new RollcallError('USAGE', '--against belongs to `audit verify`.', { hint: usage })
  }
  const redis = await connectRedis(redisUrl(io.env))
  try {
    return command === 'verify'
      ? await verify(redis.store, io, upgrade, against)
      : await exportTrail(redis.store, io, upgrade)
  } finally {
    await redis.close()
  }
}

async function verify(redis: Redis, io: Io, upgrade: string | undefined, against: string[]): Promise<number> {
  const options = { keys: readAuditKeys(io.env), ...(upgrade !== undefined && { only: upgrade }) }
  const verified = await verifyTrail(redis, options)
  const compared = against.length > 0 ? await compareWithExport(redis, linesOf(against), options) : undefined
  if (upgrade !== undefined && verified.chains === 0 && verified.faults.length + (compared?.entries ?? 0) === 0) {
    throw notFound(upgrade)
  }
  const faults = new Set([...verified.faults, ...(compared?.faults ?? [])].map(sentence))
  for (const fault of faults) io.err(fault)
  if (compared) tellComparison(compared, io)
  const count = faults.size === 1 ? 'one fault' : `${faults.size} faults`
  for (const { chain, from, to } of verified.lost) {
    io.out(`${chain}: entries ${from} to ${to} were lost with the store; entry ${to + 1} says so.`)
  }
  for (const { chain, from, to } of verified.skipped) {
    io.out(`${chain}: the numbers ${from} to ${to} were given out by a store that was lost; its first entry says so.`)
  }
  if (faults.size > 0) io.err(`The audit trail was tampered with: ${count} in ${verified.entries} entries.`)
  if (verified.missingKeys.length > 0 && faults.size === 0) throw keyMissing(verified)
  if (faults.size > 0) return exit.failed
  if (options.keys.length > 0 && verified.entries > 0 && verified.unkeyed === verified.entries) throw noneKeyed()
  if (compared && compared.badLines.count > 0) return exit.failed
  io.out(`The audit trail is intact: ${verified.entries} entries in ${verified.chains} chains.`)
  if (options.keys.length > 0 && verified.unkeyed > 0) {
    io.out(`${verified.unkeyed} of them are from before there was a key: whoever can write to Redis can forge those.`)
  }
  return exit.ok
}

function sentence({ chain, sequence, fault }: ChainFault): string {
  if (sequence === 0) return `${chain}: the whole chain was ${fault}`
  switch (fault) {
    case 'unkeyed':
      return `${chain}: entry ${sequence} is not keyed, though earlier ones are`
    case 'backdated':
      return `${chain}: entry ${sequence} is older than the one before it`
    default:
      return `${chain}: entry ${sequence} was ${fault}`
  }
}

function tellComparison({ entries, badLines, newer }: Comparison, io: Io): void {
  if (badLines.count > 0) {
    const more = badLines.count > badLines.first.length ? ' …' : ''
    io.err(`The export itself is damaged: line ${badLines.first.join(', ')}${more} is no entry as Rollcall wrote it.`)
  }
  const unknown = newer.chains > 0 ? `, ${newer.chains} chains among them that it does not have at all` : ''
  io.out(`Compared with ${entries} exported entries; ${newer.entries} are newer than the export${unknown}.`)
}

function keyMissing({ missingKeys, entries }: Verified): RollcallError {
  const which = missingKeys.join(', ')
  return new RollcallError('AUDIT_KEY_MISSING', `Cannot verify: of ${entries} entries some are keyed by ${which}.`, {
    hint: 'Set ROLLCALL_AUDIT_KEY to the keys that Rollcall was run with, the newest first, separated by commas.',
  })
}

function noneKeyed(): RollcallError {
  return new RollcallError('AUDIT_UNKEYED', 'Cannot verify: a key is set, and no entry is keyed.', {
    hint: 'Unless the key was set just now, somebody wrote the trail anew: hold it against an export with --against.',
  })
}

/** Every line of every file; only one of them is in memory. */
async function* linesOf(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    const input = file === '-' ? process.stdin : createReadStream(file)
    try {
      if (file !== '-') await once(input, 'open')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RollcallError('USAGE', `The export cannot be read: ${why}.`, { hint: usage, cause })
    }
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  }
}

async function exportTrail(redis: Redis, io: Io, upgrade: string | undefined): Promise<number> {
  const names = upgrade === undefined ? await chains(redis) : [upgrade]
  let written = 0
  for (const chain of names) {
    for await (const entry of storedChain(redis, chain)) {
      io.out(entry)
      written++
    }
  }
  if (upgrade !== undefined && written === 0) throw notFound(upgrade)
  return exit.ok
}

function notFound(upgrade: string): RollcallError {
  return new RollcallError('UPGRADE_NOT_FOUND', `There is no upgrade ${upgrade}.`, {
    hint: '`rollcall history` lists those that ended.',
  })
}
