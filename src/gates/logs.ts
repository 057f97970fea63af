import type { About, Measure } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { LogsGate } from '../upgrade/gate.ts'
import { type LinePattern, linePattern } from '../upgrade/line-pattern.ts'
import { shapeOf } from './line-shape.ts'
import { type LogRead, readPodLog } from './pod-log.ts'

/** Of one pod's log, and of all the new or all the old pods' together, one measurement reads no more; bytes. */
const mostOfOne = 4 * 2 ** 20
const mostOfAll = 32 * 2 ** 20

/** Pods that are read at the same time. */
const atOnce = 4

/** Kinds of lines that are told apart. */
const mostShapes = 10_000

/**
 * Counts lines in the logs of the new pods. Lines come from what is judged, and of them nothing but counts leaves this
 * file. A limit that is crossed fails, whatever else could not be read; one that is kept passes only if all was read.
 */
export function logs(clusters: Clusters): Measure<LogsGate> {
  return async (gate, { upgrade, observation }, signal) => {
    const pods = observation?.pods.filter(({ displaced }) => !displaced) ?? []
    if (!observation || pods.length === 0) return unknown('NO_PODS', {})
    const { max, maxNew } = gate
    const { stable } = observation
    const matches = linePattern(gate.pattern)
    const read = (names: string[], query: Query, take: Take) =>
      readLogs(clusters, upgrade.policy.target, names, { ...windowOf(gate), ...query }, take, signal)

    // With nothing old left, what the new pods had logged when they passed last is what later lines are held against.
    const since = maxNew !== undefined && stable.length === 0 ? lastPassed(upgrade, gate.name) : undefined
    const found = tally(matches, since)
    const names = pods.map(({ name }) => name)
    const ofNew = await read(names, since === undefined ? {} : { timestamps: true }, found.take)
    const lines = found.matched()
    const counted = { lines, pods: pods.length, ...(max !== undefined && { max }) }
    if (max !== undefined && lines > max) return { verdict: 'failed', code: 'LOGS_ABOVE_LIMIT', detail: counted }

    let compared = {}
    if (maxNew !== undefined && lines > maxNew) {
      if (stable.length === 0 && since === undefined) return unknown('LOGS_NO_REFERENCE', { lines, maxNew })
      const forget: Take = (some) => found.forget(some.filter(matches))
      // What pods log when they start is compared with that, and what comes later with what the others log then.
      const starts = await readLogs(clusters, upgrade.policy.target, stable, {}, forget, signal)
      const [oldest = ''] = pods.map(({ createdAt }) => createdAt).sort()
      const sameTime = gate.windowMs === undefined ? { sinceTime: oldest } : {}
      const ofOld = new Map([...starts, ...(await read(inState(starts, 'cut'), sameTime, forget))])
      const fresh = found.fresh()
      const detail = { ...counted, fresh, maxNew }
      if (fresh > maxNew) return incomplete(ofOld, detail) ?? { verdict: 'failed', code: 'LOGS_NEW_LINES', detail }
      compared = { fresh, maxNew }
    }
    const missing = incomplete(ofNew, counted)
    if (missing) return missing
    if (found.isCrowded()) return unknown('LOGS_CUT', counted)
    if (found.read() === 0) return unknown('NO_LOGS', { pods: pods.length })
    return { verdict: 'passed', code: 'LOGS_WITHIN_LIMIT', detail: { ...counted, ...compared } }
  }
}

type Said = Omit<GateReport, 'gate'>
type Take = (lines: string[]) => void
/** By pod. */
type Reads = Map<string, LogRead>
type Query = { sinceSeconds?: number; sinceTime?: string; timestamps?: boolean }

function windowOf({ windowMs }: LogsGate): Query {
  return windowMs === undefined ? {} : { sinceSeconds: Math.ceil(windowMs / 1_000) }
}

/** Epoch milliseconds. */
function lastPassed({ measured }: About['upgrade'], gate: string): number | undefined {
  const last = measured.findLast((report) => report.gate === gate && report.verdict === 'passed')
  return last && Date.parse(last.at)
}

/**
 * Counts what matches, and of what kind it is.
 *
 * @param since lines begin with their time, and kinds that were there before this one are not new, epoch milliseconds
 */
function tally(matches: LinePattern, since: number | undefined) {
  const shapes = new Map<string, number>()
  const known = new Set<string>()
  let read = 0
  let matched = 0
  let crowded = false

  function note(line: string, at: number): void {
    matched += 1
    const shape = shapeOf(line)
    if (since !== undefined && at <= since) {
      if (known.size < mostShapes) known.add(shape)
      else crowded = true
    } else if (shapes.has(shape) || shapes.size < mostShapes) {
      shapes.set(shape, (shapes.get(shape) ?? 0) + 1)
    } else crowded = true
  }

  return {
    take(lines: string[]): void {
      read += lines.length
      for (const whole of lines) {
        const space = since === undefined ? -1 : whole.indexOf(' ')
        const line = whole.slice(space + 1)
        if (matches(line)) note(line, Date.parse(whole.slice(0, Math.max(0, space))))
      }
    },
    forget(lines: string[]): void {
      for (const line of lines) shapes.delete(shapeOf(line))
    },
    read: () => read,
    matched: () => matched,
    /** Lines of a kind that was not forgotten, and not there before. */
    fresh: () => [...shapes].reduce((sum, [shape, count]) => (known.has(shape) ? sum : sum + count), 0),
    isCrowded: () => crowded,
  }
}

function inState(reads: Reads, state: LogRead['state']): string[] {
  return [...reads].flatMap(([pod, read]) => (read.state === state ? [pod] : []))
}

/** Why not all was read, if it was not. */
function incomplete(reads: Reads, detail: GateReport['detail']): Said | undefined {
  const unreadable = [...reads.values()].filter((one) => one.state === 'unreadable')
  const [first] = unreadable
  if (first) return unknown('LOGS_UNREADABLE', { ...detail, unread: unreadable.length, of: reads.size, why: first.why })
  return inState(reads, 'cut').length > 0 ? unknown('LOGS_CUT', detail) : undefined
}

async function readLogs(
  clusters: Clusters,
  { cluster, namespace, container }: About['upgrade']['policy']['target'],
  pods: string[],
  query: Query,
  take: Take,
  signal: AbortSignal,
): Promise<Reads> {
  const { api } = clusters.get(cluster)
  const mostBytes = Math.min(mostOfOne, Math.floor(mostOfAll / pods.length))
  const left = [...pods]
  const reads: Reads = new Map()
  const worker = async () => {
    for (let pod = left.pop(); pod !== undefined; pod = left.pop())
      reads.set(pod, await readPodLog(api, { namespace, pod, container, mostBytes, query }, take, signal))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return reads
}

function unknown(code: string, detail: GateReport['detail']): Said {
  return { verdict: 'inconclusive', code, detail }
}
