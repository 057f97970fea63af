import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { phaseOf } from '../upgrade/phase.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'

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
  return { registry, events, refusals, swept, auditFileBehind, auditFileFailures }
}
export type Metrics = ReturnType<typeof createMetrics>
