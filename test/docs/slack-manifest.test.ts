import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { channelScopes, requiredScopes } from '../../src/slack/app.ts'
import { METHODS } from '../fakes/slack/methods/index.ts'

const root = join(import.meta.dirname, '../..')

const granted: string[] = parse(readFileSync(join(root, 'deploy/slack-manifest.yaml'), 'utf8')).oauth_config.scopes.bot

test('the app of deploy/slack-manifest.yaml may call every Slack method that the code calls, and no more', () => {
  const called = calledMethods()
  expect(called).toContain('chat.postMessage')

  const needed = called.flatMap(scopesOf)

  expect(granted.toSorted()).toEqual([...new Set([...needed, 'commands'])].sort())
})

test('the start asks Slack for the scopes that the manifest has', () => {
  expect(granted.toSorted()).toEqual([...requiredScopes, ...channelScopes.flat()].sort())
})

/** `client.chat.update(` and the like, anywhere in the sources. */
function calledMethods(): string[] {
  const text = globSync('src/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const calls = text.join('\n').matchAll(/\bclient\.([a-z]+(?:\.[a-z]+)+)\(/gi)
  return [...new Set([...calls].map(([, method = '']) => method))]
}

/** What the method needs in public channels and in private ones; of a DM's scopes none, since Rollcall writes none. */
function scopesOf(method: string): string[] {
  const needs = METHODS[method]
  if (!needs) throw new Error(`the Slack double knows no ${method}`)
  return needs.scopes.filter((scope) => !/^(m?pim|im):/.test(scope))
}
