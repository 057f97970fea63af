import { courseOf } from '../upgrade/course.ts'
import type { Evidence, Sample } from '../upgrade/evidence.ts'
import { Unit } from '../upgrade/gate.ts'
import { own } from '../upgrade/own.ts'
import type { GateReport, Upgrade } from '../upgrade/upgrade.ts'
import { baselineOf } from '../upgrade/watched-gates.ts'
import { english } from './english.ts'
import { clean } from './escape.ts'
import { limitWords } from './gates.ts'
import { plain } from './markup.ts'
import { quantity } from './quantity.ts'
import type { Told } from './report.ts'
import { plainVersion, shortVersion } from './version.ts'

/** What gates measured in the course of an upgrade, one panel each, over one time axis. Times are epoch milliseconds. */
export type Chart = {
  title: string
  subtitle: string
  from: number
  to: number
  panels: Panel[]
  marks: Mark[]
}

export type Panel = {
  name: string
  /** The limit in words, as it was last. */
  limit?: string
  unit?: Unit
  /** In order of time. */
  points: Point[]
}

export type Point = {
  at: number
  value: number
  /** Outside the limits that held for it. */
  failed: boolean
  atLeast?: number
  atMost?: number
}

/** A moment of the upgrade itself: a batch began, or the way back. */
export type Mark = { at: number; label: string; kind: 'batch' | 'back' }

const mostPanels = 6

/**
 * Every gate that measured figures over the time of the upgrade; `undefined` where none did. In English in any language:
 * the font of the pictures has no other letters.
 */
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
    subtitle: plain`${upgrade.id} · ${english.plain(`phase.${result.outcome}`)} · times in UTC`,
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
    last && limitWords(english, { ...limitsOf(last), ...(unit && { unit }) }),
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
