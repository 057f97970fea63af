import type { Waiting } from '../upgrade/reminders.ts'
import { currentStep, hasStarted, onFailureOf, type Reminder, type Upgrade } from '../upgrade/upgrade.ts'
import { lines, type Markup, nothing, time } from './markup.ts'
import type { Progress } from './progress.ts'
import { fromTo, missingApprovals } from './refusals.ts'
import type { Translator } from './translator.ts'
import { questionTitle, state } from './upgrade.ts'

/** What waits, as the heading of a reminder. */
export function reminderTitle(t: Translator, upgrade: Upgrade, waiting: Waiting): Markup {
  const step = currentStep(upgrade)
  return waiting.for === 'hold' || step?.kind !== 'ask'
    ? t.say('reminder.paused', { id: upgrade.id })
    : questionTitle(t, upgrade, step)
}

/** Since when it waits and until when, what is missing, and what happens if nobody decides. */
export function reminderBody(
  t: Translator,
  upgrade: Upgrade,
  waiting: Waiting,
  { to }: Reminder,
  progress: Progress,
): Markup {
  const { service, environment, breakGlass } = upgrade.request
  const asksApproval = waiting.for === 'start' && !breakGlass
  return lines(
    t.sentences(
      t.say('reminder.what', { service, environment, fromTo: fromTo(upgrade) }),
      asksApproval ? t.say('question.needs', { missing: missingApprovals(t, upgrade) }) : nothing,
    ),
    waiting.for === 'hold' ? state(t, upgrade, progress) : nothing,
    t.sentences(
      t.say('reminder.since', { at: time(waiting.since) }),
      otherwise(t, upgrade, waiting),
      to === 'groups' ? t.say('reminder.last') : nothing,
    ),
  )
}

/** What a reminder says once it has done its work. */
export function reminderOver(t: Translator, { id }: Upgrade, { at }: Reminder): Markup {
  return t.say('reminder.over', { id, at: time(at) })
}

function otherwise(t: Translator, upgrade: Upgrade, { for: what, until }: Waiting): Markup {
  const at = { until: time(until) }
  switch (what) {
    case 'start':
      return t.say('reminder.expires', at)
    case 'accept':
      return t.say('reminder.held', at)
    default:
      if (!hasStarted(upgrade)) return t.say('reminder.expires', at)
      return onFailureOf(upgrade) === 'rollback' ? t.say('reminder.rolledBack', at) : t.say('reminder.stays')
  }
}
