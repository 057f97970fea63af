import { type ConnectionOptions, type Job, Worker } from 'bullmq'
import type { Log } from '../engine/parts.ts'
import type { Place } from '../upgrade/proposals.ts'
import { GateJobData, JobData, PlaceJobData, type queueNames } from './queues.ts'

/** Short jobs only: one that runs longer than this has died with its process. */
const lockDurationMs = 5_000

const concurrency = { reconcile: 20, show: 5, gate: 20, home: 1, proposals: 2 }

export type Workers = { close(): Promise<void> }

/** One worker per queue; each hands an ID to the engine. Closing waits for what runs. */
export function startWorkers(
  connection: ConnectionOptions,
  prefix: string,
  handlers: {
    reconcile(id: string, requestId: string): Promise<void>
    show(id: string): Promise<void>
    homes(): Promise<void>
    proposals(place: Place): Promise<void>
    /** @param key the job's own name: the same when it is run again */
    measure(id: string, gate: string, key: string): Promise<void>
  },
  log: Log,
): Workers {
  const start = (name: keyof typeof queueNames, handle: (job: Job) => Promise<void>) => {
    const work = async (job: Job) => {
      const { id } = job.data
      try {
        await handle(job)
      } catch (error) {
        log.error({ upgrade: id, job: name, err: error }, `${name} failed; it is tried again`)
        throw error
      }
    }
    const worker = new Worker(name, work, {
      connection,
      prefix,
      concurrency: concurrency[name],
      lockDuration: lockDurationMs,
      stalledInterval: lockDurationMs,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    })
    worker.on('error', (error) => log.warn({ job: name, err: error }, 'queue out of reach'))
    return worker
  }
  const workers = [
    start('reconcile', ({ data, id }) => handlers.reconcile(JobData.parse(data).id, `reconcile.${id}`)),
    start('show', ({ data }) => handlers.show(JobData.parse(data).id)),
    start('home', () => handlers.homes()),
    start('proposals', ({ data }) => handlers.proposals(PlaceJobData.parse(data))),
    start('gate', ({ data, id: key = '' }) => {
      const { id, gate } = GateJobData.parse(data)
      return handlers.measure(id, gate, key)
    }),
  ]
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}
