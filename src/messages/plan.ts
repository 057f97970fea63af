import { type ForecastBatch, forecastOf } from '../upgrade/forecast.ts'
import type { Policy } from '../upgrade/policy.ts'
import { type Risk, risksOf } from '../upgrade/risk.ts'
import type { Plan, Request, TemplateChange } from '../upgrade/upgrade.ts'
import { finding, findingLines } from './findings.ts'
import { measured } from './gates.ts'
import { lines, type Markup, mrkdwn, nothing, time } from './markup.ts'
import type { Translator } from './translator.ts'
import { aboutImage, waivers } from './upgrade.ts'
import { shortVersion } from './version.ts'
import { attempt, duration, pods } from './wording.ts'

type Strategy = Policy['strategy']['type']

// ---------------------------------------------------------------- risks

/** What to weigh, the gravest first: what is known of the change itself, then what the checks warn of. */
export function risks(t: Translator, request: Request, plan: Plan): Markup[] {
  const warned = plan.findings.filter(({ severity }) => severity === 'warn')
  return [...risksOf({ request }, plan).map((one) => riskSentence(t, one)), ...warned.map((one) => finding(t, one))]
}

export function riskLines(t: Translator, request: Request, plan: Plan): Markup {
  const found = risks(t, request, plan)
  if (found.length === 0) return t.say('plan.noRisks')
  return lines(t.say('plan.risks'), ...found.map((one) => mrkdwn`• ${one}`))
}

export function riskSentence(t: Translator, risk: Risk): Markup {
  return t.fill(`risk.${risk.code}`, { ...risk, ...('pods' in risk && { pods: pods(t, risk.pods) }) })
}

// ---------------------------------------------------------------- times

/** How long moves and soaks will take, and where that is known from. */
export function expectedTime(t: Translator, plan: Plan, strategy: Strategy): Markup {
  const { ms } = forecastOf(plan, strategy)
  const past = plan.prospect?.past
  if (ms === undefined) return past ? t.say('plan.timeUnknown') : nothing
  return t.say('plan.time', { time: roughly(t, ms), batches: past?.batches ?? 0 })
}

/** No more exactly than it can be known: to 10 s from a minute on, to a minute from ten. */
function roughly(t: Translator, ms: number): string {
  const unit = ms >= 600_000 ? 60_000 : ms >= 60_000 ? 10_000 : 1_000
  return duration(t, Math.round(ms / unit) * unit)
}

/** `2. when somebody continues: 3 of 10 pods (about 40 s), soak 2 min, check rollout` */
export function stepLines(t: Translator, plan: Plan, strategy: Strategy): Markup[] {
  const { batches, before } = forecastOf(plan, strategy)
  return [
    ...(before.length > 0 ? [t.say('plan.before', { gates: named(t, before) })] : []),
    ...batches.map((batch, index) => t.say('plan.step', { number: index + 1, batch: batchWords(t, batch) })),
    t.say('plan.lastStep', { number: batches.length + 1 }),
  ]
}

function batchWords(t: Translator, { pods: count, of, asked, ms, soakMs, gates }: ForecastBatch): Markup {
  const all = pods(t, of)
  const parts = t.phrases([
    ms === undefined
      ? t.say('plan.batchOf', { count, pods: all })
      : t.say('plan.batchTakes', { count, pods: all, time: roughly(t, ms) }),
    soakMs > 0 ? t.say('plan.soak', { time: duration(t, soakMs) }) : nothing,
    gates.length > 0 ? t.say('plan.check', { gates: named(t, gates) }) : nothing,
  ])
  return t.say(asked ? 'plan.batch.asked' : 'plan.batch', { parts })
}

function named(t: Translator, gates: readonly string[]): Markup {
  return t.list(gates.map((gate) => mrkdwn`${gate}`))
}

/** When there will be the least traffic, and what to type for it; nothing where nobody asked for that. */
export function quietTime(t: Translator, { service, version, environment }: Request, { prospect }: Plan): Markup {
  const quiet = prospect?.quietTime
  if (!quiet) return nothing
  if (!('at' in quiet)) return t.say('quiet.unknown', { measured: measured(t, quiet) })
  const { at, value, now } = quiet
  const share = now > 0 ? Math.round((value / now) * 100) : undefined
  if (share !== undefined && share >= 90) return t.say('quiet.now')
  const command = `/upgrade ${service} ${version} in ${environment} --at ${at.replace(/:\d{2}\.\d{3}Z$/, 'Z')}`
  return share === undefined
    ? t.say('quiet.at', { at: time(at), command })
    : t.say('quiet.share', { at: time(at), share, command })
}

// ---------------------------------------------------------------- what changes, and back

/** As many as people read. */
const shownChanges = 8

/** What becomes of the pod template; nothing where that was not looked at. */
export function templateLines(t: Translator, { prospect }: Plan): Markup {
  const { changes = [] } = prospect ?? {}
  if (changes.length === 0) return nothing
  const shown = changes.slice(0, shownChanges).map((one) => changeLine(t, one))
  const rest = changes.length - shown.length
  const more = rest > 0 ? [t.say('template.more', { count: rest })] : []
  return t.say(changes.length === 1 ? 'template.onlyChange' : 'template.changes', {
    changes: t.clauses([...shown, ...more]),
  })
}

function changeLine(t: Translator, { path, change, from, to }: TemplateChange): Markup {
  return from !== undefined && to !== undefined
    ? t.say('template.fromTo', { path, from, to })
    : t.say('template.change', { path, change })
}

/** To what, how long it may take, and what to type when there is no Rollcall. */
export function wayBack(t: Translator, plan: Plan, strategy: Strategy): Markup {
  const { prospect } = plan
  return t.sentences(
    oldTemplate(t, plan, strategy),
    backTime(t, plan, strategy),
    prospect ? t.say('back.alone', { command: prospect.back }) : nothing,
  )
}

function oldTemplate(t: Translator, { from }: Plan, strategy: Strategy): Markup {
  const { surge, unavailable, replicas } = from
  const version = shortVersion(from.image)
  if (replicas === 0) return t.say('back.template', { version })
  if (strategy === 'recreate') return t.say('back.downtime', { version })
  return surge > 0
    ? t.say('back.ready', { version, replicas })
    : t.say('back.missing', { version, pods: pods(t, unavailable) })
}

function backTime(t: Translator, plan: Plan, strategy: Strategy): Markup {
  const past = plan.prospect?.past
  if (past?.back) return t.say('back.last', { time: duration(t, past.back.ms), id: past.back.id })
  const { backMs } = forecastOf(plan, strategy)
  return backMs === undefined ? nothing : t.say('back.about', { time: roughly(t, backMs) })
}

// ---------------------------------------------------------------- the whole plan

/** The answer to whoever only wants to see it: the verdict first, then what to weigh, then how. */
export function planned(
  t: Translator,
  request: Request,
  plan: Plan,
  strategy: Strategy,
  wayOn: Markup = attempt(t, requestLine(request), 'lead.ask'),
): { title: Markup; lines: Markup[] } {
  const { service, environment } = request
  const versions = { from: shortVersion(plan.from.image), to: shortVersion(request.image) }
  const what = t.say('plan.title', { service, environment, ...versions })
  const blocks = plan.findings.filter(({ severity }) => severity === 'block')
  const notes = plan.findings.filter(({ severity }) => severity === 'note')
  const verdict = blocks.length > 0 ? t.say('plan.blocked') : t.sentences(t.say('plan.free'), wayOn)
  const start = request.startAt === undefined ? nothing : t.say('plan.toStart', { startAt: time(request.startAt) })
  const declared =
    request.irreversible === undefined
      ? nothing
      : t.say('plan.irreversible', { reason: t.quoted(request.irreversible) })
  const parts = [
    findingLines(t, blocks),
    declared,
    waivers(t, plan),
    riskLines(t, request, plan),
    apart(t.say('plan.steps')),
    ...stepLines(t, plan, strategy),
    expectedTime(t, plan, strategy),
    apart(quietTime(t, request, plan)),
    apart(templateLines(t, plan)),
    apart(wayBack(t, plan, strategy)),
    apart(findingLines(t, notes)),
  ]
  return {
    title: lines(what, start, aboutImage(t, plan), verdict),
    lines: parts.filter(({ mrkdwn: text }) => text !== ''),
  }
}

function requestLine({ service, version, environment, startAt }: Request): string {
  const later = startAt === undefined ? '' : ` --at ${startAt.replace(/:\d{2}\.\d{3}Z$/, 'Z')}`
  return `/upgrade ${service} ${version} in ${environment}${later}`
}

/** With an empty line before it. */
function apart(part: Markup): Markup {
  return part.mrkdwn === '' ? part : mrkdwn`\n${part}`
}
