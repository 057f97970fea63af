import { assertNever } from '../../upgrade/assert-never.ts'
import type { Actor } from '../../upgrade/upgrade.ts'
import { byName, type Deciders } from '../deciders.ts'
import { code, group, join, type Markup, mrkdwn, nothing, user } from '../markup.ts'

/** Small words that sentences share. */

export function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}

export function approvals(count: number): string {
  return count === 1 ? 'one more approval' : `${count} more approvals`
}

/** Two units at most: `2 days 4 h`, `1 min 20 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const units = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = units.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0 s'
  return units
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit === 'day' && amount > 1 ? 'days' : unit}`)
    .join(' ')
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(parts: readonly Markup[], word: 'and' | 'or'): Markup {
  const last = parts.at(-1)
  if (!last) return nothing
  if (parts.length === 1) return last
  return mrkdwn`${join(parts.slice(0, -1), ', ')} ${word} ${last}`
}

export function actor(by: Actor): Markup {
  switch (by.kind) {
    case 'slack':
      return user(by.user)
    case 'kubernetes':
      return mrkdwn`${by.user ?? by.manager ?? 'somebody'} (through the cluster)`
    case 'system':
      return mrkdwn`Rollcall`
    default:
      return assertNever(by)
  }
}

/** `release-managers (@bob)`: the roles, and who that is. Mentions in an edit or an ephemeral answer notify nobody. */
export function who(people: Deciders): Markup {
  const more = people.users.length > byName ? [mrkdwn`${people.users.length - byName} more`] : []
  const names = join([...people.users.slice(0, byName).map(user), ...more, ...people.groups.map(group)], ', ')
  if (people.roles.length === 0) return mrkdwn`nobody (the configuration grants it to no role)`
  const roles = listed(
    people.roles.map((role) => mrkdwn`${role}`),
    'or',
  )
  return names.mrkdwn ? mrkdwn`${roles} (${names})` : roles
}

/** The command that would have worked, or the one that leads on. */
export function attempt(command: string | undefined, introduction = 'Try'): Markup {
  return command === undefined ? nothing : mrkdwn`${introduction} ${code(command)}.`
}

/** A code that has no sentence yet is better shown than hidden. */
export function bare(name: string, detail: Record<string, string | number>): Markup {
  const values = Object.entries(detail).map(([key, value]) => mrkdwn`${key} ${value}`)
  return values.length === 0 ? code(name) : mrkdwn`${code(name)} (${join(values, ', ')})`
}

/** A parameter of a sentence; one that is missing is seen to be. */
export function text(value: string | number | undefined): string {
  return String(value ?? '?')
}
