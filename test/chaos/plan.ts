import type { Fault } from '../fakes/slack/slack.ts'
import type { Side, Write } from './crossing.ts'
import type { Random } from './random.ts'

/** What is done to one process. `write` also stands for every kind of write that begins with it. */
export type Stroke =
  /** `kill -9` so many milliseconds after it has first written something. */
  | { stroke: 'kill'; afterMs: number }
  /** `kill -9` so many milliseconds after it was started. */
  | { stroke: 'kill at start'; afterMs: number }
  | { stroke: 'kill at'; write: string; side: Side }
  /** The connection is cut at that write and the process lives: it cannot know whether it happened. */
  | { stroke: 'cut at'; write: string; side: Side }
  | { stroke: 'terminate'; afterMs: number }

export type Aimed = Extract<Stroke, { stroke: 'kill at' | 'cut at' }>

/** What happens to everything around; `at` is after how many strokes. */
export type Weather = { at: number } & (
  | { weather: 'redis restarts'; downMs: number }
  | { weather: 'API server restarts'; downMs: number }
  | { weather: 'API connections cut' }
  | { weather: 'slack'; fault: Fault }
)

export type Plan = { strokes: Stroke[]; weather: Weather[]; writes: readonly string[] }

/**
 * The kinds of write that Rollcall makes, as `writes.ts` calls them. One that is missing here is found while it runs, and
 * struck as well.
 */
export const everyWrite: readonly string[] = [
  ...['requested', 'prepared', 'approved', 'withdrawn', 'started', 'rejected', 'cancelled', 'continued', 'paused'].map(
    (event) => `redis commit ${event}`,
  ),
  ...['resumed', 'turnedBack', 'reached', 'soaked', 'checked', 'gateFailed', 'windowClosed'].map(
    (event) => `redis commit ${event}`,
  ),
  ...['settle', 'told', 'overdue', 'append', 'replace', 'take', 'takeTurn', 'endTurn', 'claim'].map(
    (what) => `redis ${what}`,
  ),
  ...['addStandardJob', 'addDelayedJob', 'moveToActive', 'moveToFinished', 'moveStalledJobsToWait'].map(
    (script) => `redis queue ${script}`,
  ),
  ...['start', 'move', 'rest', 'barrier', 'unpause', 'pause', 'back', 'release'].map(
    (what) => `cluster PATCH deployments ${what}`,
  ),
  ...['cluster PATCH replicasets', 'cluster POST configmaps', 'cluster DELETE configmaps', 'cluster POST events'],
  ...['upgrade', 'question', 'result'].map((what) => `slack chat.postMessage ${what}`),
  ...['upgrade', 'question'].map((what) => `slack chat.update ${what}`),
  'slack views.open',
]

/** The same in fewer words, for a short run. */
export const mainWrites: readonly string[] = [
  ...['redis commit', 'redis settle', 'redis told', 'redis replace', 'redis takeTurn', 'redis queue'],
  ...['cluster POST configmaps', 'cluster PATCH deployments', 'cluster PATCH replicasets', 'cluster DELETE configmaps'],
  ...['slack chat.postMessage', 'slack chat.update'],
]

/** Whether a wanted kind stands for a write. */
export function covers(wanted: string, write: Write): boolean {
  return write === wanted || write.startsWith(`${wanted} `) || write.startsWith(`${wanted}:`)
}

export type PlanOptions = {
  /** Kills at random times. */
  kills: number
  /** Kills before, kills after, and cut connections, for each kind of write. */
  around: number
  writes: readonly string[]
}

/** What will go wrong, in an order that the seed decides. */
export function planOf(random: Random, { kills, around, writes }: PlanOptions): Plan {
  const strokes = random.shuffled<Stroke>([
    ...times(kills, (): Stroke => {
      const start = random.chance(0.1)
      return start
        ? { stroke: 'kill at start', afterMs: random.int(50, 1_500) }
        : { stroke: 'kill', afterMs: random.int(0, 1_200) }
    }),
    ...writes.flatMap((write) => strokesAt(write, around)),
    ...times(1 + Math.floor(kills / 20), (): Stroke => ({ stroke: 'terminate', afterMs: random.int(0, 1_500) })),
  ])
  const at = () => random.int(1, strokes.length)
  const some = (share: number) => 1 + Math.floor(strokes.length * share)
  const weather: Weather[] = [
    ...times(some(0.02), (): Weather => ({ at: at(), weather: 'redis restarts', downMs: random.int(0, 3_000) })),
    ...times(some(0.01), (): Weather => ({ at: at(), weather: 'API server restarts', downMs: random.int(0, 3_000) })),
    ...times(some(0.03), (): Weather => ({ at: at(), weather: 'API connections cut' })),
    ...times(some(0.2), (): Weather => ({ at: at(), weather: 'slack', fault: slackFault(random) })),
  ]
  return { writes, strokes, weather: weather.toSorted((one, other) => one.at - other.at) }
}

/** Kills before and after a write, and half as many cut connections. */
export function strokesAt(write: string, around: number): Aimed[] {
  const sides: Side[] = ['before', 'after']
  return sides.flatMap((side) => [
    ...times(around, (): Aimed => ({ stroke: 'kill at', write, side })),
    ...times(Math.floor(around / 2), (): Aimed => ({ stroke: 'cut at', write, side })),
  ])
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function slackFault(random: Random): Fault {
  const method = random.pick(['chat.postMessage', 'chat.update', 'conversations.replies', 'users.info'])
  const common = { method, times: random.int(1, 3), applyFirst: random.chance(0.5) }
  return random.pick<Fault>([
    { ...common, kind: 'rate_limited', retryAfterSeconds: random.int(1, 3), applyFirst: false },
    { ...common, kind: 'server_error', status: random.pick([500, 503]) },
    { ...common, kind: 'timeout' },
    { ...common, kind: 'connection_reset' },
  ])
}
