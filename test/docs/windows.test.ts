import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { policyFor } from '../../src/config/resolve.ts'
import { readTime } from '../../src/upgrade/start-time.ts'
import { shopConfig } from '../shop.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/windows-and-freezes.md'), 'utf8')

test('the guide’s windows can be used', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? []
  const { windows } = parse(yaml).services.web.environments.production
  const { config } = parseConfig(stringify(shopConfig({ web: { environment: { windows } } })), { file: 'guide' })
  expect(policyFor(config, 'web', 'production')?.windows).toEqual(windows)
  expect(windows).toHaveLength(2)
})

test('the guide’s times are understood', () => {
  const times = [...guide.matchAll(/--at ([^`\n]+)|until ([^`\n]+) --reason/g)].map(
    ([, at, until]) => at ?? until ?? '',
  )
  expect(times.length).toBeGreaterThan(4)
  for (const time of times) {
    expect(readTime(time, { now: '2026-11-20T12:00:00.000Z', zone: 'UTC' }), time).toHaveProperty('at')
  }
})
