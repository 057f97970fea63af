import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { policyFor } from '../config/resolve.ts'
import type { Config } from '../config/schema.ts'
import { kubeconfigContexts } from '../kubernetes/kubeconfig.ts'
import { RollcallError } from '../upgrade/error.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall validate [FILE]

Checks a configuration without starting anything; FILE is $ROLLCALL_CONFIG or ./rollcall.yaml unless given.
Contexts are checked against the kubeconfig, when there is one. Exit code 2 if anything is wrong.`

/** `rollcall validate [FILE]` */
export async function validate(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  if (positionals.length > 1) throw new RollcallError('USAGE', 'validate takes one file.', { hint: usage })
  const file = positionals[0] ?? (io.env.ROLLCALL_CONFIG || './rollcall.yaml')
  const kubeconfig = kubeconfigContexts(io.env)
  const { config } = await loadConfig(file, 'contexts' in kubeconfig ? { kubeconfig } : {})
  io.out(summary(file, config))
  if ('unreadable' in kubeconfig) io.out(`Contexts were not checked: ${kubeconfig.unreadable}`)
  return exit.ok
}

function summary(file: string, config: Config): string {
  const places = Object.entries(config.services).flatMap(([service, { environments }]) =>
    Object.keys(environments).flatMap((environment) => policyFor(config, service, environment) ?? []),
  )
  const lines = places.map(({ service, environment, target, strategy, approval }) => {
    const how = strategy.type === 'rolling' ? strategy.batches.join(', ') : 'all at once'
    const who = approval.quorum === 1 ? 'one approval' : `${approval.quorum} approvals`
    return `  ${service} in ${environment}: ${target.kind} ${target.namespace}/${target.name} on ${target.cluster}, ${strategy.type} ${how}, ${who}`
  })
  return [`${file} is valid.`, ...lines].join('\n')
}
