import { type Parsed, typed } from './parse.ts'

/** The command as it has to be typed, so that an answer can offer it verbatim. */
export function commandLine(words: readonly string[], options: Parsed['options'] = []): string {
  const written = options.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name} ${typed(value)}`))
  return ['/upgrade', ...words.map(typed), ...written].join(' ')
}
