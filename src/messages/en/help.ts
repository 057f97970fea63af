/** One entry for each sub-command; `usage` follows `/upgrade`. */
export type Help = { usage: string; what: string; example: string; more?: readonly string[] }

export const help = {
  request: {
    usage:
      '<service> <version> [in <environment>] [--strategy rolling|recreate] [--batches 1,25%,100%] [--at <time>] [--reason "…"] [--irreversible "…"] [--downgrade] [--major] [--break-glass]',
    what: 'asks for an upgrade: Rollcall checks it, posts the plan and collects approvals',
    example: 'web 1.5.0 in production --reason "fix checkout rounding"',
    more: [
      '/upgrade alone opens a form for this.',
      'A version is a tag of the service’s image, or a digest sha256:….',
      'A service with one environment needs no «in».',
      'Strategy and batches can be set where the configuration allows it.',
      '--at has it start later: 02:00 (the next one), tomorrow 02:00, sat 02:00 Asia/Shanghai, 2026-11-22T02:00+08:00. Everything is checked again then.',
      '--break-glass --reason "…" lets an administrator start without approvals, where the configuration allows it.',
      '--irreversible says why it cannot simply be undone, such as a migration: then only an operator rolls it back.',
      '--downgrade and --major say that an older version, or another major number, is meant where that is forbidden otherwise.',
    ],
  },
  plan: {
    usage: 'plan <service> <version> [in <environment>]',
    what: 'shows the checks and the plan, and does nothing',
    example: 'plan web 1.5.0 in production',
  },
  promote: {
    usage: 'promote <service> [to <environment>] [--reason "…"]',
    what: 'asks for the version that succeeded last where the configuration wants it to come from',
    example: 'promote web to production',
  },
  approve: {
    usage: 'approve <id>',
    what: 'shows you the open question with its buttons',
    example: 'approve web-production-14',
  },
  reject: {
    usage: 'reject <id>',
    what: 'shows you the open question with its buttons',
    example: 'reject web-production-14',
  },
  accept: {
    usage: 'accept <id>',
    what: 'shows you what is to be signed off, with its buttons',
    example: 'accept web-production-14',
  },
  decline: {
    usage: 'decline <id>',
    what: 'shows you what is to be signed off, with its buttons',
    example: 'decline web-production-14',
  },
  continue: {
    usage: 'continue <id>',
    what: 'shows you the open question with its buttons',
    example: 'continue web-production-14',
  },
  resume: {
    usage: 'resume <id>',
    what: 'shows you why it is paused, with its buttons',
    example: 'resume web-production-14',
  },
  pause: {
    usage: 'pause <id> [--reason "…"]',
    what: 'stops it where it is, at once',
    example: 'pause web-production-14 --reason "error rate looks odd"',
  },
  rollback: {
    usage: 'rollback <id> [--reason "…"]',
    what: 'goes back to the old version, at once',
    example: 'rollback web-production-14 --reason "checkout fails"',
  },
  cancel: {
    usage: 'cancel <id> [--reason "…"]',
    what: 'ends it before anything has changed',
    example: 'cancel web-production-14',
  },
  status: {
    usage: 'status [<id>|<service>]',
    what: 'shows where upgrades stand',
    example: 'status web',
  },
  list: { usage: 'list', what: 'lists the upgrades under way', example: 'list' },
  history: {
    usage: 'history [<service>] [--csv] [--stats] [--since 90d]',
    what: 'lists the upgrades that ended: date | version | environment | operator | result | note; or counts them (--stats)',
    example: 'history --stats --since 30d web in production',
  },
  audit: {
    usage: 'audit <id>',
    what: 'lists everything that happened to an upgrade, with the hashes that prove it',
    example: 'audit web-production-14',
  },
  freeze: {
    usage: 'freeze <service>|<environment>|all [until <time>] --reason "…"',
    what: 'lets nothing go forward there: no start, no further batch (administrators)',
    example: 'freeze production until mon 09:00 Europe/Berlin --reason "the summer sale"',
    more: [
      'Rolling back, pausing and cancelling go on working.',
      'Until a time, written as for --at, or until it is lifted.',
      'service:web and environment:web tell a service from an environment of the same name.',
    ],
  },
  unfreeze: {
    usage: 'unfreeze <service>|<environment>|all [--reason "…"]',
    what: 'lifts a freeze; what waited for that goes on by itself (administrators)',
    example: 'unfreeze production',
  },
  who: { usage: 'who <id>', what: 'shows who has decided and who can', example: 'who web-production-14' },
  whoami: { usage: 'whoami', what: 'shows what you may do where', example: 'whoami' },
  help: { usage: 'help [<command>]', what: 'shows this, or more about one command', example: 'help history' },
} as const satisfies Record<string, Help>
