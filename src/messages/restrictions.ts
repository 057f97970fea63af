import type { Restriction } from '../upgrade/restrictions.ts'
import { type Markup, time, user } from './markup.ts'
import type { Translator } from './translator.ts'
import { said } from './wording.ts'

type Frozen = Readonly<Record<string, string | number | undefined>>

/** `Everything in production is frozen by @root until Monday 09:00 «the sale»` */
export function frozen(t: Translator, { scope, by, reason, until }: Frozen): Markup {
  const words = {
    scope: scopeFirst(t, String(scope ?? '?')),
    by: user(String(by ?? '?')),
    said: said(t, reason),
  }
  return until === undefined
    ? t.say('freeze.untilLifted', words)
    : t.say('freeze.until', { ...words, until: time(String(until)) })
}

export function closed(t: Translator, { opensAt }: Frozen): Markup {
  return opensAt === undefined
    ? t.say('window.closed')
    : t.say('window.closedUntil', { opensAt: time(String(opensAt)) })
}

/** What stands in the way, as the beginning of a sentence. */
export function restricted(t: Translator, restriction: Restriction): Markup {
  return restriction.what === 'window' ? closed(t, restriction) : frozen(t, restriction)
}

/** What a freeze holds still. */
export function scopeWords(t: Translator, scope: string): string {
  return t.plain('freeze.scope', partsOf(scope))
}

/** The same at the beginning of a sentence; the name of a service stays as it is. */
export function scopeFirst(t: Translator, scope: string): string {
  return t.plain('freeze.scopeFirst', partsOf(scope))
}

function partsOf(scope: string): { kind: string; name: string } {
  if (scope === 'all') return { kind: 'all', name: '' }
  const [kind = '', name] = scope.split(':', 2)
  if (name === undefined) return { kind: 'other', name: scope }
  return { kind: kind === 'environment' ? kind : 'service', name }
}
