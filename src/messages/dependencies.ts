import type { dependencyFindingCodes } from '../upgrade/dependencies.ts'
import type { Finding } from '../upgrade/upgrade.ts'
import { codesIn, type Facts } from './facts.ts'
import type { Markup } from './markup.ts'
import type { Translator } from './translator.ts'
import { bare } from './wording.ts'

type Code = keyof typeof dependencyFindingCodes

const codes = codesIn('dependency')

/** What a service lacks that another one depends on, as the beginning of a sentence. */
export function unmetWords(t: Translator, code: Code, facts: Facts): Markup {
  return t.fill(`dependency.${code}`, facts)
}

export function unmet(t: Translator, { code, detail }: Pick<Finding, 'code' | 'detail'>): Markup {
  return codes.has(code) ? unmetWords(t, code as Code, detail) : bare(t, code, detail)
}
