import type { WebClient } from '@slack/web-api'
import { platformError } from './failure.ts'

/** Optional: only whom an on-call schedule names is looked for by e-mail address. */
export const emailScope = 'users:read.email'

/** How long an account is remembered, milliseconds; one that is not there is looked for again. */
const rememberedForMs = 600_000

/**
 * Finds accounts by their e-mail addresses, which needs the scope `users:read.email`.
 *
 * @throws what Slack answers when it does not say
 */
export function slackAccounts(client: WebClient, now: () => number = Date.now) {
  const known = new Map<string, { user: string; at: number }>()
  return async (email: string): Promise<string | 'forbidden' | undefined> => {
    const before = known.get(email)
    if (before && now() - before.at < rememberedForMs) return before.user
    try {
      const { user } = await client.users.lookupByEmail({ email })
      if (!user?.id || user.deleted) return undefined
      known.set(email, { user: user.id, at: now() })
      return user.id
    } catch (error) {
      const refused = platformError(error)
      if (refused === 'users_not_found') return undefined
      if (refused === 'missing_scope') return 'forbidden'
      throw error
    }
  }
}
