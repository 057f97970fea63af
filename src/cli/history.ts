import { parseArgs } from 'node:util'
import { csvOf } from '../commands/history.ts'
import { en } from '../messages/en.ts'
import { clean } from '../messages/escape.ts'
import { plainActor } from '../messages/plain-actor.ts'
import { recordOf } from '../messages/record.ts'
import { connectRedis } from '../store/connect.ts'
import { redisUpgrades } from '../store/upgrades.ts'
import { RollcallError } from '../upgrade/error.ts'
import { exit, type Io } from './io.ts'
import { redisUrl } from './redis-url.ts'

const usage = `Usage: rollcall history [SERVICE] [--csv] [--limit N]

Lists upgrades that ended, newest first: date, version, environment, operator, result, note.
Redis is found by REDIS_URL.`

/** `rollcall history [SERVICE] [--csv] [--limit N]` */
export async function history(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      csv: { type: 'boolean' },
      limit: { type: 'string', default: '1000' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  const limit = Number(values.limit)
  if (positionals.length > 1 || !Number.isInteger(limit) || limit < 1) {
    throw new RollcallError('USAGE', 'history takes one service, and a limit of 1 or more.', { hint: usage })
  }
  const [service] = positionals
  const redis = await connectRedis(redisUrl(io.env))
  try {
    const upgrades = await redisUpgrades(redis.store).ended({ ...(service && { service }), limit })
    if (values.csv) io.out(csvOf(upgrades, en).join('\n'))
    else for (const upgrade of upgrades) io.out(line(recordOf(upgrade), clean(en.recordNote(upgrade))))
    return exit.ok
  } finally {
    await redis.close()
  }
}

function line(record: ReturnType<typeof recordOf>, note: string): string {
  const { date, version, environment, operator, result, id } = record
  const who = plainActor(operator)
  return [date, id, version, environment, who, result, note].filter(Boolean).join(' | ')
}
