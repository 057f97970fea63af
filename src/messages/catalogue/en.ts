import type { Marks } from '../translator.ts'
import { home } from './en/home.ts'
import { phases } from './en/phases.ts'
import { replies } from './en/replies.ts'
import { whoCan } from './en/who-can.ts'
import { wording } from './en/wording.ts'

export const marks: Marks = {
  betweenSentences: ' ',
  betweenParts: ', ',
  quotes: ['«', '»', '‹', '›'],
}

/** Every message in English. Which there are, and what each takes, is read off here. */
export const catalogue = {
  ...home,
  ...phases,
  ...replies,
  ...whoCan,
  ...wording,
} as const
