import { ErrorCode, type UsersInfoResponse, type WebClient } from '@slack/web-api'
import type { Members } from '../engine/ports.ts'
import { type Locale, localeOf } from '../upgrade/locale.ts'
import type { MemberKind, Membership } from '../upgrade/people.ts'
import type { SlackActor } from '../upgrade/upgrade.ts'
import type { Languages } from './language.ts'

/** How long an answer of Slack is used without asking again, in milliseconds. */
const freshMs = 60_000

/** Accounts that are remembered at once; the one that was asked for longest ago goes first. */
const remembered = 10_000

type Answer<T> = { value: T; at: number }

/** `last`: what was answered, whatever its age. */
type Cached<T> = { ask: () => Promise<Answer<T> | undefined>; last: () => Answer<T> | undefined }

/**
 * Who somebody is and which user groups they are in. One call answers for all groups. While Slack is away the last
 * answer is given with its true age; the engine decides what it is still good for.
 *
 * @param client with a time-out well below two seconds: a decision waits for it
 */
export function slackMembers(
  client: WebClient,
  now: () => number = Date.now,
): Members & Pick<Required<Languages>, 'localeOf'> {
  const own = cached(() => client.auth.test(), now, Number.POSITIVE_INFINITY)
  const groups = cached(() => groupsOf(client), now, freshMs)
  const accounts = new Map<string, Cached<Account>>()

  function accountOf(actor: SlackActor): Cached<Account> {
    const key = `${actor.team} ${actor.user}`
    const lookup = accounts.get(key) ?? cached(() => askAccount(client, actor, own), now, freshMs)
    accounts.delete(key)
    accounts.set(key, lookup)
    const [oldest] = accounts.keys()
    if (accounts.size > remembered && oldest !== undefined) accounts.delete(oldest)
    return lookup
  }

  return {
    async lookup(actor, wanted): Promise<Membership> {
      const [account, all] = await Promise.all([accountOf(actor).ask(), wanted.length > 0 ? groups.ask() : undefined])
      const oldest = Math.min(account?.at ?? now(), all?.at ?? now())
      return {
        kind: account?.value.kind ?? 'unknown',
        groups: memberOf(actor.user, wanted, all?.value),
        ageMs: now() - oldest,
      }
    },

    async inGroup(group) {
      const all = await groups.ask()
      return all && [...(all.value.get(group) ?? [])]
    },

    workspace: async () => (await own.ask())?.value.team_id,

    // Nobody changes it by the minute, so what was said last is good enough.
    async localeOf(person) {
      const account = accountOf(person)
      return (account.last() ?? (await account.ask()))?.value.locale
    },
  }
}

type Groups = ReadonlyMap<string, ReadonlySet<string>>

function memberOf(user: string, wanted: readonly string[], all: Groups | undefined): Membership['groups'] {
  if (wanted.length === 0) return []
  return all ? wanted.filter((group) => all.get(group)?.has(user)) : 'unknown'
}

async function groupsOf(client: WebClient): Promise<Groups> {
  const { usergroups = [] } = await client.usergroups.list({ include_users: true })
  return new Map(usergroups.map(({ id = '', users = [] }) => [id, new Set(users)]))
}

/** What Slack says of somebody. */
type Account = { kind: MemberKind; locale: Locale | undefined }

async function askAccount(
  client: WebClient,
  { user: id, team }: SlackActor,
  own: Cached<{ team_id?: string }>,
): Promise<Account> {
  const identity = await own.ask()
  if (!identity) throw new Error('Slack does not say which workspace this is')
  const { team_id: ours } = identity.value
  const { user } = await client.users.info({ user: id, include_locale: true }).catch((error: unknown) => {
    if (isUnknownUser(error)) return { user: undefined }
    throw error
  })
  return { kind: kindOf(user, { id, team, ours }), locale: localeOf(user?.locale) }
}

type User = UsersInfoResponse['user']

function kindOf(user: User, { id, team, ours }: { id: string; team: string; ours: string | undefined }): MemberKind {
  if (!user) return 'stranger'
  if (user.deleted) return 'deactivated'
  if (user.is_bot || id === 'USLACKBOT') return 'bot'
  // On Enterprise Grid one account may belong to several workspaces; ours must be among them.
  const teams = [user.team_id, ...(user.enterprise_user?.teams ?? [])]
  if (user.is_stranger || !teams.includes(ours) || !teams.includes(team)) return 'stranger'
  if (user.is_restricted || user.is_ultra_restricted) return 'guest'
  return 'member'
}

function isUnknownUser(error: unknown): boolean {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { error?: string } }
  return code === ErrorCode.PlatformError && (data?.error === 'user_not_found' || data?.error === 'user_not_visible')
}

/** Asks once for all who wait; an answer is used for `forMs`, and kept for as long as there is no newer one. */
function cached<T>(ask: () => Promise<T>, now: () => number, forMs: number): Cached<T> {
  let last: Answer<T> | undefined
  let asking: Promise<Answer<T> | undefined> | undefined
  const asked = async () => {
    if (last && now() - last.at < forMs) return last
    const at = now()
    asking ??= ask()
      .then((value) => {
        last = { value, at }
        return last
      })
      .catch(() => last)
      .finally(() => {
        asking = undefined
      })
    return asking
  }
  return { ask: asked, last: () => last }
}
