/** `npm run chaos`: kills Rollcall in the middle of everything, and judges what comes of it. */
import { randomInt } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { runChaos } from './chaos.ts'
import { describeReport } from './report.ts'

const usage = `Usage: npm run chaos -- [options]

  --seed N        decides what people do and what goes wrong; drawn and printed when not given. The same seed gives the
                  same plan, not the same interleaving
  --kills N       kills at random times (60)
  --around N      kills before and kills after each kind of write, and half as many cut connections (1)
  --upgrades N    upgrades at the least (16); more are made while there is something left to kill
  --services N    Deployments that are upgraded side by side (8)
  --processes N   processes of Rollcall (2)
  --writes KIND   every kind of write by itself, or the main ones (every | main)
  --json FILE     writes every figure
  --quiet         no progress`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '60' },
    around: { type: 'string', default: '1' },
    upgrades: { type: 'string', default: '16' },
    services: { type: 'string', default: '8' },
    processes: { type: 'string', default: '2' },
    writes: { type: 'string', default: 'every' },
    json: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help || (values.writes !== 'every' && values.writes !== 'main')) {
  console.error(usage)
  process.exit(values.help ? 0 : 2)
}

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const since = Date.now()
console.log(`seed ${seed}`)
const report = await runChaos({
  seed,
  kills: Number(values.kills),
  around: Number(values.around),
  upgrades: Number(values.upgrades),
  services: Number(values.services),
  processes: Number(values.processes),
  writes: values.writes,
  progress(text) {
    if (!values.quiet || text.startsWith('VIOLATED'))
      console.error(`${((Date.now() - since) / 1_000).toFixed(1).padStart(7)} s  ${text}`)
  },
})
console.log(describeReport(report))
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.violations.length === 0 ? 0 : 1
