import { storedWithinMs } from '../../engine/deadline.ts'
import type { Log } from '../../engine/parts.ts'

/**
 * Slack shows an error after three seconds without an answer, and the store refuses what comes later than
 * `storedWithinMs`: whoever waits until then is told what really happened, milliseconds.
 */
const patienceMs = storedWithinMs + 500

/** The work failed or took too long: the delivery is not acknowledged, and the person is told. */
export class NotStored extends Error {
  readonly code = 'NOT_STORED'

  constructor(cause?: unknown) {
    super('the decision was not stored in time', { cause })
    this.name = 'NotStored'
  }
}

/**
 * A decision is acknowledged once it is stored.
 *
 * @param arrivedAt `performance.now()` when the delivery arrived
 * @throws NotStored
 */
export async function storedInTime<T>(work: Promise<T>, arrivedAt: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotStored()), Math.max(0, arrivedAt + patienceMs - performance.now()))
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    throw error instanceof NotStored ? error : new NotStored(error)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Acknowledges what is stored. It stays decided when the connection was lost meanwhile: a retry of Slack finds it done.
 */
export async function acknowledgeStored(acknowledge: Promise<void>, log: Log): Promise<void> {
  await acknowledge.catch((error: unknown) => {
    log.warn({ part: 'slack', err: error }, 'a decision is stored, but Slack did not hear the acknowledgement')
  })
}
