/** What is there in Slack, by upgrade and message key. Bookkeeping beside the upgrade: it never conflicts with a decision. */
export type Shown = {
  load(id: string): Promise<Record<string, Note>>
  /** Puts one note in the place of another, or of none; `false` and nothing done when another stands there by now. */
  replace(id: string, key: string, before: Note | undefined, note: Note): Promise<boolean>
  forget(id: string, key: string): Promise<void>
}

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
}

export function isPosted(note: Note | undefined): note is Posted {
  return note?.ts !== undefined
}
