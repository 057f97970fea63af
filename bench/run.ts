/** `npm run bench`: measures Rollcall and prints one table. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { ensureRedis } from '../scripts/redis.ts'
import { findOnPath } from '../scripts/system-package.ts'
import { build } from './build.ts'
import { acknowledgement } from './measures/acknowledgement.ts'
import { apiRequests } from './measures/api-requests.ts'
import { memory } from './measures/memory.ts'
import { reaction } from './measures/reaction.ts'
import { slackAtScale } from './measures/slack-at-scale.ts'
import { start } from './measures/start.ts'
import { wholeUpgrade } from './measures/whole-upgrade.ts'
import { evaluate, type Measure, type Result, table } from './report.ts'

const measures: Record<string, Measure> = {
  acknowledgement,
  reaction,
  'whole-upgrade': wholeUpgrade,
  start,
  'api-requests': apiRequests,
  memory,
  'slack-at-scale': slackAtScale,
}

const usage = `Usage: npm run bench -- [--quick] [--json FILE] [measure …]

  --quick       fewer and shorter runs
  --json FILE   writes every figure, with its samples
  measure       ${Object.keys(measures).join(', ')}; all of them without one`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const unknown = positionals.filter((name) => !Object.hasOwn(measures, name))
if (values.help || unknown.length > 0) {
  console.error(unknown.length > 0 ? `There is no ${unknown.join(', ')}.\n\n${usage}` : usage)
  process.exit(values.help ? 0 : 2)
}

ensureRedis()
build()
const chosen = Object.entries(measures).filter(([name]) => positionals.length === 0 || positionals.includes(name))
const results: Result[] = []
const load = [loadavg()[0] ?? 0]
for (const [name, measure] of chosen) {
  try {
    const rows = await measure({ quick: values.quick, progress: (text) => console.error(`${name}: ${text}`) })
    results.push(...rows.map(evaluate))
  } catch (error) {
    // What else was measured is not lost.
    console.error(`${name} failed:`, error)
    process.exitCode = 1
  }
  load.push(loadavg()[0] ?? 0)
}

const machine = {
  date: new Date().toISOString().slice(0, 10),
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  redis: redisVersion(),
  load: load.map((one) => one.toFixed(1)),
}
console.log(
  `${machine.date} · ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB · Node ${machine.node} · ${machine.redis}` +
    ` · load before and after each: ${machine.load.join(', ')}${values.quick ? ' · quick' : ''}\n`,
)
console.log(table(results))
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, quick: values.quick, results }, null, 2)}\n`)

function redisVersion(): string {
  const binary = process.env.REDIS_URL ? undefined : findOnPath(['redis-server', 'valkey-server'], process.env)
  if (!binary) return 'Redis'
  const [, version = ''] = /v=(\S+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' })) ?? []
  return `Redis ${version}, AOF always`
}
