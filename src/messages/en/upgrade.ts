import type { Observation } from '../../engine/ports.ts'
import type { Action } from '../../engine/surface.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import { phaseOf } from '../../upgrade/phase.ts'
import { mayStart } from '../../upgrade/quorum.ts'
import { isRefusal } from '../../upgrade/refusal.ts'
import { askDeadline } from '../../upgrade/steps/ask.ts'
import { transition } from '../../upgrade/transition.ts'
import {
  type Answer,
  currentStep,
  type Finding,
  type Goal,
  hasStarted,
  type Incident,
  lastGoal,
  Outcome,
  onFailureOf,
  type Plan,
  type Upgrade,
  voidedRounds,
} from '../../upgrade/upgrade.ts'
import { accepters, byName, type Deciders, deciders } from '../deciders.ts'
import { clean } from '../escape.ts'
import {
  bold,
  channel,
  code,
  group,
  join,
  lines,
  link,
  type Markup,
  mrkdwn,
  nothing,
  plain,
  quoted,
  sentences,
  time,
  user,
} from '../markup.ts'
import { isBatch, type Progress, progressBar } from '../progress.ts'
import { recordOf } from '../record.ts'
import { shortVersion } from '../version.ts'
import { unmet } from './dependencies.ts'
import { finding, severities } from './findings.ts'
import { cause, incident as incidentSentence } from './incidents.ts'
import { phases } from './phases.ts'
import { fromTo, missingApprovals, requestAgain } from './refusals.ts'
import { restricted, scopeWords } from './restrictions.ts'
import { actor, attempt, duration, listed, pods, who } from './wording.ts'

type Ask = Extract<NonNullable<ReturnType<typeof currentStep>>, { kind: 'ask' }>

// ---------------------------------------------------------------- the live message

/** `web → 1.5.0 in production · web-production-14` */
export function headline({ id, request }: Upgrade): string {
  const loud = request.breakGlass ? 'BREAK-GLASS · ' : ''
  return `${loud}${plain`${request.service} → ${shortVersion(request.image)} in ${request.environment} · ${id}`}`
}

/** `1.4.2 (ab12c9) → 1.5.0 (9f3c07) · asked by @dana «fix checkout rounding»` */
export function change(upgrade: Upgrade): Markup {
  const { by, reason } = upgrade.request
  const asked = mrkdwn`${fromTo(upgrade)} · asked by ${sentences(actor(by), quoted(reason))}`
  return sentences(asked, irreversible(upgrade))
}

/** What its registry and its labels say of the image, and where to read what changed; nothing where nobody asked. */
export function aboutImage({ image }: Pick<Plan, 'image'>): Markup {
  if (!image) return nothing
  const { digest, version, revision, created, changes } = image
  return join(
    [
      mrkdwn`Image ${code(digest.slice(0, 'sha256:'.length + 12))}`,
      version === undefined ? nothing : mrkdwn`version ${clean(version, 60)}`,
      revision === undefined ? nothing : mrkdwn`revision ${clean(revision, 12)}`,
      created === undefined ? nothing : mrkdwn`built ${time(created)}`,
      changes === undefined ? nothing : link(changes, 'What changed'),
    ],
    ' · ',
  )
}

/** What was declared of the request; nothing in most cases. */
export function irreversible({ request, policy }: Pick<Upgrade, 'request' | 'policy'>): Markup {
  if (request.irreversible === undefined) return nothing
  const why = quoted(request.irreversible)
  return mrkdwn`· *Irreversible* ${why}: only ${who(deciders(policy, 'operate'))} can roll it back`
}

/** Where it stands and who is waited for. The first thing that a phone or a screen reader gets. */
export function state(upgrade: Upgrade, progress: Progress): Markup {
  const { id, policy, hold, turnedBack, plan, result } = upgrade
  const step = currentStep(upgrade)
  const at = mrkdwn`${progress.updated} of ${progress.total}`
  const one = progress.updated === 1
  switch (progress.phase) {
    case 'checking':
      return mrkdwn`Checks are running; nothing has changed yet.`
    case 'awaitingApproval':
      if (upgrade.request.breakGlass && !mayStart(upgrade)) return sentences(unconfirmed(upgrade), until(upgrade, step))
      return mayStart(upgrade)
        ? sentences(approvedBy(upgrade), checkedAgain)
        : sentences(
            mrkdwn`Waiting for ${missingApprovals(upgrade)}.`,
            tooFew(upgrade),
            startTime(upgrade.request),
            until(upgrade, step),
            approvedBy(upgrade),
          )
    case 'scheduled':
      return sentences(approvedBy(upgrade), ready(upgrade))
    case 'progressing':
      return step?.kind === 'reach' && step.goal.to === 'finish'
        ? mrkdwn`All ${pods(step.goal.of)} are new and verified; the workload gets its own settings back.`
        : mrkdwn`Upgrading to ${step?.kind === 'reach' ? step.goal.pods : progress.updated} of ${progress.total}.`
    case 'verifying':
      if (step?.kind === 'ask') {
        return sentences(
          mrkdwn`${at} ${one ? 'is' : 'are'} new. Waiting for ${who(accepters(upgrade))} to accept.`,
          until(upgrade, step),
        )
      }
      return step?.kind === 'soak'
        ? mrkdwn`${at} ${one ? 'is new; it soaks' : 'are new; they soak'} until ${time(later(upgrade.at.since, step.durationMs))} at the earliest.`
        : mrkdwn`${at} ${one ? 'is' : 'are'} new; the gates are measured.`
    case 'awaitingContinue':
      return sentences(
        mrkdwn`Waiting for ${who(deciders(policy, 'operate'))} to continue to ${step?.kind === 'ask' ? step.next : '?'} of ${progress.total}.`,
        until(upgrade, step),
      )
    case 'paused':
      return sentences(
        hold?.restriction ? mrkdwn`${restricted(hold.restriction)}.` : mrkdwn`Paused by ${because(hold)}.`,
        holding(upgrade),
      )
    case 'rollingBack':
      return mrkdwn`Rolling back to ${plan ? shortVersion(plan.from.image) : 'the old version'}, started by ${because(turnedBack)}.`
    case 'succeeded':
      return mrkdwn`Succeeded: all ${pods(progress.total)} run ${shortVersion(upgrade.request.image)}.`
    case 'rolledBack':
      return mrkdwn`Rolled back by ${because(turnedBack)}: all ${pods(progress.total)} run ${plan ? shortVersion(plan.from.image) : 'the old version'}.`
    case 'rejected':
      return mrkdwn`Rejected by ${because(result)}. Nothing was changed.`
    case 'cancelled':
      return mrkdwn`Cancelled by ${because(result)}. Nothing was changed.`
    case 'expired':
      return sentences(
        mrkdwn`Expired: it was not approved in time. Nothing was changed.`,
        attempt(requestAgain(upgrade), 'To ask again:'),
      )
    case 'failed':
      return failure(upgrade, id)
    default:
      return assertNever(progress.phase)
  }
}

/** `▰▰▰▱▱▱▱▱▱▱ 3/10 updated · 10/10 ready · batch 2 of 4` */
export function counts(progress: Progress): Markup {
  const { batch, batches, updated, ready, total } = progress
  if (total === 0 && progress.phase === 'checking') return nothing
  const inBatches = batch > 0 ? mrkdwn`batch ${batch} of ${batches}` : nothing
  const unseen = isOver(progress.phase) ? nothing : mrkdwn`ready not known`
  const readiness = ready === undefined ? unseen : mrkdwn`${ready}/${total} ready`
  return mrkdwn`${progressBar(progress)}  ${join([mrkdwn`${updated}/${total} updated`, readiness, inBatches], ' · ')}`
}

function isOver(phase: Progress['phase']): boolean {
  return Outcome.options.some((outcome) => outcome === phase)
}

/** `✔ checks  ✔ approved by @alice, @bob  ✔ 1 pod  ▶ 3 pods  ○ 5 pods  ○ 10 pods  ○ verify` */
export function planLine(upgrade: Upgrade): Markup {
  const { plan, at, result } = upgrade
  if (at.path === 'back') {
    const mark = result ? (result.outcome === 'rolledBack' ? '✔' : '✘') : '▶'
    return mrkdwn`${mark} back to ${plan ? shortVersion(plan.from.image) : 'the old version'}`
  }
  const under = result ? '✘' : '▶'
  if (!plan) return mrkdwn`${under} checks`
  const marked = milestones(upgrade).map(({ label, first, last }) => {
    const mark = at.step > last ? '✔' : at.step >= first ? under : '○'
    return mrkdwn`${mark} ${label}`
  })
  return join([mrkdwn`✔ checks`, ...marked], '   ')
}

/** The steps as people see them: a batch is one thing until the next one begins; the last one is verified on its own. */
function milestones(upgrade: Upgrade): { label: Markup; first: number; last: number }[] {
  const steps = upgrade.plan?.steps ?? []
  const batches = steps.flatMap((step, index) => (step.kind === 'reach' && isBatch(step) ? [{ step, index }] : []))
  const approved = upgrade.at.step > 0 && (upgrade.confirmed ?? upgrade.approvals[0]) !== undefined
  const approval = approved
    ? mrkdwn`${upgrade.confirmed ? 'break-glass' : 'approved'} by ${approvers(upgrade)}`
    : mrkdwn`approval`
  const last = batches.at(-1)?.index ?? 0
  return [
    { label: approval, first: 0, last: 0 },
    ...batches.map(({ step, index }, nth) => {
      const next = batches[nth + 1]?.index ?? index + 1
      return { label: mrkdwn`${pods(step.goal.pods)}`, first: index, last: next - 1 }
    }),
    { label: mrkdwn`verify`, first: last + 1, last: steps.length - 1 },
  ]
}

/** What the watch says of the new pods; nothing when all is well. */
export function podsLine(observation: Observation | undefined): Markup {
  const fresh = observation?.pods ?? []
  if (fresh.length === 0) return nothing
  const restarts = fresh.reduce((sum, { restarts: count }) => sum + count, 0)
  const troubled = fresh.flatMap(({ name, waiting, terminated, unschedulable }) => {
    const trouble = waiting ?? (unschedulable ? 'Unschedulable' : terminated)
    return trouble ? [mrkdwn`${name} ${trouble}`] : []
  })
  const shown = troubled.slice(0, 3)
  const more = troubled.length > shown.length ? [mrkdwn`${troubled.length - shown.length} more`] : []
  return join([mrkdwn`restarts of new pods ${restarts}`, ...shown, ...more], ' · ')
}

export function findingLines(findings: readonly Finding[]): Markup {
  return lines(...findings.map((one) => mrkdwn`${severities[one.severity]}: ${finding(one)}`))
}

/** The whole live message in one line, decision first. */
export function liveText(upgrade: Upgrade, progress: Progress): Markup {
  const what = mrkdwn`${upgrade.request.service} ${fromTo(upgrade)} in ${upgrade.request.environment}`
  const loud = upgrade.request.breakGlass ? mrkdwn`BREAK-GLASS` : nothing
  return sentences(
    loud,
    mrkdwn`${upgrade.id}: ${state(upgrade, progress)} ${what}.`,
    upgrade.plan ? waivers(upgrade.plan) : nothing,
    counts(progress),
    irreversible(upgrade),
  )
}

// ---------------------------------------------------------------- questions

/** At most five people by name, then the groups: whoever is mentioned in a new message is notified. */
export function call(people: Deciders): Markup {
  return join([...people.users.slice(0, byName).map(user), ...people.groups.map(group)], ' ')
}

/** To somebody who is called and is not in the channel; `asked` is the message there. */
export function directCall(upgrade: Upgrade, asked: Markup, url: string | undefined): Markup {
  const where = mrkdwn`You are asked in ${channel(upgrade.policy.channel)}, which you have not joined.`
  return lines(where, asked, link(url, 'Open it there'))
}

export function questionTitle(upgrade: Upgrade, step: Ask): Markup {
  switch (step.question) {
    case 'start':
      return mrkdwn`Start ${upgrade.id}?`
    case 'accept':
      return step.next === 1
        ? mrkdwn`${upgrade.id}: is 1 of ${step.of} as it should be (${step.gate ?? 'acceptance'})?`
        : mrkdwn`${upgrade.id}: are ${step.next} of ${step.of} as they should be (${step.gate ?? 'acceptance'})?`
    case 'continue':
      return mrkdwn`${upgrade.id}: continue to ${step.next} of ${step.of}?`
    default:
      return assertNever(step.question)
  }
}

/** What is decided on, in full. */
export function questionBody(upgrade: Upgrade, step: Ask): Markup {
  const { request, policy, plan } = upgrade
  const what = mrkdwn`${bold(request.service)} in ${bold(request.environment)}: ${change(upgrade)}`
  if (step.question === 'continue') {
    const now = goalBefore(upgrade, step)
    return lines(
      what,
      mrkdwn`${now} of ${step.of} ${now === 1 ? 'is' : 'are'} new, soaked and checked. Next: ${step.next} of ${step.of}.`,
      mrkdwn`${until(upgrade, step)} ${afterwards(upgrade)}`,
    )
  }
  if (step.question === 'accept') {
    const consequence =
      onFailureOf(upgrade) === 'rollback' ? 'When it is declined it is rolled back.' : 'When it is declined it is held.'
    return lines(
      what,
      mrkdwn`${step.next} of ${step.of} ${step.next === 1 ? 'is' : 'are'} new and soaked. Look at the service, then accept or decline; the gates measure once more after that.`,
      policy.approval.separateRequester ? mrkdwn`A yes by whoever asked does not count.` : nothing,
      mrkdwn`${consequence} ${until(upgrade, step)} Without an answer it is held.`,
    )
  }
  const batches = plan?.steps.flatMap((one) => (one.kind === 'reach' && isBatch(one) ? [one.goal.pods] : [])) ?? []
  const gentle =
    policy.strategy.continue === 'approval' ? 'with a question before each batch' : 'without further questions'
  const how =
    policy.strategy.type === 'recreate'
      ? mrkdwn`All ${pods(step.of)} at once (recreate).`
      : mrkdwn`${batches.length === 1 ? 'One batch' : `Batches of ${batches.join(', ')}`} of ${pods(step.of)}, ${gentle}.`
  const about = plan ? aboutImage(plan) : nothing
  if (request.breakGlass) {
    const asked = mayStart(upgrade) ? ready(upgrade) : sentences(unconfirmed(upgrade), until(upgrade, step))
    return lines(what, about, how, plan ? waivers(plan) : nothing, asked)
  }
  const own = policy.approval.separateRequester ? mrkdwn`A yes by whoever asked does not count.` : nothing
  return lines(
    what,
    about,
    how,
    mayStart(upgrade)
      ? ready(upgrade)
      : sentences(
          mrkdwn`Needs ${missingApprovals(upgrade)}.`,
          tooFew(upgrade),
          own,
          startTime(request),
          until(upgrade, step),
        ),
    approvedBy(upgrade),
  )
}

/** What break-glass does without, each by its name. */
export function waivers({ waived }: Pick<Plan, 'waived'>): Markup {
  if (!waived) return nothing
  const each = waived.map(waiver)
  return mrkdwn`Break-glass waives ${listed(each, 'and')}. Another administrator has to sign it off afterwards.`
}

function waiver(one: NonNullable<Plan['waived']>[number]): Markup {
  switch (one.what) {
    case 'quorum':
      return mrkdwn`the quorum of ${one.quorum}`
    case 'soak':
      return mrkdwn`the soaks of ${duration(one.durationMs)}`
    case 'window':
      return mrkdwn`the windows`
    case 'freeze':
      return mrkdwn`the freeze of ${scopeWords(one.scope)} by ${user(one.by)} ${quoted(one.reason)}`
    case 'promotion':
      return mrkdwn`the success in ${one.environment} before`
    default:
      return assertNever(one)
  }
}

function unconfirmed({ id, request }: Upgrade): Markup {
  return mrkdwn`Waiting for ${actor(request.by)} to confirm break-glass by typing ${code(id)}.`
}

/** Everybody has said yes. */
function ready(upgrade: Upgrade): Markup {
  return sentences(startsThen(upgrade), checkedAgain)
}

/** When it was asked to start, whatever people say before. */
function startTime({ startAt }: Upgrade['request']): Markup {
  return startAt === undefined ? nothing : mrkdwn`It is to start ${time(startAt)}.`
}

/** Why it has not started although everybody said yes. */
function startsThen(upgrade: Upgrade): Markup {
  const { scheduled } = upgrade
  const step = currentStep(upgrade)
  const awaited = scheduled?.restriction
    ? restricted(scheduled.restriction)
    : scheduled?.dependency && unmet(scheduled.dependency)
  if (awaited && step?.kind === 'ask') {
    const deadline = time(askDeadline(upgrade, step))
    return mrkdwn`${awaited}. It starts when that is over; if it is not by ${deadline}, it expires.`
  }
  return scheduled?.until === undefined ? nothing : mrkdwn`It starts ${time(scheduled.until)}.`
}

const checkedAgain = mrkdwn`Everything is checked once more before the first change.`

/** The configuration or Slack was changed so that nobody is left to complete the quorum. */
function tooFew({ id, policy, reachable }: Upgrade): Markup {
  if (reachable === undefined) return nothing
  const left = reachable === 1 ? mrkdwn`Only 1 person` : mrkdwn`Only ${reachable} people`
  return sentences(
    mrkdwn`${left} can approve by now, and ${policy.approval.quorum} are needed, so it cannot start. An administrator has to name more approvers.`,
    attempt(`/upgrade cancel ${id}`, 'To end it:'),
  )
}

/** While a hold stands in the way of the answer. */
export function questionHeld(upgrade: Upgrade): Markup {
  const { hold } = upgrade
  if (hold?.restriction) return mrkdwn`${restricted(hold.restriction)}. It is asked again when that is over.`
  return mrkdwn`Paused by ${because(hold)}. The question is open again once somebody resumes.`
}

/** Who decided, when and why. */
export function questionAnswered(upgrade: Upgrade, answer: Answer): Markup {
  const { action, by, at, reason } = answer
  const people = action === 'approved' ? approvers(upgrade) : actor(by)
  if (action === 'void')
    return mrkdwn`The workload was changed, so this is asked again when it is in order · ${time(at)}`
  const done = action === 'expired' ? mrkdwn`Nobody answered in time` : mrkdwn`${answers[action]} by ${people}`
  return sentences(mrkdwn`${done} · ${time(at)}`, quoted(reason))
}

/** The upgrade ended while the question was open. */
export function questionMoot(upgrade: Upgrade): Markup {
  const { result } = upgrade
  return mrkdwn`Nobody needs to answer this any more: ${upgrade.id} ${result ? mrkdwn`has ${phases[result.outcome]} · ${time(result.at)}` : 'went on'}.`
}

/** What it was asked about does not stand any more. */
export function questionVoid(incident: Incident): Markup {
  return mrkdwn`Void, because ${cause(incident.code)} · ${time(incident.at)}. The start is asked for anew below.`
}

/** A window or a freeze came before an answer, and it was asked once more when that was over. */
export function questionAskedAnew(incident: Incident): Markup {
  return mrkdwn`Nobody had decided when it was held, because ${cause(incident.code)} · ${time(incident.at)}. It is asked anew below.`
}

const answers: Record<Answer['action'], string> = {
  approved: 'Approved',
  rejected: 'Rejected',
  accepted: 'Accepted',
  declined: 'Declined',
  continued: 'Continued',
  rolledBack: 'Rolled back',
  expired: 'Expired',
  cancelled: 'Cancelled',
  void: 'Void',
}

// ---------------------------------------------------------------- incidents

export function incidentTitle(upgrade: Upgrade, one: Incident): Markup {
  return mrkdwn`${upgrade.id}: ${incidentSentence(one)}`
}

/** Their sentences say it all. */
const nothingDone = new Set(['REQUEST_VOID', 'STOP_UNKNOWN'])

/** What Rollcall did about it, and what is open. */
export function incidentState(upgrade: Upgrade, one: Incident): Markup {
  const { hold, turnedBack, result } = upgrade
  const seen = one.acknowledged
    ? mrkdwn`${actor(one.acknowledged.by)} is on it · ${time(one.acknowledged.at)}.`
    : nothing
  if (result?.outcome === 'failed' && result.at === one.at) return sentences(failure(upgrade, upgrade.id), seen)
  if (turnedBack && turnedBack.by.kind !== 'slack' && turnedBack.at === one.at) {
    return sentences(mrkdwn`Rollcall rolls back to the old version.`, seen)
  }
  if (hold && hold.by.kind !== 'slack' && hold.since === one.at && !result) {
    return sentences(holding(upgrade), mrkdwn`${waysOn(upgrade, one)}`, seen)
  }
  if (voidedRounds(upgrade).includes(one) || nothingDone.has(one.code)) return seen
  if (turnedBack && upgrade.incidents.at(-1) === one) {
    return sentences(mrkdwn`Rolled back by ${because(turnedBack)} · ${time(turnedBack.at)}`, seen)
  }
  const how = one.ended?.action === 'restored' ? 'What was approved was restored' : 'It went on from there'
  const ended = one.ended ? mrkdwn`${how}, by ${actor(one.ended.by)} · ${time(one.ended.at)}.` : mrkdwn`${how}.`
  return sentences(ended, seen)
}

/** What can be done about a hold, in words for its buttons. */
function waysOn(upgrade: Upgrade, { code: made }: Incident): string {
  const { hold, policy } = upgrade
  switch (hold?.change?.kind) {
    case 'scaled':
    case 'share':
      return 'Go on from here, restore what was approved, or roll back.'
    case 'template':
    case 'fields':
      return 'Nobody approved that: restore what was approved, or roll back. What is wanted needs an upgrade of its own.'
    default: {
      if (hold?.restriction) return afterRestriction[policy.strategy.continue]
      const back = hasStarted(upgrade) ? 'roll back' : 'cancel it'
      const changedBack = made.startsWith('OUTSIDE_') && hold?.change === undefined
      return changedBack
        ? `It is as approved again: resume it, or ${back}.`
        : `Resume it when the cause is gone, or ${back}.`
    }
  }
}

const afterRestriction: Record<Upgrade['policy']['strategy']['continue'], string> = {
  approval: 'The next batch is asked for when that is over.',
  auto: 'It goes on by itself when that is over, unless somebody pauses it.',
}

// ---------------------------------------------------------------- the result

export function resultTitle(upgrade: Upgrade): Markup {
  const outcome = upgrade.result?.outcome ?? 'failed'
  const { service, environment, image } = upgrade.request
  return mrkdwn`${upgrade.id} ${phases[outcome]}: ${service} → ${shortVersion(image)} in ${environment}`
}

/** The record, how long it took, and who decided what; of a batch its own line of the report tells that. */
export function resultBody(upgrade: Upgrade, progress: Progress): Markup {
  const { request, result } = upgrade
  if (!result) return nothing
  const decided = upgrade.answers.flatMap((answer) => {
    if (answer.by.kind === 'system' || unsaid.has(answer.action)) return []
    const by = answer.action === 'approved' ? approvers(upgrade) : actor(answer.by)
    return [sentences(mrkdwn`${answers[answer.action]} by ${by} · ${time(answer.at)}`, quoted(answer.reason))]
  })
  return lines(
    state(upgrade, progress),
    recordLine(upgrade),
    mrkdwn`${fromTo(upgrade)} · took ${duration(Date.parse(result.at) - Date.parse(request.at))}`,
    ...decided,
    result.findings ? findingLines(result.findings) : nothing,
  )
}

const unsaid: ReadonlySet<Answer['action']> = new Set(['continued', 'rolledBack', 'void'])

/** What can still be done, and the audit head that an outside copy can be held against. */
export function resultFoot({ result }: Upgrade, head: string | undefined): Markup {
  return lines(
    result?.rollbackUntil
      ? mrkdwn`It can be rolled back until ${time(result.rollbackUntil)}, while nobody changes the workload's template.`
      : nothing,
    head ? mrkdwn`Audit head ${code(head)}` : nothing,
  )
}

/** Under a success that did not last. */
export function takenBack({ turnedBack }: Upgrade): Markup {
  return turnedBack ? mrkdwn`Rolled back afterwards by ${because(turnedBack)} · ${time(turnedBack.at)}` : nothing
}

/** `date | version | environment | operator | result | note` */
export function recordLine(upgrade: Upgrade): Markup {
  const { date, version, environment, operator } = recordOf(upgrade)
  const when = mrkdwn`${date.slice(0, 16).replace('T', ' ')} UTC`
  return join(
    [
      when,
      mrkdwn`${version}`,
      mrkdwn`${environment}`,
      actor(operator),
      mrkdwn`${phases[phaseOf(upgrade)]}`,
      mrkdwn`${recordNote(upgrade) || '–'}`,
    ],
    ' | ',
  )
}

/** Why it was asked for, and why it ended as it did. Plain text, to be escaped by whoever shows it. */
export function recordNote(upgrade: Upgrade): string {
  const { code: made, reason, endReason } = recordOf(upgrade)
  const known = made && made !== 'REQUESTED' && made !== 'DONE' ? cause(made) : undefined
  return [reason, known, endReason].filter(Boolean).join(' · ')
}

// ---------------------------------------------------------------- buttons and their dialogs

export function buttonLabel(action: Action, upgrade: Upgrade): string {
  const step = currentStep(upgrade)
  if (action === 'continue' && step?.kind === 'ask') return plain`Continue to ${step.next} of ${step.of}`
  if (action === 'resume' && wayOn(upgrade, 'resumed')) return 'Go on from here'
  const approved = action === 'restore' ? wayOn(upgrade, 'restored')?.[0] : undefined
  if (approved) return plain`Restore ${approved.pods} of ${approved.of}`
  return labels[action]
}

const labels: Record<Action, string> = {
  approve: 'Approve',
  reject: 'Reject',
  withdraw: 'Withdraw my approval',
  cancel: 'Cancel',
  accept: 'Accept',
  decline: 'Decline',
  continue: 'Continue',
  pause: 'Pause',
  resume: 'Resume',
  restore: 'Restore',
  rollback: 'Roll back',
  explain: 'Say why',
  acknowledge: 'I am on it',
  confirm: 'Break the glass …',
  review: 'Sign off',
}

export type Dialog = { title: string; text: string; confirm: string; deny: string }

/** Going on is deliberate, and so is going back; one tap is enough to stop. */
export function confirmation(action: Action, upgrade: Upgrade, progress: Progress): Dialog | undefined {
  const { request, plan, policy } = upgrade
  const step = currentStep(upgrade)
  const where = plain`${request.service} in ${request.environment}`
  const to = shortVersion(request.image)
  const from = plan ? shortVersion(plan.from.image) : 'the old version'
  const { updated, total } = progress
  const say = (sentence: string) => warned(sentence, request.irreversible)
  switch (action) {
    case 'approve': {
      const batches = plan?.steps.flatMap((one) => (one.kind === 'reach' && isBatch(one) ? [one.goal.pods] : [])) ?? []
      const how = policy.strategy.type === 'recreate' ? 'all at once' : `batches ${batches.join(', ')}`
      return {
        title: 'Approve the start?',
        text: say(plain`${where}: ${from} → ${to}, ${pods(total)}, ${how}.`),
        confirm: 'Approve',
        deny: 'Not yet',
      }
    }
    case 'accept':
      return {
        title: plain`Accept ${updated} of ${total}?`,
        text: say(
          plain`${where}: ${updated} of ${pods(total)} run ${to}, and you have seen that they do as they should.`,
        ),
        confirm: 'Accept',
        deny: 'Not yet',
      }
    case 'decline':
      return {
        title: 'Decline it?',
        text: say(
          onFailureOf(upgrade) === 'rollback'
            ? plain`${where}: all ${pods(total)} go back from ${to} to ${from}.`
            : plain`${where}: it is held at ${updated} of ${pods(total)} on ${to}, and an operator decides.`,
        ),
        confirm: 'Decline',
        deny: 'Not now',
      }
    case 'continue': {
      const next = step?.kind === 'ask' ? step.next : total
      return {
        title: plain`Continue to ${next} of ${total}?`,
        text: say(plain`${where}: from ${updated} to ${next} of ${pods(total)} on ${to}.`),
        confirm: 'Continue',
        deny: 'Not yet',
      }
    }
    case 'resume': {
      const on = wayOn(upgrade, 'resumed')
      if (on) {
        return {
          title: 'Go on from here?',
          text: plain`${where} on ${to}: ${course(on)}`,
          confirm: 'Go on',
          deny: 'Not yet',
        }
      }
      const moving = step?.kind === 'reach' && step.goal.to === 'batch' ? step.goal : undefined
      return {
        title: 'Resume?',
        text: say(
          moving
            ? plain`${where}: it goes on to ${moving.pods} of ${pods(moving.of)} on ${to}.`
            : plain`${where}: ${updated} of ${pods(total)} run ${to}, and it goes on from there.`,
        ),
        confirm: 'Resume',
        deny: 'Not yet',
      }
    }
    case 'restore':
      return {
        title: 'Restore what was approved?',
        text: plain`${where} on ${to}, whatever others changed: ${course(wayOn(upgrade, 'restored') ?? [])}`,
        confirm: 'Restore',
        deny: 'Not yet',
      }
    case 'rollback':
      return {
        title: 'Roll back?',
        text: say(
          plain`${where}: all ${pods(total)} go back to ${from}; ${updated} of them ${updated === 1 ? 'runs' : 'run'} ${to} now.`,
        ),
        confirm: 'Roll back',
        deny: 'Not now',
      }
    case 'review':
      return {
        title: 'Sign it off?',
        text: say(plain`${where}: ${to} went ahead without approvals, and you have looked at why and how.`),
        confirm: 'Sign off',
        deny: 'Not yet',
      }
    default:
      return undefined
  }
}

/** In a dialog, which has little room, what was declared irreversible comes first. */
function warned(sentence: string, irreversible: string | undefined): string {
  if (irreversible === undefined) return sentence
  return plain`Declared irreversible: «${clean(irreversible, 80)}». ${sentence}`
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
function course([first, ...further]: Goal[]): string {
  if (!first) return ''
  const then = further.map(({ pods: count }) => String(count))
  const rest = then.length > 0 ? plain`, then ${then.join(', ')}` : ', and that is all of them'
  return plain`${first.pods} of ${pods(first.of)} first${rest}.`
}

/** Typing is slower than tapping, which is the point. */
export function breakGlassDialog(upgrade: Pick<Upgrade, 'id' | 'plan'>) {
  return {
    title: 'Break the glass',
    intro: sentences(
      mrkdwn`${upgrade.id} starts at once, without approvals.`,
      upgrade.plan ? waivers(upgrade.plan) : nothing,
    ),
    label: plain`Type ${upgrade.id}`,
    wrong: plain`That is not ${upgrade.id}.`,
    submit: 'Start it',
    close: 'Not now',
  }
}

// ---------------------------------------------------------------- the review

/** Who has to look at what went ahead without approvals, or who has. */
export function review(upgrade: Upgrade): Markup {
  const { id, request, reviewed, reviewDue } = upgrade
  if (reviewed)
    return mrkdwn`${id}: break-glass by ${actor(request.by)} was signed off by ${actor(reviewed.by)} · ${time(reviewed.at)}.`
  return sentences(
    mrkdwn`${id}: break-glass by ${actor(request.by)}, to be signed off by another administrator.`,
    reviewDue ? mrkdwn`Reminded ${time(reviewDue)}.` : nothing,
  )
}

export function rejectDialog(id: string) {
  return {
    title: 'Reject the upgrade',
    intro: mrkdwn`${id} ends here, and nothing is changed. Whoever asked for it sees your reason.`,
    reason: 'Reason',
    submit: 'Reject',
    close: 'Not now',
  }
}

// ---------------------------------------------------------------- parts

type Why = { by: Upgrade['request']['by']; code?: string; reason?: string } | undefined

/** `@carol «looks slow»`, `Rollcall (new pods crash)` */
function because(why: Why): Markup {
  if (!why) return mrkdwn`somebody`
  const made = why.by.kind === 'system' && why.code ? mrkdwn`(${cause(why.code)})` : nothing
  return sentences(actor(why.by), made, quoted(why.reason))
}

function holding(upgrade: Upgrade): Markup {
  const step = currentStep(upgrade)
  const of = upgrade.plan?.from.replicas ?? 0
  const goal = lastGoal(upgrade)?.pods ?? upgrade.takenOver?.pods ?? 0
  if (step?.kind === 'reach') return mrkdwn`It holds where it is, between ${goal} and ${step.goal.pods} of ${of}.`
  return mrkdwn`It holds at ${goal} of ${of}.`
}

function failure(upgrade: Upgrade, id: string): Markup {
  const { result, policy, plan } = upgrade
  const { namespace, name, kind } = policy.target
  const object = `${kind.toLowerCase()}/${name}`
  switch (result?.code) {
    case 'BLOCKED':
      return sentences(
        mrkdwn`Not started: the checks found what stands in the way, and nothing was changed.`,
        attempt(requestAgain(upgrade), 'When that is put right:'),
      )
    case 'TARGET_GONE': {
      const { how } = upgrade.incidents.at(-1)?.detail ?? {}
      const gone = how === 'recreated' ? 'was deleted and made anew' : how ? 'was deleted' : 'was deleted or recreated'
      return mrkdwn`Failed: ${object} in ${namespace} ${gone}, and Rollcall never recreates a workload. What is there now is as its owner made it.`
    }
    default:
      return sentences(
        mrkdwn`Failed: ${cause(result?.code ?? 'UNKNOWN')}. ${id} left ${object} in ${namespace} as it is now.`,
        plan
          ? attempt(
              `rollcall restore ${object} --namespace ${namespace}`,
              `To put ${shortVersion(plan.from.image)} back:`,
            )
          : nothing,
      )
  }
}

function until(upgrade: Upgrade, step: ReturnType<typeof currentStep>): Markup {
  return step?.kind === 'ask' ? mrkdwn`Open until ${time(askDeadline(upgrade, step))}.` : nothing
}

function afterwards(upgrade: Upgrade): Markup {
  return onFailureOf(upgrade) === 'rollback'
    ? mrkdwn`Without an answer it is rolled back.`
    : mrkdwn`Without an answer it stays held.`
}

function approvers(upgrade: Upgrade): Markup {
  const { confirmed, approvals } = upgrade
  return join(
    (confirmed ? [confirmed] : approvals).map(({ by }) => user(by.user)),
    ', ',
  )
}

function approvedBy(upgrade: Upgrade): Markup {
  if (upgrade.confirmed) return mrkdwn`Break-glass confirmed by ${approvers(upgrade)}.`
  if (upgrade.approvals.length === 0) return nothing
  const names = listed(
    upgrade.approvals.map(({ by }) => user(by.user)),
    'and',
  )
  return mrkdwn`Approved by ${names}.`
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
