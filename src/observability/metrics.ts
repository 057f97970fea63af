import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { phaseOf } from '../upgrade/phase.ts'
import { approvalMs, leadMs, restoreMs } from '../upgrade/statistics.ts'
import { hasStarted, type Upgrade } from '../upgrade/upgrade.ts'

/** Seconds: what people wait for, and what pods take. */
const buckets = {
  people: [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 259_200],
  pods: [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600],
}

/** What `/metrics` shows beside the process's own figures. */
export function createMetrics(sources: { active(): Promise<Upgrade[]>; ready(): Promise<Record<string, boolean>> }) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const events = new Counter({
    name: 'rollcall_events_total',
    help: 'Committed events by type.',
    labelNames: ['event', 'service', 'environment'],
    registers,
  })
  const refusals = new Counter({
    name: 'rollcall_refusals_total',
    help: 'Refused requests and decisions by code.',
    labelNames: ['code'],
    registers,
  })
  const swept = new Counter({
    name: 'rollcall_swept_total',
    help: 'Lost triggers that the sweeper found.',
    registers,
  })
  const auditFileBehind = new Gauge({
    name: 'rollcall_audit_file_behind',
    help: 'Audit entries that are not in audit.file yet.',
    registers,
  })
  const auditFileFailures = new Counter({
    name: 'rollcall_audit_file_failures_total',
    help: 'Attempts to write audit.file that failed.',
    registers,
  })
  const alerts = new Counter({
    name: 'rollcall_alerts_total',
    help: 'Alerts that were sent here, by what they were of: an upgrade under way, none, only that a rollout waits, unreadable.',
    labelNames: ['source', 'outcome'],
    registers,
  })
  const pushes = new Counter({
    name: 'rollcall_pushes_total',
    help: 'Tags that registries said were pushed, by what became of them; docs/guides/registry-webhooks.md explains each.',
    labelNames: ['source', 'outcome'],
    registers,
  })
  new Gauge({
    name: 'rollcall_upgrades',
    help: 'Upgrades under way by phase.',
    labelNames: ['phase'],
    registers,
    async collect() {
      this.reset()
      for (const upgrade of await sources.active()) this.inc({ phase: phaseOf(upgrade) })
    },
  })
  new Gauge({
    name: 'rollcall_dependency_up',
    help: '1 while the dependency answers.',
    labelNames: ['dependency'],
    registers,
    async collect() {
      for (const [dependency, up] of Object.entries(await sources.ready())) this.set({ dependency }, up ? 1 : 0)
    },
  })
  const { started, ended, lead, approval, restore } = outcomes(registers)

  /** One committed event, and what it made of the upgrade. */
  function count(event: string, upgrade: Upgrade, before: Upgrade | undefined): void {
    const { service, environment } = upgrade.request
    const place = { service, environment }
    events.inc({ event, ...place })
    if (hasStarted(upgrade) && !(before && hasStarted(before))) {
      started.inc(place)
      observe(approval, place, approvalMs(upgrade))
    }
    const outcome = upgrade.result?.outcome
    if (outcome === undefined || outcome === before?.result?.outcome) return
    ended.inc({ ...place, outcome, started: String(hasStarted(upgrade)) })
    observe(lead, place, leadMs(upgrade))
    observe(restore, place, restoreMs(upgrade))
  }

  /** What became of the alerts in one message of a source that has a token here. */
  function countAlerts(source: string, outcomes: Record<string, number>): void {
    for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) alerts.inc({ source, outcome }, count)
  }

  function countPush(source: string, outcome: string, count = 1): void {
    if (count > 0) pushes.inc({ source, outcome }, count)
  }

  return { registry, refusals, swept, countAlerts, countPush, auditFileBehind, auditFileFailures, count }
}
type Place = 'service' | 'environment'

/** What upgrades came to, so that Prometheus can tell rates and times over any period. */
function outcomes(registers: Registry[]) {
  const labelNames: Place[] = ['service', 'environment']
  const started = new Counter({
    name: 'rollcall_upgrades_started_total',
    help: 'Upgrades that began to change their workload.',
    labelNames,
    registers,
  })
  const ended = new Counter({
    name: 'rollcall_upgrades_ended_total',
    help: 'Upgrades that ended, by outcome; a success that is taken back ends once more.',
    labelNames: [...labelNames, 'outcome', 'started'],
    registers,
  })
  const lead = new Histogram({
    name: 'rollcall_lead_time_seconds',
    help: 'From the request to the success.',
    labelNames,
    buckets: buckets.people,
    registers,
  })
  const approval = new Histogram({
    name: 'rollcall_approval_wait_seconds',
    help: 'From the request to the yes that completed the quorum, of upgrades that started.',
    labelNames,
    buckets: buckets.people,
    registers,
  })
  const restore = new Histogram({
    name: 'rollcall_restore_seconds',
    help: 'From a failure to the old revision on every pod.',
    labelNames,
    buckets: buckets.pods,
    registers,
  })
  return { started, ended, lead, approval, restore }
}

function observe(histogram: Histogram<Place>, place: Record<Place, string>, ms: number | undefined): void {
  if (ms !== undefined) histogram.observe(place, ms / 1_000)
}

export type Metrics = ReturnType<typeof createMetrics>
