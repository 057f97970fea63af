import type { KnownBlock } from '@slack/types'
import { byName, calledByName, type Deciders, deciders } from '../../messages/deciders.ts'
import { type Markup, mrkdwn, sentences } from '../../messages/markup.ts'
import { type Waiting, waitingFor } from '../../upgrade/reminders.ts'
import { currentStep, type Reminder, type Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'
import { askedTo } from './question.ts'

/** Whether what people were reminded of still waits for them. */
export function isOpenReminder(upgrade: Upgrade, { of }: Reminder): boolean {
  return waitingFor(upgrade)?.name === of
}

/** Once more to those who could decide by now, with the buttons of what they decide. */
export function reminderMessage(
  reminder: Reminder,
  shown: Shown,
): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, progress, messages } = shown
  const waiting = waitingFor(upgrade)
  if (!waiting || !isOpenReminder(upgrade, reminder)) {
    const over = messages.reminderOver(upgrade, reminder)
    return { calls: [], text: over, blocks: section(over) }
  }
  const whom = toRemind(upgrade, waiting, reminder)
  const title = messages.reminderTitle(upgrade, waiting)
  const body = messages.reminderBody(upgrade, waiting, reminder, progress)
  const { question, alert } = controlsOf(upgrade)
  return {
    calls: calledByName(whom),
    text: sentences(title, messages.call(whom), body),
    blocks: [
      ...section(sentences(mrkdwn`*${title}*`, messages.call(whom))),
      ...section(body),
      ...buttons(waiting.for === 'hold' ? alert : question, shown),
    ],
  }
}

/** Those who are named; or their groups, where they have one. Whom nobody named is reached by the group alone. */
function toRemind(upgrade: Upgrade, waiting: Waiting, { to }: Reminder): Deciders {
  const step = currentStep(upgrade)
  const all =
    waiting.for === 'hold' || step?.kind !== 'ask' ? deciders(upgrade.policy, 'operate') : askedTo(step, upgrade)
  const people = { ...all, users: all.users.slice(0, byName), groups: [] }
  const groups = { ...all, users: [] }
  if (to === 'people') return people.users.length > 0 ? people : groups
  return groups.groups.length > 0 ? groups : people
}
