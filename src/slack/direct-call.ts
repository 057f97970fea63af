import type { Upgrade } from '../upgrade/upgrade.ts'
import type { ShownMessage } from './shown.ts'
import type { SyncParts } from './sync.ts'
import type { Desired } from './views/messages.ts'

/**
 * A mention reaches nobody who is not in the channel, so whoever is called by name and has not joined it gets a direct
 * message, once for each question. Who was looked at is noted, so that Slack is not asked again at every sync.
 */
export async function callDirectly(
  parts: SyncParts,
  upgrade: Upgrade,
  wanted: readonly Desired[],
  shown: Map<string, ShownMessage>,
): Promise<void> {
  const calls = wanted.flatMap((desired) => desired.calls.map((user) => ({ desired, user, key: keyOf(desired, user) })))
  const open = calls.filter(({ desired, key }) => shown.has(desired.key) && !shown.has(key))
  if (open.length === 0) return
  const joined = await membersOf(parts, upgrade.policy.channel)
  for (const { desired, user, key } of open) {
    const ts = joined.has(user) ? '' : await send(parts, upgrade, desired, user, shown.get(desired.key)?.ts ?? '')
    const note: ShownMessage = { ts, hash: '', sequence: 1, moment: '' }
    shown.set(key, note)
    await parts.shown.save(upgrade.id, key, note)
  }
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
): Promise<string> {
  const { permalink } = await client.chat.getPermalink({ channel, message_ts: ts })
  const { mrkdwn } = messages.directCall(upgrade, { mrkdwn: text }, permalink)
  const sent = await client.chat.postMessage({ channel: user, text: mrkdwn, unfurl_links: false, unfurl_media: false })
  return sent.ts ?? ''
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
