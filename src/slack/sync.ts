import { createHash } from 'node:crypto'
import { ErrorCode, type WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import type { Messages } from '../messages/en.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Budget } from './budget.ts'
import { callDirectly } from './direct-call.ts'
import type { Shown, ShownMessage } from './shown.ts'
import { blockName, type Desired, messagesOf } from './views/messages.ts'

export type SyncParts = {
  client: WebClient
  surface: Pick<Surface, 'find' | 'observe' | 'audit'>
  shown: Shown
  budget: Budget
  messages: Messages
  log: Log
}

/** How it went: everything is as it should be, or when to try again (epoch milliseconds) and why. */
export type Synced = { state: 'shown' } | { state: 'later'; at: number; why: string }

/** When Slack did not say how long to wait, in milliseconds. */
const retryMs = { unreachable: 5_000, refused: 60_000 }

/**
 * Brings Slack into line with an upgrade: posts what is missing and edits what differs. It always renders the newest
 * state, so calls that come too late or too often do no harm, and whatever was skipped needs no memory.
 */
export function createSync(parts: SyncParts): (id: string) => Promise<Synced> {
  return async (id) => {
    const upgrade = await parts.surface.find(id)
    if (!upgrade) return { state: 'shown' }
    try {
      return await bringIntoLine(parts, upgrade)
    } catch (error) {
      const { why, waitMs } = explain(error)
      parts.log.warn({ upgrade: id, err: error }, `${id}: Slack is behind; trying again (${why})`)
      return { state: 'later', at: Date.now() + waitMs, why }
    }
  }
}

async function bringIntoLine(parts: SyncParts, upgrade: Upgrade): Promise<Synced> {
  const { surface, messages, log } = parts
  const shown = new Map(Object.entries(await parts.shown.load(upgrade.id)))
  const head = upgrade.result && (await surface.audit(upgrade.id)).at(-1)?.hash
  const observation = upgrade.result ? undefined : surface.observe(upgrade)
  const wanted = messagesOf(upgrade, { messages, observation, head })
  const put = putter(parts, upgrade, shown)
  let later: { why: string; waitMs: number } | undefined
  for (const desired of inOrder(wanted, shown)) {
    if (shown.get(desired.key)?.hash === hashOf(desired)) continue
    try {
      const waitMs = await put(desired)
      if (waitMs > 0) later ??= { why: 'rate limit', waitMs }
    } catch (error) {
      // A message that Slack does not want must not keep the others back.
      if (platformError(error) === undefined) throw error
      later = explain(error)
      log.error(
        { upgrade: upgrade.id, message: desired.key, err: error },
        `${upgrade.id}: Slack refuses ${desired.key}`,
      )
    }
    // Without the live message there is no thread to write into.
    if (desired.key === 'live' && !shown.has('live')) break
  }
  await callDirectly(parts, upgrade, wanted, shown)
  return later ? { state: 'later', at: Date.now() + later.waitMs, why: later.why } : { state: 'shown' }
}

/** The live message first when it is missing or something happened; a mere tick of it last, after all questions. */
function inOrder(wanted: readonly Desired[], shown: ReadonlyMap<string, ShownMessage>): Desired[] {
  const rank = (desired: Desired) => (isTick(desired, shown.get(desired.key)) ? 1 : 0)
  return wanted.toSorted((one, other) => rank(one) - rank(other))
}

function isTick({ moment }: Desired, before: ShownMessage | undefined): boolean {
  return before !== undefined && before.moment === moment
}

/**
 * Posts or edits one message of an upgrade and notes it in `shown`.
 *
 * @returns 0, or how many milliseconds the budget asks to wait
 */
function putter(parts: SyncParts, upgrade: Upgrade, shown: Map<string, ShownMessage>) {
  const { client, budget } = parts

  async function put(desired: Desired): Promise<number> {
    const before = shown.get(desired.key) ?? (await lookFor(desired))
    return before ? edit(desired, before) : post(desired, 1)
  }

  async function edit(desired: Desired, before: ShownMessage): Promise<number> {
    const { channel } = desired
    const waitMs = await budget.take({ kind: 'update', channel, progress: isTick(desired, before) })
    if (waitMs > 0) return waitMs
    const sequence = before.sequence + 1
    try {
      await client.chat.update({ ...contentOf(desired, sequence), channel, ts: before.ts })
    } catch (error) {
      if (!vanished.has(platformError(error) ?? '')) throw error
      // Somebody deleted it. What is over need not come back; everything else is posted again, unless it was already.
      if (isOver(desired)) return keep(desired, before.ts, sequence)
      const other = await lookFor(desired)
      return other && other.ts !== before.ts ? edit(desired, other) : post(desired, sequence)
    }
    return keep(desired, before.ts, sequence)
  }

  async function post(desired: Desired, sequence: number): Promise<number> {
    const { channel, thread } = desired
    const waitMs = await budget.take({ kind: 'post', channel, progress: false })
    if (waitMs > 0) return waitMs
    const parent = shown.get('live')?.ts
    const { ts } = await client.chat.postMessage({
      ...contentOf(desired, sequence),
      channel,
      ...(thread && parent !== undefined && { thread_ts: parent }),
      unfurl_links: false,
      unfurl_media: false,
    })
    if (ts === undefined) throw new Error('Slack accepted a message and gave it no ts')
    return keep(desired, ts, sequence)
  }

  async function keep(desired: Desired, ts: string, sequence: number): Promise<0> {
    const message = { ts, hash: hashOf(desired), sequence, moment: desired.moment }
    shown.set(desired.key, message)
    await parts.shown.save(upgrade.id, desired.key, message)
    return 0
  }

  /** A process may have died between posting and noting it: look before posting again. */
  async function lookFor(desired: Desired): Promise<ShownMessage | undefined> {
    const ours = await findOurs(parts, upgrade, desired.thread ? shown.get('live')?.ts : undefined)
    return ours.get(blockName(upgrade.id, desired.key))
  }

  return put
}

/** This upgrade's messages that are there, by the name in their first block; in a thread, or in the channel. */
async function findOurs(parts: SyncParts, upgrade: Upgrade, parent?: string): Promise<Map<string, ShownMessage>> {
  const { client } = parts
  const channel = upgrade.policy.channel
  const found = new Map<string, ShownMessage>()
  // Slack's clock and ours may differ.
  const oldest = String(Math.floor(Date.parse(upgrade.request.at) / 1000) - 300)
  let cursor: string | undefined
  do {
    const page = { channel, limit: 200, include_all_metadata: true, ...(cursor && { cursor }) }
    const { messages = [], response_metadata } =
      parent === undefined
        ? await client.conversations.history({ ...page, oldest })
        : await client.conversations.replies({ ...page, ts: parent })
    for (const { ts, blocks, metadata } of messages) {
      const name = blocks?.[0]?.block_id
      const { id, sequence = 1 }: { id?: unknown; sequence?: unknown } = metadata?.event_payload ?? {}
      if (ts === undefined || name === undefined || id !== upgrade.id || found.has(name)) continue
      // What it says is not compared: it is edited once, and that is that.
      found.set(name, { ts, hash: '', sequence: Number(sequence), moment: '' })
    }
    cursor = response_metadata?.next_cursor || undefined
  } while (cursor)
  return found
}

function contentOf({ text, blocks, metadata }: Desired, sequence: number) {
  const isUpgrade = metadata.event_type === 'rollcall_upgrade'
  const event_payload = isUpgrade ? { ...metadata.event_payload, sequence } : metadata.event_payload
  return { text, blocks, metadata: { event_type: metadata.event_type, event_payload } }
}

/** Metadata says nothing that the text does not, so it need not be compared. */
function hashOf({ text, blocks }: Desired): string {
  return createHash('sha256')
    .update(JSON.stringify([text, blocks]))
    .digest('hex')
}

function isOver({ metadata }: Desired): boolean {
  return metadata.event_type === 'rollcall_question' && !metadata.event_payload.open
}

/** Slack's words for a message that cannot be edited because it is not there as ours any more. */
const vanished: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

function platformError(error: unknown): string | undefined {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { error?: string } }
  return code === ErrorCode.PlatformError ? data?.error : undefined
}

function explain(error: unknown): { why: string; waitMs: number } {
  const { code, retryAfter } = (error ?? {}) as { code?: unknown; retryAfter?: number }
  if (code === ErrorCode.RateLimitedError) return { why: 'rate limit', waitMs: (retryAfter ?? 1) * 1_000 }
  const refused = platformError(error)
  return refused === undefined
    ? { why: error instanceof Error ? error.message : String(error), waitMs: retryMs.unreachable }
    : { why: refused, waitMs: retryMs.refused }
}
