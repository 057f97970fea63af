import { App, type Receiver } from '@slack/bolt'
import { ErrorCode, type WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { clientOptions, slackClient } from './client.ts'
import type { HomeTabs } from './home.ts'
import { httpReceiver, type SlackRoute } from './http-receiver.ts'
import type { Languages } from './language.ts'
import { acknowledgeLater } from './listeners/acknowledge-later.ts'
import { register as registerActions } from './listeners/actions.ts'
import { register as registerCommand } from './listeners/command.ts'
import { type Deliveries, keepAnswers, register as registerDeliveries } from './listeners/deliveries.ts'
import { register as registerHome } from './listeners/home.ts'
import type { ListenerParts, RefusedDelivery } from './listeners/parts.ts'
import { isReply, type Replies, register as registerReplies } from './listeners/replies.ts'
import { register as registerRequestForm } from './listeners/request-form.ts'
import { refuseUnheard } from './listeners/unheard.ts'
import { register as registerViews } from './listeners/views.ts'
import { register as registerWhoCan } from './listeners/who-can.ts'
import { slackLogger } from './logger.ts'
import type { Shown } from './shown.ts'
import { socketReceiver } from './socket-receiver.ts'

/** How Slack's requests get here: it calls us, with its signature, or we keep a connection to it. */
export type SlackTransport = { kind: 'http'; signingSecret: string } | { kind: 'socketMode'; appToken: string }

export type SlackAppOptions = Languages & {
  token: string
  transport: SlackTransport
  /** `SLACK_API_URL`. */
  apiUrl?: string
  surface: Surface
  shown: Pick<Shown, 'load' | 'upgradeOf'>
  /** Which replies are read, by the configuration of this moment. */
  replies: () => Replies
  deliveries: Deliveries
  log: Log
  onRefused?: (reason: RefusedDelivery) => void
  /** Absent: nobody has a Home tab. */
  homes?: HomeTabs
}

export type SlackApp = {
  /** What has to be served over HTTP; none with Socket Mode. */
  routes: SlackRoute[]
  /** @throws RollcallError SLACK_TOKEN_INVALID, SLACK_SCOPE_MISSING, SLACK_UNAVAILABLE */
  start(): Promise<void>
  /** Finishes what runs, then takes no more. */
  stop(): Promise<void>
  /** Whether Slack's requests can get here, as far as it is on us. */
  isConnected(): boolean
  client: WebClient
  /** Address of an upgrade's live message. */
  linkTo(upgrade: Upgrade): Promise<string | undefined>
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

/** Needed where only replies that mention the app are read: Slack tells of those without the channel's history. */
export const mentionScope = 'app_mentions:read'

/** Bolt's app with Rollcall's listeners on it. */
export function slackApp(options: SlackAppOptions): SlackApp {
  const { token, log, onRefused = () => {} } = options
  const apiUrl = options.apiUrl ?? 'https://slack.com/api/'
  const client = slackClient(options)
  let identity: Identity | undefined

  const { receiver, routes, connect, disconnect, isConnected } = openTransport({ ...options, apiUrl, onRefused })
  const app = new App({
    receiver,
    logger: slackLogger(log),
    clientOptions: clientOptions(options),
    authorize: async () => ({ botToken: token, ...identity?.bot }),
    convoStore: false,
  })
  app.error(async (error) => {
    log.error({ part: 'slack', err: error }, 'a delivery of Slack was not carried out')
    // The receiver answers it, so that Slack knows that nothing was done.
    throw error
  })

  const underWay = new Set<Promise<void>>()
  app.use(async ({ next }) => {
    const work = next()
    underWay.add(work)
    await work.finally(() => underWay.delete(work))
  })

  const linkTo = (upgrade: Upgrade) => linkOf(upgrade, options.shown, identity?.url)
  const parts: ListenerParts = {
    surface: options.surface,
    messages: options.messages,
    ...(options.localeOf && { localeOf: options.localeOf }),
    client,
    log,
    onRefused,
    linkTo,
    homes: options.homes,
  }
  acknowledgeLater(app, isReply)
  keepAnswers(app)
  refuseUnheard(app, parts)
  registerReplies(app, { ...parts, shown: options.shown, replies: options.replies })
  registerDeliveries(app, options.deliveries, parts)
  registerCommand(app, parts)
  registerActions(app, parts)
  registerViews(app, parts)
  registerRequestForm(app, parts)
  if (options.homes) registerHome(app, options.homes)
  registerWhoCan(app, { ...parts, shown: options.shown })

  return {
    client,
    linkTo,
    routes,
    isConnected,
    async start() {
      identity = await identify(client, apiUrl, options.replies())
      await connect()
    },
    async stop() {
      await Promise.allSettled(underWay)
      await disconnect()
    },
  }
}

type Transport = {
  receiver: Receiver
  routes: SlackRoute[]
  connect(): Promise<void>
  disconnect(): Promise<void>
  isConnected(): boolean
}

function openTransport(
  options: SlackAppOptions & { apiUrl: string; onRefused(reason: RefusedDelivery): void },
): Transport {
  const { transport, apiUrl, log } = options
  switch (transport.kind) {
    case 'http': {
      const { receiver, route } = httpReceiver({ ...options, signingSecret: transport.signingSecret })
      const nothing = async () => {}
      return { receiver, routes: [route], connect: nothing, disconnect: nothing, isConnected: () => true }
    }
    case 'socketMode': {
      const receiver = socketReceiver({ appToken: transport.appToken, apiUrl, log })
      const connect = () =>
        receiver.start().catch((cause: unknown) => {
          throw explained('SLACK_APP_TOKEN', apiUrl, cause)
        })
      return { receiver, routes: [], connect, disconnect: receiver.stop, isConnected: receiver.isConnected }
    }
    default:
      return assertNever(transport)
  }
}

type Identity = { bot: { botId?: string; botUserId?: string; teamId?: string }; url: string | undefined }

/**
 * Asks Slack whose the token is, and whether it may do what Rollcall does.
 *
 * @throws RollcallError SLACK_TOKEN_INVALID, SLACK_SCOPE_MISSING, SLACK_UNAVAILABLE
 */
export async function identify(
  client: WebClient,
  apiUrl = 'https://slack.com/api/',
  replies: Replies = 'any',
): Promise<Identity> {
  try {
    const { bot_id, user_id, team_id, url, response_metadata } = await client.auth.test()
    const missing = missingScopes(response_metadata?.scopes, replies)
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
    throw explained('SLACK_BOT_TOKEN', apiUrl, cause)
  }
}

const whereTokensAre = {
  SLACK_BOT_TOKEN: 'Copy the «Bot User OAuth Token» (xoxb-…) from the app’s page «OAuth & Permissions».',
  SLACK_APP_TOKEN:
    'Make a token (xapp-…) with the scope connections:write on the app’s page «Basic Information», «App-Level Tokens», and turn Socket Mode on.',
}

/** What the Slack SDK threw, as an error that says what to do. */
function explained(token: keyof typeof whereTokensAre, apiUrl: string, cause: unknown): RollcallError {
  if (cause instanceof RollcallError) return cause
  const { code, data } = (cause ?? {}) as { code?: unknown; data?: { error?: string } }
  if (code !== ErrorCode.PlatformError) return unavailable(apiUrl, cause)
  const error = data?.error ?? 'unknown'
  const hint = whereTokensAre[token]
  return new RollcallError('SLACK_TOKEN_INVALID', `Slack at ${apiUrl} refuses ${token} (${error}).`, { hint, cause })
}

/** @param granted as Slack lists them; nothing is missing while it does not */
export function missingScopes(granted: readonly string[] | undefined, replies: Replies): string[] {
  if (!granted) return []
  const required = [...requiredScopes, ...(replies === 'mention' ? [mentionScope] : [])]
  const pairs = channelScopes.filter((pair) => !pair.some((scope) => granted.includes(scope)))
  return [...required.filter((scope) => !granted.includes(scope)), ...pairs.map((pair) => pair.join(' or '))]
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
  const ts = (await shown.load(upgrade.id)).live?.ts
  return url && ts && `${url}archives/${upgrade.policy.channel}/p${ts.replace('.', '')}`
}
