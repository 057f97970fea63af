import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
import { policyFor } from '../../src/config/resolve.ts'
import { shopConfig } from '../shop.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/gates.md'), 'utf8')
const examples = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => parse(yaml) as Example)

type Example = {
  gates?: unknown[]
  clusters?: Record<string, Record<string, unknown>>
  alerts?: Record<string, unknown>
  roles?: Record<string, unknown>
  services?: Record<string, Record<string, unknown>>
  registries?: Record<string, unknown>
}

describe('the guide of gates', () => {
  test.each(examples)('has examples that can be used: %o', ({ gates, services, registries, ...more }) => {
    const base = shopConfig({ api: {}, web: { environment: { gates: gates ?? [] } } })
    const web = { ...base.services.web, ...services?.web }
    const eu = { prometheus: { url: 'http://p:9090' }, alertmanager: { url: 'http://a:9093' }, ...more.clusters?.eu }
    const file = {
      ...base,
      alerts: more.alerts ?? {},
      roles: { ...base.roles, ...more.roles },
      clusters: { eu },
      services: { ...base.services, web },
      ...(registries && { registries }),
    }
    const { config } = parseConfig(stringify(file), { file: 'gates.md' })
    const listed = (gates ?? []).filter((gate) => (gate as { type: string }).type !== 'rollout')
    const { measured = [], acceptance = [] } = policyFor(config, 'web', 'production')?.gates ?? {}
    expect([...measured, ...acceptance]).toHaveLength(listed.length)
  })

  test('has a section and an example for each type', () => {
    const types = [...JSON.stringify(configJsonSchema()).matchAll(/"type":\{[^{}]*"const":"(\w+)"/g)].map(
      ([, type]) => type,
    )
    expect(types.length).toBeGreaterThan(2)
    const shown = examples.flatMap(({ gates = [] }) => gates.map((gate) => (gate as { type: string }).type))
    for (const type of types) {
      expect(guide).toContain(`\n## ${type}\n`)
      expect(shown).toContain(type)
    }
  })
})
