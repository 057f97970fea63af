export type Path = readonly (string | number)[]

/** Something wrong in the file; `message` says what was found and what is allowed. */
export type Problem = { path: Path; message: string; position?: Position }

/** Both from 1, as editors count. */
export type Position = { line: number; column: number }

/** What was found, short enough for a line. */
function describe(found: unknown): string {
  if (found === undefined) return 'nothing'
  if (found === null) return 'an empty value'
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : 'a list'
  if (typeof found === 'object') return Object.keys(found).length === 0 ? 'an empty mapping' : 'a mapping'
  const text = JSON.stringify(found)
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

export function found(value: unknown, allowed: string, meant?: string): string {
  return value === undefined
    ? `missing; needed: ${allowed}`
    : `found ${describe(value)}${didYouMean(meant)}; allowed: ${allowed}`
}

/** ` (did you mean "soak"?)`, or nothing. */
export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : ` (did you mean ${JSON.stringify(meant)}?)`
}

/** `services.web.environments.production.strategy.batches[2]` */
export function pathText(path: Path): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`
      if (!/^[\w-]+$/.test(segment)) return `[${describe(segment)}]`
      return index === 0 ? segment : `.${segment}`
    })
    .join('')
}

/** Nobody corrects more at a time, and a file of a megabyte may have as many problems as characters. */
const mostProblems = 500
const longestLine = 600

/** One message with all problems, a line each, in the order of the file. */
export function problemsText(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  const lines = [...problems]
    .sort(byPosition)
    .slice(0, mostProblems)
    .map(({ path, message, position }) => {
      const place = position ? `${file}:${position.line}:${position.column}` : file
      // What was found may hold anything; each problem stays one line, and a short one.
      const said = `${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`.replace(/[\s\p{Cc}]+/gu, ' ')
      return `  ${place}  ${said.length <= longestLine ? said : `${said.slice(0, longestLine - 1)}…`}`
    })
  const more = problems.length - lines.length
  return [`${file} has ${count}:`, ...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n')
}

function byPosition({ position: one }: Problem, { position: other }: Problem): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0)
}
