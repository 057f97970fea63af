import type { Messages } from '../messages/en.ts'
import type { Markup } from '../messages/markup.ts'
import { nearest } from '../upgrade/nearest.ts'
import { commandLine } from './command-line.ts'
import type { Parsed } from './parse.ts'

/** A value that would do, for the command that an answer offers. */
const examples: Record<string, string | undefined> = {
  reason: 'why',
  irreversible: 'why',
  at: '02:00 UTC',
  batches: '1,25%,100%',
  strategy: 'rolling',
  since: '90d',
}

const flags: ReadonlySet<string> = new Set(['csv', 'stats', 'break-glass', 'downgrade', 'major'])

/** The first option that the command does not take, or not so; with the command that would have worked. */
export function wrongOption(parsed: Parsed, allowed: readonly string[], messages: Messages): Markup | undefined {
  const { words, options } = parsed
  const known = options.filter(({ name }) => allowed.includes(name))
  const right = options
    .map((option) =>
      allowed.includes(option.name) ? option : { ...option, name: nearest(option.name, allowed) ?? '' },
    )
    .filter(({ name }, index, all) => name !== '' && all.findIndex((one) => one.name === name) === index)
    .map(({ name, value }) => ({ name, value: flags.has(name) ? undefined : value || examples[name] }))
  const works = commandLine(words, right)
  const unknown = options.find(({ name }) => !allowed.includes(name))
  if (unknown) return messages.mistakes.unknownOption(`--${unknown.name}`, allowed, works)
  const twice = known.find(({ name }, index) => known.findIndex((one) => one.name === name) !== index)
  if (twice) return messages.mistakes.optionTwice(twice.name, works)
  const unwanted = known.find(({ name, value }) => flags.has(name) && value !== undefined)
  if (unwanted) return messages.mistakes.valueUnwanted(unwanted.name, works)
  const empty = known.find(({ name, value }) => !flags.has(name) && !value)
  return empty && messages.mistakes.valueMissing(empty.name, works)
}
