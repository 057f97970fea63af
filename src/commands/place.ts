import type { RequestInput } from '../engine/surface.ts'
import type { Markup } from '../messages/markup.ts'
import { isVersion } from '../upgrade/image-reference.ts'
import { nearest } from '../upgrade/nearest.ts'
import { Batch, Strategy } from '../upgrade/policy.ts'
import { daysAhead, readTime } from '../upgrade/start-time.ts'
import { zoneOf } from '../upgrade/windows.ts'
import { type Context, type Found, optionOf } from './command.ts'
import { commandLine } from './command-line.ts'
import type { Parsed } from './parse.ts'

/** `<service> <version> [in <environment>]` with its options, as a request. */
export async function requestOf(
  parsed: Parsed,
  context: Context,
  prefix: readonly string[] = [],
): Promise<Found<RequestInput>> {
  const { mistakes } = context.messages
  const { service: word = '', version, environment, rest } = readWords(parsed.words)
  const services = context.surface.services()
  const names = services.map(({ name }) => name)
  const [name = '', ownVersion] = names.includes(word) ? [word] : word.split(':', 2)
  const guess = names.includes(name) ? name : nearest(name, names)
  const environments = services.find((one) => one.name === guess)?.environments ?? []
  const wanted = environment ?? rest.find((one) => environments.includes(one))
  const place = choose(environments, wanted)
  const guessed = version ?? ownVersion
  const right = guessed === undefined ? '<version>' : nearVersion(guessed)
  const works = guess && place && right ? line([...prefix, guess, right], place, environments, parsed) : undefined

  if (word === '' || !names.includes(word)) {
    return wrong(mistakes.unknownService(word, names, guess, works))
  }
  if (version === undefined) {
    const example = line([...prefix, word, '<version>'], place ?? '<environment>', environments, parsed)
    return wrong(mistakes.versionNeeded(word, example))
  }
  if (environment !== undefined && !environments.includes(environment)) {
    return wrong(mistakes.unknownEnvironment(environment, word, environments, works))
  }
  if (!isVersion(version)) return wrong(mistakes.notAVersion(version, works))
  if (rest.length > 0)
    return wrong(mistakes.tooManyWords(rest.join(' '), works ?? commandLine([...prefix, word, version])))
  const only = environment ?? (environments.length === 1 ? environments[0] : undefined)
  if (only === undefined) return wrong(mistakes.environmentNeeded(word, environments, works ?? '/upgrade help'))

  const overrides = overridesOf(parsed, context, line([...prefix, word, version], only, environments, parsed))
  if ('mistake' in overrides) return overrides
  const [reason, irreversible] = [optionOf(parsed, 'reason'), optionOf(parsed, 'irreversible')]
  const [downgrade, major, breakGlass] = (['downgrade', 'major', 'break-glass'] as const).map((flag) =>
    parsed.options.some(({ name }) => name === flag),
  )
  if (breakGlass && !reason) {
    return wrong(mistakes.breakGlassWhy(line([...prefix, word, version], only, environments, withWhy(parsed))))
  }
  const startAt = await startOf(optionOf(parsed, 'at'), context, { service: word, environment: only }, (at) =>
    line([...prefix, word, version], only, environments, withTime(parsed, at)),
  )
  if (startAt && 'mistake' in startAt) return startAt
  const { by, requestId } = context
  return {
    found: {
      service: word,
      version,
      environment: only,
      overrides: overrides.found,
      ...(reason && { reason }),
      ...(irreversible && { irreversible }),
      ...(downgrade && { downgrade }),
      ...(major && { major }),
      ...(breakGlass && { breakGlass }),
      ...(startAt && { startAt: startAt.found }),
      by,
      requestId,
    },
  }
}

type Words = { service?: string; version?: string; environment?: string; rest: string[] }

/** `in <environment>` may stand anywhere behind the service. */
function readWords(words: readonly string[]): Words {
  const at = words.findIndex((word, index) => index > 0 && word.toLowerCase() === 'in' && index < words.length - 1)
  const others = at < 0 ? words : words.filter((_, index) => index !== at && index !== at + 1)
  const [service, version, ...rest] = others
  const environment = at < 0 ? undefined : words[at + 1]
  return {
    ...(service !== undefined && { service }),
    ...(version !== undefined && { version }),
    ...(environment !== undefined && { environment }),
    rest,
  }
}

function choose(environments: readonly string[], wanted: string | undefined): string | undefined {
  if (wanted === undefined) return environments[0]
  if (environments.includes(wanted)) return wanted
  return environments.find((one) => one.startsWith(wanted)) ?? nearest(wanted, environments) ?? environments[0]
}

/** A version that is only written oddly: `:1.5.0`, a digest in capitals, a digest without its algorithm. */
function nearVersion(text: string): string | undefined {
  const bare = text.replace(/^[:@]+/, '')
  if (/^[0-9a-f]{64}$/i.test(bare)) return `sha256:${bare.toLowerCase()}`
  return [bare, bare.toLowerCase()].find(isVersion)
}

function line(words: readonly string[], place: string, environments: readonly string[], { options }: Parsed): string {
  return commandLine(environments.length === 1 ? words : [...words, 'in', place], options.map(rightOption))
}

/** When it is to start; by the clocks of the windows' zone where the text names no other. */
export async function startOf(
  text: string | undefined,
  { surface, messages }: Context,
  place: { service: string; environment: string },
  worksWith: (at: string) => string | undefined,
): Promise<Found<string> | undefined> {
  if (text === undefined) return undefined
  const policy = surface.policyFor(place.service, place.environment)
  const read = readTime(text, { now: await surface.now(), zone: zoneOf(policy ? [policy] : []), days: daysAhead })
  return 'at' in read ? { found: read.at } : wrong(messages.mistakes.time(text, read, worksWith))
}

function withTime(parsed: Parsed, at: string): Parsed {
  return {
    ...parsed,
    options: parsed.options.map((option) => (option.name === 'at' ? { name: 'at', value: at } : option)),
  }
}

function withWhy(parsed: Parsed): Parsed {
  return { ...parsed, options: [...parsed.options, { name: 'reason', value: 'why' }] }
}

/** The option with a value that would do. */
function rightOption({ name, value }: Parsed['options'][number]): Parsed['options'][number] {
  if (name === 'strategy' && value !== undefined && !strategyOf(value)) {
    return { name, value: nearest(value, strategies) ?? 'rolling' }
  }
  return name === 'batches' && value !== undefined && !batchesOf(value)
    ? { name, value: '1,25%,100%' }
    : { name, value }
}

function overridesOf(parsed: Parsed, { messages }: Context, works: string): Found<RequestInput['overrides']> {
  const { mistakes } = messages
  const [wantedStrategy, wantedBatches] = [optionOf(parsed, 'strategy'), optionOf(parsed, 'batches')]
  const strategy = wantedStrategy === undefined ? undefined : strategyOf(wantedStrategy)
  const batches = wantedBatches === undefined ? undefined : batchesOf(wantedBatches)
  if (wantedStrategy !== undefined && !strategy) {
    return wrong(mistakes.unknownStrategy(wantedStrategy, strategies, works))
  }
  if (wantedBatches !== undefined && !batches) return wrong(mistakes.notBatches(wantedBatches, works))
  return { found: { ...(strategy && { strategy }), ...(batches && { batches }) } }
}

/** Those that there are. */
export const strategies = Strategy.shape.type.options

export function strategyOf(text: string): Strategy['type'] | undefined {
  return strategies.find((one) => one === text)
}

/** `1,25%,100%` */
export function batchesOf(text: string): Batch[] | undefined {
  const parts = text.split(',').map((part) => Batch.safeParse(/^\s*\d+\s*$/.test(part) ? Number(part) : part.trim()))
  const batches = parts.flatMap(({ data }) => data ?? [])
  return batches.length === parts.length ? batches : undefined
}

function wrong(mistake: Markup): { mistake: Markup } {
  return { mistake }
}
