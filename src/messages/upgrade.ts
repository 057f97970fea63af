import type { Observation } from '../engine/ports.ts'
import type { Action } from '../engine/surface.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import { phaseOf } from '../upgrade/phase.ts'
import { accountOf, mayStart } from '../upgrade/quorum.ts'
import { isRefusal } from '../upgrade/refusal.ts'
import { askDeadline } from '../upgrade/steps/ask.ts'
import { transition } from '../upgrade/transition.ts'
import {
  type Answer,
  currentStep,
  type Goal,
  hasStarted,
  type Incident,
  lastGoal,
  Outcome,
  onFailureOf,
  type Plan,
  type Upgrade,
  voidedRounds,
} from '../upgrade/upgrade.ts'
import { accepters, byName, type Deciders, deciders } from './deciders.ts'
import { unmet } from './dependencies.ts'
import { clean } from './escape.ts'
import { findingLines } from './findings.ts'
import { cause, incident as incidentSentence } from './incidents.ts'
import { channel, group, join, lines, link, type Markup, mrkdwn, nothing, time, user } from './markup.ts'
import { isBatch, type Progress, progressBar } from './progress.ts'
import { recordOf } from './record.ts'
import { fromTo, missingApprovals, requestAgain } from './refusals.ts'
import { restricted, scopeWords } from './restrictions.ts'
import type { Translator } from './translator.ts'
import { shortVersion } from './version.ts'
import { actor, attempt, duration, listed, pods, said, who } from './wording.ts'

type Ask = Extract<NonNullable<ReturnType<typeof currentStep>>, { kind: 'ask' }>

// ---------------------------------------------------------------- the live message

/** `web → 1.5.0 in production · web-production-14` */
export function headline(t: Translator, { id, request }: Upgrade): string {
  const { service, environment, image, breakGlass } = request
  const words = { service, environment, version: shortVersion(image), id }
  return t.plain(breakGlass ? 'live.headline.breakGlass' : 'live.headline', words)
}

/** `1.4.2 (ab12c9) → 1.5.0 (9f3c07) · asked by @dana «fix checkout rounding»` */
export function change(t: Translator, upgrade: Upgrade): Markup {
  const { by, reason } = upgrade.request
  return t.sentences(
    t.say('live.change', { fromTo: fromTo(upgrade), by: actor(t, by), said: said(t, reason) }),
    irreversible(t, upgrade),
  )
}

/** What its registry and its labels say of the image, and where to read what changed; nothing where nobody asked. */
export function aboutImage(t: Translator, { image }: Pick<Plan, 'image'>): Markup {
  if (!image) return nothing
  const { digest, version, revision, created, changes } = image
  return join(
    [
      t.say('image.digest', { digest: digest.slice(0, 'sha256:'.length + 12) }),
      version === undefined ? nothing : t.say('image.version', { version: clean(version, 60) }),
      revision === undefined ? nothing : t.say('image.revision', { revision: clean(revision, 12) }),
      created === undefined ? nothing : t.say('image.built', { created: time(created) }),
      changes === undefined ? nothing : link(changes, t.plain('image.changes')),
    ],
    ' · ',
  )
}

/** What was declared of the request; nothing in most cases. */
export function irreversible(t: Translator, { request, policy }: Pick<Upgrade, 'request' | 'policy'>): Markup {
  if (request.irreversible === undefined) return nothing
  const reason = t.quoted(request.irreversible)
  return t.say('live.irreversible', { reason, who: who(t, deciders(policy, 'operate')) })
}

/** Where it stands and who is waited for. The first thing that a phone or a screen reader gets. */
export function state(t: Translator, upgrade: Upgrade, progress: Progress): Markup {
  const { id, policy, hold, turnedBack, result } = upgrade
  const step = currentStep(upgrade)
  const { updated, total } = progress
  switch (progress.phase) {
    case 'checking':
      return t.say('state.checking')
    case 'awaitingApproval':
      if (upgrade.request.breakGlass && !mayStart(upgrade)) {
        return t.sentences(unconfirmed(t, upgrade), until(t, upgrade, step))
      }
      return mayStart(upgrade)
        ? t.sentences(approvedBy(t, upgrade), t.say('question.checkedAgain'))
        : t.sentences(
            t.say('state.awaitingApproval', { missing: missingApprovals(t, upgrade) }),
            tooFew(t, upgrade),
            startTime(t, upgrade.request),
            until(t, upgrade, step),
            approvedBy(t, upgrade),
          )
    case 'scheduled':
      return t.sentences(approvedBy(t, upgrade), ready(t, upgrade))
    case 'progressing':
      return step?.kind === 'reach' && step.goal.to === 'finish'
        ? t.say('state.finishing', { pods: pods(t, step.goal.of) })
        : t.say('state.progressing', { pods: step?.kind === 'reach' ? step.goal.pods : updated, total })
    case 'verifying':
      if (step?.kind === 'ask') {
        const accepting = t.say('state.accepting', { updated, total, who: who(t, accepters(upgrade)) })
        return t.sentences(accepting, until(t, upgrade, step))
      }
      return step?.kind === 'soak'
        ? t.say('state.soaking', { updated, total, until: time(later(upgrade.at.since, step.durationMs)) })
        : t.say('state.measuring', { updated, total })
    case 'awaitingContinue': {
      const next = step?.kind === 'ask' ? step.next : '?'
      const waiting = t.say('state.awaitingContinue', { who: who(t, deciders(policy, 'operate')), next, total })
      return t.sentences(waiting, until(t, upgrade, step))
    }
    case 'paused':
      return t.sentences(
        hold?.restriction
          ? t.say('state.restricted', { restricted: restricted(t, hold.restriction) })
          : t.say('state.paused', why(t, hold)),
        holding(t, upgrade),
      )
    case 'rollingBack':
      return t.say('state.rollingBack', { version: oldVersion(t, upgrade), ...why(t, turnedBack) })
    case 'succeeded':
      return t.say('state.succeeded', { pods: pods(t, total), version: shortVersion(upgrade.request.image) })
    case 'rolledBack':
      return t.say('state.rolledBack', {
        ...why(t, turnedBack),
        pods: pods(t, total),
        version: oldVersion(t, upgrade),
      })
    case 'rejected':
      return t.say('state.rejected', why(t, result))
    case 'cancelled':
      return t.say('state.cancelled', why(t, result))
    case 'expired':
      return t.sentences(t.say('state.expired'), attempt(t, requestAgain(upgrade), 'lead.askAgain'))
    case 'failed':
      return failure(t, upgrade, id)
    default:
      return assertNever(progress.phase)
  }
}

/** `▰▰▰▱▱▱▱▱▱▱ 3/10 updated · 10/10 ready · batch 2 of 4` */
export function counts(t: Translator, progress: Progress): Markup {
  const { batch, batches, updated, ready: readyPods, total } = progress
  if (total === 0 && progress.phase === 'checking') return nothing
  const unseen = isOver(progress.phase) ? nothing : t.say('count.readyUnknown')
  const parts = [
    t.say('count.updated', { updated, total }),
    readyPods === undefined ? unseen : t.say('count.ready', { ready: readyPods, total }),
    batch > 0 ? t.say('count.batch', { batch, batches }) : nothing,
  ]
  return mrkdwn`${progressBar(progress)}  ${join(parts, ' · ')}`
}

function isOver(phase: Progress['phase']): boolean {
  return Outcome.options.some((outcome) => outcome === phase)
}

/** `✔ checks  ✔ approved by @alice, @bob  ✔ 1 pod  ▶ 3 pods  ○ 5 pods  ○ 10 pods  ○ verify` */
export function planLine(t: Translator, upgrade: Upgrade): Markup {
  const { plan, at, result } = upgrade
  if (at.path === 'back') {
    const mark = result ? (result.outcome === 'rolledBack' ? '✔' : '✘') : '▶'
    return mrkdwn`${mark} ${t.say('milestone.back', { version: oldVersion(t, upgrade) })}`
  }
  const under = result ? '✘' : '▶'
  const checks = t.say('milestone.checks')
  if (!plan) return mrkdwn`${under} ${checks}`
  const marked = milestones(t, upgrade).map(({ label, first, last }) => {
    const mark = at.step > last ? '✔' : at.step >= first ? under : '○'
    return mrkdwn`${mark} ${label}`
  })
  return join([mrkdwn`✔ ${checks}`, ...marked], '   ')
}

/** The steps as people see them: a batch is one thing until the next one begins; the last one is verified on its own. */
function milestones(t: Translator, upgrade: Upgrade): { label: Markup; first: number; last: number }[] {
  const steps = upgrade.plan?.steps ?? []
  const batches = steps.flatMap((step, index) => (step.kind === 'reach' && isBatch(step) ? [{ step, index }] : []))
  const last = batches.at(-1)?.index ?? 0
  return [
    { label: approval(t, upgrade), first: 0, last: 0 },
    ...batches.map(({ step, index }, nth) => {
      const next = batches[nth + 1]?.index ?? index + 1
      return { label: mrkdwn`${pods(t, step.goal.pods)}`, first: index, last: next - 1 }
    }),
    { label: t.say('milestone.verify'), first: last + 1, last: steps.length - 1 },
  ]
}

function approval(t: Translator, upgrade: Upgrade): Markup {
  const { at, confirmed, approvals } = upgrade
  if (at.step === 0 || (confirmed ?? approvals[0]) === undefined) return t.say('milestone.approval')
  return t.say(confirmed ? 'milestone.breakGlass' : 'milestone.approved', { approvers: approvers(t, upgrade) })
}

/** What the watch says of the new pods; nothing when all is well. */
export function podsLine(t: Translator, observation: Observation | undefined): Markup {
  const fresh = observation?.pods ?? []
  if (fresh.length === 0) return nothing
  const restarts = fresh.reduce((sum, { restarts: count }) => sum + count, 0)
  const troubled = fresh.flatMap(({ name, waiting, terminated, unschedulable }) => {
    const trouble = waiting ?? (unschedulable ? 'Unschedulable' : terminated)
    return trouble ? [mrkdwn`${name} ${trouble}`] : []
  })
  const shown = troubled.slice(0, 3)
  const rest = troubled.length - shown.length
  const more = rest > 0 ? [t.say('word.more', { count: rest })] : []
  return join([t.say('count.restarts', { restarts }), ...shown, ...more], ' · ')
}

/** The whole live message in one line, decision first. */
export function liveText(t: Translator, upgrade: Upgrade, progress: Progress): Markup {
  const { service, environment, breakGlass } = upgrade.request
  return t.sentences(
    breakGlass ? t.say('live.text.breakGlass') : nothing,
    t.say('live.text', {
      ...{ id: upgrade.id, service, environment },
      state: state(t, upgrade, progress),
      fromTo: fromTo(upgrade),
    }),
    upgrade.plan ? waivers(t, upgrade.plan) : nothing,
    counts(t, progress),
    irreversible(t, upgrade),
  )
}

// ---------------------------------------------------------------- questions

/** At most five people by name, then the groups: whoever is mentioned in a new message is notified. */
export function call(_: Translator, people: Deciders): Markup {
  return join([...people.users.slice(0, byName).map(user), ...people.groups.map(group)], ' ')
}

/** To somebody who is called and is not in the channel; `asked` is the message there. */
export function directCall(t: Translator, upgrade: Upgrade, asked: Markup, url: string | undefined): Markup {
  const where = t.say('question.directly', { channel: channel(upgrade.policy.channel) })
  return lines(where, asked, link(url, t.plain('question.open')))
}

export function questionTitle(t: Translator, { id }: Upgrade, step: Ask): Markup {
  const { next, of } = step
  switch (step.question) {
    case 'start':
      return t.say('question.start', { id })
    case 'accept':
      return t.say('question.accept', { id, next, of, gate: step.gate ?? t.plain('question.acceptance') })
    case 'continue':
      return t.say('question.continue', { id, next, of })
    default:
      return assertNever(step.question)
  }
}

/** What is decided on, in full. */
export function questionBody(t: Translator, upgrade: Upgrade, step: Ask): Markup {
  const { service, environment } = upgrade.request
  const what = t.say('question.what', { service, environment, change: change(t, upgrade) })
  switch (step.question) {
    case 'start':
      return lines(what, ...startBody(t, upgrade, step))
    case 'accept':
      return lines(what, ...acceptBody(t, upgrade, step))
    case 'continue': {
      const { next, of } = step
      return lines(
        what,
        t.say('question.next', { now: goalBefore(upgrade, step), next, of }),
        t.sentences(until(t, upgrade, step), afterwards(t, upgrade)),
      )
    }
    default:
      return assertNever(step.question)
  }
}

function startBody(t: Translator, upgrade: Upgrade, step: Ask): Markup[] {
  const { request, plan } = upgrade
  const first = [howTo(t, upgrade, step)]
  if (plan) first.unshift(aboutImage(t, plan))
  if (request.breakGlass) {
    const open = t.sentences(unconfirmed(t, upgrade), until(t, upgrade, step))
    return [...first, plan ? waivers(t, plan) : nothing, mayStart(upgrade) ? ready(t, upgrade) : open]
  }
  const needed = t.sentences(
    t.say('question.needs', { missing: missingApprovals(t, upgrade) }),
    tooFew(t, upgrade),
    ownYes(t, upgrade),
    startTime(t, request),
    until(t, upgrade, step),
  )
  return [...first, mayStart(upgrade) ? ready(t, upgrade) : needed, approvedBy(t, upgrade)]
}

function acceptBody(t: Translator, upgrade: Upgrade, step: Ask): Markup[] {
  const { next, of } = step
  const back = onFailureOf(upgrade) === 'rollback'
  return [
    t.say('question.look', { next, of }),
    ownYes(t, upgrade),
    t.sentences(
      t.say(back ? 'question.declinedBack' : 'question.declinedHeld'),
      until(t, upgrade, step),
      t.say('question.unansweredHeld'),
    ),
  ]
}

function ownYes(t: Translator, { policy, request }: Upgrade): Markup {
  return policy.approval.separateRequester && accountOf(request.by) ? t.say('question.ownYes') : nothing
}

/** All at once, or in which batches. */
function howTo(t: Translator, upgrade: Upgrade, step: Ask): Markup {
  const { type, continue: going } = upgrade.policy.strategy
  const all = pods(t, step.of)
  if (type === 'recreate') return t.say('question.recreate', { pods: all })
  const batches = batchesOf(upgrade)
  return batches.length === 1
    ? t.say('question.oneBatch', { pods: all, continue: going })
    : t.say('question.batches', { pods: all, batches: t.plainList(batches), continue: going })
}

function batchesOf({ plan }: Upgrade): number[] {
  return plan?.steps.flatMap((one) => (one.kind === 'reach' && isBatch(one) ? [one.goal.pods] : [])) ?? []
}

/** What break-glass does without, each by its name. */
export function waivers(t: Translator, { waived }: Pick<Plan, 'waived'>): Markup {
  if (!waived) return nothing
  const each = waived.map((one) => waiver(t, one))
  return t.say('waiver.all', { waivers: listed(t, each, 'and') })
}

function waiver(t: Translator, one: NonNullable<Plan['waived']>[number]): Markup {
  switch (one.what) {
    case 'quorum':
      return t.say('waiver.quorum', { quorum: one.quorum })
    case 'soak':
      return t.say('waiver.soak', { duration: duration(t, one.durationMs) })
    case 'window':
      return t.say('waiver.window')
    case 'freeze':
      return t.say('waiver.freeze', { scope: scopeWords(t, one.scope), by: user(one.by), said: said(t, one.reason) })
    case 'promotion':
      return t.say('waiver.promotion', { environment: one.environment })
    default:
      return assertNever(one)
  }
}

function unconfirmed(t: Translator, { id, request }: Upgrade): Markup {
  return t.say('question.unconfirmed', { by: actor(t, request.by), id })
}

/** Everybody has said yes. */
function ready(t: Translator, upgrade: Upgrade): Markup {
  return t.sentences(startsThen(t, upgrade), t.say('question.checkedAgain'))
}

/** When it was asked to start, whatever people say before. */
function startTime(t: Translator, { startAt }: Upgrade['request']): Markup {
  return startAt === undefined ? nothing : t.say('question.toStart', { startAt: time(startAt) })
}

/** Why it has not started although everybody said yes. */
function startsThen(t: Translator, upgrade: Upgrade): Markup {
  const { scheduled } = upgrade
  const step = currentStep(upgrade)
  const awaited = scheduled?.restriction
    ? restricted(t, scheduled.restriction)
    : scheduled?.dependency && unmet(t, scheduled.dependency)
  if (awaited && step?.kind === 'ask') {
    return t.say('question.startsAfter', { awaited, deadline: time(askDeadline(upgrade, step)) })
  }
  return scheduled?.until === undefined ? nothing : t.say('question.starts', { at: time(scheduled.until) })
}

/** The configuration or Slack was changed so that nobody is left to complete the quorum. */
function tooFew(t: Translator, { id, policy, reachable }: Upgrade): Markup {
  if (reachable === undefined) return nothing
  return t.sentences(
    t.say('question.tooFew', { people: reachable, quorum: policy.approval.quorum }),
    attempt(t, `/upgrade cancel ${id}`, 'lead.end'),
  )
}

/** While a hold stands in the way of the answer. */
export function questionHeld(t: Translator, { hold }: Upgrade): Markup {
  return hold?.restriction
    ? t.say('question.restricted', { restricted: restricted(t, hold.restriction) })
    : t.say('question.paused', why(t, hold))
}

/** Who decided, when and why. */
export function questionAnswered(t: Translator, upgrade: Upgrade, answer: Answer): Markup {
  const { action, at, reason } = answer
  if (action === 'void') return t.say('question.void', { at: time(at) })
  if (action === 'expired') return t.say('question.expired', { at: time(at), said: said(t, reason) })
  return answered(t, upgrade, answer)
}

/** `Approved by @alice, @bob · <time> «go»` */
function answered(t: Translator, upgrade: Upgrade, { action, by, at, reason }: Answer): Markup {
  const people = action === 'approved' ? approvers(t, upgrade) : actor(t, by)
  return t.say('question.answered', { action, by: people, at: time(at), said: said(t, reason) })
}

/** The upgrade ended while the question was open. */
export function questionMoot(t: Translator, { id, result }: Upgrade): Markup {
  return result
    ? t.say('question.mootEnded', { id, phase: t.plain(`phase.${result.outcome}`), at: time(result.at) })
    : t.say('question.moot', { id })
}

/** What it was asked about does not stand any more. */
export function questionVoid(t: Translator, { code, at }: Incident): Markup {
  return t.say('question.voided', { cause: cause(t, code), at: time(at) })
}

/** A window or a freeze came before an answer, and it was asked once more when that was over. */
export function questionAskedAnew(t: Translator, { code, at }: Incident): Markup {
  return t.say('question.askedAnew', { cause: cause(t, code), at: time(at) })
}

// ---------------------------------------------------------------- incidents

export function incidentTitle(t: Translator, { id }: Upgrade, one: Incident): Markup {
  return t.say('trouble.title', { id, sentence: incidentSentence(t, one) })
}

/** Their sentences say it all. */
const nothingDone = new Set(['REQUEST_VOID', 'STOP_UNKNOWN'])

/** What Rollcall did about it, and what is open. */
export function incidentState(t: Translator, upgrade: Upgrade, one: Incident): Markup {
  const { hold, turnedBack, result } = upgrade
  const seen = one.acknowledged
    ? t.say('trouble.seen', { by: actor(t, one.acknowledged.by), at: time(one.acknowledged.at) })
    : nothing
  if (result?.outcome === 'failed' && result.at === one.at) return t.sentences(failure(t, upgrade, upgrade.id), seen)
  if (turnedBack && turnedBack.by.kind !== 'slack' && turnedBack.at === one.at) {
    return t.sentences(t.say('trouble.rollsBack'), seen)
  }
  if (hold && hold.by.kind !== 'slack' && hold.since === one.at && !result) {
    return t.sentences(holding(t, upgrade), waysOn(t, upgrade, one), seen)
  }
  if (voidedRounds(upgrade).includes(one) || nothingDone.has(one.code)) return seen
  if (turnedBack && !one.ended) return t.sentences(wayBack(t, upgrade, turnedBack, one), seen)
  return t.sentences(ended(t, one), seen)
}

/** Under way is not done; and of a way back that failed another message tells. */
function wayBack(
  t: Translator,
  { result }: Upgrade,
  turnedBack: NonNullable<Upgrade['turnedBack']>,
  { at }: Incident,
): Markup {
  if (result?.outcome === 'failed' && at > turnedBack.at) return nothing
  const facts = { ...why(t, turnedBack), at: time(turnedBack.at) }
  return t.say(result?.outcome === 'rolledBack' ? 'trouble.rolledBack' : 'trouble.turnedBack', facts)
}

function ended(t: Translator, { ended: end }: Incident): Markup {
  const restored = end?.action === 'restored'
  if (!end) return t.say(restored ? 'trouble.restored' : 'trouble.wentOn')
  return t.say(restored ? 'trouble.restoredBy' : 'trouble.wentOnBy', { by: actor(t, end.by), at: time(end.at) })
}

/** What can be done about a hold, in words for its buttons. */
function waysOn(t: Translator, upgrade: Upgrade, { code: made }: Incident): Markup {
  const { hold, policy } = upgrade
  switch (hold?.change?.kind) {
    case 'scaled':
    case 'share':
      return t.say('trouble.waysScaled')
    case 'template':
    case 'fields':
      return t.say('trouble.waysChanged')
    default: {
      if (hold?.restriction) {
        return t.say(policy.strategy.continue === 'approval' ? 'trouble.nextAsked' : 'trouble.nextGoesOn')
      }
      const changedBack = made.startsWith('OUTSIDE_') && hold?.change === undefined
      const started = hasStarted(upgrade) ? 'yes' : 'no'
      return t.say(changedBack ? 'trouble.waysChangedBack' : 'trouble.ways', { started })
    }
  }
}

// ---------------------------------------------------------------- the result

export function resultTitle(t: Translator, upgrade: Upgrade): Markup {
  const { service, environment, image } = upgrade.request
  return t.say('result.title', {
    ...{ id: upgrade.id, service, environment },
    phase: t.plain(`phase.${upgrade.result?.outcome ?? 'failed'}`),
    version: shortVersion(image),
  })
}

/** The record, how long it took, and who decided what; of a batch its own line of the report tells that. */
export function resultBody(t: Translator, upgrade: Upgrade, progress: Progress): Markup {
  const { request, result } = upgrade
  if (!result) return nothing
  const decided = upgrade.answers.filter(({ by, action }) => by.kind !== 'system' && !unsaid.has(action))
  const took = duration(t, Date.parse(result.at) - Date.parse(request.at))
  return lines(
    state(t, upgrade, progress),
    recordLine(t, upgrade),
    t.say('result.took', { fromTo: fromTo(upgrade), duration: took }),
    ...decided.map((answer) => answered(t, upgrade, answer)),
    result.findings ? findingLines(t, result.findings) : nothing,
  )
}

const unsaid: ReadonlySet<Answer['action']> = new Set(['continued', 'rolledBack', 'void'])

/** What can still be done, and the audit head that an outside copy can be held against. */
export function resultFoot(t: Translator, { result }: Upgrade, head: string | undefined): Markup {
  return lines(
    result?.rollbackUntil ? t.say('result.rollbackUntil', { until: time(result.rollbackUntil) }) : nothing,
    head ? t.say('result.head', { head }) : nothing,
  )
}

/** Under a success that did not last. */
export function takenBack(t: Translator, { turnedBack }: Upgrade): Markup {
  return turnedBack ? t.say('result.takenBack', { ...why(t, turnedBack), at: time(turnedBack.at) }) : nothing
}

/** `date | version | environment | operator | result | note` */
export function recordLine(t: Translator, upgrade: Upgrade): Markup {
  const { date, version, environment, operator } = recordOf(upgrade)
  const when = mrkdwn`${date.slice(0, 16).replace('T', ' ')} UTC`
  return join(
    [
      when,
      mrkdwn`${version}`,
      mrkdwn`${environment}`,
      actor(t, operator),
      t.say(`phase.${phaseOf(upgrade)}`),
      mrkdwn`${recordNote(t, upgrade) || '–'}`,
    ],
    ' | ',
  )
}

/** Why it was asked for, and why it ended as it did. Plain text, to be escaped by whoever shows it. */
export function recordNote(t: Translator, upgrade: Upgrade): string {
  const { code: made, reason, endReason } = recordOf(upgrade)
  const known = made && made !== 'REQUESTED' && made !== 'DONE' ? cause(t, made) : undefined
  return [reason, known, endReason].filter(Boolean).join(' · ')
}

// ---------------------------------------------------------------- buttons and their dialogs

export function buttonLabel(t: Translator, action: Action, upgrade: Upgrade): string {
  const step = currentStep(upgrade)
  if (action === 'continue' && step?.kind === 'ask') {
    return t.plain('button.continueTo', { next: step.next, of: step.of })
  }
  if (action === 'resume' && wayOn(upgrade, 'resumed')) return t.plain('button.goOn')
  const approved = action === 'restore' ? wayOn(upgrade, 'restored')?.[0] : undefined
  if (approved) return t.plain('button.restoreTo', { pods: approved.pods, of: approved.of })
  return t.plain(`button.${action}`)
}

export type Dialog = { title: string; text: string; confirm: string; deny: string }

/** Going on is deliberate, and so is going back; one tap is enough to stop. */
export function confirmation(t: Translator, action: Action, upgrade: Upgrade, progress: Progress): Dialog | undefined {
  const { request, plan, policy } = upgrade
  const step = currentStep(upgrade)
  const where = t.plain('dialog.where', { service: request.service, environment: request.environment })
  const to = shortVersion(request.image)
  const from = plan ? shortVersion(plan.from.image) : t.plain('live.oldVersion')
  const { updated, total } = progress
  const all = pods(t, total)
  const say = (sentence: string) => warned(t, sentence, request.irreversible)
  const notYet = t.plain('dialog.notYet')
  const notNow = t.plain('dialog.notNow')
  switch (action) {
    case 'approve': {
      const words = { where, from, to, pods: all }
      const text =
        policy.strategy.type === 'recreate'
          ? t.plain('dialog.approve.recreate', words)
          : t.plain('dialog.approve.text', { ...words, batches: t.plainList(batchesOf(upgrade)) })
      const confirm = t.plain('dialog.approve.confirm')
      return { title: t.plain('dialog.approve.title'), text: say(text), confirm, deny: notYet }
    }
    case 'accept':
      return {
        title: t.plain('dialog.accept.title', { updated, total }),
        text: say(t.plain('dialog.accept.text', { where, updated, pods: all, to })),
        confirm: t.plain('dialog.accept.confirm'),
        deny: notYet,
      }
    case 'decline':
      return {
        title: t.plain('dialog.decline.title'),
        text: say(
          onFailureOf(upgrade) === 'rollback'
            ? t.plain('dialog.decline.back', { where, pods: all, to, from })
            : t.plain('dialog.decline.held', { where, updated, pods: all, to }),
        ),
        confirm: t.plain('dialog.decline.confirm'),
        deny: notNow,
      }
    case 'continue': {
      const next = step?.kind === 'ask' ? step.next : total
      return {
        title: t.plain('dialog.continue.title', { next, total }),
        text: say(t.plain('dialog.continue.text', { where, updated, next, pods: all, to })),
        confirm: t.plain('dialog.continue.confirm'),
        deny: notYet,
      }
    }
    case 'resume': {
      const on = wayOn(upgrade, 'resumed')
      if (on) {
        return {
          title: t.plain('dialog.goOn.title'),
          text: t.plain('dialog.goOn.text', { where, to, course: course(t, on) }),
          confirm: t.plain('dialog.goOn.confirm'),
          deny: notYet,
        }
      }
      const moving = step?.kind === 'reach' && step.goal.to === 'batch' ? step.goal : undefined
      return {
        title: t.plain('dialog.resume.title'),
        text: say(
          moving
            ? t.plain('dialog.resume.moving', { where, next: moving.pods, pods: pods(t, moving.of), to })
            : t.plain('dialog.resume.text', { where, updated, pods: all, to }),
        ),
        confirm: t.plain('dialog.resume.confirm'),
        deny: notYet,
      }
    }
    case 'restore':
      return {
        title: t.plain('dialog.restore.title'),
        text: t.plain('dialog.restore.text', { where, to, course: course(t, wayOn(upgrade, 'restored') ?? []) }),
        confirm: t.plain('dialog.restore.confirm'),
        deny: notYet,
      }
    case 'rollback':
      return {
        title: t.plain('dialog.rollback.title'),
        text: say(t.plain('dialog.rollback.text', { where, pods: all, from, updated, to })),
        confirm: t.plain('dialog.rollback.confirm'),
        deny: notNow,
      }
    case 'review':
      return {
        title: t.plain('dialog.review.title'),
        text: say(t.plain('dialog.review.text', { where, to })),
        confirm: t.plain('dialog.review.confirm'),
        deny: notYet,
      }
    default:
      return undefined
  }
}

/** In a dialog, which has little room, what was declared irreversible comes first. */
function warned(t: Translator, sentence: string, declared: string | undefined): string {
  if (declared === undefined) return sentence
  return t.plain('dialog.irreversible', { declared: clean(declared, 80), sentence })
}

/** The batches that would follow, the first one at once; nothing where this is no way on. */
function wayOn(upgrade: Upgrade, type: 'resumed' | 'restored'): Goal[] | undefined {
  const { hold } = upgrade
  if (!hold?.change || hold.change.kind === 'ahead') return undefined
  const next = transition(upgrade, { type, by: hold.by }, hold.since)
  if (isRefusal(next)) return undefined
  const steps = next.plan?.steps.slice(next.at.step) ?? []
  return steps.flatMap((step) => (step.kind === 'reach' && isBatch(step) ? [step.goal] : []))
}

/** `6 of 20 pods first, then 10 and 20.` */
function course(t: Translator, [first, ...further]: Goal[]): string {
  if (!first) return ''
  const words = { next: first.pods, pods: pods(t, first.of) }
  return further.length > 0
    ? t.plain('dialog.course', { ...words, further: t.plainList(further.map((goal) => goal.pods)) })
    : t.plain('dialog.courseOfOne', words)
}

/** Typing is slower than tapping, which is the point. */
export function breakGlassDialog(t: Translator, { id, plan }: Pick<Upgrade, 'id' | 'plan'>) {
  return {
    title: t.plain('breakGlass.title'),
    intro: t.sentences(t.say('breakGlass.intro', { id }), plan ? waivers(t, plan) : nothing),
    label: t.plain('breakGlass.label', { id }),
    wrong: t.plain('breakGlass.wrong', { id }),
    submit: t.plain('breakGlass.submit'),
    close: t.plain('dialog.notNow'),
  }
}

// ---------------------------------------------------------------- the review

/** Who has to look at what went ahead without approvals, or who has. */
export function review(t: Translator, { id, request, reviewed, reviewDue }: Upgrade): Markup {
  const by = actor(t, request.by)
  if (reviewed) return t.say('review.done', { id, by, reviewer: actor(t, reviewed.by), at: time(reviewed.at) })
  return t.sentences(
    t.say('review.open', { id, by }),
    reviewDue ? t.say('review.reminded', { at: time(reviewDue) }) : nothing,
  )
}

export function rejectDialog(t: Translator, id: string) {
  return {
    title: t.plain('reject.title'),
    intro: t.say('reject.intro', { id }),
    reason: t.plain('reject.reason'),
    submit: t.plain('reject.submit'),
    close: t.plain('dialog.notNow'),
  }
}

// ---------------------------------------------------------------- parts

type Why = { by: Upgrade['request']['by']; code?: string; reason?: string } | undefined

/** Who did it and why, as arguments: `@carol «looks slow»`, `Rollcall (new pods crash)` */
function why(t: Translator, done: Why): { by: Markup; cause: Markup; said: Markup } {
  if (!done) return { by: t.say('word.somebody'), cause: nothing, said: nothing }
  const { by, code, reason } = done
  return {
    by: actor(t, by),
    cause: by.kind === 'system' && code ? t.say('cause.inBrackets', { cause: cause(t, code) }) : nothing,
    said: said(t, reason),
  }
}

function oldVersion(t: Translator, { plan }: Upgrade): string {
  return plan ? shortVersion(plan.from.image) : t.plain('live.oldVersion')
}

function holding(t: Translator, upgrade: Upgrade): Markup {
  const step = currentStep(upgrade)
  const of = upgrade.plan?.from.replicas ?? 0
  const goal = lastGoal(upgrade)?.pods ?? upgrade.takenOver?.pods ?? 0
  return step?.kind === 'reach'
    ? t.say('state.holdingBetween', { goal, next: step.goal.pods, of })
    : t.say('state.holding', { goal, of })
}

function failure(t: Translator, upgrade: Upgrade, id: string): Markup {
  const { result, policy, plan } = upgrade
  const { namespace, name, kind } = policy.target
  const object = `${kind.toLowerCase()}/${name}`
  switch (result?.code) {
    case 'BLOCKED':
      return t.sentences(t.say('state.blocked'), attempt(t, requestAgain(upgrade), 'lead.askOnceRight'))
    case 'TARGET_GONE': {
      const { how } = upgrade.incidents.at(-1)?.detail ?? {}
      return t.say('state.gone', { object, namespace, how: how && how !== 'recreated' ? 'deleted' : String(how ?? '') })
    }
    default: {
      const command = `rollcall restore ${object} --namespace ${namespace}`
      return t.sentences(
        t.say('state.failed', { cause: cause(t, result?.code ?? 'UNKNOWN'), id, object, namespace }),
        plan ? t.say('lead.putBack', { version: shortVersion(plan.from.image), command }) : nothing,
      )
    }
  }
}

function until(t: Translator, upgrade: Upgrade, step: ReturnType<typeof currentStep>): Markup {
  return step?.kind === 'ask' ? t.say('question.until', { deadline: time(askDeadline(upgrade, step)) }) : nothing
}

function afterwards(t: Translator, upgrade: Upgrade): Markup {
  return t.say(onFailureOf(upgrade) === 'rollback' ? 'question.unansweredBack' : 'question.unansweredStays')
}

function approvers(t: Translator, { confirmed, approvals }: Upgrade): Markup {
  return t.list((confirmed ? [confirmed] : approvals).map(({ by }) => user(by.user)))
}

function approvedBy(t: Translator, upgrade: Upgrade): Markup {
  if (upgrade.confirmed) return t.say('question.confirmedBy', { approvers: approvers(t, upgrade) })
  if (upgrade.approvals.length === 0) return nothing
  const names = listed(
    t,
    upgrade.approvals.map(({ by }) => user(by.user)),
    'and',
  )
  return t.say('question.approvedBy', { approvers: names })
}

/** How many are new when this question is asked. */
function goalBefore(upgrade: Upgrade, ask: Ask): number {
  const steps = upgrade.plan?.steps ?? []
  const reached = steps.slice(0, steps.indexOf(ask)).findLast((step) => step.kind === 'reach')
  return reached?.kind === 'reach' ? reached.goal.pods : 0
}

function later(iso: string, ms: number): string {
  return new Date(Date.parse(iso) + ms).toISOString()
}
