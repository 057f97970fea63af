import type { Locale } from '../upgrade/locale.ts'
import { en, type Messages } from './en.ts'
import { translated } from './translated.ts'
import { translator } from './translator.ts'

const known = new Map<Locale, Messages>([['en', en]])

/** Every word that people read in Slack, in a language; what is not translated yet, in English. */
export function messagesIn(locale: Locale): Messages {
  const messages = known.get(locale) ?? { ...en, ...translated(translator(locale)) }
  known.set(locale, messages)
  return messages
}
