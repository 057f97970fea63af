import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { WebClient } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import type { Messages } from '../messages/en.ts'
import type { Told } from '../messages/report.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Budget, Spend, Urgency } from './budget.ts'
import { isChannelClosed } from './channels.ts'
import { callDirectly } from './direct-call.ts'
import { closeEarlierQuestions } from './earlier-questions.ts'
import { explain, mayHaveHappened, platformError, rateLimit } from './failure.ts'
import { type Files, shareFiles } from './report-files.ts'
import { isPosted, justBefore, type Note, type Pending, type Posted, type Shown } from './shown.ts'
import { blockName, type Desired, messagesOf } from './views/messages.ts'

export type SyncParts = {
  client: WebClient
  surface: Pick<Surface, 'find' | 'observe' | 'reports' | 'alerts' | 'evidence' | 'audit' | 'now'>
  shown: Shown
  budget: Budget
  messages: Messages
  log: Log
  /** What is shared beside the messages. */
  files: Files
  /** Hears that Slack takes nothing in a channel. */
  suspect: (channel: string) => void
  /** Takes what nobody waits for, so that it is not cut off at the end of the process. */
  background: (work: Promise<void>) => void
}

/** How it went: all is shown, and whether nothing will follow; or when to try again (epoch milliseconds) and why. */
export type Synced = { state: 'shown'; isOver: boolean } | { state: 'later'; at: number; why: string }

/**
 * Brings Slack into line with an upgrade: posts what is missing and edits what differs. It always renders the newest
 * state, so calls that come too late or too often do no harm, and whatever was skipped needs no memory.
 */
export function createSync(parts: SyncParts): (id: string) => Promise<Synced> {
  return async (id) => {
    const upgrade = await parts.surface.find(id)
    if (!upgrade) return { state: 'shown', isOver: true }
    try {
      return await bringIntoLine(parts, upgrade)
    } catch (error) {
      const { why, waitMs } = explain(error)
      parts.log.warn({ upgrade: id, err: error }, `${id}: Slack is behind; trying again (${why})`)
      return { state: 'later', at: Date.now() + waitMs, why }
    }
  }
}

/** What should be there now; `told` once it has ended. */
async function wantedOf(
  { surface, messages }: SyncParts,
  upgrade: Upgrade,
  told: Told | undefined,
): Promise<Desired[]> {
  const observation = upgrade.result ? undefined : surface.observe(upgrade)
  const [reports, alerts] = await Promise.all([surface.reports(upgrade), surface.alerts(upgrade)])
  return messagesOf(upgrade, { messages, observation, told, reports, alerts })
}

async function toldOf({ surface }: SyncParts, upgrade: Upgrade): Promise<Told | undefined> {
  if (!upgrade.result) return undefined
  const [entries, evidence] = await Promise.all([surface.audit(upgrade.id), surface.evidence(upgrade)])
  return { entries, evidence }
}

export type Later = { why: string; waitMs: number }

async function bringIntoLine(parts: SyncParts, upgrade: Upgrade): Promise<Synced> {
  const notes = new Map(Object.entries(await parts.shown.load(upgrade.id)))
  const told = await toldOf(parts, upgrade)
  const wanted = await wantedOf(parts, upgrade, told)
  const put = putterOf(parts, upgrade, notes)
  let later = await putAll(parts, upgrade, wanted, notes, put)
  if (!later) {
    const found = await findAstray(parts, upgrade, wanted, notes)
    later = found === 'astray' ? await putAll(parts, upgrade, wanted, notes, put) : found
  }
  await closeEarlierQuestions(parts, upgrade, wanted, notes)
  parts.background(callDirectly(parts, upgrade, wanted, notes))
  // Files wait for the result, and not for a mere tick that has to wait.
  const isTold = isPosted(notes.get('result')) || isPosted(notes.get('result:1'))
  const files = told && isTold ? await shareFiles(parts, upgrade, told, notes) : undefined
  later = soonest(later, files)
  return later
    ? { state: 'later', at: Date.now() + later.waitMs, why: later.why }
    : { state: 'shown', isOver: upgrade.result !== undefined }
}

function soonest(one: Later | undefined, other: Later | undefined): Later | undefined {
  if (!one || !other) return one ?? other
  return one.waitMs <= other.waitMs ? one : other
}

/** Nothing, or why and for how long to wait. */
type Put = (desired: Desired) => Promise<Later | undefined>

async function putAll(
  parts: SyncParts,
  upgrade: Upgrade,
  wanted: readonly Desired[],
  notes: Map<string, Note>,
  put: Put,
): Promise<Later | undefined> {
  const thread = notes.get('live')?.ts
  let later: Later | undefined
  for (const desired of inOrder(wanted, notes)) {
    if (isInLine(desired, notes)) continue
    try {
      later = (await put(desired)) ?? later
    } catch (error) {
      // A message that Slack does not want must not keep the others back.
      if (platformError(error) === undefined) throw error
      later = explain(error)
      if (isChannelClosed(error)) parts.suspect(desired.channel)
      const fields = { upgrade: upgrade.id, message: desired.key, err: error }
      parts.log.error(fields, `${upgrade.id}: Slack refuses ${desired.key}`)
    }
    // Without the live message there is no thread to write into.
    if (!isPosted(notes.get('live'))) break
  }
  // A live message that was deleted has come back, and with it another thread.
  const moved = thread !== undefined && notes.get('live')?.ts !== thread
  return moved ? putAll(parts, upgrade, wanted, notes, put) : later
}

/** The live message first when it is missing, then what is not there yet, then what says something new, then ticks. */
function inOrder(wanted: readonly Desired[], notes: ReadonlyMap<string, Note>): Desired[] {
  const rank = (desired: Desired) => {
    const note = notes.get(desired.key)
    if (!isPosted(note)) return 0
    return isTick(desired, note) ? 2 : 1
  }
  return wanted.toSorted((one, other) => rank(one) - rank(other))
}

function isTick({ moment }: Desired, before: Posted): boolean {
  return before.moment === moment
}

function urgencyOf(desired: Desired, before: Posted): Urgency {
  if (isTick(desired, before) || isNotice(desired)) return 'progress'
  return desired.key === 'live' ? 'changed' : 'asked'
}

function isInLine(desired: Desired, notes: ReadonlyMap<string, Note>): boolean {
  const note = notes.get(desired.key)
  return isPosted(note) && note.hash === hashOf(desired) && !isStranded(desired, note, notes)
}

/** In the thread of a live message that was deleted, where nobody finds it; what is over may stay there. */
function isStranded(desired: Desired, { thread }: Posted, notes: ReadonlyMap<string, Note>): boolean {
  return thread !== undefined && thread !== notes.get('live')?.ts && !isOver(desired)
}

/** What messages are about; `lostSince`: the store may have lost its notes of those since then, ISO 8601. */
export type Subject = { id: string; channel: string; lostSince?: string }

function subjectOf({ id, policy, takenOver, request }: Upgrade): Subject {
  return { id, channel: policy.channel, ...(takenOver && { lostSince: request.at }) }
}

export function putterOf(parts: SyncParts, upgrade: Upgrade, notes: Map<string, Note>): Put {
  return putter(parts, subjectOf(upgrade), notes)
}

/** What it takes to post and edit. */
export type PutParts = Pick<SyncParts, 'client' | 'shown' | 'budget'> & { surface: Pick<Surface, 'now'> }

/** Posts or edits one message of a subject and notes it in `shown`. */
export function putter(parts: PutParts, subject: Subject, notes: Map<string, Note>): Put {
  const { client, budget, shown } = parts
  const { id, lostSince } = subject

  function nameOf({ key }: Desired): string {
    return blockName(id, key)
  }

  async function put(desired: Desired): Promise<Later | undefined> {
    const before = notes.get(desired.key)
    // The store may have lost its notes together with the upgrade.
    const lost =
      lostSince !== undefined && (desired.key === 'live' || isNotice(desired)) ? { after: justBefore(lostSince) } : {}
    if (!before && !lost.after) return post(desired, { sequence: 1 })
    if (!before) return editOrPost(desired, { sequence: 1, ...lost })
    if (isPosted(before)) return isStranded(desired, before, notes) ? move(desired, before) : edit(desired, before)
    return editOrPost(desired, before)
  }

  async function editOrPost(desired: Desired, before: Pending): Promise<Later | undefined> {
    if (before.after === undefined) return post(desired, before)
    const { channel } = desired
    const spend: Spend = { kind: 'find', channel, message: nameOf(desired), urgency: 'asked' }
    const waitMs = await budget.take(spend)
    if (waitMs > 0) return tooMuch(waitMs)
    const there = await patiently(spend, lookFor(desired, before.after))
    return there ? edit(desired, there) : post(desired, before)
  }

  async function edit(desired: Desired, before: Posted): Promise<Later | undefined> {
    const { channel } = desired
    const { ts, thread } = before
    const spend: Spend = { kind: 'update', channel, message: nameOf(desired), urgency: urgencyOf(desired, before) }
    const waitMs = await budget.take(spend)
    if (waitMs > 0) return tooMuch(waitMs)
    const sequence = before.sequence + 1
    try {
      await patiently(spend, client.chat.update({ ...contentOf(desired, sequence), channel, ts }))
    } catch (error) {
      if (!vanished.has(platformError(error) ?? '')) throw error
      // Somebody deleted it. What is over need not come back; everything else is posted again.
      if (!isOver(desired) && !isNotice(desired)) return post(desired, { sequence }, ts)
    }
    if (await note(desired, postedAs(desired, { ts, sequence, thread }))) return undefined
    // Whose edit came last is not known.
    const other = (await shown.load(id))[desired.key]
    if (isPosted(other)) await shown.replace(id, desired.key, other, { ...other, hash: '' })
    return overtaken
  }

  async function move(desired: Desired, before: Posted): Promise<Later | undefined> {
    await remove(desired, before.ts)
    return post(desired, { sequence: before.sequence + 1 }, before.ts)
  }

  /**
   * Noted first, so that whoever finds only the note looks before posting again; a plain no takes that back.
   *
   * @param replaced the message that it is posted instead of, and that must not be taken for it
   */
  async function post(desired: Desired, pending: Pending, replaced?: string): Promise<Later | undefined> {
    const { channel } = desired
    const { sequence } = pending
    const spend: Spend = {
      kind: 'post',
      channel,
      message: nameOf(desired),
      urgency: isNotice(desired) ? 'changed' : 'asked',
    }
    const waitMs = await budget.take(spend)
    if (waitMs > 0) return tooMuch(waitMs)
    const thread = desired.thread ? notes.get('live')?.ts : undefined
    const after = pending.after ?? replaced ?? justBefore(await parts.surface.now())
    if (!(await note(desired, { sequence, after }))) return overtaken
    try {
      const content = { ...contentOf(desired, sequence), ...(thread !== undefined && { thread_ts: thread }) }
      const posting = client.chat.postMessage({ ...content, channel, unfurl_links: false, unfurl_media: false })
      const { ts } = await patiently(spend, posting)
      if (ts === undefined) throw new Error('Slack accepted a message and gave it no ts')
      if (await note(desired, postedAs(desired, { ts, sequence, thread }))) return undefined
      // While this process was held up, another one posted it too: one of them goes again.
      await remove(desired, ts)
      return overtaken
    } catch (error) {
      if (!mayHaveHappened(error)) await note(desired, pending)
      // The thread's messages follow when the live one is there again.
      if (platformError(error) === 'thread_not_found') await vanish(parts, id, 'live', notes)
      throw error
    }
  }

  /** After a 429 nobody tries again before Slack said so. */
  async function patiently<T>(spend: Spend, call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      const { why, waitMs } = explain(error)
      if (why === rateLimit) await budget.pause(spend, waitMs)
      throw error
    }
  }

  async function remove({ channel }: Desired, ts: string): Promise<void> {
    try {
      await client.chat.delete({ channel, ts })
    } catch (error) {
      if (platformError(error) === undefined) throw error
    }
  }

  /** `false`: another process was here since the notes were loaded, and what it noted stays. */
  async function note({ key, channel }: Desired, what: Note): Promise<boolean> {
    const thread = key === 'live' && isPosted(what) ? { channel, ts: what.ts } : undefined
    const replaced = await shown.replace(id, key, notes.get(key), what, thread)
    if (replaced) notes.set(key, what)
    return replaced
  }

  /** A process died between posting and noting it, or Slack's answer was lost: look before posting again. */
  async function lookFor(desired: Desired, after: string): Promise<Posted | undefined> {
    const thread = desired.thread ? notes.get('live')?.ts : undefined
    try {
      return (await findOurs(parts, { ...subject, channel: desired.channel }, thread, after)).get(nameOf(desired))
    } catch (error) {
      // An app that may not look shows a message twice rather than never.
      if (platformError(error) !== 'missing_scope') throw error
      return undefined
    }
  }

  return put
}

/** Another process shows the same upgrade: its notes are read before anything else is done. */
const overtaken: Later = { why: 'another process is at it', waitMs: 100 }

function tooMuch(waitMs: number): Later {
  return { why: rateLimit, waitMs }
}

/** Notes that a message is not there any more. */
async function vanish(
  { shown }: Pick<SyncParts, 'shown'>,
  id: string,
  key: string,
  notes: Map<string, Note>,
): Promise<void> {
  const before = notes.get(key)
  const pending: Pending = { sequence: (before?.sequence ?? 0) + 1 }
  if (await shown.replace(id, key, before, pending)) notes.set(key, pending)
}

/** A look that has to wait for less than this comes back for its turn, milliseconds. */
const lookAgainMs = 30_000

/**
 * Now and then looks whether what people need is still there, and says what it should: a message that nothing changes
 * would not be missed otherwise, and the last edit of a process that died may have come after a newer one. Notes what is
 * gone or says something else.
 */
async function findAstray(
  parts: SyncParts,
  upgrade: Upgrade,
  wanted: readonly Desired[],
  notes: Map<string, Note>,
): Promise<'astray' | Later | undefined> {
  const live = notes.get('live')
  const { id } = upgrade
  if (!isPosted(live)) return undefined
  const waitMs = await parts.budget.take({ kind: 'look', upgrade: id })
  // Everything under way is shown once a minute anyway, and asks again then.
  if (waitMs > 0) return waitMs < lookAgainMs && !upgrade.result ? { why: 'the look waits', waitMs } : undefined
  const there = await findOurs(parts, subjectOf(upgrade), live.ts, '0').catch((error: unknown) => {
    if (platformError(error) === undefined) throw error
    parts.log.warn({ upgrade: id, err: error }, `${id}: Slack does not say whether its messages are there`)
    return undefined
  })
  if (!there) return undefined
  const needed = upgrade.result ? [] : wanted.filter((one) => !isOver(one))
  const gone = needed.filter((one) => !there.has(blockName(id, one.key)))
  for (const { key } of gone) await vanish(parts, id, key, notes)
  const stale = wanted.filter((one) => saysOtherwise(one, there.get(blockName(id, one.key))))
  for (const { key } of stale) await edited(parts, id, key, notes)
  return gone.length + stale.length > 0 ? 'astray' : undefined
}

/** Metadata changes with everything that people act upon. */
function saysOtherwise({ metadata }: Desired, found: Found | undefined): boolean {
  if (!found) return false
  const { sequence: _, ...payload } = found.payload
  return !isDeepStrictEqual(payload, metadata.event_payload)
}

/** Notes that what a message says is not what was noted. */
async function edited({ shown }: SyncParts, id: string, key: string, notes: Map<string, Note>): Promise<void> {
  const before = notes.get(key)
  if (!isPosted(before)) return
  const unknown = { ...before, hash: '' }
  if (await shown.replace(id, key, before, unknown)) notes.set(key, unknown)
}

/** A message that is there, with what its metadata says. */
type Found = Posted & { payload: Record<string, unknown> }

/** The messages of a subject that are there, by the name in their first block; in a thread, or in the channel. */
async function findOurs(
  { client }: Pick<SyncParts, 'client'>,
  { id: ours, channel }: Subject,
  thread: string | undefined,
  after: string,
): Promise<Map<string, Found>> {
  const found = new Map<string, Found>()
  let cursor: string | undefined
  do {
    const page = { channel, limit: 200, oldest: after, include_all_metadata: true, ...(cursor && { cursor }) }
    const { messages = [], response_metadata } = await (thread === undefined
      ? client.conversations.history(page)
      : client.conversations.replies({ ...page, ts: thread })
    ).catch((error: unknown) => {
      if (platformError(error) !== 'thread_not_found') throw error
      return { messages: [], response_metadata: undefined }
    })
    for (const { ts, blocks, metadata } of messages) {
      const name = blocks?.[0]?.block_id
      const payload: Record<string, unknown> = metadata?.event_payload ?? {}
      const { id, sequence = 1 } = payload
      if (ts === undefined || name === undefined || id !== ours || found.has(name)) continue
      // What it says is not compared: it is edited once, and that is that.
      const posted = { ts, hash: '', sequence: Number(sequence), moment: '', payload }
      found.set(name, { ...posted, ...(thread !== undefined && { thread }) })
    }
    cursor = response_metadata?.next_cursor || undefined
  } while (cursor)
  return found
}

function postedAs(
  desired: Desired,
  { ts, sequence, thread }: Pick<Posted, 'ts' | 'sequence'> & { thread: string | undefined },
): Posted {
  const { moment } = desired
  return { ts, hash: hashOf(desired), sequence, moment, ...(thread !== undefined && { thread }) }
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

/** Nobody waits for it, and who deletes it has read it. */
function isNotice({ metadata }: Desired): boolean {
  return metadata.event_type === 'rollcall_notice' || metadata.event_type === 'rollcall_proposal'
}

function isOver({ metadata }: Desired): boolean {
  return metadata.event_type === 'rollcall_question' && !metadata.event_payload.open
}

/** Slack's words for a message that cannot be edited because it is not there as ours any more. */
const vanished: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])
