import { bound } from '../bound.ts'
import { english } from '../english.ts'
import * as words from '../home.ts'

export const home = bound(english, words)
