import { assertNever } from '../upgrade/assert-never.ts'
import type { Actor } from '../upgrade/upgrade.ts'
import { byName, type Deciders } from './deciders.ts'
import { code, group, type Markup, mrkdwn, nothing, user } from './markup.ts'
import type { Id, Translator } from './translator.ts'

/** Small words that sentences share. */

export function pods(t: Translator, count: number): string {
  return t.plain('word.pods', { count })
}

/** Two units at most: `2 days 4 h`, `1 min 20 s`. */
export function duration(t: Translator, ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const units = [
    [Math.floor(seconds / 86_400), 'word.days'],
    [Math.floor(seconds / 3_600) % 24, 'word.hours'],
    [Math.floor(seconds / 60) % 60, 'word.minutes'],
    [seconds % 60, 'word.seconds'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return t.plain('word.seconds', { count: 0 })
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => t.plain(unit, { count }))
    .join(' ')
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(t: Translator, parts: readonly Markup[], word: 'and' | 'or'): Markup {
  const last = parts.at(-1)
  if (!last) return nothing
  if (parts.length === 1) return last
  return t.say(`word.listed.${word}`, { before: t.list(parts.slice(0, -1)), last })
}

export function actor(t: Translator, by: Actor): Markup {
  switch (by.kind) {
    case 'slack':
      return user(by.user)
    case 'kubernetes':
      return t.say('word.throughCluster', { name: by.user ?? by.manager ?? t.plain('word.somebody') })
    case 'pipeline':
      return by.onBehalfOf
        ? t.say('word.pipelineFor', { name: by.name, user: user(by.onBehalfOf.user) })
        : t.say('word.pipeline', { name: by.name })
    case 'system':
      return mrkdwn`Rollcall`
    default:
      return assertNever(by)
  }
}

/** `release-managers (@bob)`: the roles, and who that is. Mentions in an edit or an ephemeral answer notify nobody. */
export function who(t: Translator, people: Deciders): Markup {
  const rest = people.users.length - byName
  const more = rest > 0 ? [t.say('word.more', { count: rest })] : []
  const names = t.list([...people.users.slice(0, byName).map(user), ...more, ...people.groups.map(group)])
  if (people.roles.length === 0) return t.say('word.nobody')
  const roles = listed(
    t,
    people.roles.map((role) => mrkdwn`${role}`),
    'or',
  )
  return names.mrkdwn ? t.say('word.who', { roles, names }) : roles
}

/** Behind what was done: why, in the words of whoever did it; nothing without. */
export function said(t: Translator, reason: string | number | undefined): Markup {
  return reason === undefined || reason === '' ? nothing : t.say('word.said', { quotation: t.quoted(String(reason)) })
}

/** The same where a colon leads to it. */
export function saying(t: Translator, message: string | number | undefined): Markup {
  return message === undefined || message === ''
    ? nothing
    : t.say('word.saying', { quotation: t.quoted(String(message)) })
}

/** What leads on to a command, and takes nothing else. */
type Lead = Exclude<Extract<Id, `lead.${string}`>, 'lead.putBack'>

/** The command that would have worked, or the one that leads on. */
export function attempt(t: Translator, command: string | undefined, lead: Lead = 'lead.try'): Markup {
  return command === undefined ? nothing : t.say(lead, { command })
}

/** A code that has no sentence yet is better shown than hidden. */
export function bare(t: Translator, name: string, detail: Record<string, string | number>): Markup {
  const values = Object.entries(detail).map(([key, value]) => mrkdwn`${key} ${value}`)
  return values.length === 0 ? code(name) : t.say('word.bare', { code: code(name), values: t.list(values) })
}

/** A parameter of a sentence; one that is missing is seen to be. */
export function text(value: string | number | undefined): string {
  return String(value ?? '?')
}
