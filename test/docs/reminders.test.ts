import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { policyFor } from '../../src/config/resolve.ts'
import { shopConfig } from '../shop.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/reminders.md'), 'utf8')

test('the guide’s stakeholders can be told', () => {
  const { notify, environments } = parse([...guide.matchAll(/```yaml\n(.*?)```/gs)][1]?.[1] ?? '').services.web
  const shop = shopConfig({ web: { environment: environments.production } })
  const services = { web: { ...shop.services.web, notify } }
  const { config } = parseConfig(stringify({ ...shop, services }), { file: 'guide' })
  expect(policyFor(config, 'web', 'production')?.notify?.map(({ to }) => to)).toEqual([
    'C0NEWS',
    'U0MONA',
    'C0AUDITORS',
  ])
})

test('the guide’s paging can be used', () => {
  const { paging } = parse([...guide.matchAll(/```yaml\n(.*?)```/gs)][2]?.[1] ?? '').services.web.environments
    .production
  const { config } = parseConfig(stringify(shopConfig({ web: { environment: { paging } } })), { file: 'guide' })
  expect(policyFor(config, 'web', 'production')?.paging).toMatchObject({ everyMs: 300_000, times: 3 })
})

test('the guide’s reminders and quiet hours can be used', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? []
  const { quietHours, services } = parse(yaml)
  const { reminders } = services.web.environments.production
  const file = { ...shopConfig({ web: { environment: { reminders } } }), quietHours }
  const policy = policyFor(parseConfig(stringify(file), { file: 'guide' }).config, 'web', 'production')
  expect(policy?.reminders).toEqual({ afterMs: 1_800_000, escalateAfterMs: 7_200_000 })
  expect(policy?.quietHours).toHaveLength(2)
})
