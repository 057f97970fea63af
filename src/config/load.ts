import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { RollcallError } from '../upgrade/error.ts'
import { nearest } from '../upgrade/nearest.ts'
import { zoneNames } from '../upgrade/zone-time.ts'
import { crossChecks, type Kubeconfig } from './cross-checks.ts'
import { configJsonSchema } from './json-schema.ts'
import { didYouMean, found, type Path, type Problem, pathText, problemsText } from './problem.ts'
import { Config } from './schema.ts'
import { readYaml } from './yaml-source.ts'

/**
 * Parses `rollcall.yaml`.
 *
 * @param options.file how to call the file in the message
 * @param options.kubeconfig the contexts that a cluster may name; not checked when absent
 * @throws RollcallError CONFIG_INVALID, whose message lists every problem of the file with its place
 */
export function parseConfig(text: string, options: { file: string; kubeconfig?: Kubeconfig }): { config: Config } {
  const source = readYaml(text)
  const parsed = Config.safeParse(source.value)
  const problems = [
    ...source.problems,
    ...(source.readable
      ? [...schemaProblems(parsed.error, source.value), ...crossChecks(source.value, options.kubeconfig)]
      : []),
  ]
  if (parsed.success && problems.length === 0) return { config: parsed.data }
  const placed = problems.map((problem) => {
    const position = problem.position ?? source.positionOf(problem.path)
    return { ...problem, ...(position && { position }) }
  })
  throw new RollcallError('CONFIG_INVALID', problemsText(options.file, placed), {
    hint: `Correct ${options.file} and check it with: rollcall validate ${options.file}`,
  })
}

/**
 * Reads and parses a file.
 *
 * @returns the configuration, and the text that `activeConfig` makes its hash of
 * @throws RollcallError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function loadConfig(
  file: string,
  options: { kubeconfig?: Kubeconfig } = {},
): Promise<{ config: Config; text: string }> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RollcallError('CONFIG_NOT_FOUND', `The configuration ${file} cannot be read: ${messageOf(cause)}.`, {
      hint: 'Copy rollcall.example.yaml there, or say in ROLLCALL_CONFIG where it is.',
      cause,
    })
  })
  return { ...parseConfig(text, { ...options, file }), text }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function schemaProblems(error: z.ZodError | undefined, value: unknown): Problem[] {
  const problems = (error?.issues ?? []).flatMap((issue) => problemsOf(issue, value))
  // A misspelt key is one problem, not two: what it was meant for is not missing.
  const meant = new Set(
    problems.map((problem) => problem.meant && pathText([...problem.path.slice(0, -1), problem.meant])),
  )
  return problems.filter(({ path }) => valueAt(value, path) !== undefined || !meant.has(pathText(path)))
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown): (Problem & { meant?: string | undefined })[] {
  const path = issue.path.filter((segment) => typeof segment !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAllowedAt(path, value)
    return issue.keys.map((key) => {
      const meant = nearest(key, allowed)
      const message = `unknown key${didYouMean(meant)}; allowed here: ${allowed.join(', ')}`
      return { path: [...path, key], message, meant }
    })
  }
  const given = valueAt(value, path)
  const meant = typeof given === 'string' ? nearest(given, namesAt(issue, path)) : undefined
  return [{ path, message: found(given, allowedBy(issue, path, value), meant) }]
}

/** What one of may have been misspelt. */
function namesAt(issue: z.core.$ZodIssue, path: Path): string[] {
  if (path.at(-1) === 'timezone') return zoneNames()
  return issue.code === 'invalid_value' ? issue.values.map(String) : []
}

/** The schema's own messages say what is allowed; only containers and fixed values are left to name here. */
function allowedBy(issue: z.core.$ZodIssue, path: Path, value: unknown): string {
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ')
  if (issue.code !== 'invalid_type') return issue.message
  switch (issue.expected) {
    case 'object':
    case 'record':
      return mappingAt(path, value)
    case 'array':
      return 'a list'
    case 'boolean':
      return 'true or false'
    default:
      return issue.message
  }
}

function mappingAt(path: Path, value: unknown): string {
  const keys = keysAllowedAt(path, value)
  if (keys.length === 0) return 'a mapping of names'
  return `a mapping of ${keys.join(', ')}${schemaAt(path, value)?.required ? '' : '; {} for none of them'}`
}

function keysAllowedAt(path: Path, value: unknown): string[] {
  return Object.keys(schemaAt(path, value)?.properties ?? {})
}

const jsonSchema = configJsonSchema()

/** The generated JSON Schema knows what may stand where; which form of a union is meant, the file says by a type. */
function schemaAt(path: Path, value: unknown): z.core.JSONSchema.JSONSchema | undefined {
  let node: z.core.JSONSchema._JSONSchema | undefined = jsonSchema
  for (const [depth, segment] of path.entries()) {
    if (typeof node !== 'object') return undefined
    node = typeof segment === 'number' ? itemsOf(node) : (node.properties?.[segment] ?? node.additionalProperties)
    const type = valueAt(value, [...path.slice(0, depth + 1), 'type'])
    if (typeof node === 'object' && node.oneOf) node = node.oneOf.find((form) => typeOf(form) === type)
  }
  return typeof node === 'object' ? node : undefined
}

function typeOf(form: z.core.JSONSchema._JSONSchema): unknown {
  const type = typeof form === 'object' ? form.properties?.type : undefined
  return typeof type === 'object' ? type.const : undefined
}

function itemsOf({ items }: z.core.JSONSchema.JSONSchema): z.core.JSONSchema._JSONSchema | undefined {
  return Array.isArray(items) ? undefined : items
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const segment of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.hasOwn(at, segment) ? (at as Record<string | number, unknown>)[segment] : undefined
  }
  return at
}
