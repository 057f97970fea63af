import { z } from 'zod'
import type { SlackActor } from '../upgrade/upgrade.ts'
import type { Thread } from './shown.ts'

const Ts = z.string().regex(/^\d{1,16}\.\d{1,9}$/)

/**
 * What a person wrote as a reply, as https://docs.slack.dev/reference/events/message and `…/app_mention` have it. With
 * another subtype it is an edit, a deletion, or Slack's own; two only say that it stands in the channel too, or that a file
 * came with it. Messages of apps bear their IDs, also those that are sent in the name of a person.
 */
const Reply = z.object({
  type: z.enum(['message', 'app_mention']),
  channel_type: z.enum(['channel', 'group']).optional(),
  subtype: z.enum(['thread_broadcast', 'file_share']).optional(),
  channel: z.string(),
  ts: Ts,
  thread_ts: Ts,
  user: z.string().min(1),
  text: z.string(),
  team: z.string().optional(),
  user_team: z.string().optional(),
  source_team: z.string().optional(),
  parent_user_id: z.string().optional(),
  bot_id: z.undefined().optional(),
  app_id: z.undefined().optional(),
  bot_profile: z.undefined().optional(),
  // A mention that was put in by an edit.
  edited: z.undefined().optional(),
})

/** What somebody wrote in a thread. */
export type ThreadMessage = {
  thread: Thread
  ts: string
  by: SlackActor
  /** As it was typed, without the mention of the app. */
  said: string
  /** It mentions the app at its beginning or its end. */
  addressed: boolean
}

/** Ourselves, as Slack names us. */
export type Self = { botUserId?: string | undefined; teamId?: string | undefined }

/** `undefined` for what is no reply of a person in a channel. */
export function threadMessage(event: unknown, { botUserId = '', teamId = '' }: Self): ThreadMessage | undefined {
  const { data } = Reply.safeParse(event)
  if (!data || data.thread_ts === data.ts || data.user === botUserId) return undefined
  // Somebody else wrote the first message, so it is not an upgrade's.
  if (data.parent_user_id !== undefined && data.parent_user_id !== botUserId) return undefined
  const mention = `<@${botUserId}(?:\\|[^>]*)?>`
  const text = data.text.trim()
  const said = text.replace(new RegExp(`^${mention}[\\s,:，：]*|[\\s,，]*${mention}$`, 'g'), '')
  return {
    thread: { channel: data.channel, ts: data.thread_ts },
    ts: data.ts,
    by: { kind: 'slack', team: teamOf(data, teamId), user: data.user },
    said: asTyped(said),
    addressed: botUserId !== '' && said !== text,
  }
}

/** In a shared channel any of these may be another workspace's; one is enough. */
function teamOf({ team, user_team, source_team }: z.infer<typeof Reply>, own: string): string {
  const all = [user_team, source_team, team].filter((one) => one !== undefined)
  return all.find((one) => one !== own) ?? own
}

/** Slack writes three characters as entities, and addresses between angle brackets. */
function asTyped(text: string): string {
  return text
    .replace(/<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
