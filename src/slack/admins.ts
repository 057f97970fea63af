import type { WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { ActiveConfig, Members } from '../engine/ports.ts'
import type { Messages } from '../messages/en.ts'
import type { ChannelTrouble } from '../upgrade/events.ts'
import { explain, platformError } from './failure.ts'

/** Who was told of what, for all processes. */
export type Told = {
  /** `true` for one caller alone. */
  first(channel: string, what: string): Promise<boolean>
  forget(channel: string, what: string): Promise<void>
  /** All is well there again: the next trouble is told anew. */
  clear(channel: string): Promise<void>
}

export type AdminParts = {
  client: WebClient
  members: Pick<Members, 'inGroup'>
  config: () => ActiveConfig
  /** Upgrades that are shown there. */
  underWay: (channel: string) => Promise<string[]>
  told: Told
  messages: Messages
  log: Log
}

/** Tells each of the admins once, by direct message, that a channel is lost: the channel itself reaches nobody. */
export async function tellAdmins(
  { client, members, config, underWay, told, messages, log }: AdminParts,
  channel: string,
  trouble: ChannelTrouble | undefined,
): Promise<void> {
  if (!trouble) return told.clear(channel)
  const role = config().admins()
  const inGroups = await Promise.all((role?.groups ?? []).map((group) => members.inGroup(group)))
  const admins = new Set([...(role?.users ?? []), ...inGroups.flatMap((users) => users ?? [])])
  await Promise.all(
    [...admins].map(async (user) => {
      const what = `${trouble} ${user}`
      if (!(await told.first(channel, what))) return
      try {
        const { mrkdwn: text } = messages.channelLost(channel, trouble, await underWay(channel))
        await client.chat.postMessage({ channel: user, text, unfurl_links: false, unfurl_media: false })
      } catch (error) {
        log.warn({ channel, user, err: error }, `${user} is not told of ${channel} (${explain(error).why})`)
        // Better twice than never; but whom Slack does not let us write to, is not tried again.
        if (platformError(error) === undefined) await told.forget(channel, what)
      }
    }),
  )
}
