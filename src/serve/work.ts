import type { ConfigKeeper } from '../engine/config-keeper.ts'
import { lookForLost } from '../engine/look-for-lost.ts'
import { measureGate } from '../engine/measure.ts'
import type { Parts } from '../engine/parts.ts'
import { reconcile } from '../engine/reconcile.ts'
import { stopUnmarked } from '../engine/stop.ts'
import { showAll, sweep } from '../engine/sweep.ts'
import type { Jobs } from '../jobs/queues.ts'
import { startWorkers } from '../jobs/workers.ts'
import type { Metrics } from '../observability/metrics.ts'
import { queuePrefix } from '../store/keys.ts'
import { watchTargets } from '../targets/triggers.ts'
import type { Connections } from './connections.ts'
import type { Display } from './display.ts'
import type { Proposing } from './proposals.ts'

export type WorkParts = {
  parts: Parts
  connections: Pick<Connections, 'redis' | 'clusters'>
  queue: Jobs
  display: Pick<Display, 'show' | 'showHomes'>
  proposing: Pick<Proposing, 'look' | 'lookAtAll'>
  keeper: Pick<ConfigKeeper, 'look'>
  metrics: Pick<Metrics, 'swept'>
  /** Asks Slack whether it is there, and notes that it is. */
  heartbeat(): Promise<void>
}

/** What the watch sees is shown together, milliseconds. */
const tickEveryMs = 100

/** How soon a message that is gone or out of date is missed, milliseconds, as far as Slack's limits allow. */
const showAllEveryMs = 60_000

export type Work = {
  /** Sets nothing off any more. */
  endRounds(): void
  /** Waits for what runs, and takes no more. */
  finish(): Promise<void>
}

/** Starts everything that this process does by itself: jobs, what the watches see, and rounds for what both miss. */
export function startWork(using: WorkParts): Work {
  const { parts, connections, queue, display, proposing, keeper, metrics } = using
  const { log } = parts
  const workers = startWorkers(
    connections.redis.queues,
    queuePrefix,
    {
      reconcile: (id, requestId) => reconcile(parts, id, requestId),
      show: display.show,
      homes: display.showHomes,
      proposals: proposing.look,
      measure: (id, gate, key) => measureGate(parts, id, gate, key),
    },
    log,
  )
  watchTargets(connections.clusters, {
    changed: (upgrade) => {
      for (const one of [queue.reconcile(upgrade), queue.show(upgrade, tickEveryMs)]) one.catch(() => {})
    },
    stopAsked: (where) => stopUnmarked(parts, where),
    failed: (error) => log.warn({ err: error }, 'a stop on a workload without an upgrade is still there'),
  })
  const every = (ms: number, failure: string, round: () => Promise<unknown>) =>
    setInterval(() => {
      round().catch((error: unknown) => log.warn({ err: error }, failure))
    }, ms)
  const rounds = [
    // Several times before Slack counts as away.
    every(15_000, 'Slack does not answer', using.heartbeat),
    // Not a job: it must work when a queue does not.
    every(1_000, 'the sweeper could not look', async () => {
      const [swept] = await Promise.all([sweep(parts), keeper.look()])
      metrics.swept.inc(swept)
    }),
    // What the store loses while Rollcall runs.
    every(10_000, 'lost upgrades were not looked for', () => lookForLost(parts)),
    every(showAllEveryMs, 'Slack was not looked at', () =>
      Promise.all([showAll(parts, showAllEveryMs), queue.homes(), proposing.lookAtAll()]),
    ),
  ]
  return { endRounds: () => rounds.forEach(clearInterval), finish: workers.close }
}
