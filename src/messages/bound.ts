import type { Translator } from './translator.ts'

/** The same functions, which need not be told the language any more. */
export type Bound<Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (t: Translator, ...rest: infer Rest) => infer Said
    ? (...rest: Rest) => Said
    : never
}

export function bound<Functions extends Readonly<Record<string, (t: Translator, ...rest: never[]) => unknown>>>(
  t: Translator,
  functions: Functions,
): Bound<Functions> {
  const entries = Object.entries(functions).map(([name, say]) => [name, (...rest: never[]) => say(t, ...rest)])
  return Object.fromEntries(entries) as Bound<Functions>
}
