import type { WebClient } from '@slack/web-api'
import type { ChannelTrouble } from '../upgrade/events.ts'
import { platformError } from './failure.ts'

/** How long Slack's word that a channel is fine is used before it is asked again, in milliseconds. */
const freshMs = 60_000

export type Channels = {
  /** What is wrong with a channel, at once; where nothing can be shown, it first asks whether that is still so. */
  trouble(channel: string): Promise<ChannelTrouble | undefined>
  /** Slack refused something there: asks at once. */
  suspect(channel: string): Promise<void>
}

export type ChannelsOptions = {
  client: WebClient
  /** Hears what Slack said, each time that it was asked and answered, and whether that is another answer than before. */
  onKnown: (channel: string, trouble: ChannelTrouble | undefined, isNew: boolean) => Promise<void>
  now?: () => number
}

/**
 * Whether the channels of upgrades are still where people of this workspace, and only they, see what goes on. While
 * Slack is away what it said last holds.
 */
export function slackChannels({ client, onKnown, now = Date.now }: ChannelsOptions): Channels {
  const known = new Map<string, { trouble: ChannelTrouble | undefined; askedAt: number }>()
  const asking = new Map<string, Promise<void>>()

  function ask(channel: string): Promise<void> {
    const before = asking.get(channel)
    if (before) return before
    const last = known.get(channel)
    known.set(channel, { trouble: last?.trouble, askedAt: now() })
    const answered = askTrouble(client, channel)
      .then(async (trouble) => {
        known.set(channel, { trouble, askedAt: now() })
        await onKnown(channel, trouble, trouble !== last?.trouble)
      })
      // What is not known changes nothing; it is asked again in a minute.
      .catch(() => {})
      .finally(() => asking.delete(channel))
    asking.set(channel, answered)
    return answered
  }

  return {
    async trouble(channel) {
      const last = known.get(channel)
      if (isHopeless(last?.trouble)) await ask(channel)
      else if (!last || now() - last.askedAt >= freshMs) void ask(channel)
      return known.get(channel)?.trouble
    },
    suspect: ask,
  }
}

/** A shared channel still shows what goes on; asking more often would tell nothing new. */
function isHopeless(trouble: ChannelTrouble | undefined): boolean {
  return trouble !== undefined && trouble !== 'CHANNEL_SHARED'
}

/** https://docs.slack.dev/reference/objects/conversation-object: shared within one Enterprise organization is not shared. */
export async function askTrouble(client: WebClient, id: string): Promise<ChannelTrouble | undefined> {
  const { channel } = await client.conversations.info({ channel: id }).catch((error: unknown) => {
    // A private channel that the app is not in does not exist for it.
    if (platformError(error) === 'channel_not_found') return { channel: { is_member: false } }
    throw error
  })
  const { is_archived, is_member, is_ext_shared }: Facts = channel ?? {}
  if (is_archived) return 'CHANNEL_ARCHIVED'
  if (is_member === false) return 'CHANNEL_LEFT'
  return is_ext_shared ? 'CHANNEL_SHARED' : undefined
}

type Facts = { is_archived?: boolean; is_member?: boolean; is_ext_shared?: boolean }

/** Slack's words for a channel where nothing can be written or edited. */
const closed: ReadonlySet<string> = new Set(['is_archived', 'is_inactive', 'not_in_channel', 'channel_not_found'])

/** Whether a refusal says that the channel itself is the trouble. */
export function isChannelClosed(error: unknown): boolean {
  return closed.has(platformError(error) ?? '')
}
