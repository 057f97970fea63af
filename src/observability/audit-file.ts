import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import type { Log } from '../engine/parts.ts'
import type { AuditFeed } from '../store/audit-feed.ts'
import { parseEntry } from '../upgrade/audit-chain.ts'

/** Entries that are written at once. */
const batchLength = 200

const everyMs = 250

/** After the disk was full, or the file could not be opened, milliseconds. */
const retryMs = 5_000

export type AuditFileParts = {
  feed: AuditFeed
  /** Runs the work unless somebody else is at it: processes may share the file. */
  alone: (name: string, work: () => Promise<void>) => Promise<boolean>
  /** `audit.file` of the configuration in force. */
  path: () => string | undefined
  log: Log
  /** Hears how many entries are not in the file yet. */
  onBehind?: (entries: number) => void
  onFailure?: () => void
}

/**
 * Copies the audit trail into a file, one entry a line, as it grows. Nothing waits for it: what cannot be written now
 * is written later. The file is opened anew for each batch, so it may be renamed, truncated or removed at any time.
 */
export function auditFile(parts: AuditFileParts): { flush(): Promise<void>; stop(): Promise<void> } {
  const { feed, path, log, onBehind = () => {}, onFailure = () => {} } = parts
  let running: Promise<void> | undefined
  let known: { path: string; position: number } | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  let failing = false

  async function catchUp(): Promise<void> {
    const file = path()
    if (file === undefined) return
    try {
      const length = await feed.length()
      const behind = known?.path === file && known.position <= length ? length - known.position : length
      if (behind === 0) return onBehind(0)
      onBehind(behind)
      await parts.alone(`audit-file:${await identityOf(file)}`, async () => {
        const position = await copy(feed, file, log)
        known = { path: file, position }
        onBehind(Math.max(0, length - position))
      })
      if (failing) log.info({ file }, 'the audit file is written again')
      failing = false
    } catch (error) {
      onFailure()
      failedAt = Date.now()
      if (!failing) log.error({ file, err: error }, 'the audit file cannot be written; trying again')
      failing = true
    }
  }

  /** Everything that is committed by now, unless another process is writing it. */
  function flush(): Promise<void> {
    running ??= catchUp().finally(() => {
      running = undefined
    })
    return running
  }

  const timer = setInterval(() => {
    if (Date.now() - failedAt >= retryMs) void flush()
  }, everyMs)

  return {
    flush,
    async stop() {
      clearInterval(timer)
      await running
      await flush()
    },
  }
}

/** @returns how far the file has got in the feed */
async function copy(feed: AuditFeed, file: string, log: Log): Promise<number> {
  const identity = await identityOf(file)
  let position = await startOf(feed, file, await feed.position(identity))
  for (;;) {
    const entries = await feed.read(position, batchLength)
    if (entries.length === 0) return position
    for (const { reference, text } of entries) {
      if (text === undefined) log.error({ entry: reference }, 'an audit entry vanished before it was copied')
    }
    const lines = entries.flatMap(({ text }) => (text === undefined ? [] : [`${text}\n`]))
    await append(file, lines.join(''))
    position += entries.length
    await feed.setPosition(identity, position)
  }
}

/** Where to go on. A process that died may have written what it could not note any more; the file tells. */
async function startOf(feed: AuditFeed, file: string, noted: number): Promise<number> {
  const last = await lastLine(file)
  const entry = last === undefined ? undefined : parseEntry(last)
  if (!entry) return noted
  const place = await feed.find(`${entry.chain} ${entry.sequence}`)
  if (place === undefined || place < noted) return noted
  // After Redis was set back, the same number may stand for another entry.
  const [stored] = await feed.read(place, 1)
  return stored?.text === last ? place + 1 : noted
}

/** A name of the file that lives beside it: it stays the same when another pod mounts the same volume. */
async function identityOf(file: string): Promise<string> {
  const path = `${file}.id`
  try {
    await writeFile(path, randomUUID(), { flag: 'wx', mode: 0o640 })
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EEXIST')) throw error
  }
  const identity = await readFile(path, 'utf8')
  if (identity !== '') return identity
  await writeFile(path, randomUUID())
  return readFile(path, 'utf8')
}

/** Appends whole lines; they are on disk when it resolves, and none of them when it rejects. */
async function append(file: string, lines: string): Promise<void> {
  const handle = await open(file, 'a+', 0o640)
  try {
    const { size } = await handle.stat()
    const end = await endOfLines(handle, size)
    // Half a line of a process that died, or of a disk that was full. It is written again, whole.
    if (end < size) await handle.truncate(end)
    try {
      await handle.appendFile(lines)
      await handle.datasync()
    } catch (error) {
      await handle.truncate(end).catch(() => {})
      throw error
    }
  } finally {
    await handle.close()
  }
}

/** The last whole line; `undefined` when there is none. */
async function lastLine(file: string): Promise<string | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined
    throw error
  }
  try {
    const end = await endOfLines(handle, (await handle.stat()).size)
    if (end === 0) return undefined
    const start = await endOfLines(handle, end - 1)
    const line = Buffer.alloc(end - 1 - start)
    await handle.read(line, 0, line.length, start)
    return line.toString('utf8')
  } finally {
    await handle.close()
  }
}

const newline = 0x0a
const chunkBytes = 64 * 1024

/** Just behind the last line break before `size`, in bytes; 0 when there is none. */
async function endOfLines(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(chunkBytes)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes)
    const { bytesRead } = await handle.read(chunk, 0, end - start, start)
    const at = chunk.subarray(0, bytesRead).lastIndexOf(newline)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}
