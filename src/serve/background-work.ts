export type BackgroundWork = {
  /** Takes what nobody waits for; it must not fail. */
  add(work: Promise<void>): void
  /** Waits for what was taken, so that it is not cut off at the end of the process. */
  finish(): Promise<void>
}

export function backgroundWork(): BackgroundWork {
  const underWay = new Set<Promise<void>>()
  return {
    add(work) {
      underWay.add(work)
      void work.finally(() => underWay.delete(work))
    },
    async finish() {
      await Promise.all(underWay)
    },
  }
}
