import type { AuthTestResponse } from '@slack/web-api'
import type { Config } from '../config/schema.ts'
import { missingScopes } from '../slack/app.ts'
import { platformError } from '../slack/failure.ts'
import { type Replies, reactionScope } from '../slack/listeners/replies.ts'
import { directScopes, isPerson } from '../slack/notices.ts'
import { filesScope } from '../slack/report-files.ts'
import { type Check, finding, needed, Unmet } from './check.ts'
import { clockFindings } from './clock.ts'
import type { DoctorCode } from './codes.ts'
import type { Finding } from './report.ts'
import { once, policiesOf, type Setup } from './setup.ts'
import { tokenKindCheck, tokenKindIn } from './token-kinds.ts'

/** What Rollcall can do without, and what goes without it. */
function optionalScopes(replies: Replies, config: Config | undefined): [scope: string, what: string][] {
  const [write, find] = directScopes
  return [
    [filesScope, 'the chart and the other files of a report'],
    ...(replies === 'off' ? [] : ([[reactionScope, 'marking a reply that was carried out']] as [string, string][])),
    ...(tellsPeople(config)
      ? ([
          [write, 'telling people directly whom `notify` names'],
          [find, 'telling people directly, whom `notify` names, no more than once'],
        ] as [string, string][])
      : []),
  ]
}

function tellsPeople(config: Config | undefined): boolean {
  return config !== undefined && policiesOf(config).some(({ notify }) => notify?.some(({ to }) => isPerson(to)))
}

const yourApp = 'At https://api.slack.com/apps, your app:'

export type Identity = () => Promise<AuthTestResponse>

/** Whose the bot token is, asked once for all checks. @throws Unmet */
export function identityOf(setup: Setup): Identity {
  const ask = once(async () => {
    const { client } = botOf(setup)
    return client.auth.test()
  })
  return () => needed(ask(), codeOf)
}

/** @throws Unmet where the environment has no bot token */
export function botOf(setup: Pick<Setup, 'slack' | 'env'>) {
  const bot = setup.slack('SLACK_BOT_TOKEN')
  if (bot) return bot
  throw new Unmet(tokenKindIn(setup.env, 'SLACK_BOT_TOKEN') ? 'SLACK_TOKEN_KIND' : 'VARIABLE_INVALID')
}

function codeOf(error: unknown): DoctorCode {
  return platformError(error) === undefined ? 'SLACK_UNREACHABLE' : 'SLACK_TOKEN_REFUSED'
}

export function slackAppChecks(setup: Setup, identity: Identity): Check[] {
  const area = 'slack'
  const overSocket = Boolean(setup.env.SLACK_APP_TOKEN?.trim())
  return [
    tokenKindCheck(setup),
    { area, whether: 'Slack takes the bot token', run: () => tokenWorks(setup) },
    { area, whether: 'the app has its scopes', run: () => scopes(setup, identity) },
    { area, whether: 'the clock is that of Slack', run: () => clock(setup) },
    ...(overSocket
      ? ([
          { area, whether: 'Socket Mode opens a connection', run: () => socketMode(setup) },
          { area, whether: 'both tokens are of one app', run: () => oneApp(setup, identity) },
        ] satisfies Check[])
      : []),
  ]
}

async function tokenWorks(setup: Setup): Promise<Finding[]> {
  const { client, apiUrl } = botOf(setup)
  try {
    await client.auth.test()
    return []
  } catch (error) {
    const refused = platformError(error)
    if (refused !== undefined) {
      return [
        finding('SLACK_TOKEN_REFUSED', {
          where: 'SLACK_BOT_TOKEN',
          found: `Slack refuses SLACK_BOT_TOKEN (${refused}).`,
          remedy: `${yourApp} install it to the workspace again, then copy OAuth & Permissions → Bot User OAuth Token.`,
        }),
      ]
    }
    return [
      finding('SLACK_UNREACHABLE', {
        found: `Slack does not answer at ${apiUrl} (${error instanceof Error ? error.message : error}).`,
        remedy:
          'Check the network, a proxy, and SLACK_API_URL if it is set. This must answer something with "ok":true:',
        command: `curl --data '' ${new URL('api.test', apiUrl)}`,
      }),
    ]
  }
}

async function scopes({ config: read }: Setup, identity: Identity): Promise<Finding[]> {
  const granted = (await identity()).response_metadata?.scopes
  if (!granted) throw new Error('Slack does not list them')
  // Without a configuration, what the usual one needs.
  const config = await read().catch(() => undefined)
  const { replies } = config?.slack ?? { replies: 'any' as const }
  const missing = missingScopes(granted, replies)
  const addThem = (names: string) =>
    `${yourApp} OAuth & Permissions → Scopes → Bot Token Scopes → add ${names}; then Install App → Reinstall.`
  return [
    ...(missing.length === 0
      ? []
      : [
          finding('SLACK_SCOPES_MISSING', {
            found: `The bot token lacks ${missing.length === 1 ? 'the scope' : 'the scopes'} ${missing.join(', ')}.`,
            remedy: addThem(missing.join(', ')),
          }),
        ]),
    ...optionalScopes(replies, config).flatMap(([scope, what]) =>
      granted.includes(scope)
        ? []
        : [
            finding('SLACK_SCOPES_OPTIONAL', {
              where: scope,
              found: `The bot token lacks the scope ${scope}, which is for ${what}.`,
              remedy: addThem(scope),
            }),
          ],
    ),
  ]
}

/** Every answer of Slack is dated, to the second. */
async function clock(setup: Setup): Promise<Finding[]> {
  const { apiUrl } = botOf(setup)
  const before = setup.now()
  const answer = await needed(
    fetch(new URL('api.test', apiUrl), { method: 'POST', redirect: 'manual', signal: AbortSignal.timeout(5_000) }),
    'SLACK_UNREACHABLE',
  )
  await answer.body?.cancel()
  const date = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(date)) throw new Error('the answer of Slack has no date')
  return clockFindings('Slack', date, before - 1_000, setup.now())
}

const appTokens =
  'Basic Information → App-Level Tokens → Generate Token and Scopes, with connections:write; and turn Socket Mode on (Socket Mode → Enable)'

/** Asks for an address and does not use it: that disturbs nobody. https://docs.slack.dev/reference/methods/apps.connections.open */
async function socketMode(setup: Setup): Promise<Finding[]> {
  const { client: asApp } = appOf(setup)
  try {
    await asApp.apps.connections.open()
    return []
  } catch (error) {
    const refused = platformError(error)
    if (refused === undefined) throw new Unmet('SLACK_UNREACHABLE', error)
    if (refused === 'missing_scope') {
      return [
        finding('SLACK_APP_TOKEN_SCOPE', {
          where: 'SLACK_APP_TOKEN',
          found: 'SLACK_APP_TOKEN has no connections:write.',
          remedy: `A token cannot get another scope, so make a new one. ${yourApp} ${appTokens}.`,
        }),
      ]
    }
    return [
      finding('SLACK_APP_TOKEN_REFUSED', {
        where: 'SLACK_APP_TOKEN',
        found: `Slack opens no connection for SLACK_APP_TOKEN (${refused}).`,
        remedy: `${yourApp} ${appTokens}.`,
      }),
    ]
  }
}

function appOf(setup: Setup) {
  const app = setup.slack('SLACK_APP_TOKEN')
  if (app) return app
  throw new Unmet(tokenKindIn(setup.env, 'SLACK_APP_TOKEN') ? 'SLACK_TOKEN_KIND' : 'VARIABLE_INVALID')
}

async function oneApp(setup: Setup, identity: Identity): Promise<Finding[]> {
  const { bot_id: bot = '' } = await identity()
  const { client } = botOf(setup)
  const ours = (await client.bots.info({ bot })).bot?.app_id
  const theirs = await appIdOf(setup)
  if (ours === undefined || theirs === undefined) throw new Error('Slack does not say of which apps they are')
  if (ours === theirs) return []
  return [
    finding('SLACK_APPS_DIFFER', {
      found: `SLACK_BOT_TOKEN is of the app ${ours}, SLACK_APP_TOKEN of ${theirs}.`,
      remedy: `Copy both from one page, https://api.slack.com/apps/${ours}: OAuth & Permissions, and Basic Information → App-Level Tokens.`,
    }),
  ]
}

/** An app-level token belongs to no workspace: `auth.test` says its app, and so does its own text. */
async function appIdOf(setup: Setup): Promise<string | undefined> {
  const asked = await needed(appOf(setup).client.auth.test(), (error) =>
    platformError(error) === undefined ? 'SLACK_UNREACHABLE' : 'SLACK_APP_TOKEN_REFUSED',
  )
  return asked.app_id ?? /^xapp-\d+-(A[A-Z0-9]+)-/.exec(setup.given.SLACK_APP_TOKEN ?? '')?.[1]
}
