import type { Messages } from '../messages/en.ts'
import { recordOf } from '../messages/record.ts'
import { nearest } from '../upgrade/nearest.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { type Command, say } from './command.ts'
import { commandLine } from './command-line.ts'
import { csvLine } from './csv.ts'

/** As many as an answer in Slack has room for. `rollcall history` prints them all. */
const shown = 40

export const history: Command = {
  options: ['csv'],
  async run({ words, options }, { surface, messages }) {
    const [service, ...rest] = words
    const names = surface.services().map(({ name }) => name)
    if (rest.length > 0) {
      return say(messages.mistakes.tooManyWords(rest.join(' '), commandLine(['history', service ?? ''], options)))
    }
    const ended = await surface.ended({ ...(service !== undefined && { service }), limit: shown })
    if (ended.length === 0 && service !== undefined && !names.includes(service)) {
      const meant = nearest(service, names)
      const works = commandLine(meant ? ['history', meant] : ['history'], options)
      return say(messages.mistakes.unknownService(service, names, meant, works))
    }
    if (ended.length === 0) return say(messages.answers.noneEnded(service))
    const title = messages.historyTitle(service)
    return options.some(({ name }) => name === 'csv')
      ? { kind: 'table', title, rows: csvOf(ended, messages) }
      : { kind: 'listing', title, lines: ended.map(messages.historyLine) }
  },
}

/** The records of ended upgrades as lines of CSV, the header first. */
export function csvOf(upgrades: readonly Upgrade[], messages: Messages): string[] {
  const rows = upgrades.map((upgrade) => {
    const { id, date, version, environment, operator, result } = recordOf(upgrade)
    const note = [messages.recordNote(upgrade), id].filter(Boolean).join(' · ')
    const who = operator.kind === 'slack' ? operator.user : 'rollcall'
    return csvLine([date, version, environment, who, result ?? '', note])
  })
  return [csvLine(messages.historyColumns), ...rows]
}
