import type { WebClient } from '@slack/web-api'
import type { Config } from '../config/schema.ts'
import type { Members, OnCallTrouble } from '../engine/ports.ts'
import { reachQuorum } from '../engine/reach-quorum.ts'
import { onCall } from '../on-call/on-call.ts'
import { slackAccounts } from '../slack/accounts.ts'
import { channelScopes } from '../slack/app.ts'
import { platformError } from '../slack/failure.ts'
import { slackMembers } from '../slack/members.ts'
import type { MemberKind } from '../upgrade/people.ts'
import { type Check, finding, needed, notChecked } from './check.ts'
import { codeOfConfig } from './configuration.ts'
import type { Finding } from './report.ts'
import { once, policiesOf, type Setup } from './setup.ts'
import { botOf, type Identity } from './slack.ts'

/** Slack takes some hundred of these a minute, so they are asked a few at a time. */
const atOnce = 5

/** Channels, groups and people that the configuration names. */
export function slackPlaceChecks(setup: Setup, identity: Identity): Check[] {
  const area = 'slack'
  const members = once(async () => slackMembers(botOf(setup).client))
  return [
    { area, whether: 'Rollcall is in its channels', run: () => channels(setup, identity) },
    { area, whether: 'the user groups of roles stand for somebody', run: () => groups(setup, identity) },
    { area, whether: 'the people of roles count', run: async () => people(setup, identity, await members()) },
    {
      area: 'configuration',
      whether: 'each quorum can be reached',
      run: async () => quorums(setup, identity, await members()),
    },
    { area: 'configuration', whether: 'somebody is on call', run: () => whoIsOnCall(setup, identity) },
  ]
}

async function channels(setup: Setup, identity: Identity): Promise<Finding[]> {
  const config = await needed(setup.config(), codeOfConfig)
  const { response_metadata } = await identity()
  const services = Map.groupBy(policiesOf(config), ({ channel }) => channel)
  const named = new Set([config.slack.channel, ...services.keys()])
  const { client } = botOf(setup)
  const found = await inTurn([...named], async (id) => {
    const users = [...new Set(services.get(id)?.map(({ service }) => service))]
    const where = users.length > 0 ? `${id} (${users.join(', ')})` : id
    return channel(client, id, where, response_metadata?.scopes ?? [])
  })
  return found.flat()
}

async function channel(client: WebClient, id: string, where: string, granted: readonly string[]): Promise<Finding[]> {
  const answer = await client.conversations.info({ channel: id }).catch((error: unknown) => {
    const refused = platformError(error)
    if (refused === 'channel_not_found' || refused === 'missing_scope') return refused
    throw error
  })
  if (answer === 'missing_scope')
    return [scopesFor(where, 'Slack does not let Rollcall look at it', channelScopes.flat())]
  if (answer === 'channel_not_found') {
    return [
      finding('SLACK_CHANNEL_UNKNOWN', {
        where,
        found: `Slack shows Rollcall no channel ${id}.`,
        remedy:
          'If it is private, type this in it. If not, its ID is another one: it stands at the bottom of the channel’s details (About).',
        command: '/invite @Rollcall',
      }),
    ]
  }
  const { name = id, is_archived, is_member, is_ext_shared, is_private } = answer.channel ?? {}
  if (is_archived) {
    return [
      finding('SLACK_CHANNEL_ARCHIVED', {
        where,
        found: `#${name} is archived.`,
        remedy: 'Unarchive it (Browse channels → the channel), or put another channel into rollcall.yaml.',
      }),
    ]
  }
  if (!is_member) {
    return [
      finding('SLACK_CHANNEL_NOT_JOINED', {
        where,
        found: `Rollcall is not in #${name}.`,
        remedy: 'Type this in it:',
        command: '/invite @Rollcall',
      }),
    ]
  }
  const missing = channelScopes
    .map(([open, closed]) => (is_private ? closed : open))
    .filter((one) => !granted.includes(one))
  return [
    ...(missing.length === 0 ? [] : [scopesFor(where, `#${name} is ${is_private ? 'private' : 'public'}`, missing)]),
    ...(is_ext_shared
      ? [
          finding('SLACK_CHANNEL_SHARED', {
            where,
            found: `#${name} is shared with another workspace.`,
            remedy: 'Put a channel of your own workspace alone into rollcall.yaml.',
          }),
        ]
      : []),
  ]
}

function scopesFor(where: string, why: string, missing: readonly string[]): Finding {
  const names = missing.join(', ')
  return finding('SLACK_CHANNEL_SCOPES', {
    where,
    found: `${why}, and the bot token lacks ${names}.`,
    remedy: `At https://api.slack.com/apps, your app: OAuth & Permissions → Scopes → Bot Token Scopes → add ${names}; then Install App → Reinstall.`,
  })
}

/** What the configuration names, with the roles that do. */
function namedIn({ roles, onCall: all, services }: Config, kind: 'users' | 'groups'): [id: string, by: string[]][] {
  const calls = [all, ...Object.values(services).map((service) => service.onCall)]
  const pairs = [
    ...Object.entries(roles).flatMap(([by, named]) => named[kind].map((id) => ({ id, by }))),
    ...calls.flatMap((called) => called?.[kind].map((id) => ({ id, by: 'onCall' })) ?? []),
  ]
  return [...Map.groupBy(pairs, ({ id }) => id)].map(([id, one]) => [id, [...new Set(one.map(({ by }) => by))]])
}

async function groups(setup: Setup, identity: Identity): Promise<Finding[]> {
  const named = namedIn(await needed(setup.config(), codeOfConfig), 'groups')
  await identity()
  if (named.length === 0) return []
  const { client } = botOf(setup)
  const { usergroups = [] } = await client.usergroups.list({ include_users: true, include_disabled: true })
  return named.flatMap(([id, roles]) => {
    const where = `${id} (${roles.join(', ')})`
    const group = usergroups.find((one) => one.id === id)
    if (!group) {
      return [
        finding('SLACK_GROUP_UNKNOWN', {
          where,
          found: `The workspace has no user group ${id}.`,
          remedy: 'Correct the ID in `roles:` of rollcall.yaml: People → User groups → the group → ⋮ → Copy group ID.',
        }),
      ]
    }
    if (group.date_delete) {
      return [
        finding('SLACK_GROUP_DISABLED', {
          where,
          found: `The user group @${group.handle} is disabled.`,
          remedy: 'Enable it (People → User groups → Disabled), or name another one in `roles:` of rollcall.yaml.',
        }),
      ]
    }
    if ((group.users ?? []).length > 0) return []
    return [
      finding('SLACK_GROUP_EMPTY', {
        where,
        found: `Nobody is in the user group @${group.handle}.`,
        remedy: 'Add its people in Slack: People → User groups → the group → Edit members.',
      }),
    ]
  })
}

const kindWords: Record<Exclude<MemberKind, 'member'>, string> = {
  bot: 'is a bot',
  guest: 'is a guest',
  deactivated: 'is deactivated',
  stranger: 'is nobody of this workspace',
}

async function people(setup: Setup, identity: Identity, members: Members): Promise<Finding[]> {
  const config = await needed(setup.config(), codeOfConfig)
  const { team_id: team = '' } = await identity()
  const named = namedIn(config, 'users')
  const found = await inTurn(named, async ([user, roles]) => {
    const { kind } = await members.lookup({ kind: 'slack', team, user }, [])
    if (kind === 'unknown') return [notChecked('slack', `${user} counts`, 'Slack does not say who that is')]
    if (kind === 'member') return []
    return [
      finding('SLACK_PERSON_DOES_NOT_COUNT', {
        where: `${user} (${roles.join(', ')})`,
        found: `${user} ${kindWords[kind]}.`,
        remedy:
          'Put the ID of a full member there, or take it out of `roles:` in rollcall.yaml: profile → ⋮ → Copy member ID.',
      }),
    ]
  })
  return found.flat()
}

async function quorums(setup: Setup, identity: Identity, members: Members): Promise<Finding[]> {
  const policies = policiesOf(await needed(setup.config(), codeOfConfig))
  const { team_id: team = '' } = await identity()
  const found = await inTurn(policies, async (policy) => {
    // Whoever asks is at best none of those who can approve.
    const reach = await reachQuorum({ members }, [policy], { kind: 'slack', team, user: '' })
    const where = `${policy.service} in ${policy.environment}`
    if (reach === 'unknown') {
      return [notChecked('configuration', `the quorum of ${where} can be reached`, 'Slack does not say who is who')]
    }
    if (reach.enough) return []
    const { quorum } = policy.approval
    return [
      finding('QUORUM_UNREACHABLE', {
        where,
        found: `${where} needs ${quorum} ${quorum === 1 ? 'approval' : 'approvals'}, and ${reach.people} ${reach.people === 1 ? 'person' : 'people'} could give one.`,
        remedy: `Name more people in the roles of permissions.approve (${policy.permissions.approve.map(({ role }) => role).join(', ')}), or lower approval.quorum.`,
      }),
    ]
  })
  return found.flat()
}

const onCallWords: Record<OnCallTrouble, [found: string, remedy: string]> = {
  SCHEDULE_UNREACHABLE: [
    'it does not answer',
    'Correct onCall.schedule in rollcall.yaml, and let Rollcall through to it.',
  ],
  SCHEDULE_UNREADABLE: [
    'it answers otherwise than that API does, or refuses the key',
    'Correct type, id and url of onCall.schedule in rollcall.yaml, and the key in its tokenEnv, which must be allowed to read it.',
  ],
  SCHEDULE_EMPTY: ['nobody is on it now', 'Fill the gap in the schedule.'],
  NOT_IN_SLACK: [
    'Slack knows nobody with their e-mail addresses',
    'Let them have the same address in Slack, or name onCall.users or groups in rollcall.yaml.',
  ],
  EMAIL_SCOPE_MISSING: [
    'the bot token has no users:read.email to find them by',
    'At https://api.slack.com/apps, your app: OAuth & Permissions → Scopes → Bot Token Scopes → add users:read.email; then Install App → Reinstall.',
  ],
}

/** By a schedule: whom the configuration names itself is looked at as other people are. */
async function whoIsOnCall(setup: Setup, identity: Identity): Promise<Finding[]> {
  const config = await needed(setup.config(), codeOfConfig)
  await identity()
  const settings = (service: string) => config.services[service]?.onCall ?? config.onCall
  const account = slackAccounts(botOf(setup).client)
  const ask = onCall({ settings, secrets: setup.gateSecrets, account, log: { warn() {} } })
  const asked = policiesOf(config).filter(({ service }) => settings(service)?.schedule)
  const different = [...new Map(asked.map((policy) => [settings(policy.service)?.schedule, policy])).values()]
  const found = await inTurn(different, async (policy) => {
    const { trouble } = await ask(policy)
    if (trouble === undefined) return []
    const [what, remedy] = onCallWords[trouble]
    const { type = '', id = '' } = settings(policy.service)?.schedule ?? {}
    return [
      finding('ON_CALL_UNKNOWN', {
        where: id,
        found: `Who is on call by ${type} ${id} is not known: ${what}.`,
        remedy,
      }),
    ]
  })
  return found.flat()
}

/** A few at a time, in the given order. */
async function inTurn<T, R>(all: readonly T[], look: (one: T) => Promise<R>): Promise<R[]> {
  const found: R[] = []
  for (let start = 0; start < all.length; start += atOnce) {
    found.push(...(await Promise.all(all.slice(start, start + atOnce).map(look))))
  }
  return found
}
