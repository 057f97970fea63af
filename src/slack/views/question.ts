import type { KnownBlock } from '@slack/types'
import { accepters, calledByName, type Deciders, deciders, openApprovers } from '../../messages/deciders.ts'
import { lines, type Markup, mrkdwn, nothing, sentences } from '../../messages/markup.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import type { Answer, Incident, Step, Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, context, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'

export type Ask = Extract<Step, { kind: 'ask' }>

/**
 * Open: people are called, told what they decide on, and given the buttons. What is only looked up stands below those, so
 * that on a phone the decision and its risks fit the screen.
 */
export function openQuestion(step: Ask, shown: Shown): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages } = shown
  const { request, plan } = upgrade
  const title = messages.questionTitle(upgrade, step)
  const isStart = step.question === 'start'
  const whom = askedTo(step, upgrade)
  const time = isStart && plan ? messages.expectedTime(plan, upgrade.policy.strategy.type) : nothing
  const body = upgrade.hold ? messages.questionHeld(upgrade) : lines(messages.questionBody(upgrade, step), time)
  const risks = isStart && plan ? messages.riskLines(request, plan) : nothing
  return {
    calls: calledByName(whom),
    text: lines(sentences(title, messages.call(whom), body), risks),
    blocks: [
      ...section(sentences(emphasized(title), messages.call(whom))),
      ...section(body),
      ...section(risks, 2_500),
      ...buttons(controlsOf(upgrade).question, shown),
      ...(isStart ? details(shown) : []),
    ],
  }
}

/** What becomes of the pod template, how it comes back, and what the checks remark. */
function details({ upgrade: { request, plan, policy }, messages }: Shown): KnownBlock[] {
  if (!plan) return []
  const { type } = policy.strategy
  const notes = plan.findings.filter(({ severity }) => severity === 'note')
  const { templateLines, wayBack, quietTime, findingLines } = messages
  const parts = [templateLines(plan), wayBack(plan, type), quietTime(request, plan), findingLines(notes)]
  return parts.flatMap((part) => context(part, 2_000))
}

/** Who can answer it now: not those who have. */
export function askedTo({ question }: Ask, upgrade: Upgrade): Deciders {
  switch (question) {
    case 'start':
      return askedToStart(upgrade)
    case 'accept':
      return accepters(upgrade)
    case 'continue':
      return deciders(upgrade.policy, 'operate')
    default:
      return assertNever(question)
  }
}

/** Break-glass is for whoever asked for it to confirm. */
function askedToStart(upgrade: Upgrade): Deciders {
  const { by, breakGlass } = upgrade.request
  if (!breakGlass) return openApprovers(upgrade)
  return { roles: [], users: by.kind === 'slack' ? [by.user] : [], groups: [] }
}

/** Asked in vain: what it was about does not stand any more. */
export function voidedQuestion(step: Ask, incident: Incident, { upgrade, messages }: Shown) {
  return closedFor(messages.questionTitle(upgrade, step), messages.questionVoid(incident))
}

/** Nobody had decided when it was held, and an edit would not tell anybody that it is open again. */
export function questionAskedAnew(step: Ask, incident: Incident, { upgrade, messages }: Shown) {
  return closedFor(messages.questionTitle(upgrade, step), messages.questionAskedAnew(incident))
}

function closedFor(title: Markup, outcome: Markup) {
  return { calls: [], text: sentences(title, outcome), blocks: section(lines(emphasized(title), outcome)) }
}

/** Decided, or not to be decided any more: who, when and why; the buttons are gone. */
export function closedQuestion(
  step: Ask,
  answer: Answer | undefined,
  shown: Shown,
): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages } = shown
  const title = messages.questionTitle(upgrade, step)
  const outcome = answer ? messages.questionAnswered(upgrade, answer) : messages.questionMoot(upgrade)
  return {
    calls: [],
    text: sentences(title, outcome),
    blocks: [...section(lines(emphasized(title), outcome)), ...context(messages.change(upgrade))],
  }
}

function emphasized(title: Markup): Markup {
  return mrkdwn`*${title}*`
}
