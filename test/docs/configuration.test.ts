import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { configJsonSchema } from '../../src/config/json-schema.ts'

type Node = z.core.JSONSchema._JSONSchema

test('the guide names every key of rollcall.yaml with its default, and no other', () => {
  expect(documented()).toEqual(accepted(configJsonSchema()))
})

/** `services.<name>.image: –`, sorted, as the schema has them. */
function accepted(root: Node): string[] {
  const found: string[] = []
  const walk = (node: Node | undefined, path: string) => {
    if (typeof node !== 'object') return
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      if (typeof value !== 'object') continue
      const byDefault = node.required?.includes(key) ? '–' : written(value.default)
      found.push(`${path}${key}: ${byDefault}`)
      walk(value, `${path}${key}.`)
    }
    walk(node.additionalProperties, `${path}<name>.`)
    // Each form of a union is told apart by its type.
    for (const form of node.oneOf ?? []) walk(form, `${path.slice(0, -1)} ${typeOf(form)}.`)
    if (!Array.isArray(node.items)) walk(node.items, `${path.slice(0, -1)}[].`)
  }
  walk(root, '')
  return found.sort()
}

function typeOf(form: Node): string {
  const type = typeof form === 'object' ? form.properties?.type : undefined
  return typeof type === 'object' ? String(type.const) : ''
}

/** The same, from the headings and tables of the guide. */
function documented(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/guides/configuration.md'), 'utf8')
  const keys = text.split(/^## /m).find((section) => section.startsWith('Keys\n')) ?? ''
  return keys
    .split(/^### /m)
    .slice(1)
    .flatMap((section) => {
      const heading = section.slice(0, section.indexOf('\n')).replaceAll('\\', '')
      const path = heading === 'The file' ? '' : `${heading}.`
      const rows = section.matchAll(/^\| `(\w+)` \| (.+?) \| .+ \|$/gm)
      return [...rows].map(([, key, cell = '']) => `${path}${key}: ${cell.replaceAll('`', '')}`)
    })
    .sort()
}

/** As people write it in YAML. */
function written(value: unknown): string {
  if (value === undefined) return 'absent'
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ')
}
