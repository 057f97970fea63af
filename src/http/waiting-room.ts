import { setTimeout as delay } from 'node:timers/promises'

/** How soon a change is seen, milliseconds. */
const lookEveryMs = 250

/** Each holds a connection; those of others must be left. */
const mostWaiters = 200

export type WaitingRoom = {
  /**
   * Resolves once an upgrade's chain has another length, after `forMs`, or when nobody waits any more.
   *
   * @returns `full`: so many wait that nobody else can
   */
  wait(id: string, length: number, forMs: number, gone: AbortSignal): Promise<'full' | undefined>
  /** Everybody is answered, and nobody waits any more. */
  close(): void
}

/**
 * Those who wait for an upgrade to change. A change may be committed by any process, and there is nothing among them that
 * is told for certain: a message over Redis that is missed would be made up for by looking again anyway. So one look
 * at all that is waited for is taken four times a second, for as long as anybody waits; it costs Redis one short command
 * for each upgrade, however many wait for it.
 *
 * @param lengthsOf how many entries the audit chains of these upgrades have
 */
export function waitingRoom(
  lengthsOf: (ids: string[]) => Promise<number[]>,
  { most = mostWaiters, everyMs = lookEveryMs } = {},
): WaitingRoom {
  const waiters = new Set<{ id: string; length: number; wake(): void }>()
  const closed = new AbortController()
  let looking = false

  async function lookWhileSomebodyWaits(): Promise<void> {
    if (looking) return
    looking = true
    while (waiters.size > 0) {
      await delay(everyMs)
      // Redis may be away; whoever waits is answered when their time is over.
      await look().catch(() => {})
    }
    looking = false
  }

  async function look(): Promise<void> {
    const ids = [...new Set([...waiters].map(({ id }) => id))]
    const lengths = await lengthsOf(ids)
    const now = new Map(ids.map((id, index) => [id, lengths[index]]))
    for (const { id, length, wake } of waiters) if (now.has(id) && now.get(id) !== length) wake()
  }

  return {
    async wait(id, length, forMs, gone) {
      if (waiters.size >= most) return 'full'
      const { promise, resolve } = Promise.withResolvers<void>()
      const waiter = { id, length, wake: resolve }
      waiters.add(waiter)
      void lookWhileSomebodyWaits()
      const ended = AbortSignal.any([gone, closed.signal, AbortSignal.timeout(forMs)])
      ended.addEventListener('abort', () => resolve())
      if (ended.aborted) resolve()
      await promise
      waiters.delete(waiter)
      return undefined
    },
    close: () => closed.abort(),
  }
}
