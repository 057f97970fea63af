import { type ConnectionOptions, type Job, Worker } from 'bullmq'
import type { Log } from '../engine/parts.ts'
import { JobData, type queueNames } from './queues.ts'

/** Short jobs only: one that runs longer than this has died with its process. */
const lockDurationMs = 5_000

const concurrency = { reconcile: 20, show: 5 }

export type Workers = { close(): Promise<void> }

/** One worker per queue; each hands an ID to the engine. Closing waits for what runs. */
export function startWorkers(
  connection: ConnectionOptions,
  prefix: string,
  handlers: {
    reconcile(id: string, requestId: string): Promise<void>
    show(id: string): Promise<void>
  },
  log: Log,
): Workers {
  const start = (name: keyof typeof queueNames, handle: (id: string, jobId: string) => Promise<void>) => {
    const work = async (job: Job) => {
      const { id } = JobData.parse(job.data)
      try {
        await handle(id, `${name}.${job.id}`)
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
    start('reconcile', (id, jobId) => handlers.reconcile(id, jobId)),
    start('show', (id) => handlers.show(id)),
  ]
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}
