import type { Note, Shown } from '../../src/slack/shown.ts'

/** What is noted of one upgrade's messages, without Redis. */
export class InMemoryShown implements Shown {
  readonly notes = new Map<string, Note>()
  /** Runs before every write; what it throws, the writer gets. */
  beforeWrite: (key: string, note: Note | undefined) => void = () => {}

  async load() {
    return Object.fromEntries(this.notes)
  }

  async replace(_: string, key: string, before: Note | undefined, note: Note) {
    this.beforeWrite(key, note)
    if (JSON.stringify(this.notes.get(key)) !== JSON.stringify(before)) return false
    this.notes.set(key, note)
    return true
  }

  async forget(_: string, key: string) {
    this.beforeWrite(key, undefined)
    this.notes.delete(key)
  }
}
