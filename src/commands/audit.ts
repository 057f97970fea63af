import { type Command, say } from './command.ts'
import { upgradeOf } from './upgrade-id.ts'

/** As many entries as an answer in Slack has room for, the newest ones. */
const shown = 40

export const audit: Command = {
  options: [],
  async run(parsed, context) {
    const { surface, messages } = context
    const outcome = await upgradeOf('audit', parsed, context)
    if ('mistake' in outcome) return say(outcome.mistake)
    const entries = await surface.audit(outcome.found.id)
    const newest = entries.slice(-shown)
    return {
      kind: 'listing',
      title: messages.auditTitle(outcome.found.id, entries.length),
      lines: newest.map(messages.auditLine),
      tail: messages.auditTail(newest.length, entries.length, entries.at(-1)?.hash ?? ''),
    }
  },
}
