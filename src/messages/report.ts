import type { AuditEntry } from '../upgrade/audit-chain.ts'
import { type BatchCourse, type Course, courseOf } from '../upgrade/course.ts'
import type { Capacity, Evidence } from '../upgrade/evidence.ts'
import { own } from '../upgrade/own.ts'
import { phaseOf } from '../upgrade/phase.ts'
import { GateReport, hasStarted, type Upgrade } from '../upgrade/upgrade.ts'
import { baselineOf } from '../upgrade/watched-gates.ts'
import { auditAction } from './audit.ts'
import { english } from './english.ts'
import { clean } from './escape.ts'
import { gateLine } from './gates.ts'
import { lines, type Markup, nothing, time } from './markup.ts'
import { plainActor } from './plain-actor.ts'
import { quantity } from './quantity.ts'
import type { Translator } from './translator.ts'
import { actor, duration, said } from './wording.ts'

/** What the report of an upgrade that has ended is made of: its audit chain, oldest entry first, and what was measured. */
export type Told = { entries: readonly AuditEntry[]; evidence: Evidence }

/** As many lines of a kind as are read on a phone; the files have them all. */
const most = 8

// ---------------------------------------------------------------- in the thread

/** How the batches went, whether capacity was kept, and what the gates said; nothing of what never started. */
export function report(t: Translator, upgrade: Upgrade, { entries, evidence }: Told): Markup {
  if (!hasStarted(upgrade)) return nothing
  const course = courseOf(entries)
  return lines(
    ...batchLines(t, upgrade, course),
    evidence.capacity ? capacityLine(t, evidence.capacity) : nothing,
    ...gateLines(t, upgrade, reportsOf(upgrade, { entries, evidence }), evidence, course),
  )
}

function batchLines(t: Translator, upgrade: Upgrade, { batches, back }: Course): Markup[] {
  if (batches.length === 0 && !back) return []
  const of = upgrade.plan?.from.replicas ?? 0
  const each = batches.map((batch) => batchLine(t, batch, of))
  return [t.say('report.batches'), ...fewer(t, each), ...(back ? [backLine(t, back)] : [])]
}

function backLine(t: Translator, { began, ended }: NonNullable<Course['back']>): Markup {
  return ended ? t.say('report.back', { duration: duration(t, between(began, ended)) }) : t.say('report.backUnfinished')
}

/** `• 3 of 10: Ready in 20 s, soaked 2 min, gates 3 s, continued after 40 s by @carol (10:04)` */
function batchLine(t: Translator, batch: BatchCourse, of: number): Markup {
  const { pods, began, reached, soaked, accepted, checked, continued } = batch
  const took = (from: string, to: string) => ({ duration: duration(t, between(from, to)) })
  const parts = t.phrases([
    reached ? t.say('report.ready', took(began, reached)) : t.say('report.unfinished'),
    reached && soaked ? t.say('report.soaked', took(reached, soaked)) : nothing,
    accepted ? t.say('report.accepted', took(soaked ?? reached ?? began, accepted)) : nothing,
    checked ? t.say('report.gatesTook', took(accepted ?? soaked ?? reached ?? began, checked)) : nothing,
    checked && continued
      ? t.say('report.continued', {
          ...took(checked, continued.at),
          by: actor(t, continued.by),
          said: said(t, continued.reason),
          at: time(continued.at),
        })
      : nothing,
  ])
  return t.say('report.batch', { pods, of, parts })
}

function capacityLine(t: Translator, { least, wanted, belowMs, downMs }: Capacity): Markup {
  const down = duration(t, downMs)
  return least >= wanted
    ? t.say('report.capacityKept', { wanted, down })
    : t.say('report.capacityMissed', { least, wanted, below: duration(t, belowMs), down })
}

/**
 * What every gate said last, whatever asks it: what was measured beside the upgrade, what its checks passed, what stopped it.
 * The rollout itself is told by batches and capacity.
 */
function reportsOf({ measured }: Upgrade, { entries, evidence }: Told): GateReport[] {
  const stopped = entries.flatMap(({ detail }) => GateReport.safeParse(detail?.report).data ?? [])
  const others = [...measured, ...stopped].filter(
    ({ gate }) => gate !== 'rollout' && !evidence.reports.some((one) => one.gate === gate),
  )
  return [...evidence.reports, ...new Map(others.map((one) => [one.gate, one])).values()]
}

/** Each gate, and of a figure also the one before the first change. */
function gateLines(
  t: Translator,
  upgrade: Upgrade,
  reports: readonly GateReport[],
  evidence: Evidence,
  course: Course,
): Markup[] {
  if (reports.length === 0) return []
  const all = reports.map((one) => {
    const line = gateLine(t, one)
    const before = one.detail.before === undefined ? figureBefore(upgrade, evidence, course, one) : undefined
    return before === undefined ? line : t.say('report.before', { line, before })
  })
  return [t.say('report.gates'), ...fewer(t, all)]
}

function figureBefore(
  upgrade: Upgrade,
  { series }: Evidence,
  { batches }: Course,
  { gate, detail }: GateReport,
): string | undefined {
  if (typeof detail.value !== 'number') return undefined
  const began = batches[0]?.began ?? ''
  const measured = baselineOf(upgrade, gate)?.detail.value ?? own(series, gate)?.findLast(({ at }) => at < began)?.value
  return measured === undefined ? undefined : quantity(measured, detail.unit)
}

function fewer(t: Translator, all: readonly Markup[]): Markup[] {
  if (all.length <= most) return [...all]
  return [...all.slice(0, most), t.say('report.more', { count: all.length - most })]
}

function between(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from)
}

// ---------------------------------------------------------------- the files

/** What the files in the thread are, above them. */
export function filesTitle(t: Translator, { id }: Pick<Upgrade, 'id'>): string {
  return t.plain('report.filesTitle', { id })
}

/** To those who look after Rollcall. */
export function scopeWanted(t: Translator, scope: string): Markup {
  return t.say('report.scopeWanted', { scope })
}

export function fileTitles(t: Translator) {
  return {
    chart: t.plain('report.chartTitle'),
    configuration: t.plain('report.configurationTitle'),
    timeline: t.plain('report.timelineTitle'),
  }
}

/**
 * The pod template before and after as a diff. Of values only images are in it, as in the plan. In English in any language,
 * as the timeline is: both are kept, compared and read by programs.
 */
export function configuration(upgrade: Upgrade): string {
  const { id, request, plan, policy, result } = upgrade
  const { kind, namespace, name, cluster } = policy.target
  const container = `containers[${policy.target.container}].image`
  const onlyImage = [{ path: container, change: 'changed', from: plan?.from.image, to: request.image }]
  const changes = plan?.prospect?.changes ?? onlyImage
  const isBack = result?.outcome === 'rolledBack'
  const phase = english.plain(`phase.${phaseOf(upgrade)}`)
  return [
    `# ${id}: pod template of ${kind} ${namespace}/${name} on ${cluster}`,
    `# ${isBack ? 'Rolled back: what is marked with - is in force again.' : `It ${phase}.`}`,
    '# Values are shown of images only.',
    '--- before',
    '+++ after',
    ...changes.flatMap(({ path, change, from, to }) =>
      from === undefined || to === undefined
        ? [`${signs[change] ?? '!'}${path}: ${change}`]
        : [`-${path}: ${from}`, `+${path}: ${to}`],
    ),
    '',
  ]
    .map((line) => clean(line, 500))
    .join('\n')
}

const signs: Record<string, string> = { added: '+', removed: '-', changed: '!' }

export const timelineColumns = ['time', 'what', 'who', 'phase', 'pods', 'code', 'reason']

/** Every entry of the audit chain as a row. */
export function timelineRow({ at, action, actor: by, to, code: made, reason }: AuditEntry): string[] {
  const what = auditAction(english, action)
  return [at, what, plainActor(by), to.phase ?? '', String(to.replicas ?? ''), made ?? '', reason ?? '']
}
