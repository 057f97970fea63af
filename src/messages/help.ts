import { catalogue } from './catalogue/en.ts'
import type { Id, Translator } from './translator.ts'

/** One entry for each sub-command; `usage` follows `/upgrade`. */
export type Help = { usage: string; what: string; example: string; more: readonly string[] }

/** What is typed, in any language. */
const typed = {
  request: {
    usage:
      '<service> <version> [in <environment>] [--strategy rolling|recreate] [--batches 1,25%,100%] [--at <time>] [--reason "…"] [--irreversible "…"] [--downgrade] [--major] [--break-glass]',
    example: 'web 1.5.0 in production --reason "fix checkout rounding"',
  },
  plan: { usage: 'plan <service> <version> [in <environment>]', example: 'plan web 1.5.0 in production' },
  promote: { usage: 'promote <service> [to <environment>] [--reason "…"]', example: 'promote web to production' },
  approve: { usage: 'approve <id>', example: 'approve web-production-14' },
  reject: { usage: 'reject <id>', example: 'reject web-production-14' },
  accept: { usage: 'accept <id>', example: 'accept web-production-14' },
  decline: { usage: 'decline <id>', example: 'decline web-production-14' },
  continue: { usage: 'continue <id>', example: 'continue web-production-14' },
  resume: { usage: 'resume <id>', example: 'resume web-production-14' },
  pause: { usage: 'pause <id> [--reason "…"]', example: 'pause web-production-14 --reason "error rate looks odd"' },
  rollback: { usage: 'rollback <id> [--reason "…"]', example: 'rollback web-production-14 --reason "checkout fails"' },
  cancel: { usage: 'cancel <id> [--reason "…"]', example: 'cancel web-production-14' },
  status: { usage: 'status [<id>|<service>]', example: 'status web' },
  list: { usage: 'list', example: 'list' },
  history: {
    usage: 'history [<service>] [--csv] [--stats] [--since 90d]',
    example: 'history --stats --since 30d web in production',
  },
  audit: { usage: 'audit <id>', example: 'audit web-production-14' },
  freeze: {
    usage: 'freeze <service>|<environment>|all [until <time>] --reason "…"',
    example: 'freeze production until mon 09:00 Europe/Berlin --reason "the summer sale"',
  },
  unfreeze: { usage: 'unfreeze <service>|<environment>|all [--reason "…"]', example: 'unfreeze production' },
  who: { usage: 'who <id>', example: 'who web-production-14' },
  whoami: { usage: 'whoami', example: 'whoami' },
  help: { usage: 'help [<command>]', example: 'help history' },
} as const

export type HelpName = keyof typeof typed

export function help(t: Translator): Record<HelpName, Help> {
  const entries = Object.entries(typed).map(([name, { usage, example }]) => {
    const more = Object.keys(catalogue).filter((id) => id.startsWith(`help.${name}.`)) as HelpMore[]
    const words = { what: t.plain(`help.${name as HelpName}`), more: more.map((id) => t.plain(id)) }
    return [name, { usage, example, ...words }]
  })
  return Object.fromEntries(entries) as Record<HelpName, Help>
}

type HelpMore = Extract<Id, `help.${HelpName}.${number}`>
