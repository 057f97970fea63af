import type { Messages } from '../messages/en.ts'
import { plainActor } from '../messages/plain-actor.ts'
import { recordOf } from '../messages/record.ts'
import { nearest } from '../upgrade/nearest.ts'
import { statisticsOf } from '../upgrade/statistics.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { type Command, type Context, type Found, optionOf, type Reply, say } from './command.ts'
import { commandLine } from './command-line.ts'
import { csvLine } from './csv.ts'
import type { Parsed } from './parse.ts'

/** As many as an answer in Slack has room for. `rollcall history` prints them all. */
const shown = 40

/** As many are read for statistics at most. */
const counted = 1_000

export const history: Command = {
  options: ['csv', 'stats', 'since'],
  async run(parsed, context) {
    const { words, options } = parsed
    const { surface, messages } = context
    if (options.some(({ name }) => name === 'stats')) return statistics(parsed, context)
    const [service, ...rest] = words
    const names = surface.services().map(({ name }) => name)
    if (rest.length > 0) {
      return say(messages.mistakes.tooManyWords(rest.join(' '), commandLine(['history', service ?? ''], options)))
    }
    const period = await periodOf(parsed, context)
    if ('mistake' in period) return say(period.mistake)
    const asked = optionOf(parsed, 'since') === undefined ? {} : { since: period.found.from }
    const ended = await surface.ended({ ...(service !== undefined && { service }), ...asked, limit: shown })
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

/** `history --stats [--since 90d] [<service>] [in <environment>]` */
async function statistics(parsed: Parsed, context: Context): Promise<Reply> {
  const { surface, messages } = context
  const { words, options } = parsed
  const at = words.indexOf('in')
  const [service, ...rest] = at < 0 ? words : words.slice(0, at)
  const [environment, ...more] = at < 0 ? [] : words.slice(at + 1)
  const line = (...given: string[]) => commandLine(['history', ...given], options)
  const place = environment === undefined ? [] : ['in', environment]
  const tooMuch = [...rest, ...more]
  if (tooMuch.length > 0) {
    return say(messages.mistakes.tooManyWords(tooMuch.join(' '), line(...(service ? [service] : []), ...place)))
  }
  const known = surface.services()
  const found = known.find(({ name }) => name === service)
  if (service !== undefined && !found) {
    const names = known.map(({ name }) => name)
    const meant = nearest(service, names)
    return say(messages.mistakes.unknownService(service, names, meant, meant && line(meant, ...place)))
  }
  const environments = found?.environments ?? [...new Set(known.flatMap((one) => one.environments))]
  if (environment !== undefined && !environments.includes(environment)) {
    const meant = nearest(environment, environments) ?? environments[0] ?? ''
    const works = line(...(service ? [service] : []), 'in', meant)
    return say(messages.mistakes.unknownPlace(environment, environments, works))
  }
  const period = await periodOf(parsed, context)
  if ('mistake' in period) return say(period.mistake)
  const { days, from } = period.found
  const query = { ...(service !== undefined && { service }), ...(environment !== undefined && { environment }) }
  const ended = await surface.ended({ ...query, since: from, limit: counted })
  const title = messages.statisticsTitle(service, environment, days)
  const all = ended.length < counted
  return {
    kind: 'listing',
    title,
    lines: messages.statisticsLines(statisticsOf(ended), days, all ? undefined : counted),
  }
}

/** `--since`: days or weeks, a year at most. */
async function periodOf(
  parsed: Parsed,
  { surface, messages }: Context,
): Promise<Found<{ days: number; from: string }>> {
  const text = optionOf(parsed, 'since') ?? '90d'
  const [, amount, unit] = /^(\d{1,3})([dw])$/.exec(text) ?? []
  const days = Number(amount) * (unit === 'w' ? 7 : 1)
  if (days >= 1 && days <= 366) {
    const from = new Date(Date.parse(await surface.now()) - days * 86_400_000).toISOString()
    return { found: { days, from } }
  }
  const right = parsed.options.map((one) => (one.name === 'since' ? { name: 'since', value: '90d' } : one))
  return { mistake: messages.mistakes.notAPeriod(text, commandLine(['history', ...parsed.words], right)) }
}

/** The records of ended upgrades as lines of CSV, the header first. */
export function csvOf(upgrades: readonly Upgrade[], messages: Messages): string[] {
  const rows = upgrades.map((upgrade) => {
    const { id, date, version, environment, operator, result } = recordOf(upgrade)
    const note = [messages.recordNote(upgrade), id].filter(Boolean).join(' · ')
    const who = plainActor(operator)
    return csvLine([date, version, environment, who, result ?? '', note])
  })
  return [csvLine(messages.historyColumns), ...rows]
}
