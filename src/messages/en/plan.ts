import { assertNever } from '../../upgrade/assert-never.ts'
import { type ForecastBatch, forecastOf } from '../../upgrade/forecast.ts'
import type { Policy } from '../../upgrade/policy.ts'
import { type Risk, risksOf } from '../../upgrade/risk.ts'
import type { Outcome, Past, Plan, Request, TemplateChange } from '../../upgrade/upgrade.ts'
import { bold, code, join, lines, type Markup, mrkdwn, nothing, quoted, sentences, time } from '../markup.ts'
import { shortVersion } from '../version.ts'
import { finding } from './findings.ts'
import { measured } from './gates.ts'
import { aboutImage, findingLines, waivers } from './upgrade.ts'
import { attempt, duration, pods } from './wording.ts'

type Strategy = Policy['strategy']['type']

// ---------------------------------------------------------------- risks

/** What to weigh, the gravest first: what is known of the change itself, then what the checks warn of. */
export function risks(request: Request, plan: Plan): Markup[] {
  const warned = plan.findings.filter(({ severity }) => severity === 'warn')
  return [...risksOf({ request }, plan).map(riskSentence), ...warned.map(finding)]
}

export function riskLines(request: Request, plan: Plan): Markup {
  const found = risks(request, plan)
  if (found.length === 0) return mrkdwn`*Risks:* none that Rollcall knows of.`
  return lines(mrkdwn`*Risks*`, ...found.map((one) => mrkdwn`• ${one}`))
}

/** What became of an upgrade, as it goes on after its name. */
const became: Record<Outcome, string> = {
  succeeded: 'succeeded',
  rolledBack: 'was rolled back',
  rejected: 'was rejected',
  expired: 'expired',
  cancelled: 'was cancelled',
  failed: 'failed',
}

export function riskSentence(risk: Risk): Markup {
  switch (risk.code) {
    case 'DOWNGRADE':
      return mrkdwn`An older version: ${risk.from} → ${risk.to}.`
    case 'MAJOR_JUMP':
      return mrkdwn`Another major version: ${risk.from} → ${risk.to}.`
    case 'FIRST_TIME':
      return mrkdwn`The first upgrade of this workload through Rollcall.`
    case 'MORE_THAN_IMAGE':
      return mrkdwn`More of the pod template changes than its image: admission adds ${risk.changes === 1 ? 'something' : `${risk.changes} things`}.`
    case 'LAST_DID_NOT_STAY':
      return mrkdwn`The last one, ${risk.id}, ${became[risk.outcome]}.`
    case 'ONE_BATCH':
      return mrkdwn`All ${pods(risk.pods)} in one batch: it never rests at a part of them.`
    case 'NO_SOAK':
      return mrkdwn`No soak: what shows only after a while is not waited for.`
    default:
      return assertNever(risk)
  }
}

// ---------------------------------------------------------------- times

/** How long moves and soaks will take, and where that is known from. */
export function expectedTime(plan: Plan, strategy: Strategy): Markup {
  const { ms } = forecastOf(plan, strategy)
  const past = plan.prospect?.past
  if (ms === undefined) return past ? mrkdwn`How long it takes is not known: there is no history yet.` : nothing
  return mrkdwn`Moves and soaks take about ${roughly(ms)}, going by ${history(past)}; the time to decide comes on top.`
}

function history(past: Past | undefined): string {
  const { batches = 0 } = past ?? {}
  return batches === 1 ? 'one batch before' : `${batches} batches before`
}

/** No more exactly than it can be known: to 10 s from a minute on, to a minute from ten. */
function roughly(ms: number): string {
  const unit = ms >= 600_000 ? 60_000 : ms >= 60_000 ? 10_000 : 1_000
  return duration(Math.round(ms / unit) * unit)
}

/** `2. when somebody continues: 3 of 10 pods (about 40 s), soak 2 min, check rollout` */
export function stepLines(plan: Plan, strategy: Strategy): Markup[] {
  const { batches, before } = forecastOf(plan, strategy)
  return [
    ...(before.length > 0 ? [mrkdwn`0. before anything is changed: check ${before.join(', ')}`] : []),
    ...batches.map((batch, index) => mrkdwn`${index + 1}. ${batchWords(batch)}`),
    mrkdwn`${batches.length + 1}. the workload gets its own settings back`,
  ]
}

function batchWords({ pods: count, of, asked, ms, soakMs, gates }: ForecastBatch): Markup {
  const takes = ms === undefined ? nothing : mrkdwn` (about ${roughly(ms)})`
  const soak = soakMs > 0 ? mrkdwn`soak ${duration(soakMs)}` : nothing
  const check = gates.length > 0 ? mrkdwn`check ${gates.join(', ')}` : nothing
  const first = asked ? mrkdwn`when somebody continues: ` : nothing
  return mrkdwn`${first}${join([mrkdwn`${count} of ${pods(of)}${takes}`, soak, check], ', ')}`
}

/** When there will be the least traffic, and what to type for it; nothing where nobody asked for that. */
export function quietTime({ service, version, environment }: Request, { prospect }: Plan): Markup {
  const quiet = prospect?.quietTime
  if (!quiet) return nothing
  if (!('at' in quiet)) return mrkdwn`*Least traffic:* not known: ${measured(quiet)}.`
  const { at, value, now } = quiet
  const share = now > 0 ? Math.round((value / now) * 100) : undefined
  if (share !== undefined && share >= 90) return mrkdwn`*Least traffic:* about now.`
  const compared = share === undefined ? nothing : mrkdwn`, about ${share} % of now’s`
  const command = code(`/upgrade ${service} ${version} in ${environment} --at ${at.replace(/:\d{2}\.\d{3}Z$/, 'Z')}`)
  return mrkdwn`*Least traffic:* ${time(at)}${compared}. ${command} starts then.`
}

// ---------------------------------------------------------------- what changes, and back

/** As many as people read. */
const shownChanges = 8

/** What becomes of the pod template; nothing where that was not looked at. */
export function templateLines({ prospect }: Plan): Markup {
  const { changes = [] } = prospect ?? {}
  if (changes.length === 0) return nothing
  const shown = changes.slice(0, shownChanges).map(changeLine)
  const rest = changes.length - shown.length
  const more = rest > 0 ? [mrkdwn`and ${rest} more`] : []
  const only = changes.length === 1 ? mrkdwn`, and nothing else` : nothing
  return mrkdwn`*Pod template:* ${join([...shown, ...more], '; ')}${only}.`
}

function changeLine({ path, change, from, to }: TemplateChange): Markup {
  if (from !== undefined && to !== undefined) return mrkdwn`${code(path)} from ${code(from)} to ${code(to)}`
  return mrkdwn`${code(path)} ${change}`
}

/** To what, how long it may take, and what to type when there is no Rollcall. */
export function wayBack(plan: Plan, strategy: Strategy): Markup {
  const { from, prospect } = plan
  const version = shortVersion(from.image)
  return sentences(
    mrkdwn`*Way back:* the old pod template (${version}) in one patch${capacity(plan, strategy)}.`,
    backTime(plan, strategy),
    prospect ? mrkdwn`Without Rollcall it begins with ${code(prospect.back)}` : nothing,
  )
}

function capacity({ from: { surge, unavailable, replicas } }: Plan, strategy: Strategy): string {
  if (replicas === 0) return ''
  if (strategy === 'recreate') return ', with downtime'
  return surge > 0 ? `, never below ${replicas} Ready` : `, with up to ${pods(unavailable)} missing`
}

function backTime(plan: Plan, strategy: Strategy): Markup {
  const past = plan.prospect?.past
  if (past?.back) return mrkdwn`It took ${duration(past.back.ms)} last time (${past.back.id}).`
  const { backMs } = forecastOf(plan, strategy)
  return backMs === undefined ? nothing : mrkdwn`It takes about ${roughly(backMs)} once all are new.`
}

// ---------------------------------------------------------------- the whole plan

/** The answer to whoever only wants to see it: the verdict first, then what to weigh, then how. */
export function planned(
  request: Request,
  plan: Plan,
  strategy: Strategy,
  wayOn: Markup = attempt(requestLine(request), 'To ask for it:'),
): { title: Markup; lines: Markup[] } {
  const what = mrkdwn`Plan for ${bold(request.service)} in ${bold(request.environment)}: ${shortVersion(plan.from.image)} → ${shortVersion(request.image)}`
  const blocks = plan.findings.filter(({ severity }) => severity === 'block')
  const notes = plan.findings.filter(({ severity }) => severity === 'note')
  const verdict =
    blocks.length > 0 ? mrkdwn`It could not start as things are.` : sentences(mrkdwn`Nothing stands in the way.`, wayOn)
  const start = request.startAt === undefined ? nothing : mrkdwn`To start ${time(request.startAt)}.`
  const declared =
    request.irreversible === undefined
      ? nothing
      : mrkdwn`Declared irreversible ${quoted(request.irreversible)}: only an operator can roll it back.`
  const parts = [
    findingLines(blocks),
    declared,
    waivers(plan),
    riskLines(request, plan),
    apart(mrkdwn`*Steps*`),
    ...stepLines(plan, strategy),
    expectedTime(plan, strategy),
    apart(quietTime(request, plan)),
    apart(templateLines(plan)),
    apart(wayBack(plan, strategy)),
    apart(findingLines(notes)),
  ]
  return {
    title: lines(what, start, aboutImage(plan), verdict),
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
