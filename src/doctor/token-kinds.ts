import { type Check, finding } from './check.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'

/** https://docs.slack.dev/authentication/tokens; those of a browser are nobody's to give away. */
const kinds: [start: RegExp, kind: string][] = [
  [/^xoxb-/, 'a bot token'],
  [/^xoxp-/, 'a user token'],
  [/^xapp-/, 'an app-level token'],
  [/^xoxe\./, 'a token that is rotated'],
  [/^xoxe-/, 'a refresh token'],
  [/^xox[acdors]-/, 'a token of a person or a browser'],
]

/** Where each is to be copied from: a page of api.slack.com/apps, your app. */
const wanted: Readonly<Record<string, { start: RegExp; from: string }>> = {
  SLACK_BOT_TOKEN: { start: /^xoxb-/, from: 'OAuth & Permissions → Bot User OAuth Token (xoxb-…)' },
  SLACK_APP_TOKEN: { start: /^xapp-/, from: 'Basic Information → App-Level Tokens (xapp-…)' },
  SLACK_SIGNING_SECRET: { start: /^(?!xox|xapp-)/, from: 'Basic Information → Signing Secret' },
}

/** The kind of a token that is in the wrong variable; `undefined` where it is not, or nobody can tell. */
export function tokenKindIn(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = env[variable]?.trim()
  if (!value || wanted[variable]?.start.test(value) !== false) return undefined
  return kinds.find(([start]) => start.test(value))?.[1]
}

export function tokenKindCheck({ env }: Setup): Check {
  return { area: 'slack', whether: 'each Slack token is in its variable', run: async () => tokenKinds(env) }
}

function tokenKinds(env: NodeJS.ProcessEnv): Finding[] {
  return Object.entries(wanted).flatMap(([variable, { from }]) => {
    const kind = tokenKindIn(env, variable)
    if (kind === undefined) return []
    const rotated = kind === 'a token that is rotated'
    return [
      finding('SLACK_TOKEN_KIND', {
        where: variable,
        found: `${variable} holds ${kind}.`,
        remedy: rotated
          ? `Rollcall does not renew tokens. Leave token rotation off (OAuth & Permissions → Advanced token security); once on, it stays on, so make a new app from deploy/slack-manifest.yaml. Then copy ${from}.`
          : `At https://api.slack.com/apps, your app: copy ${from}.`,
      }),
    ]
  })
}
