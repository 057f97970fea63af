import { translator } from './translator.ts'

/** Of what stays English whatever the language: the command line, files for machines, charts. */
export const english = translator('en')
