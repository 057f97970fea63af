import type { Restriction } from '../../upgrade/restrictions.ts'
import { type Markup, mrkdwn, nothing, quoted, sentences, time, user } from '../markup.ts'

type Frozen = Readonly<Record<string, string | number | undefined>>

/** `Everything in production is frozen by @root until Monday 09:00 «the sale»` */
export function frozen({ scope, by, reason, until }: Frozen): Markup {
  const end = until === undefined ? mrkdwn`until somebody lifts it` : mrkdwn`until ${time(String(until))}`
  return sentences(
    mrkdwn`${sentenceCase(scopeWords(String(scope ?? '?')))} is frozen by ${user(String(by ?? '?'))}`,
    end,
    quoted(String(reason ?? '')),
  )
}

export function closed({ opensAt }: Frozen): Markup {
  const next = opensAt === undefined ? nothing : mrkdwn`; the next one opens ${time(String(opensAt))}`
  return mrkdwn`No window is open${next}`
}

/** What stands in the way, as the beginning of a sentence. */
export function restricted(restriction: Restriction): Markup {
  return restriction.what === 'window' ? closed(restriction) : frozen(restriction)
}

/** At the beginning of a sentence; the name of a service stays as it is. */
export function sentenceCase(scope: string): string {
  return scope.replace(/^everything/, 'Everything')
}

/** What a freeze holds still. */
export function scopeWords(scope: string): string {
  if (scope === 'all') return 'everything'
  const [kind, name] = scope.split(':', 2)
  if (name === undefined) return scope
  return kind === 'environment' ? `everything in ${name}` : `${name} in every environment`
}
