import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { policyFor } from '../../src/config/resolve.ts'
import { rolloutWaits } from '../../src/upgrade/alerts.ts'
import { shopConfig } from '../shop.ts'

const root = join(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/guides/alerts.md'), 'utf8')
const examples = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => parse(yaml))

test('the guide’s settings can be used', () => {
  const given = examples.filter((one) => 'alerts' in one || 'onCall' in one || 'clusters' in one || 'services' in one)
  expect(given).toHaveLength(4)
  for (const { services, ...settings } of given) {
    const environment = services?.web.environments.production ?? {}
    const file = stringify({ ...shopConfig({ web: { environment } }), ...settings })
    const { config } = parseConfig(file, { file: 'alerts.md' })
    expect(policyFor(config, 'web', 'production')?.onAlert).toBe('hold')
  }
})

test('its receiver is the one of deploy/alertmanager.yaml', () => {
  const shown = examples.find((one) => 'receivers' in one)
  const shipped = parse(readFileSync(join(root, 'deploy/alertmanager.yaml'), 'utf8'))
  expect(shipped.receivers).toContainEqual(shown.receivers[0])
  expect(shipped.route.routes).toMatchObject(shown.route.routes)
})

test('it names the alerts that never count', () => {
  for (const name of rolloutWaits) expect(guide).toContain(name)
})
