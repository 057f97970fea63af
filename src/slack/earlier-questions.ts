import type { Upgrade } from '../upgrade/upgrade.ts'
import { isPosted, type Note } from './shown.ts'
import type { SyncParts } from './sync.ts'
import { named, section } from './views/blocks.ts'
import { blockName, type Desired } from './views/messages.ts'

/**
 * An upgrade that was taken over has questions in its thread of which the store knows nothing. Those that look open are
 * closed, once: their buttons belong to a plan that is not the plan any more.
 */
export async function closeEarlierQuestions(
  { client, shown, messages }: Pick<SyncParts, 'client' | 'shown' | 'messages'>,
  upgrade: Upgrade,
  wanted: readonly Desired[],
  notes: ReadonlyMap<string, Note>,
): Promise<void> {
  const { id, takenOver, policy } = upgrade
  const live = notes.get('live')
  if (!takenOver || !isPosted(live)) return
  const key = `earlier:${takenOver.sequence}`
  if (notes.has(key)) return
  const why = upgrade.incidents.find(({ at, code }) => at === takenOver.at && takingOver.has(code))
  if (!why) return
  const ours = new Set(wanted.map((one) => blockName(id, one.key)))
  const text = messages.questionVoid(why)
  for await (const page of client.paginate('conversations.replies', {
    channel: policy.channel,
    ts: live.ts,
    limit: 200,
    include_all_metadata: true,
  })) {
    for (const { ts, blocks, metadata } of (page as Page).messages ?? []) {
      const name = blocks?.[0]?.block_id
      const { id: theirs, open, ...rest } = metadata?.event_payload ?? {}
      if (ts === undefined || name === undefined || theirs !== id || open !== true || ours.has(name)) continue
      await client.chat.update({
        channel: policy.channel,
        ts,
        text: text.mrkdwn,
        blocks: named(section(text), name),
        metadata: { event_type: 'rollcall_question', event_payload: { id, ...rest, open: false } },
      })
    }
  }
  await shown.replace(id, key, undefined, { ts: live.ts, hash: '', sequence: 1, moment: '' })
}

const takingOver: ReadonlySet<string> = new Set(['ADOPTED', 'OUTSIDE_AHEAD'])

type Page = {
  messages?: {
    ts?: string
    blocks?: { block_id?: string }[]
    metadata?: { event_payload?: { id?: string; open?: boolean } }
  }[]
}
