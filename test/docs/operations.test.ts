import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/observability/metrics.ts'

test('the guide to operations lists every metric of our own with its type and labels', async () => {
  const { registry } = createMetrics({ active: async () => [], ready: async () => ({}) })
  const metrics = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('rollcall_'))
  const rows = metrics.map(({ name, type, labelNames = [] }: Described) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ') || '–'
    return `| \`${name}\` | ${String(type)} | ${labels} |`
  })

  const page = readFileSync(join(import.meta.dirname, '../../docs/guides/operations.md'), 'utf8')

  expect(documented(page).sort()).toEqual(rows.sort())
})

type Described = { name: string; type: unknown; labelNames?: string[] }

function documented(page: string): string[] {
  return [...page.matchAll(/^(\| `rollcall_\w+` \| \w+ \| [^|]+ \|)/gm)].map(([, row = '']) => row)
}
