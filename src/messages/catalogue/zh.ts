import type { Marks } from '../translator.ts'
import type { catalogue as english } from './en.ts'
import { home } from './zh/home.ts'
import { phases } from './zh/phases.ts'
import { replies } from './zh/replies.ts'
import { whoCan } from './zh/who-can.ts'
import { wording } from './zh/wording.ts'

export const marks: Marks = {
  betweenSentences: '',
  betweenParts: '、',
  quotes: ['“', '”', '‘', '’'],
}

/** Every message in Simplified Chinese. */
export const catalogue: Record<keyof typeof english, string> = {
  ...home,
  ...phases,
  ...replies,
  ...whoCan,
  ...wording,
}
