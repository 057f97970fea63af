import type { AuditEntry } from '../../upgrade/audit-chain.ts'
import { type BatchCourse, type Course, courseOf } from '../../upgrade/course.ts'
import type { Capacity, Evidence, Sample } from '../../upgrade/evidence.ts'
import { Unit } from '../../upgrade/gate.ts'
import { own } from '../../upgrade/own.ts'
import { phaseOf } from '../../upgrade/phase.ts'
import { type Actor, GateReport, hasStarted, type Upgrade } from '../../upgrade/upgrade.ts'
import { baselineOf } from '../../upgrade/watched-gates.ts'
import type { Chart, Mark, Panel } from '../chart.ts'
import { clean } from '../escape.ts'
import { code, join, lines, type Markup, mrkdwn, nothing, plain, quoted, sentences, time } from '../markup.ts'
import { plainVersion, shortVersion } from '../version.ts'
import { auditActions } from './audit.ts'
import { gateLine, limitWords, quantity } from './gates.ts'
import { phases } from './phases.ts'
import { actor, duration } from './wording.ts'

/** What the report of an upgrade that has ended is made of: its audit chain, oldest entry first, and what was measured. */
export type Told = { entries: readonly AuditEntry[]; evidence: Evidence }

/** As many lines of a kind as are read on a phone; the files have them all. */
const most = 8

// ---------------------------------------------------------------- in the thread

/** How the batches went, whether capacity was kept, and what the gates said; nothing of what never started. */
export function report(upgrade: Upgrade, { entries, evidence }: Told): Markup {
  if (!hasStarted(upgrade)) return nothing
  const course = courseOf(entries)
  return lines(
    ...batchLines(upgrade, course),
    evidence.capacity ? capacityLine(evidence.capacity) : nothing,
    ...gateLines(upgrade, reportsOf(upgrade, { entries, evidence }), evidence, course),
  )
}

function batchLines(upgrade: Upgrade, { batches, back }: Course): Markup[] {
  if (batches.length === 0 && !back) return []
  const of = upgrade.plan?.from.replicas ?? 0
  const way = back ? [mrkdwn`• back: ${back.ended ? duration(between(back.began, back.ended)) : 'not finished'}`] : []
  return [mrkdwn`*Batches*`, ...fewer(batches.map((batch) => batchLine(batch, of))), ...way]
}

/** `• 3 of 10: Ready in 20 s, soaked 2 min, gates 3 s, continued after 40 s by @carol (10:04)` */
function batchLine(batch: BatchCourse, of: number): Markup {
  const { pods, began, reached, soaked, accepted, checked, continued } = batch
  const parts = [
    reached ? mrkdwn`Ready in ${duration(between(began, reached))}` : mrkdwn`not finished`,
    reached && soaked ? mrkdwn`soaked ${duration(between(reached, soaked))}` : nothing,
    accepted ? mrkdwn`signed off after ${duration(between(soaked ?? reached ?? began, accepted))}` : nothing,
    checked ? mrkdwn`gates ${duration(between(accepted ?? soaked ?? reached ?? began, checked))}` : nothing,
    checked && continued
      ? sentences(
          mrkdwn`continued after ${duration(between(checked, continued.at))} by ${actor(continued.by)}`,
          quoted(continued.reason),
          mrkdwn`(${time(continued.at)})`,
        )
      : nothing,
  ]
  return mrkdwn`• ${pods} of ${of}: ${join(parts, ', ')}`
}

function capacityLine({ least, wanted, belowMs, downMs }: Capacity): Markup {
  const kept =
    least >= wanted
      ? mrkdwn`never fewer than ${wanted} of ${wanted} Ready`
      : mrkdwn`at least ${least} of ${wanted} Ready, fewer than wanted for ${duration(belowMs)}`
  return mrkdwn`*Capacity* ${kept} · downtime ${duration(downMs)}`
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
function gateLines(upgrade: Upgrade, reports: readonly GateReport[], evidence: Evidence, course: Course): Markup[] {
  if (reports.length === 0) return []
  const all = reports.map((one) => {
    const before = one.detail.before === undefined ? figureBefore(upgrade, evidence, course, one) : undefined
    return mrkdwn`${gateLine(one)}${before === undefined ? nothing : mrkdwn`, ${before} before`}`
  })
  return [mrkdwn`*Gates*`, ...fewer(all)]
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

function fewer(all: readonly Markup[]): Markup[] {
  return all.length <= most ? [...all] : [...all.slice(0, most), mrkdwn`• and ${all.length - most} more`]
}

function between(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from)
}

// ---------------------------------------------------------------- the chart

const mostPanels = 6

/** Every gate that measured figures over the time of the upgrade; `undefined` where none did. */
export function chart(upgrade: Upgrade, { entries, evidence }: Told): Chart | undefined {
  const { batches, back } = courseOf(entries)
  const [first] = batches
  const { result, request, plan } = upgrade
  if (!first || !result) return undefined
  const started = entries.findLast(({ action, at }) => action === 'started' && at <= first.began)
  const from = Date.parse((started ?? { at: first.began }).at)
  const to = Math.max(Date.parse(result.at), from + 1_000)
  const panels = evidence.reports
    .map((one) => panelOf(upgrade, evidence, one, from, to))
    .filter(({ points }) => points.length > 0)
    // What failed is what people look for.
    .toSorted((one, other) => Number(hasFailed(other)) - Number(hasFailed(one)))
    .slice(0, mostPanels)
  if (panels.length === 0) return undefined
  const of = plan?.from.replicas ?? 0
  const marks: Mark[] = batches.map((batch) => ({
    at: Date.parse(batch.began),
    label: `${batch.pods} of ${of}`,
    kind: 'batch',
  }))
  if (back) marks.push({ at: Date.parse(back.began), label: '◀ rolled back', kind: 'back' })
  const change = plan
    ? `${plainVersion(plan.from.image)} → ${plainVersion(request.image)}`
    : shortVersion(request.image)
  return {
    title: plain`${request.service} ${change} in ${request.environment}`,
    subtitle: plain`${upgrade.id} · ${phases[result.outcome]} · times in UTC`,
    from,
    to,
    panels,
    marks,
  }
}

function panelOf(upgrade: Upgrade, { series }: Evidence, report: GateReport, from: number, to: number): Panel {
  const { gate, detail } = report
  const samples = (own(series, gate) ?? []).filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to)
  const last = samples.at(-1)
  const unit = Unit.safeParse(detail.unit).data
  const before = baselineOf(upgrade, gate)?.detail.value
  const words = [
    last && limitWords({ ...limitsOf(last), ...(unit && { unit }) }),
    before === undefined ? undefined : `before ${quantity(before, unit)}`,
  ].filter((one) => one !== undefined)
  return {
    name: clean(gate, 40),
    ...(words.length > 0 && { limit: words.join(' · ') }),
    ...(unit && { unit }),
    points: samples.map((sample) => ({
      at: Date.parse(sample.at),
      value: sample.value,
      failed: sample.verdict === 'failed',
      ...limitsOf(sample),
    })),
  }
}

function limitsOf({ atLeast, atMost }: Sample): { atLeast?: number; atMost?: number } {
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) }
}

function hasFailed({ points }: Panel): boolean {
  return points.some(({ failed }) => failed)
}

/** What a chart shows, for those who do not see it. */
export function chartText({ title, panels, marks }: Chart): string {
  const each = panels.map(({ name, unit, limit, points }) => {
    const values = points.map(({ value }) => value)
    const range = `from ${quantity(Math.min(...values), unit)} to ${quantity(Math.max(...values), unit)}`
    return `${name} ${range}${limit === undefined ? '' : ` (${limit})`}`
  })
  const back = marks.some(({ kind }) => kind === 'back') ? '. It was rolled back' : ''
  return clean(`${title}: ${each.join('; ')}${back}.`, 1_000)
}

// ---------------------------------------------------------------- the other files

/** What the files in the thread are, above them. */
export function filesTitle({ id }: Pick<Upgrade, 'id'>): string {
  return plain`${id}: how it went, in full`
}

/** To those who look after Rollcall. */
export function scopeWanted(scope: string): Markup {
  return mrkdwn`Reports of upgrades go without their chart and other files: the Slack app lacks the scope ${code(scope)}. Add it on the app’s page «OAuth & Permissions», then install the app to the workspace again.`
}

export const fileTitles = {
  chart: 'What the gates measured',
  configuration: 'Pod template before and after',
  timeline: 'Every step',
}

/** The pod template before and after as a diff. Of values only images are in it, as in the plan. */
export function configuration(upgrade: Upgrade): string {
  const { id, request, plan, policy, result } = upgrade
  const { kind, namespace, name, cluster } = policy.target
  const container = `containers[${policy.target.container}].image`
  const onlyImage = [{ path: container, change: 'changed', from: plan?.from.image, to: request.image }]
  const changes = plan?.prospect?.changes ?? onlyImage
  const isBack = result?.outcome === 'rolledBack'
  return [
    `# ${id}: pod template of ${kind} ${namespace}/${name} on ${cluster}`,
    `# ${isBack ? 'Rolled back: what is marked with - is in force again.' : `It ${phases[phaseOf(upgrade)]}.`}`,
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
  const what = own(auditActions, action) ?? action
  return [at, what, nameOf(by), to.phase ?? '', String(to.replicas ?? ''), made ?? '', reason ?? '']
}

function nameOf(by: Actor): string {
  return by.kind === 'slack' ? by.user : by.kind === 'kubernetes' ? (by.user ?? by.manager ?? '') : 'rollcall'
}
