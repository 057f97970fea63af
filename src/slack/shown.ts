/** What is there in Slack, by upgrade and message key. Bookkeeping beside the upgrade: it never conflicts with a decision. */
export type Shown = {
  load(id: string): Promise<Record<string, ShownMessage>>
  save(id: string, key: string, message: ShownMessage): Promise<void>
}

export type ShownMessage = {
  ts: string
  /** Of text and blocks as they were sent last. */
  hash: string
  /** The message's own counter, 1 when it was posted. */
  sequence: number
  /** What stood there that people wait for; see `Desired.moment`. */
  moment: string
}
