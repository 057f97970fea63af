import type { Locale } from '../upgrade/locale.ts'
import { bound } from './bound.ts'
import { en, type Messages } from './en.ts'
import * as home from './home.ts'
import { phases } from './phases.ts'
import * as replies from './replies.ts'
import { translator } from './translator.ts'
import * as whoCan from './who-can.ts'

const known = new Map<Locale, Messages>([['en', en]])

/** Every word that people read in Slack, in a language. */
export function messagesIn(locale: Locale): Messages {
  const messages = known.get(locale) ?? { ...en, ...translated(locale) }
  known.set(locale, messages)
  return messages
}

/** What there is in every language; the rest is English so far. */
function translated(locale: Locale) {
  const t = translator(locale)
  return { ...bound(t, replies), ...bound(t, whoCan), phases: phases(t), home: bound(t, home) }
}
