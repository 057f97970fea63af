import { isDeepStrictEqual } from 'node:util'
import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import type { TemplateChange } from '../../upgrade/upgrade.ts'

/** As many are kept at most; where admission rewrites a whole template, more would tell nobody anything. */
const most = 100

/**
 * What is different in a pod template, by path. Values are shown of images only: an argument, an annotation or a variable
 * may hold what is nobody's business.
 */
export function templateDiff(before: PodTemplate, after: PodTemplate): TemplateChange[] {
  return changesIn('', before, after).slice(0, most)
}

function changesIn(path: string, before: unknown, after: unknown): TemplateChange[] {
  if (isDeepStrictEqual(before, after)) return []
  if (before === undefined || after === undefined) {
    return [{ path, change: before === undefined ? 'added' : 'removed', ...imageValues(path, before, after) }]
  }
  const [old, fresh] = [membersOf(path, before), membersOf(path, after)]
  if (old && fresh) {
    const keys = new Set([...Object.keys(old), ...Object.keys(fresh)])
    return [...keys].flatMap((key) => changesIn(below(path, key), old[key], fresh[key]))
  }
  return [{ path, change: 'changed', ...imageValues(path, before, after) }]
}

const isImage = /^(initC|c)ontainers\[[^\]]*\]\.image$/

function imageValues(path: string, before: unknown, after: unknown): Pick<TemplateChange, 'from' | 'to'> {
  if (!isImage.test(path)) return {}
  return {
    ...(typeof before === 'string' && { from: before }),
    ...(typeof after === 'string' && { to: after }),
  }
}

/** The parts of an object, or of a list whose entries have names; a variable is one thing. */
function membersOf(path: string, value: unknown): Record<string, unknown> | undefined {
  if (/\.env\[[^\]]*\]$/.test(path) || typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return value as Record<string, unknown>
  const named = value.map((one: unknown) => [nameOf(one), one] as const)
  const names = new Set(named.map(([name]) => name))
  const tellApart = names.size === value.length && !names.has(undefined)
  return tellApart ? Object.fromEntries(named.map(([name, one]) => [`[${name}]`, one])) : undefined
}

function nameOf(value: unknown): string | undefined {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined
  return typeof name === 'string' ? name : undefined
}

/** `spec` goes without saying; keys that are no words stand in brackets. */
function below(path: string, key: string): string {
  if (path === '' && key === 'spec') return ''
  if (key.startsWith('[')) return `${path}${key}`
  if (!/^[A-Za-z0-9]+$/.test(key)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}
