import { Queue as BullQueue, type ConnectionOptions, type JobsOptions } from 'bullmq'
import { z } from 'zod'
import type { Queue } from '../engine/ports.ts'
import type { Place } from '../upgrade/proposals.ts'

/** A job's data is the upgrade's ID and nothing else: what is to be done is found out by looking. */
export const JobData = z.strictObject({ id: z.string() })
export type JobData = z.infer<typeof JobData>

/** Which gate of which state, and the round of asking. */
export const GateJobData = z.strictObject({ id: z.string(), gate: z.string() })

/** Where something is proposed. */
export const PlaceJobData = z.strictObject({ service: z.string(), environment: z.string() })

export const queueNames = {
  reconcile: 'reconcile',
  show: 'show',
  gate: 'gate',
  home: 'home',
  proposals: 'proposals',
} as const

/** A failed job is not retried by the queue: the upgrade's own `due` brings it back. */
const leaveNothing: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/** What is shown later is shown together within this time, milliseconds. */
const togetherMs = 100

/** Home tabs are looked at together, and no more often than this, milliseconds. */
const homesEveryMs = 3_000

/** So are all pushes to one place, milliseconds. */
const proposalsEveryMs = 1_000

export type Jobs = Queue & {
  /** Bring everybody's Home tab into line, soon. */
  homes(delayMs?: number): Promise<void>
  /** Look at what is proposed in a place, soon. */
  proposals(place: Place, delayMs?: number): Promise<void>
  close(): Promise<void>
}

/**
 * Triggers on BullMQ. For `reconcile`, deduplication saves work: while a job is active, one more is kept. A delayed job
 * would swallow triggers with its deduplication ID, and a dead worker's job does for some seconds, so timers have none,
 * and neither has `show`, which people wait for: what is to be shown later is named for the moment at which that is.
 */
export function bullQueue(connection: ConnectionOptions, prefix: string): Jobs {
  const options = { connection, prefix, defaultJobOptions: leaveNothing }
  const reconcileQueue = new BullQueue<JobData>(queueNames.reconcile, options)
  const showQueue = new BullQueue<JobData>(queueNames.show, options)
  const gateQueue = new BullQueue<z.infer<typeof GateJobData>>(queueNames.gate, options)
  const proposalQueue = new BullQueue<z.infer<typeof PlaceJobData>>(queueNames.proposals, options)
  const homeQueue = new BullQueue<JobData>(queueNames.home, options)
  const all = [reconcileQueue, showQueue, gateQueue, homeQueue, proposalQueue]
  // Without a listener an error of the connection would end the process; Redis's state is told by /readyz.
  for (const queue of all) queue.on('error', () => {})

  const trigger = (id: string): JobsOptions => ({ deduplication: { id, keepLastIfActive: true } })
  return {
    async reconcile(id) {
      await reconcileQueue.add('trigger', { id }, trigger(id))
    },
    async reconcileAt(id, at, delayMs) {
      await reconcileQueue.add('timer', { id }, { delay: Math.max(0, delayMs), jobId: `${id}.${at}` })
    },
    async measure(id, gate, sequence, round) {
      await gateQueue.add('measure', { id, gate }, { jobId: `${id}.${sequence}.${gate}.${round}` })
    },
    async show(id, delayMs = 0) {
      if (delayMs === 0) return void (await showQueue.add('trigger', { id }))
      const now = Date.now()
      const at = Math.ceil((now + delayMs) / togetherMs) * togetherMs
      await showQueue.add('timer', { id }, { delay: at - now, jobId: `${id}.${at}` })
    },
    async homes(delayMs = 0) {
      const now = Date.now()
      const at = Math.ceil((now + delayMs + 1) / homesEveryMs) * homesEveryMs
      await homeQueue.add('timer', { id: 'homes' }, { delay: at - now, jobId: `homes.${at}` })
    },
    async proposals({ service, environment }, delayMs = 0) {
      const now = Date.now()
      const at = Math.ceil((now + delayMs + 1) / proposalsEveryMs) * proposalsEveryMs
      const jobId = `${service}.${environment}.${at}`
      await proposalQueue.add('timer', { service, environment }, { delay: at - now, jobId })
    },
    async close() {
      await Promise.all(all.map((queue) => queue.close()))
    },
  }
}
