import type { Note, Shown, Thread } from '../../src/slack/shown.ts'

/** What is noted of one upgrade's messages, without Redis. */
export class InMemoryShown implements Shown {
  readonly notes = new Map<string, Note>()
  readonly threads = new Map<string, string>()
  /** Runs before every write; what it throws, the writer gets. */
  beforeWrite: (key: string, note: Note | undefined) => void = () => {}

  async load() {
    return Object.fromEntries(this.notes)
  }

  async replace(id: string, key: string, before: Note | undefined, note: Note, thread?: Thread) {
    this.beforeWrite(key, note)
    if (JSON.stringify(this.notes.get(key)) !== JSON.stringify(before)) return false
    this.notes.set(key, note)
    if (thread) this.threads.set(`${thread.channel} ${thread.ts}`, id)
    return true
  }

  async upgradeOf({ channel, ts }: Thread) {
    return this.threads.get(`${channel} ${ts}`)
  }

  async forget(_: string, key: string) {
    this.beforeWrite(key, undefined)
    this.notes.delete(key)
  }
}
