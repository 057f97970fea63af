#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { exit, type Io } from './cli/io.ts'
import { type ErrorCode, RollcallError } from './upgrade/error.ts'
import { nearest } from './upgrade/nearest.ts'
import { own } from './upgrade/own.ts'
import { printable } from './upgrade/printable.ts'

/** Each command is loaded only when it is asked for: `rollcall validate` needs no Slack. */
const commands: Record<string, { summary: string; run(argv: string[], io: Io): Promise<number> }> = {
  serve: {
    summary: 'run Rollcall',
    run: async (argv, io) => (await import('./serve.ts')).serve(argv, io),
  },
  validate: {
    summary: 'check rollcall.yaml without starting anything',
    run: async (argv, io) => (await import('./cli/validate.ts')).validate(argv, io),
  },
  doctor: {
    summary: 'find what is wrong with Slack, Redis, the clusters and the rest',
    run: async (argv, io) => (await import('./cli/doctor.ts')).doctor(argv, io),
  },
  request: {
    summary: 'ask a running Rollcall for an upgrade, from a pipeline',
    run: async (argv, io) => (await import('./cli/request.ts')).request(argv, io),
  },
  plan: {
    summary: 'show checks and plan of an upgrade without doing it',
    run: async (argv, io) => (await import('./cli/plan.ts')).plan(argv, io),
  },
  pause: {
    summary: 'stop an upgrade where it is with nothing but a kubeconfig',
    run: async (argv, io) => (await import('./cli/brake.ts')).pause(argv, io),
  },
  rollback: {
    summary: 'bring the old version back with nothing but a kubeconfig',
    run: async (argv, io) => (await import('./cli/brake.ts')).rollback(argv, io),
  },
  restore: {
    summary: 'put a workload back with nothing but a kubeconfig',
    run: async (argv, io) => (await import('./cli/restore.ts')).restore(argv, io),
  },
  history: {
    summary: 'list upgrades that ended, also as CSV',
    run: async (argv, io) => (await import('./cli/history.ts')).history(argv, io),
  },
  audit: {
    summary: 'verify or export the audit trail',
    run: async (argv, io) => (await import('./cli/audit.ts')).audit(argv, io),
  },
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
  return `Usage: rollcall <command> [options]\n\n${lines.join('\n')}\n\n\`rollcall <command> --help\` says more.`
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(file) as { version?: unknown }).version)
}

/** Runs one command. Bad usage and bad configuration: 2; anything else that failed: 1. */
export async function main(argv: string[], io: Io): Promise<number> {
  const [name = '', ...rest] = argv
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    io.out(usage())
    return name === '' ? exit.usage : exit.ok
  }
  if (name === '--version') {
    io.out(version())
    return exit.ok
  }
  const command = own(commands, name)
  if (!command) {
    const meant = nearest(name, Object.keys(commands))
    const there = meant === undefined ? usage() : `Did you mean \`rollcall ${meant}\`?`
    io.err(`There is no command ${JSON.stringify(name)}.\n\n${there}`)
    return exit.usage
  }
  try {
    return await command.run(rest, io)
  } catch (error) {
    return explain(error, io)
  }
}

const usageCodes: ReadonlySet<string> = new Set([
  'USAGE',
  'CONFIG_INVALID',
  'CONFIG_NOT_FOUND',
  'ENVIRONMENT_INVALID',
  'CONTEXT_NOT_FOUND',
  'AUDIT_KEY_MISSING',
  'AUDIT_UNKEYED',
] satisfies ErrorCode[])

function explain(error: unknown, io: Io): number {
  if (error instanceof RollcallError) {
    io.err(`${error.message}\n${error.hint}`)
    return usageCodes.has(error.code) ? exit.usage : exit.failed
  }
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')) {
    io.err(error.message)
    return exit.usage
  }
  io.err(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return exit.failed
}

// Whoever reads the output may stop reading: `rollcall history | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exit.ok)
})

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${printable(text)}\n`),
  err: (text) => void process.stderr.write(`${printable(text)}\n`),
  env: process.env,
})
