import { RollcallError } from '../upgrade/error.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { Evidence } from '../upgrade/evidence.ts'
import type { MeasuredGate } from '../upgrade/gate.ts'
import { nextTask } from '../upgrade/next-task.ts'
import { bounded } from '../upgrade/printable.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { baselineOf, isAccepted, watchedGates } from '../upgrade/watched-gates.ts'
import type { Log, Parts } from './parts.ts'
import type { About, Loaded, Measure, Measurement, Measures, Observation } from './ports.ts'

/** Figures change all the time; nobody waits for the next one, milliseconds. */
const shownWithinMs = 1_000

/**
 * Asks one gate about an upgrade as it is now, and notes what it says. An answer that comes after the upgrade has moved
 * on is noted for the state that it was asked of, and counts for no other.
 */
export async function measureGate(parts: Parts, id: string, name: string, key: string): Promise<void> {
  const loaded = await parts.upgrades.load(id)
  const gate = loaded?.upgrade.policy.gates.measured.find((one) => one.name === name)
  if (!loaded || !gate || !wanted(loaded.upgrade).includes(name)) return
  const { upgrade, now } = loaded
  const before = baselineOf(upgrade, gate.name)
  const observation = parts.targets(upgrade.policy.target).observe(upgrade)
  const said = await askGate(parts, gate, { upgrade, observation, now, key, ...(before && { before }) }, gate.timeoutMs)
  // Nothing is noted, so the next look asks again.
  if (said === 'later') return
  const report = { gate: name, ...said }
  parts.log.info({ upgrade: id, sequence: upgrade.sequence, report }, `${id}: gate ${name} ${report.verdict}`)
  await parts.measurements.note(id, { report, sequence: upgrade.sequence, at: now })
  await parts.queue.reconcile(id)
  await parts.queue.show(id, shownWithinMs)
}

/** Gates that have to say something about the upgrade as it is. */
function wanted(upgrade: Upgrade): string[] {
  const task = nextTask(upgrade)
  return [...(task.do === 'measure' ? task.gates : []), ...watchedGates(upgrade)]
}

/** What it takes to ask a gate. */
export type GateParts = { measures: Measures; log: Pick<Log, 'error'> }

/** What a gate says, or why it cannot, within so many milliseconds; `later`: it has to be asked again. */
export async function askGate(
  { measures, log }: GateParts,
  gate: MeasuredGate,
  about: About,
  timeoutMs: number,
): Promise<Omit<GateReport, 'gate'> | 'later'> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    // The compiler cannot see that the gate is of the type that it is looked up by.
    const measure = measures[gate.type] as Measure<MeasuredGate, Omit<GateReport, 'gate'> | 'later'>
    return bounded(await withinTime(measure(gate, about, signal), signal))
  } catch (error) {
    if (signal.aborted) return unknown('GATE_TIMEOUT', { seconds: timeoutMs / 1_000 })
    if (!(error instanceof RollcallError))
      log.error({ upgrade: about.upgrade.id, gate: gate.name, err: error }, 'a gate')
    const code = error instanceof RollcallError ? error.code : 'GATE_UNREACHABLE'
    if (code === 'REGISTRY_BUSY') return 'later'
    return bounded(unknown(code, { message: error instanceof Error ? error.message : String(error) }))
  }
}

function unknown(code: string, detail: GateReport['detail']): Omit<GateReport, 'gate'> {
  return { verdict: 'inconclusive', code, detail }
}

/** Also for a gate that does not heed its signal. */
function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    // What is listened to is kept until its time is over, and a Job's is long.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

/** What the gates of a check say; `pending` while some have yet to. */
export type Reading = { reports: GateReport[]; pending: boolean }

/**
 * What all these gates say about the upgrade as it is now. Those that were not asked yet are asked.
 */
export async function readGates(
  parts: Parts,
  { upgrade, now }: Loaded,
  observation: Observation,
  names: string[],
): Promise<Reading> {
  const asked = new Set(upgrade.policy.gates.measured.map(({ name }) => name))
  const known = names.some((name) => asked.has(name)) ? await parts.measurements.latest(upgrade.id) : {}
  const reports: GateReport[] = []
  const missing: string[] = []
  for (const name of names) {
    const atOnce = parts.gates[name]
    const measured = known[name]
    if (atOnce) reports.push(atOnce(upgrade, observation, now))
    else if (!asked.has(name)) reports.push({ gate: name, ...unknown('NO_GATE', {}) })
    else if (measured?.sequence === upgrade.sequence) reports.push(accepted(upgrade, measured.report))
    else missing.push(name)
  }
  for (const name of missing) await parts.queue.measure(upgrade.id, name, upgrade.sequence, 0)
  return { reports, pending: missing.length > 0 }
}

/** Somebody has seen what it said at this step, and goes on all the same. */
function accepted(upgrade: Upgrade, report: GateReport): GateReport {
  return report.verdict !== 'passed' && isAccepted(upgrade, report.gate)
    ? { ...report, verdict: 'passed', code: 'ACCEPTED', detail: { ...report.detail, instead: report.code } }
    : report
}

/** One of the watched gates that has failed, or in how many milliseconds to look at them again. */
export type Watched = { failed: GateReport } | { againMs?: number }

/** Asks the gates that are due, and tells what they said last of this very state. Only a failure counts on the way. */
export async function watchGates(parts: Parts, { upgrade, now }: Loaded): Promise<Watched> {
  const names = watchedGates(upgrade)
  if (names.length === 0) return {}
  const known = await parts.measurements.latest(upgrade.id)
  let againMs = Number.POSITIVE_INFINITY
  for (const { name, intervalMs } of upgrade.policy.gates.measured) {
    if (!names.includes(name)) continue
    const last = ofThisState(upgrade, known[name])
    if (last?.report.verdict === 'failed' && !isAccepted(upgrade, name)) return { failed: last.report }
    const due = last ? Date.parse(last.at) + intervalMs : Date.parse(now)
    const leftMs = due - Date.parse(now)
    if (leftMs <= 0) await parts.queue.measure(upgrade.id, name, upgrade.sequence, last ? Date.parse(last.at) : 0)
    againMs = Math.min(againMs, leftMs > 0 ? leftMs : intervalMs)
  }
  return { againMs }
}

function ofThisState({ sequence }: Upgrade, measurement: Measurement | undefined): Measurement | undefined {
  return measurement?.sequence === sequence ? measurement : undefined
}

/** What the gates that ask somebody else said last, in the order of the configuration. */
export async function lastReports(parts: Parts, upgrade: Upgrade): Promise<GateReport[]> {
  if (upgrade.policy.gates.measured.length === 0) return []
  return reportsOf(upgrade, upgrade.result ? {} : await parts.measurements.latest(upgrade.id))
}

/** What was measured in its course, to be told when it has ended. */
export async function evidenceOf(parts: Parts, upgrade: Upgrade): Promise<Evidence> {
  const { id, policy } = upgrade
  const gates = policy.gates.measured.map(({ name }) => name)
  const [capacity, series, latest] = await Promise.all([
    parts.capacities.of(id),
    gates.length === 0 ? {} : parts.measurements.series(id, gates),
    gates.length === 0 ? {} : parts.measurements.latest(id),
  ])
  return { ...(capacity && { capacity }), series, reports: reportsOf(upgrade, latest) }
}

function reportsOf({ policy, measured }: Upgrade, latest: Record<string, Measurement>): GateReport[] {
  return policy.gates.measured.flatMap(({ name }) => {
    const checked = measured.findLast(({ gate }) => gate === name)
    return latest[name]?.report ?? checked ?? []
  })
}
