/** Rollcall's Slack app before the double, with everything behind it in memory. */
import { httpServer } from '../../src/http/server.ts'
import { en } from '../../src/messages/en.ts'
import { type SlackApp, type SlackAppOptions, slackApp } from '../../src/slack/app.ts'
import { createSync } from '../../src/slack/sync.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import type { InMemorySurface } from '../commands/in-memory-surface.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { inMemoryDeliveries } from './in-memory-deliveries.ts'
import { InMemoryShown } from './in-memory-shown.ts'
import { smallFiles } from './small-files.ts'

const silent = { info() {}, warn() {}, error() {} }

type Changes = Partial<SlackAppOptions> & Pick<SlackAppOptions, 'surface'>

/** Over the transport that the double speaks; not started yet. */
export function anApp({ botToken, apiUrl, signingSecret, socketMode }: FakeSlack, changes: Changes): SlackApp {
  return slackApp({
    token: botToken,
    transport: socketMode ? { kind: 'socketMode', appToken: socketMode.appToken } : { kind: 'http', signingSecret },
    apiUrl,
    messages: en,
    shown: new InMemoryShown(),
    replies: () => 'any',
    deliveries: inMemoryDeliveries(),
    log: silent,
    ...changes,
  })
}

/** Started; without Socket Mode the double sends to `url` from now on. `stop` ends the app and not the double. */
export async function startApp(slack: FakeSlack, changes: Changes) {
  const app = anApp(slack, changes)
  await app.start()
  const server = httpServer(app.routes, () => {})
  const url = `http://127.0.0.1:${await server.listen({ port: 0, host: '127.0.0.1' })}/slack/events`
  if (!slack.socketMode) slack.connect({ requestUrl: url })
  const stop = async () => void (await Promise.all([server.close(), app.stop()]))
  return { app, url, stop }
}

/** Posts what an upgrade's channel shows of it. */
export async function show(
  { client }: SlackApp,
  { surface, shown }: { surface: InMemorySurface; shown: InMemoryShown },
  upgrade: Upgrade,
): Promise<void> {
  surface.put(upgrade)
  const sync = createSync({
    client,
    surface,
    shown,
    budget: { take: async () => 0, pause: async () => {} },
    messages: en,
    log: silent,
    files: smallFiles,
    background() {},
    suspect() {},
  })
  await sync(upgrade.id)
}
