import { ErrorCode, type WebClient } from '@slack/web-api'
import type { Members } from '../engine/ports.ts'
import type { MemberKind, Membership } from '../upgrade/people.ts'
import type { SlackActor } from '../upgrade/upgrade.ts'

/** How long an answer of Slack is used without asking again, in milliseconds. */
const freshMs = 60_000

/** Accounts that are remembered at once; the one that was asked for longest ago goes first. */
const remembered = 10_000

type Answer<T> = { value: T; at: number }

/**
 * Who somebody is and which user groups they are in. One call answers for all groups. While Slack is away the last
 * answer is given with its true age; the engine decides what it is still good for.
 *
 * @param client with a time-out well below two seconds: a decision waits for it
 */
export function slackMembers(client: WebClient, now: () => number = Date.now): Members {
  const own = cached(() => client.auth.test(), now, Number.POSITIVE_INFINITY)
  const groups = cached(() => groupsOf(client), now, freshMs)
  const kinds = new Map<string, () => Promise<Answer<MemberKind> | undefined>>()

  function kindOf(actor: SlackActor): Promise<Answer<MemberKind> | undefined> {
    const key = `${actor.team} ${actor.user}`
    const lookup = kinds.get(key) ?? cached(() => askKind(client, actor, own), now, freshMs)
    kinds.delete(key)
    kinds.set(key, lookup)
    const [oldest] = kinds.keys()
    if (kinds.size > remembered && oldest !== undefined) kinds.delete(oldest)
    return lookup()
  }

  return {
    async lookup(actor, wanted): Promise<Membership> {
      const [kind, all] = await Promise.all([kindOf(actor), wanted.length > 0 ? groups() : undefined])
      const oldest = Math.min(kind?.at ?? now(), all?.at ?? now())
      return {
        kind: kind?.value ?? 'unknown',
        groups: memberOf(actor.user, wanted, all?.value),
        ageMs: now() - oldest,
      }
    },

    async inGroup(group) {
      const all = await groups()
      return all && [...(all.value.get(group) ?? [])]
    },

    workspace: async () => (await own())?.value.team_id,
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

async function askKind(
  client: WebClient,
  { user: id, team }: SlackActor,
  own: () => Promise<Answer<{ team_id?: string }> | undefined>,
): Promise<MemberKind> {
  const identity = await own()
  if (!identity) throw new Error('Slack does not say which workspace this is')
  const { team_id: ours } = identity.value
  const { user } = await client.users.info({ user: id }).catch((error: unknown) => {
    if (isUnknownUser(error)) return { user: undefined }
    throw error
  })
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
function cached<T>(ask: () => Promise<T>, now: () => number, forMs: number): () => Promise<Answer<T> | undefined> {
  let last: Answer<T> | undefined
  let asking: Promise<Answer<T> | undefined> | undefined
  return async () => {
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
}
