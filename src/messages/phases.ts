import { phases as all, type Phase } from '../upgrade/phase.ts'
import type { Translator } from './translator.ts'

/** A phase in a word or two, as in `status` and `list`. */
export function phases(t: Translator): Record<Phase, string> {
  return Object.fromEntries(all.map((phase) => [phase, t.plain(`phase.${phase}`)])) as Record<Phase, string>
}
