import { App, type CustomRoute } from '@slack/bolt'
import { ErrorCode, type WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import type { Messages } from '../messages/en.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { clientOptions, slackClient } from './client.ts'
import { register as registerActions } from './listeners/actions.ts'
import { register as registerCommand } from './listeners/command.ts'
import { type Deliveries, register as registerDeliveries } from './listeners/deliveries.ts'
import type { ListenerParts, RefusedDelivery } from './listeners/parts.ts'
import { register as registerViews } from './listeners/views.ts'
import { httpReceiver } from './receiver.ts'
import type { Shown } from './shown.ts'

export type SlackAppOptions = {
  token: string
  signingSecret: string
  /** `SLACK_API_URL`. */
  apiUrl?: string
  /** 0 takes a free one. */
  port: number
  /** Every interface when absent. */
  host?: string
  surface: Surface
  messages: Messages
  shown: Pick<Shown, 'load'>
  deliveries: Deliveries
  log: Log
  /** What else is served on the port: health, readiness, metrics. */
  routes?: CustomRoute[]
  onRefused?: (reason: RefusedDelivery) => void
}

export type SlackApp = {
  /** @throws RollcallError SLACK_TOKEN_INVALID, SLACK_SCOPE_MISSING, SLACK_UNAVAILABLE */
  start(): Promise<{ port: number }>
  stop(): Promise<void>
  client: WebClient
}

/** What Rollcall cannot do without. */
export const requiredScopes = ['chat:write', 'commands', 'users:read', 'usergroups:read'] as const

/**
 * One of each pair, as the channel is public or private: a message that was not noted is found again by the first, and
 * who has not joined the channel is told directly by the second.
 */
export const channelScopes = [
  ['channels:history', 'groups:history'],
  ['channels:read', 'groups:read'],
] as const

/** Slack over HTTP: Bolt's app with Rollcall's listeners on it. */
export function slackApp(options: SlackAppOptions): SlackApp {
  const { token, log, onRefused = () => {} } = options
  const client = slackClient(options)
  let identity: Identity | undefined

  const receiver = httpReceiver({ ...options, routes: options.routes ?? [], onRefused })
  const app = new App({
    receiver,
    clientOptions: clientOptions(options),
    authorize: async () => ({ botToken: token, ...identity?.bot }),
  })
  app.error(async (error) => {
    log.error({ part: 'slack', err: error }, 'a delivery of Slack was not carried out')
    // The receiver answers it, so that Slack knows that nothing was done.
    throw error
  })

  const parts: ListenerParts = {
    surface: options.surface,
    messages: options.messages,
    client,
    log,
    onRefused,
    linkTo: async (upgrade) => linkOf(upgrade, options.shown, identity?.url),
  }
  registerDeliveries(app, options.deliveries, parts)
  registerCommand(app, parts)
  registerActions(app, parts)
  registerViews(app, parts)

  return {
    client,
    async start() {
      identity = await identify(client, options.apiUrl)
      const server = await receiver.start({ port: options.port, ...(options.host && { host: options.host }) })
      const address = server.address()
      return { port: typeof address === 'object' && address ? address.port : options.port }
    },
    async stop() {
      await receiver.stop()
    },
  }
}

type Identity = { bot: { botId?: string; botUserId?: string; teamId?: string }; url: string | undefined }

/**
 * Asks Slack whose the token is, and whether it may do what Rollcall does.
 *
 * @throws RollcallError SLACK_TOKEN_INVALID, SLACK_SCOPE_MISSING, SLACK_UNAVAILABLE
 */
export async function identify(client: WebClient, apiUrl = 'https://slack.com/api/'): Promise<Identity> {
  try {
    const { bot_id, user_id, team_id, url, response_metadata } = await client.auth.test()
    const missing = missingScopes(response_metadata?.scopes)
    if (missing.length > 0) throw scopeMissing(missing)
    return {
      bot: {
        ...(bot_id !== undefined && { botId: bot_id }),
        ...(user_id !== undefined && { botUserId: user_id }),
        ...(team_id !== undefined && { teamId: team_id }),
      },
      url,
    }
  } catch (cause) {
    if (cause instanceof RollcallError) throw cause
    const { code, data } = (cause ?? {}) as { code?: unknown; data?: { error?: string } }
    if (code === ErrorCode.PlatformError) throw tokenInvalid(data?.error ?? 'unknown', apiUrl, cause)
    throw unavailable(apiUrl, cause)
  }
}

/** @param granted as Slack lists them; nothing is missing while it does not */
function missingScopes(granted: readonly string[] | undefined): string[] {
  if (!granted) return []
  const pairs = channelScopes.filter((pair) => !pair.some((scope) => granted.includes(scope)))
  return [...requiredScopes.filter((scope) => !granted.includes(scope)), ...pairs.map((pair) => pair.join(' or '))]
}

function tokenInvalid(error: string, apiUrl: string, cause: unknown): RollcallError {
  return new RollcallError('SLACK_TOKEN_INVALID', `Slack at ${apiUrl} refuses SLACK_BOT_TOKEN (${error}).`, {
    hint: 'Copy the «Bot User OAuth Token» (xoxb-…) from the app’s page «OAuth & Permissions».',
    cause,
  })
}

function scopeMissing(missing: readonly string[]): RollcallError {
  return new RollcallError('SLACK_SCOPE_MISSING', `The Slack app may not do all it has to: ${missing.join(', ')}.`, {
    hint: 'Add these bot token scopes on the app’s page «OAuth & Permissions», then install it to the workspace again.',
  })
}

function unavailable(apiUrl: string, cause: unknown): RollcallError {
  return new RollcallError('SLACK_UNAVAILABLE', `Slack does not answer at ${apiUrl}.`, {
    hint: 'Check the network, a proxy, and SLACK_API_URL if it is set.',
    retryable: true,
    cause,
  })
}

/** Built, not asked for: a permalink costs a call. */
async function linkOf(
  upgrade: Upgrade,
  shown: Pick<Shown, 'load'>,
  url: string | undefined,
): Promise<string | undefined> {
  const live = (await shown.load(upgrade.id)).live
  return url && live && `${url}archives/${upgrade.policy.channel}/p${live.ts.replace('.', '')}`
}
