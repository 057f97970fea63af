import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'
import type { Path, Position, Problem } from './problem.ts'

/** What a file may be long; a configuration is some kilobytes. */
const mostBytes = 1_048_576
/** How often anchors may be expanded in all, so that a few lines cannot stand for millions. */
const mostAliases = 1_000

export type Source = {
  value: unknown
  /** Whether the text is sound enough to look for further problems in `value`. */
  readable: boolean
  problems: Problem[]
  /** Where a path stands; of something missing, where its nearest parent does. */
  positionOf(path: Path): Position | undefined
}

/** Reads YAML 1.2 and remembers where everything stood. Never throws. */
export function readYaml(text: string): Source {
  const bytes = Buffer.byteLength(text)
  if (bytes > mostBytes) return unreadable(`the file has ${bytes} bytes; allowed: at most ${mostBytes}`)
  try {
    return parsed(text)
  } catch (error) {
    return unreadable(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parsed(text: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    path: [],
    message: code === 'DUPLICATE_KEY' ? 'this key stands twice in the same mapping' : message,
    position: positionAt(pos[0]),
  }))
  for (const { source, range } of unsetAliases(document)) {
    problems.push({
      path: [],
      message: `the anchor &${source} is not set above`,
      position: positionAt(range?.[0] ?? 0),
    })
  }
  const readable = problems.length === document.errors.filter(({ code }) => code === 'DUPLICATE_KEY').length
  if (!readable) return { value: undefined, readable, problems, positionOf: () => undefined }
  return {
    value: document.toJS({ maxAliasCount: mostAliases }),
    readable,
    problems,
    positionOf: (path) => {
      const offset = offsetOf(document.contents, path, (node) => (isAlias(node) ? node.resolve(document) : node))
      return offset === undefined ? undefined : positionAt(offset)
    },
  }
}

function unsetAliases(document: Document): Alias[] {
  const anchors = new Set<string>()
  const unset: Alias[] = []
  visit(document, {
    Alias: (_, alias) => void (anchors.has(alias.source) || unset.push(alias)),
    Value: (_, { anchor }) => void (anchor && anchors.add(anchor)),
  })
  return unset
}

function unreadable(message: string): Source {
  return { value: undefined, readable: false, problems: [{ path: [], message }], positionOf: () => undefined }
}

/** Where a key stands, or an item of a list. */
function offsetOf(root: Node | null, path: Path, resolve: (node: unknown) => unknown): number | undefined {
  let node: unknown = root
  let offset = root?.range?.[0]
  for (const segment of path) {
    const parent = resolve(node)
    const entry: { key?: unknown; value: unknown } | undefined = isMap(parent)
      ? parent.items.find(({ key }) => keyText(key) === `${segment}`)
      : isSeq(parent) && typeof segment === 'number' && segment < parent.items.length
        ? { value: parent.items[segment] }
        : undefined
    if (!entry) return offset
    node = entry.value
    offset = startOf(entry.key ?? node) ?? offset
  }
  return offset
}

function keyText(key: Pair['key']): string {
  return isScalar(key) ? `${key.value}` : `${key}`
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? node.range[0]
    : undefined
}
