import type { WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { ActiveConfig, Members } from '../engine/ports.ts'
import type { Messages } from '../messages/en.ts'
import type { Markup } from '../messages/markup.ts'
import { type ChannelTrouble, channelTroubles } from '../upgrade/events.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { explain, platformError } from './failure.ts'

/** Who was told of what about a channel or a workload, for all processes. */
export type Told = {
  /** `true` for one caller alone. */
  first(about: string, what: string): Promise<boolean>
  forget(about: string, what: string): Promise<void>
  /** All is well there again: the next trouble is told anew. */
  clear(about: string): Promise<void>
}

export type AdminParts = {
  client: WebClient
  members: Pick<Members, 'inGroup'>
  config: () => ActiveConfig
  told: Told
  log: Log
}

/**
 * Tells each of the admins once, by direct message, that a channel is lost: the channel itself reaches nobody.
 *
 * @param underWay upgrades that are shown there
 */
export async function tellOfChannel(
  parts: AdminParts & { messages: Messages; underWay: (channel: string) => Promise<string[]> },
  channel: string,
  trouble: ChannelTrouble | undefined,
): Promise<void> {
  if (!trouble) return parts.told.clear(channel)
  await tellAdmins(parts, channel, trouble, async () =>
    parts.messages.channelLost(channel, trouble, await parts.underWay(channel)),
  )
}

/** What is wrong with a channel, by the marks of those who were told so. */
export function troubleToldOf(marks: readonly string[]): ChannelTrouble | undefined {
  return channelTroubles.find((trouble) => marks.some((mark) => mark.startsWith(`${trouble} `)))
}

/** Tells each of them once of a workload that bears the mark of an upgrade of which nothing else is known. */
export async function tellOfOrphan(
  parts: AdminParts & { messages: Messages },
  id: string,
  ref: TargetRef,
  hasRecord: boolean,
): Promise<void> {
  const place = `${ref.cluster}/${ref.namespace}/${ref.name}`
  await tellAdmins(parts, place, id, async () => parts.messages.orphaned(id, ref, hasRecord))
}

/** Tells each of them once that the app may not share files. */
export async function tellOfScope(parts: AdminParts & { messages: Messages }, scope: string): Promise<void> {
  await tellAdmins(parts, 'slack', scope, async () => parts.messages.scopeWanted(scope))
}

/** Tells each of them once that somebody whom the configuration names does not get what they are to be told. */
export async function tellOfNotices(
  parts: AdminParts & { messages: Messages },
  to: string,
  why: string | undefined,
): Promise<void> {
  const about = `notify:${to}`
  if (why === undefined) return parts.told.clear(about)
  await tellAdmins(parts, about, why, async () => parts.messages.noticesLost(to, why))
}

/** @param about what it is about, and `what` of it: told once to each */
async function tellAdmins(
  { client, members, config, told, log }: AdminParts,
  about: string,
  what: string,
  message: () => Promise<Markup>,
): Promise<void> {
  const role = config().admins()
  const inGroups = await Promise.all((role?.groups ?? []).map((group) => members.inGroup(group)))
  const admins = new Set([...(role?.users ?? []), ...inGroups.flatMap((users) => users ?? [])])
  await Promise.all(
    [...admins].map(async (user) => {
      const mark = `${what} ${user}`
      if (!(await told.first(about, mark))) return
      try {
        const { mrkdwn: text } = await message()
        await client.chat.postMessage({ channel: user, text, unfurl_links: false, unfurl_media: false })
      } catch (error) {
        log.warn({ about, user, err: error }, `${user} is not told of ${about} (${explain(error).why})`)
        // Better twice than never; but whom Slack does not let us write to, is not tried again.
        if (platformError(error) === undefined) await told.forget(about, mark)
      }
    }),
  )
}
