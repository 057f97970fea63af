import type { FreezeScope } from '../upgrade/freezes.ts'
import { nearest } from '../upgrade/nearest.ts'
import { readTime } from '../upgrade/start-time.ts'
import { zoneOf } from '../upgrade/windows.ts'
import { type Command, type Context, type Found, optionOf, say } from './command.ts'
import { commandLine } from './command-line.ts'
import type { Parsed } from './parse.ts'

/** `freeze <service|environment|all> [until <time>] --reason "…"` */
export const freeze: Command = {
  options: ['reason'],
  decides: true,
  async run(parsed, context) {
    const { surface, messages, by, requestId, arrivedAt } = context
    const [, preposition, ...time] = parsed.words
    const scope = scopeOf('freeze', parsed, context, [])
    if ('mistake' in scope) return say(scope.mistake)
    const reason = optionOf(parsed, 'reason')
    const worksWith = (until?: string) =>
      commandLine(
        ['freeze', parsed.words[0] ?? '', ...(until === undefined ? [] : ['until', ...until.split(' ')])],
        [{ name: 'reason', value: reason ?? 'why' }],
      )
    const word = preposition?.toLowerCase()
    if ((word !== undefined && word !== 'until') || (word === 'until' && time.length === 0)) {
      return say(messages.mistakes.tooManyWords(parsed.words.slice(1).join(' '), worksWith('tomorrow 09:00 UTC')))
    }
    const read = await endOf(time.join(' '), scope.found, context)
    if (read && 'wrong' in read) return say(messages.mistakes.time(time.join(' '), read, worksWith))
    if (!reason) return say(messages.mistakes.freezeWhy(worksWith(time.length > 0 ? time.join(' ') : undefined)))
    const decided = await surface.freeze({
      ...{ scope: scope.found, reason, by, requestId },
      ...(read && { until: read.at }),
      ...(arrivedAt !== undefined && { arrivedAt }),
    })
    return say('refused' in decided ? messages.refusal(decided.refused) : messages.answers.frozen(decided.freeze))
  },
}

/** `unfreeze <service|environment|all>` */
export const unfreeze: Command = {
  options: ['reason'],
  decides: true,
  async run(parsed, context) {
    const { surface, messages, by, requestId, arrivedAt } = context
    // What has left the configuration meanwhile can be lifted too.
    const known = (await surface.freezes()).map((one) => one.scope)
    const scope = scopeOf('unfreeze', parsed, context, known)
    if ('mistake' in scope) return say(scope.mistake)
    const [word = '', ...rest] = parsed.words
    if (rest.length > 0) {
      return say(messages.mistakes.tooManyWords(rest.join(' '), commandLine(['unfreeze', word], parsed.options)))
    }
    const reason = optionOf(parsed, 'reason')
    const decided = await surface.unfreeze({
      ...{ scope: scope.found, by, requestId },
      ...(reason && { reason }),
      ...(arrivedAt !== undefined && { arrivedAt }),
    })
    return say('refused' in decided ? messages.refusal(decided.refused) : messages.answers.unfrozen(decided.freeze))
  },
}

/** A name that is both a service's and an environment's has to say which. */
function scopeOf(
  name: 'freeze' | 'unfreeze',
  parsed: Parsed,
  { surface, messages }: Context,
  known: readonly FreezeScope[],
): Found<FreezeScope> {
  const { mistakes } = messages
  const [word] = parsed.words
  const options = parsed.options.length > 0 || name === 'unfreeze' ? parsed.options : [{ name: 'reason', value: 'why' }]
  const works = (scope: string) => commandLine([name, scope, ...parsed.words.slice(1)], options)
  if (word === undefined) return { mistake: mistakes.scopeNeeded(name, works('all')) }
  const services = surface.services()
  const scopes = new Set<FreezeScope>([
    ...['all' as const, ...known],
    ...services.map((service) => `service:${service.name}` as const),
    ...services.flatMap(({ environments }) => environments.map((one) => `environment:${one}` as const)),
  ])
  const meant = [...scopes].filter((scope) => scope === word || scope.slice(scope.indexOf(':') + 1) === word)
  const [first, second] = meant
  if (second) return { mistake: mistakes.twoScopes(word, meant.map(works)) }
  if (first) return { found: first }
  const names = [...scopes].map((scope) => scope.slice(scope.indexOf(':') + 1))
  const near = nearest(word, names)
  return { mistake: mistakes.unknownScope(word, near, works(near ?? 'all')) }
}

/** By the clocks of the windows there, where they agree and no other zone is named. */
async function endOf(text: string, scope: FreezeScope, { surface }: Context) {
  if (text === '') return undefined
  const name = scope.slice(scope.indexOf(':') + 1)
  const policies = surface
    .services()
    .flatMap((service) => service.environments.flatMap((one) => surface.policyFor(service.name, one) ?? []))
    .filter(({ service, environment }) => scope === 'all' || service === name || environment === name)
  return readTime(text, { now: await surface.now(), zone: zoneOf(policies) })
}
