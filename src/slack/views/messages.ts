import type { KnownBlock } from '@slack/types'
import type { AlertState, Observation } from '../../engine/ports.ts'
import { calledByName, reviewers } from '../../messages/deciders.ts'
import type { Messages } from '../../messages/en.ts'
import { clean, clipMarkup } from '../../messages/escape.ts'
import { lines, type Markup, nothing, sentences } from '../../messages/markup.ts'
import { progressOf } from '../../messages/progress.ts'
import type { Told } from '../../messages/report.ts'
import { plainVersion } from '../../messages/version.ts'
import { actedOn } from '../../upgrade/alerts.ts'
import { heldChange } from '../../upgrade/held-change.ts'
import type { NoticeLevel } from '../../upgrade/policy.ts'
import type { Offer } from '../../upgrade/proposals.ts'
import {
  askedAnew,
  currentStep,
  type GateReport,
  isAnswered,
  type Page,
  type Reminder,
  type Result,
  type Upgrade,
  voidedRounds,
} from '../../upgrade/upgrade.ts'
import { alertNotice, wantsNotice } from './alerts.ts'
import { buttons, named, type Shown, section } from './blocks.ts'
import { resultControls } from './controls.ts'
import { incidentMessage, isOpenIncident } from './incident.ts'
import { liveBlocks } from './live.ts'
import { isOpenPage, pageMessage } from './page.ts'
import { type Ask, closedQuestion, openQuestion, questionAskedAnew, voidedQuestion } from './question.ts'
import { isOpenReminder, reminderMessage } from './reminder.ts'

/** `live`, `question:4`, `incident:0`, `result`. */
export type Key =
  | 'live'
  | 'review'
  | 'alerts'
  | 'result'
  | 'result:1'
  | `question:${string}`
  | `incident:${number}`
  | `reminder:${number}`
  | `page:${number}`
  | `notice:${string}`
  | `proposal:${string}`

/** A message that should exist. */
export type Desired = {
  key: Key
  channel: string
  /** Whether it stands in the thread under the live message. */
  thread: boolean
  /** Complete without the blocks, the decision first: phones and screen readers get only this. */
  text: string
  blocks: KnownBlock[]
  /** Slack IDs of those who are called by name to decide. */
  calls: readonly string[]
  /** What scripts may rely on. `sequence` of a live message is added when it is sent. */
  metadata: Metadata
  /** Changes with whatever people are waiting for; an edit that keeps it is a mere tick of progress. */
  moment: string
}

export type Metadata =
  | { event_type: 'rollcall_upgrade'; event_payload: UpgradePayload }
  | { event_type: 'rollcall_question'; event_payload: QuestionPayload }
  | { event_type: 'rollcall_result'; event_payload: { id: string } }
  | { event_type: 'rollcall_notice'; event_payload: { id: string; on: NoticeLevel } }
  | { event_type: 'rollcall_proposal'; event_payload: ProposalPayload }

export type UpgradePayload = {
  id: string
  service: string
  environment: string
  phase: string
  version: string
  /** Empty before the pre-flight has looked. */
  previousVersion: string
  batch: number
  batches: number
  updated: number
  ready: number
  total: number
}

export type QuestionPayload = {
  id: string
  step: number
  kind: 'start' | 'accept' | 'continue' | 'alert' | 'review' | 'reminder' | 'page'
  open: boolean
}

export type ProposalPayload = {
  id: string
  service: string
  environment: string
  version: string
  state: Offer['state']['is']
}

export type Given = {
  messages: Messages
  /** From the watch; `undefined` while the cluster is out of sight. */
  observation?: Observation | undefined
  /** What the gates that ask somebody else said last. */
  reports?: GateReport[]
  alerts?: AlertState | undefined
  /** Its audit chain and what was measured; wanted once the upgrade has ended. */
  told?: Told | undefined
}

/** All messages that should exist for an upgrade, in the order in which they came about. Pure, and knows no clock. */
export function messagesOf(upgrade: Upgrade, { messages, observation, told, alerts, reports = [] }: Given): Desired[] {
  const progress = progressOf(upgrade, observation)
  const shown: Shown = { upgrade, progress, messages, alerts }
  return [
    live(shown, observation, reports),
    ...questions(shown),
    ...(alerts && wantsNotice(upgrade, alerts) ? [notice(shown, alerts)] : []),
    ...upgrade.incidents.map((_, index) => incident(shown, index)),
    ...(upgrade.reminders ?? []).map((one, index) => reminder(shown, one, index)),
    ...(upgrade.pages ?? []).map((one, index) => page(shown, one, index)),
    ...(upgrade.undone ? [undoneResult(shown, upgrade.undone, told)] : []),
    ...(upgrade.reviewDue !== undefined || upgrade.reviewed ? [review(shown)] : []),
    ...(upgrade.result ? [result(shown, told, upgrade.undone ? 'result:1' : 'result')] : []),
  ]
}

function live(shown: Shown, observation: Observation | undefined, reports: GateReport[]): Desired {
  const { upgrade, progress, messages } = shown
  const { phase, batch, batches, updated, ready, total } = progress
  const { service, environment, image, version } = upgrade.request
  const payload: UpgradePayload = {
    id: upgrade.id,
    service,
    environment,
    phase,
    version: clean(plainVersion(image) || version),
    previousVersion: upgrade.plan ? clean(plainVersion(upgrade.plan.from.image)) : '',
    batch,
    batches,
    updated,
    ready: ready ?? 0,
    total,
  }
  return message('live', upgrade, {
    text: messages.liveText(upgrade, progress),
    blocks: liveBlocks(shown, observation, reports),
    metadata: { event_type: 'rollcall_upgrade', event_payload: payload },
    moment: [
      phase,
      upgrade.at.path,
      upgrade.at.step,
      upgrade.approvals.length,
      upgrade.incidents.length,
      heldChange(upgrade),
    ].join(' '),
  })
}

/** The question under the cursor, and every one that was answered. */
function questions(shown: Shown): Desired[] {
  const { upgrade } = shown
  const current = currentStep(upgrade)
  const voided = voidedRounds(upgrade).map((incident, round) =>
    question(shown, 0, start, voidedQuestion(start, incident, shown), false, round),
  )
  const anew = askedAnew(upgrade).flatMap(({ step, incident }, index, all) => {
    const asked = upgrade.plan?.steps[step]
    const times = all.slice(0, index).filter((earlier) => earlier.step === step).length
    return asked?.kind === 'ask'
      ? [question(shown, step, asked, questionAskedAnew(asked, incident, shown), false, undefined, times)]
      : []
  })
  const earlier = [...voided, ...anew]
  const answered = upgrade.answers.flatMap((answer) => {
    const step = upgrade.plan?.steps[answer.step]
    return step?.kind === 'ask' ? [question(shown, answer.step, step, closedQuestion(step, answer, shown), false)] : []
  })
  if (current?.kind !== 'ask' || upgrade.at.path !== 'steps' || isAnswered(upgrade)) return [...earlier, ...answered]
  const open = !upgrade.result
  const view = open ? openQuestion(current, shown) : closedQuestion(current, undefined, shown)
  return [...earlier, ...answered, question(shown, upgrade.at.step, current, view, open)]
}

function question(
  { upgrade }: Shown,
  step: number,
  { question: kind }: Ask,
  view: { text: Markup; blocks: KnownBlock[]; calls: string[] },
  open: boolean,
  // What became void is asked for anew, in a message of its own: an edit would notify nobody.
  round = voidedRounds(upgrade).length,
  // So is what a window or a freeze closed, so many times.
  times = askedAnew(upgrade).filter((one) => one.step === step).length,
): Desired {
  // So is what was asked before the upgrade was taken over, of which nothing is known any more.
  const { takenOver } = upgrade
  const rounds = [...(takenOver ? [`at${takenOver.sequence}`] : []), ...(round > 0 ? [round] : [])]
  const name = [step, ...rounds, ...(times > 0 ? [`again${times}`] : [])].join(':')
  return message(`question:${name}`, upgrade, {
    ...view,
    metadata: { event_type: 'rollcall_question', event_payload: { id: upgrade.id, step, kind, open } },
    moment: `${open} ${upgrade.approvals.length} ${upgrade.hold?.since ?? ''} ${upgrade.scheduled?.since ?? ''}`,
  })
}

/** Of a plan that is gone only the question is left. */
const start: Ask = { kind: 'ask', question: 'start', next: 0, of: 0 }

function incident(shown: Shown, index: number): Desired {
  const { upgrade } = shown
  const one = upgrade.incidents[index]
  if (!one) throw new RangeError(`no incident ${index}`)
  const open = isOpenIncident(upgrade, one)
  const step = upgrade.at.step
  return message(`incident:${index}`, upgrade, {
    ...incidentMessage(one, shown),
    metadata: { event_type: 'rollcall_question', event_payload: { id: upgrade.id, step, kind: 'alert', open } },
    moment: `${open} ${one.acknowledged?.at ?? ''} ${heldChange(upgrade) ?? ''} ${(shown.alerts?.firing ?? 0) > 0}`,
  })
}

/** Alerts on which nothing follows. */
function notice(shown: Shown, alerts: AlertState): Desired {
  const { upgrade } = shown
  const open = !upgrade.result && !actedOn(upgrade)
  const step = upgrade.at.step
  return message('alerts', upgrade, {
    ...alertNotice(shown, alerts),
    metadata: { event_type: 'rollcall_question', event_payload: { id: upgrade.id, step, kind: 'alert', open } },
    moment: `${open} ${alerts.firing > 0}`,
  })
}

function reminder(shown: Shown, one: Reminder, index: number): Desired {
  const { upgrade } = shown
  const open = isOpenReminder(upgrade, one)
  const { step } = upgrade.at
  return message(`reminder:${index}`, upgrade, {
    ...reminderMessage(one, shown),
    metadata: { event_type: 'rollcall_question', event_payload: { id: upgrade.id, step, kind: 'reminder', open } },
    moment: `${open} ${upgrade.approvals.length}`,
  })
}

function page(shown: Shown, one: Page, index: number): Desired {
  const { upgrade } = shown
  const open = isOpenPage(upgrade, one)
  const { step } = upgrade.at
  return message(`page:${index}`, upgrade, {
    ...pageMessage(one, shown),
    metadata: { event_type: 'rollcall_question', event_payload: { id: upgrade.id, step, kind: 'page', open } },
    moment: `${open}`,
  })
}

/** What went ahead without approvals waits for another administrator's word. */
function review(shown: Shown): Desired {
  const { upgrade, messages } = shown
  const open = upgrade.reviewDue !== undefined
  const whom = reviewers(upgrade)
  const said = messages.review(upgrade)
  return message('review', upgrade, {
    calls: open ? calledByName(whom) : [],
    text: open ? sentences(said, messages.call(whom)) : said,
    blocks: [...section(open ? sentences(said, messages.call(whom)) : said), ...buttons(open ? ['review'] : [], shown)],
    metadata: {
      event_type: 'rollcall_question',
      event_payload: { id: upgrade.id, step: upgrade.at.step, kind: 'review', open },
    },
    moment: `${upgrade.reviewed?.at ?? ''}`,
  })
}

/** The success as it was announced, and who took it back. */
function undoneResult({ upgrade, messages }: Shown, undone: Result, told: Told | undefined): Desired {
  const { turnedBack: _, ...rest } = upgrade
  const end = { path: 'steps' as const, step: upgrade.plan?.steps.length ?? 0, since: undone.at }
  const then: Upgrade = { ...rest, result: undone, at: end }
  const toldThen = told && { ...told, entries: told.entries.filter(({ at }) => at <= undone.at) }
  const announced = result({ upgrade: then, progress: progressOf(then, undefined), messages }, toldThen, 'result')
  const since = messages.takenBack(upgrade)
  return {
    ...announced,
    text: clipMarkup(sentences({ mrkdwn: announced.text }, since).mrkdwn, longestText),
    blocks: [...announced.blocks, ...section(since)],
    moment: 'undone',
  }
}

function result(shown: Shown, told: Told | undefined, key: 'result' | 'result:1'): Desired {
  const { upgrade, progress, messages } = shown
  const title = messages.resultTitle(upgrade)
  const parts = [
    messages.resultBody(upgrade, progress),
    told ? messages.report(upgrade, told) : nothing,
    messages.resultFoot(upgrade, told?.entries.at(-1)?.hash),
  ]
  return message(key, upgrade, {
    text: lines(title, ...parts),
    blocks: [
      ...section({ mrkdwn: `*${title.mrkdwn}*` }),
      ...parts.flatMap((part) => section(part)),
      ...buttons(resultControls(upgrade), shown),
    ],
    metadata: { event_type: 'rollcall_result', event_payload: { id: upgrade.id } },
    moment: `result ${upgrade.result?.rollbackUntil ?? ''}`,
  })
}

/** Longest `text` that is sent; Slack cuts at 40,000. */
const longestText = 4_000

type Content = { text: Markup; blocks: KnownBlock[]; calls?: string[] } & Pick<Desired, 'metadata' | 'moment'>

function message(key: Key, upgrade: Upgrade, { text, blocks, calls = [], ...rest }: Content): Desired {
  return {
    key,
    channel: upgrade.policy.channel,
    thread: key !== 'live',
    text: clipMarkup(text.mrkdwn, longestText),
    blocks: named(blocks, blockName(upgrade.id, key)),
    calls,
    ...rest,
  }
}

/** `block_id` of a message's first block. */
export function blockName(id: string, key: Key): string {
  return `${id}/${key}`
}
