/** What each sub-command does, and more about it. */
export const help = {
  'help.request': 'asks for an upgrade: Rollcall checks it, posts the plan and collects approvals',
  'help.request.1': '/upgrade alone opens a form for this.',
  'help.request.2': 'A version is a tag of the service’s image, or a digest sha256:….',
  'help.request.3': 'A service with one environment needs no «in».',
  'help.request.4': 'Strategy and batches can be set where the configuration allows it.',
  'help.request.5':
    '--at has it start later: 02:00 (the next one), tomorrow 02:00, sat 02:00 Asia/Shanghai, 2026-11-22T02:00+08:00. Everything is checked again then.',
  'help.request.6':
    '--break-glass --reason "…" lets an administrator start without approvals, where the configuration allows it.',
  'help.request.7':
    '--irreversible says why it cannot simply be undone, such as a migration: then only an operator rolls it back.',
  'help.request.8':
    '--downgrade and --major say that an older version, or another major number, is meant where that is forbidden otherwise.',
  'help.plan': 'shows the checks and the plan, and does nothing',
  'help.promote': 'asks for the version that succeeded last where the configuration wants it to come from',
  'help.approve': 'shows you the open question with its buttons',
  'help.reject': 'shows you the open question with its buttons',
  'help.accept': 'shows you what is to be signed off, with its buttons',
  'help.decline': 'shows you what is to be signed off, with its buttons',
  'help.continue': 'shows you the open question with its buttons',
  'help.resume': 'shows you why it is paused, with its buttons',
  'help.pause': 'stops it where it is, at once',
  'help.rollback': 'goes back to the old version, at once',
  'help.cancel': 'ends it before anything has changed',
  'help.status': 'shows where upgrades stand',
  'help.list': 'lists the upgrades under way',
  'help.history':
    'lists the upgrades that ended: date | version | environment | operator | result | note; or counts them (--stats)',
  'help.audit': 'lists everything that happened to an upgrade, with the hashes that prove it',
  'help.freeze': 'lets nothing go forward there: no start, no further batch (administrators)',
  'help.freeze.1': 'Rolling back, pausing and cancelling go on working.',
  'help.freeze.2': 'Until a time, written as for --at, or until it is lifted.',
  'help.freeze.3': 'service:web and environment:web tell a service from an environment of the same name.',
  'help.unfreeze': 'lifts a freeze; what waited for that goes on by itself (administrators)',
  'help.who': 'shows who has decided and who can',
  'help.whoami': 'shows what you may do where',
  'help.help': 'shows this, or more about one command',
  'help.sentence': '{what}.',
  'help.example': 'Example: `/upgrade {example}`',
} as const
