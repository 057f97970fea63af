import { parseArgs } from 'node:util'
import type { Redis } from 'ioredis'
import { chains, storedChain, verifyTrail } from '../store/audit-trail.ts'
import { connectRedis } from '../store/connect.ts'
import { RollcallError } from '../upgrade/error.ts'
import { exit, type Io } from './io.ts'
import { redisUrl } from './redis-url.ts'

const usage = `Usage: rollcall audit verify
       rollcall audit export [--upgrade ID]

verify   reads every chain and names each entry that was edited, removed, inserted or reordered; exit code 1 if any
export   writes the entries as JSON Lines, oldest first within each chain
Redis is found by REDIS_URL.`

/** `rollcall audit verify|export` */
export async function audit(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { upgrade: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const command = positionals[0]
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  if ((command !== 'verify' && command !== 'export') || positionals.length > 1) {
    throw new RollcallError('USAGE', 'audit takes `verify` or `export`.', { hint: usage })
  }
  const redis = await connectRedis(redisUrl(io.env))
  try {
    return command === 'verify' ? await verify(redis.store, io) : await exportTrail(redis.store, io, values.upgrade)
  } finally {
    await redis.close()
  }
}

async function verify(redis: Redis, io: Io): Promise<number> {
  const { entries, chains: chainCount, faults } = await verifyTrail(redis)
  if (faults.length === 0) {
    io.out(`The audit trail is intact: ${entries} entries in ${chainCount} chains.`)
    return exit.ok
  }
  for (const { chain, sequence, fault } of faults) {
    io.err(sequence === 0 ? `${chain}: the whole chain was ${fault}` : `${chain}: entry ${sequence} was ${fault}`)
  }
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  io.err(`The audit trail was tampered with: ${count} in ${entries} entries.`)
  return exit.failed
}

async function exportTrail(redis: Redis, io: Io, upgrade: string | undefined): Promise<number> {
  const names = upgrade ? [upgrade] : await chains(redis)
  let written = 0
  for (const chain of names) {
    for (const entry of await storedChain(redis, chain)) {
      io.out(entry)
      written++
    }
  }
  if (upgrade && written === 0) {
    throw new RollcallError('UPGRADE_NOT_FOUND', `There is no upgrade ${upgrade}.`, {
      hint: '`rollcall history` lists those that ended.',
    })
  }
  return exit.ok
}
