import { createHash } from 'node:crypto'
import { type Notice, noticesOf } from '../upgrade/notices.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { askTrouble } from './channels.ts'
import { explain, mayHaveHappened, platformError, rateLimit } from './failure.ts'
import { isPosted, type Note } from './shown.ts'
import { type Later, putterOf, type Synced, type SyncParts } from './sync.ts'
import { named, section } from './views/blocks.ts'
import { blockName, type Desired, type Key } from './views/messages.ts'

/** Scopes of the app that only people who are notified directly need: write to them, and find what was written. */
export const directScopes = ['im:write', 'im:history'] as const

export type NoticeParts = SyncParts & {
  /** Hears that somebody cannot be told, and why; or, without a reason, that they can be again. */
  lost: (to: string, why: string | undefined) => Promise<void>
}

/**
 * Tells stakeholders what they want to know of an upgrade: once for each level, and what is a list is edited. Nothing
 * waits for it, and whoever cannot be told keeps nobody else from being told.
 */
export function createNotices(parts: NoticeParts): (id: string) => Promise<Synced> {
  return async (id) => {
    const upgrade = await parts.surface.find(id)
    const isOver = upgrade?.result !== undefined
    if (!upgrade?.policy.notify) return { state: 'shown', isOver }
    try {
      const later = await tellAll(parts, upgrade)
      return later ? { state: 'later', at: Date.now() + later.waitMs, why: later.why } : { state: 'shown', isOver }
    } catch (error) {
      const { why, waitMs } = explain(error)
      parts.log.warn({ upgrade: id, err: error }, `${id}: stakeholders are told later (${why})`)
      return { state: 'later', at: Date.now() + waitMs, why }
    }
  }
}

async function tellAll(parts: NoticeParts, upgrade: Upgrade): Promise<Later | undefined> {
  const notes = new Map(Object.entries(await parts.shown.load(upgrade.id)))
  // Whoever is told has to find it: its own message comes first.
  const live = notes.get('live')
  if (!isPosted(live)) return undefined
  const put = putterOf(parts, upgrade, notes)
  const address = once(() => permalinkOf(parts, upgrade, live.ts))
  let later: Later | undefined
  for (const notice of noticesOf(upgrade)) {
    const key = keyOf(notice)
    const before = notes.get(key)
    if (isGivenUp(before) || isTold(parts, upgrade, notice, before)) continue
    try {
      const channel = await channelOf(parts, notice.to, before)
      const desired = desiredOf(parts, upgrade, notice, channel, await address())
      later = (await put(desired)) ?? later
      if (isPosted(notes.get(key)) && !isPosted(before)) await parts.lost(notice.to, undefined)
    } catch (error) {
      const why = error instanceof Untold ? error.why : refusalOf(error)
      if (why === undefined) throw error
      parts.log.warn({ upgrade: upgrade.id, to: notice.to, why }, `${upgrade.id}: ${notice.to} cannot be told`)
      await giveUp(parts, upgrade, key, notes)
      await parts.lost(notice.to, why)
    }
  }
  return later
}

/** It says what it should; whatever it links to. */
function isTold({ messages }: NoticeParts, upgrade: Upgrade, notice: Notice, before: Note | undefined): boolean {
  return isPosted(before) && before.moment === momentOf(messages.notice(upgrade, notice, undefined).mrkdwn)
}

function momentOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** The IDs of channels and people tell themselves apart. */
export function isPerson(to: string): boolean {
  return /^[UW]/.test(to)
}

function keyOf({ on, to, again }: Notice): Key {
  return `notice:${on}${again ? ':1' : ''}:${to}`
}

function desiredOf(
  { messages }: NoticeParts,
  upgrade: Upgrade,
  notice: Notice,
  channel: string,
  url: string | undefined,
): Desired {
  const key = keyOf(notice)
  const text = messages.notice(upgrade, notice, url)
  return {
    key,
    channel,
    thread: false,
    text: text.mrkdwn,
    blocks: named(section(text), blockName(upgrade.id, key)),
    calls: [],
    metadata: { event_type: 'rollcall_notice', event_payload: { id: upgrade.id, on: notice.on } },
    moment: momentOf(messages.notice(upgrade, notice, undefined).mrkdwn),
  }
}

/** Why somebody cannot be told although Slack was not asked to yet. */
class Untold extends Error {
  readonly why: string

  constructor(why: string) {
    super(why)
    this.why = why
  }
}

/** Where to write: strangers must not read along, and a direct message has a channel of its own. */
async function channelOf({ client }: NoticeParts, to: string, before: Note | undefined): Promise<string> {
  if (isPerson(to)) {
    const { channel } = await client.conversations.open({ users: to })
    if (channel?.id === undefined) throw new Error(`Slack opened no conversation with ${to}`)
    return channel.id
  }
  const trouble = isPosted(before) ? undefined : await askTrouble(client, to)
  if (trouble) throw new Untold(trouble)
  return to
}

/** Slack's plain no; what is a matter of time is none. */
function refusalOf(error: unknown): string | undefined {
  const isLater = mayHaveHappened(error) || explain(error).why === rateLimit
  return isLater ? undefined : platformError(error)
}

function isGivenUp(note: Note | undefined): boolean {
  return note !== undefined && !isPosted(note) && note.refused === true
}

/** This upgrade does not try again; the next one does. */
async function giveUp({ shown }: NoticeParts, { id }: Upgrade, key: Key, notes: Map<string, Note>): Promise<void> {
  const before = notes.get(key)
  const note: Note = { sequence: before?.sequence ?? 1, refused: true }
  if (await shown.replace(id, key, before, note)) notes.set(key, note)
}

/** Without its address a notice still says what there is to say. */
async function permalinkOf({ client }: NoticeParts, { policy }: Upgrade, ts: string): Promise<string | undefined> {
  const found = await client.chat.getPermalink({ channel: policy.channel, message_ts: ts }).catch(() => undefined)
  return found?.permalink
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask()
    return answer
  }
}
