import { parseArgs } from 'node:util'
import { examine } from '../doctor/check.ts'
import { allChecks } from '../doctor/checks.ts'
import { openSetup, type SetupOptions } from '../doctor/setup.ts'
import { RollcallError } from '../upgrade/error.ts'
import { reportText } from './doctor-text.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall doctor [--config FILE] [--url URL] [--strict] [--json]

Looks at everything that Rollcall needs, all at once, and says what is wrong, what that means and what to do: Slack,
Redis, each cluster and target, the configuration, the environment and the audit trail. It changes nothing.
Run it where Rollcall runs, with the same environment.

  --config FILE  the configuration; $ROLLCALL_CONFIG or ./rollcall.yaml without it
  --url URL      where Slack sends to: tried as Slack tries it, by a signed challenge
  --strict       warnings count as problems
  --json         as JSON; schema/doctor.schema.json says its form

Exit code 0: no problem; 1: at least one; 2: bad usage.`

/** `rollcall doctor` */
export async function doctor(
  argv: string[],
  io: Io,
  world: Pick<SetupOptions, 'now' | 'nodeVersion'> & { timeoutMs?: number } = {},
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      url: { type: 'string' },
      strict: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  if (positionals.length > 0) throw new RollcallError('USAGE', 'doctor takes options only.', { hint: usage })
  const env = values.config === undefined ? io.env : { ...io.env, ROLLCALL_CONFIG: values.config }
  const setup = openSetup({ env, requestUrl: values.url, ...world })
  try {
    const report = await examine(await allChecks(setup), world)
    io.out(values.json ? JSON.stringify(report, null, 2) : reportText(report))
    return report.problems > 0 || (values.strict && report.warnings > 0) ? exit.failed : exit.ok
  } finally {
    await setup.close()
  }
}
