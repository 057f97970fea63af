import { english } from './english.ts'
import { translated } from './translated.ts'

/** Every word that people read in Slack, in English. */
export const en = { ...translated(english) }

/** What another language has to bring. */
export type Messages = typeof en
