import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { activeConfig } from '../../src/config/resolve.ts'
import { offerOutcomes } from '../../src/engine/proposals.ts'
import { pushOutcomes } from '../../src/upgrade/proposals.ts'
import { genericPushes, registryFormats } from '../../src/upgrade/registry-formats.ts'
import { shopConfig } from '../shop.ts'

const root = join(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/guides/registry-webhooks.md'), 'utf8')

function blocks(language: string): string[] {
  return [...guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text = '']) => text)
}

test('the guide’s settings can be used', () => {
  const examples = blocks('yaml').map((text) => parse(text))
  const staging = examples.find((one) => one.services?.web.environments)?.services.web.environments.staging
  const hub = examples.find((one) => one.registries)
  const config = shopConfig({ web: { image: hub.services.web.image, environment: staging } })
  const text = stringify({ ...config, registries: hub.registries })
  const active = activeConfig(parseConfig(text, { file: 'registry-webhooks.md' }).config, text)
  expect(active.wishes()).toEqual([
    {
      service: 'web',
      environment: 'production',
      image: 'octocat/web',
      range: '^2',
      prereleases: false,
      forbidTags: [],
    },
  ])
  expect(active.policyFor('web', 'production')?.imagePolicy?.resolve).toBe('required')
})

test('it has a path for each format, and explains each outcome', () => {
  for (const format of registryFormats) expect(guide).toContain(`\`/webhooks/registry/${format}`)
  for (const outcome of [...pushOutcomes, ...offerOutcomes, 'ignored', 'unreadable']) {
    expect(guide).toContain(`\`${outcome}\``)
  }
})

test('its script signs as Rollcall verifies, and says what can be read', () => {
  const [script = ''] = blocks('sh')
  const signing = script.slice(0, script.indexOf('curl'))
  const print = `printf '%s\\n%s\\n%s\\n%s' "$id" "$at" "$signature" "$body"`
  const env = { PATH: process.env.PATH, CI_PIPELINE_ID: '7', REGISTRY_SECRET: 'secret' }
  const printed = execFileSync('sh', ['-c', `${signing}\n${print}`], { env, encoding: 'utf8' })
  const [id, at, signature, body = ''] = printed.split('\n')
  expect(signature).toBe(createHmac('sha256', 'secret').update(`${id}.${at}.${body}`).digest('base64'))
  expect(genericPushes(JSON.parse(body))?.pushes).toHaveLength(1)
  const [json = ''] = blocks('json')
  expect(Object.keys(JSON.parse(json))).toEqual(['image', 'tag', 'digest'])
})
