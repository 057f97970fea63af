import { english } from '../english.ts'
import { phases as inLanguage } from '../phases.ts'

/** For what is said in English alone so far. */
export const phases = inLanguage(english)
