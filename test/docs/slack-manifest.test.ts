import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { emailScope } from '../../src/slack/accounts.ts'
import { channelScopes, mentionScope, requiredScopes } from '../../src/slack/app.ts'
import { reactionScope } from '../../src/slack/listeners/replies.ts'
import { whoCanCallback } from '../../src/slack/listeners/who-can.ts'
import { directScopes } from '../../src/slack/notices.ts'
import { filesScope } from '../../src/slack/report-files.ts'
import { requestCallback } from '../../src/slack/views/request-modal.ts'
import { METHODS } from '../fakes/slack/methods/index.ts'

const root = join(import.meta.dirname, '../..')

const manifest = parse(readFileSync(join(root, 'deploy/slack-manifest.yaml'), 'utf8'))
const granted: string[] = manifest.oauth_config.scopes.bot

test('the app of deploy/slack-manifest.yaml may call every Slack method that the code calls, and no more', () => {
  const called = calledMethods()
  expect(called).toContain('chat.postMessage')

  const needed = called.flatMap(scopesOf)

  expect(granted.toSorted()).toEqual([...new Set([...needed, ...directScopes, 'commands', mentionScope])].sort())
})

test('the manifest has the scopes that the start asks Slack for, and those that it can do without', () => {
  const spare = [filesScope, emailScope, mentionScope, reactionScope, ...directScopes]
  expect(granted.toSorted()).toEqual([...requiredScopes, ...channelScopes.flat(), ...spare].sort())
})

test('the app has a Home tab, and hears when somebody looks at it', () => {
  expect(manifest.features.app_home.home_tab_enabled).toBe(true)
  expect(manifest.settings.event_subscriptions.bot_events).toContain('app_home_opened')
})

test('the app has the shortcuts that the code listens to, and sends everything to one address', () => {
  const { shortcuts, slash_commands } = manifest.features
  expect(shortcuts).toMatchObject([
    { type: 'global', callback_id: requestCallback },
    { type: 'message', callback_id: whoCanCallback },
  ])
  const { request_url, message_menu_options_url } = manifest.settings.interactivity
  const events = manifest.settings.event_subscriptions.request_url
  expect(new Set([request_url, message_menu_options_url, events, slash_commands[0].url]).size).toBe(1)
})

test('the app hears of the replies in public and private channels, and of mentions', () => {
  const { request_url, bot_events } = manifest.settings.event_subscriptions
  expect(bot_events).toEqual(expect.arrayContaining(['app_mention', 'message.channels', 'message.groups']))
  expect(request_url).toBe(manifest.settings.interactivity.request_url)
})

/** `client.chat.update(` and the like, anywhere in the sources. */
function calledMethods(): string[] {
  const text = globSync('src/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
  const calls = text.join('\n').matchAll(/\bclient\.([a-z]+(?:\.[a-z]+)+)\(/gi)
  return [...new Set([...calls].map(([, method = '']) => method))]
}

/** What the method needs in public channels and in private ones; of direct messages only `directScopes` are needed. */
function scopesOf(method: string): string[] {
  if (method === 'conversations.open') return []
  const needs = METHODS[method]
  if (!needs) throw new Error(`the Slack double knows no ${method}`)
  return needs.scopes.filter((scope) => !/^(m?pim|im):/.test(scope))
}
