/** What is there in Slack, by upgrade and message key. Bookkeeping beside the upgrade: it never conflicts with a decision. */
export type Shown = {
  load(id: string): Promise<Record<string, Note>>
  /**
   * Puts one note in the place of another, or of none; `false` and nothing done when another stands there by now.
   *
   * @param thread of a live message: its own, whose replies are about this upgrade from then on
   */
  replace(id: string, key: string, before: Note | undefined, note: Note, thread?: Thread): Promise<boolean>
  /** The ID of the upgrade in whose thread something was said; also of one whose live message was posted again since. */
  upgradeOf(thread: Thread): Promise<string | undefined>
  forget(id: string, key: string): Promise<void>
}

/** A thread by its first message. */
export type Thread = { channel: string; ts: string }

export type Note = Posted | Pending

export type Posted = {
  ts: string
  /** Of text and blocks as they were sent last. */
  hash: string
  /** The message's own counter, 1 when it was posted. */
  sequence: number
  /** What stood there that people wait for; see `Desired.moment`. */
  moment: string
  /** The message in whose thread it stands. */
  thread?: string
}

/** A message that is to be posted. Noted before that is tried, because its answer may be lost, or the process. */
export type Pending = {
  ts?: undefined
  /** The counter that it will bear. */
  sequence: number
  /** It may be there all the same, and is then newer than this `ts`: look before posting. Absent: it is not there. */
  after?: string
  /** Slack does not let us post it, and this is not tried again. */
  refused?: true
  /** Uploaded for it, and seen in the thread once they are completed. */
  files?: { id: string; title: string }[]
  thread?: string
}

/** Slack's clock and Redis's may differ by so much, in milliseconds. */
export const skewMs = 300_000

/** A time as Slack writes it, a little earlier. */
export function justBefore(now: string): string {
  return ((Date.parse(now) - skewMs) / 1_000).toFixed(6)
}

export function isPosted(note: Note | undefined): note is Posted {
  return note?.ts !== undefined
}
