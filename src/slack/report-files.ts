import type { WebClient } from '@slack/web-api'
import { csvLine } from '../commands/csv.ts'
import type { Log } from '../engine/parts.ts'
import type { Surface } from '../engine/surface.ts'
import type { Chart } from '../messages/chart.ts'
import type { Messages } from '../messages/en.ts'
import type { Told } from '../messages/report.ts'
import { hasStarted, type Upgrade } from '../upgrade/upgrade.ts'
import type { Budget, Spend } from './budget.ts'
import { explain, mayHaveHappened, platformError, rateLimit } from './failure.ts'
import { isPosted, justBefore, type Note, type Pending, type Shown, skewMs } from './shown.ts'

export type ReportFileParts = {
  client: WebClient
  surface: Pick<Surface, 'now'>
  shown: Shown
  budget: Budget
  messages: Messages
  log: Log
  files: Files
}

export type Files = {
  draw(chart: Chart): Promise<Uint8Array>
  /** Brings bytes to the address that Slack gave for them. */
  send(url: string, bytes: Uint8Array): Promise<void>
  /** Hears that the app may not share files. */
  notAllowed(): void
}

type File = { name: string; title: string; bytes: Uint8Array; alt?: string }

const key = 'files'

/** Without it the report goes without its files, and the admins are told. */
export const filesScope = 'files:write'

/** Slack shows a file some seconds after it took it; milliseconds. */
const shownWithinMs = 120_000

/**
 * Shares what an ended upgrade has to show beside its result, once: the chart of its gates, its pod template before and
 * after, every step. All in one message of its thread.
 *
 * Nothing is seen of a file before it is completed, and Slack completes each only once. So the files' IDs are noted before
 * that, and whoever finds only the note looks for them in the thread, then completes the same ones.
 * https://docs.slack.dev/messaging/working-with-files#uploading_files
 *
 * @returns why it has to be tried again, and in how many milliseconds
 */
export async function shareFiles(
  parts: ReportFileParts,
  upgrade: Upgrade,
  told: Told,
  notes: ReadonlyMap<string, Note>,
): Promise<{ why: string; waitMs: number } | undefined> {
  const { shown, log } = parts
  const { id, policy } = upgrade
  const live = notes.get('live')
  const before = notes.get(key)
  if (!hasStarted(upgrade) || !isPosted(live) || isPosted(before)) return undefined
  const thread = live.ts
  const spend: Spend = { kind: 'post', channel: policy.channel, message: `${id}/${key}`, urgency: 'changed' }
  const waitMs = await parts.budget.take(spend)
  if (waitMs > 0) return { why: rateLimit, waitMs }
  const settled: Note = { ts: thread, hash: '', sequence: 1, moment: '' }
  try {
    if (before?.files) {
      if ((await areThere(parts, upgrade, before)) || (await isCompleted(parts, upgrade, thread, before))) {
        await shown.replace(id, key, before, settled)
        return undefined
      }
      if (await isYoung(parts, before)) return { why: 'Slack has yet to show the files', waitMs: 10_000 }
    }
    const files = await uploaded(parts, await filesOf(parts, upgrade, told))
    const pending: Pending = { sequence: 1, after: justBefore(await parts.surface.now()), files, thread }
    if (!(await shown.replace(id, key, before, pending))) return { why: 'another process is at it', waitMs: 100 }
    await complete(parts, upgrade, thread, files)
    await shown.replace(id, key, pending, settled)
    return undefined
  } catch (error) {
    const { why, waitMs: againMs } = explain(error)
    if (why === rateLimit) await parts.budget.pause(spend, againMs)
    const refused = platformError(error)
    if (refused === undefined || why === rateLimit || mayHaveHappened(error)) return { why, waitMs: againMs }
    // The report itself has been told, and asking again would not change the answer.
    if (refused === 'missing_scope') parts.files.notAllowed()
    log.warn({ upgrade: id, err: error }, `${id}: the report goes without its files (${refused})`)
    await shown.replace(id, key, (await shown.load(id))[key], settled)
    return undefined
  }
}

/** Whether they are in the thread. Who may not look takes it that they are: rather never than twice. */
async function areThere(
  { client }: ReportFileParts,
  { policy }: Upgrade,
  { after = '0', files = [], thread: ts = '' }: Pending,
): Promise<boolean> {
  try {
    const page = { channel: policy.channel, ts, oldest: after, limit: 1_000 }
    const { messages = [] } = await client.conversations.replies(page)
    const found = messages.flatMap((message) => (message as { files?: { id?: string }[] }).files ?? [])
    return found.some((file) => files.some(({ id }) => id === file.id))
  } catch (error) {
    const refused = platformError(error)
    if (refused === 'thread_not_found') return false
    if (refused === 'missing_scope') return true
    throw error
  }
}

/** Whether they could be completed now, and so had not been. */
async function isCompleted(
  parts: ReportFileParts,
  upgrade: Upgrade,
  thread: string,
  { files = [] }: Pending,
): Promise<boolean> {
  try {
    await complete(parts, upgrade, thread, files)
    return true
  } catch (error) {
    if (mayHaveHappened(error) || explain(error).why === rateLimit) throw error
    return false
  }
}

async function isYoung({ surface }: ReportFileParts, { after = '0' }: Pending): Promise<boolean> {
  return Date.parse(await surface.now()) - Number(after) * 1_000 < skewMs + shownWithinMs
}

async function filesOf({ messages, files, log }: ReportFileParts, upgrade: Upgrade, told: Told): Promise<File[]> {
  const { id } = upgrade
  const chart = messages.chart(upgrade, told)
  const png =
    chart &&
    (await files.draw(chart).catch((error: unknown) => void log.error({ upgrade: id, err: error }, `${id}: no chart`)))
  const rows = [messages.timelineColumns, ...told.entries.map(messages.timelineRow)].map(csvLine)
  const text = (lines: string) => new TextEncoder().encode(lines)
  const { fileTitles } = messages
  return [
    ...(chart && png
      ? [{ name: `${id}.png`, title: fileTitles.chart, bytes: png, alt: messages.chartText(chart) }]
      : []),
    { name: `${id}.diff`, title: fileTitles.configuration, bytes: text(messages.configuration(upgrade)) },
    { name: `${id}.csv`, title: fileTitles.timeline, bytes: text(`${rows.join('\r\n')}\r\n`) },
  ]
}

type Uploaded = NonNullable<Pending['files']>

async function uploaded({ client, files }: ReportFileParts, wanted: readonly File[]): Promise<Uploaded> {
  const done: Uploaded = []
  for (const { name, title, bytes, alt } of wanted) {
    const about = { filename: name, length: bytes.length, ...(alt !== undefined && { alt_txt: alt }) }
    const { upload_url, file_id } = await client.files.getUploadURLExternal(about)
    if (upload_url === undefined || file_id === undefined) throw new Error('Slack gave no address to upload to')
    await files.send(upload_url, bytes)
    done.push({ id: file_id, title })
  }
  return done
}

async function complete(
  { client, messages }: ReportFileParts,
  upgrade: Upgrade,
  thread_ts: string,
  files: Uploaded,
): Promise<void> {
  const [first, ...others] = files
  if (!first) return
  await client.files.completeUploadExternal({
    files: [first, ...others],
    channel_id: upgrade.policy.channel,
    thread_ts,
    initial_comment: messages.filesTitle(upgrade),
  })
}
