import { RollcallError } from '../upgrade/error.ts'

/** What is not stored within this time after it arrived was not decided, milliseconds. */
export const storedWithinMs = 2_000

/**
 * Until when something may be stored, by Redis's clock, epoch milliseconds. Never too late: Redis read its clock before
 * its answer was here, so what has passed since the arrival by our own clock, which only runs on, is all taken off.
 *
 * @param arrivedAt `performance.now()` of the arrival
 * @param now Redis's time, ISO 8601, in an answer that has just come
 */
export function deadlineOf(arrivedAt: number, now: string, withinMs = storedWithinMs): number {
  return Date.parse(now) + withinMs - (performance.now() - arrivedAt)
}

export function notStored(): RollcallError {
  return new RollcallError('NOT_STORED', 'This was not stored in time, and so it was not decided.', {
    hint: 'Look at the upgrade, then try again.',
    retryable: true,
  })
}
