import type { Upgrade } from '../upgrade/upgrade.ts'
import { explain, mayHaveHappened, rateLimit } from './failure.ts'
import { isPosted, type Note } from './shown.ts'
import type { SyncParts } from './sync.ts'
import type { Desired } from './views/messages.ts'

/**
 * A mention reaches nobody who is not in the channel, so whoever is called by name and has not joined it gets a direct
 * message, at most once for each question. Nothing waits for it, because a person whom Slack does not let us write to,
 * or a slow answer, must keep no message back. Never throws: what failed for now is tried at the next sync.
 */
export async function callDirectly(
  parts: SyncParts,
  upgrade: Upgrade,
  wanted: readonly Desired[],
  notes: ReadonlyMap<string, Note>,
): Promise<void> {
  const open = wanted.flatMap((desired) => {
    const asked = notes.get(desired.key)
    const users = isPosted(asked) ? desired.calls.filter((user) => !notes.has(keyOf(desired, user))) : []
    return users.map((user) => ({ desired, user, ts: asked?.ts ?? '' }))
  })
  if (open.length === 0) return
  try {
    await callThose(parts, upgrade, open)
  } catch (error) {
    const { why } = explain(error)
    parts.log.warn({ upgrade: upgrade.id, err: error }, `${upgrade.id}: nobody is told directly (${why})`)
  }
}

type Call = {
  desired: Desired
  user: string
  /** Of the question. */
  ts: string
}

async function callThose(parts: SyncParts, upgrade: Upgrade, open: readonly Call[]): Promise<void> {
  const joined = await membersOf(parts, upgrade.policy.channel)
  await Promise.all(
    open.map(async ({ desired, user, ts }) => {
      const key = keyOf(desired, user)
      // Noted first: who may have been told is not told again.
      if (!(await parts.shown.replace(upgrade.id, key, undefined, { sequence: 1 })) || joined.has(user)) return
      await send(parts, upgrade, desired, user, ts).catch(async (error: unknown) => {
        const { why } = explain(error)
        parts.log.warn(
          { upgrade: upgrade.id, user, err: error },
          `${upgrade.id}: ${user} is not told directly (${why})`,
        )
        if (!mayHaveHappened(error) && why === rateLimit) await parts.shown.forget(upgrade.id, key)
      })
    }),
  )
}

function keyOf({ key }: Desired, user: string): string {
  return `call:${key}:${user}`
}

async function send(
  { client, messages }: SyncParts,
  upgrade: Upgrade,
  { channel, text }: Desired,
  user: string,
  ts: string,
): Promise<void> {
  // Without its address the message still says what is asked.
  const found = await client.chat.getPermalink({ channel, message_ts: ts }).catch(() => undefined)
  const { mrkdwn } = messages.directCall(upgrade, { mrkdwn: text }, found?.permalink)
  await client.chat.postMessage({ channel: user, text: mrkdwn, unfurl_links: false, unfurl_media: false })
}

async function membersOf({ client }: SyncParts, channel: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await client.conversations.members({ channel, limit: 1_000, ...(cursor && { cursor }) })
    for (const member of page.members ?? []) found.add(member)
    cursor = page.response_metadata?.next_cursor || undefined
  } while (cursor)
  return found
}
