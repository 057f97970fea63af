import type { Waiting } from '../../upgrade/reminders.ts'
import { currentStep, hasStarted, onFailureOf, type Reminder, type Upgrade } from '../../upgrade/upgrade.ts'
import { lines, type Markup, mrkdwn, nothing, sentences, time } from '../markup.ts'
import type { Progress } from '../progress.ts'
import { fromTo, missingApprovals } from './refusals.ts'
import { questionTitle, state } from './upgrade.ts'

/** What waits, as the heading of a reminder. */
export function reminderTitle(upgrade: Upgrade, waiting: Waiting): Markup {
  const step = currentStep(upgrade)
  return waiting.for === 'hold' || step?.kind !== 'ask'
    ? mrkdwn`${upgrade.id} is paused: go on or back?`
    : questionTitle(upgrade, step)
}

/** Since when it waits and until when, what is missing, and what happens if nobody decides. */
export function reminderBody(upgrade: Upgrade, waiting: Waiting, { to }: Reminder, progress: Progress): Markup {
  const { request } = upgrade
  const missing = waiting.for === 'start' && !request.breakGlass ? mrkdwn`Needs ${missingApprovals(upgrade)}.` : nothing
  return lines(
    sentences(mrkdwn`${request.service} in ${request.environment}: ${fromTo(upgrade)}.`, missing),
    waiting.for === 'hold' ? state(upgrade, progress) : nothing,
    sentences(
      mrkdwn`Waits since ${time(waiting.since)}.`,
      otherwise(upgrade, waiting),
      to === 'groups' ? mrkdwn`This is the last reminder.` : nothing,
    ),
  )
}

/** What a reminder says once it has done its work. */
export function reminderOver({ id }: Upgrade, { at }: Reminder): Markup {
  return mrkdwn`${id}: reminded ${time(at)}. Nobody needs to answer this any more.`
}

function otherwise(upgrade: Upgrade, { for: what, until }: Waiting): Markup {
  const back = onFailureOf(upgrade) === 'rollback'
  switch (what) {
    case 'start':
      return mrkdwn`Without an answer it expires ${time(until)}, and nothing is changed.`
    case 'accept':
      return mrkdwn`Without an answer it is held from ${time(until)}.`
    default: {
      if (!hasStarted(upgrade)) return mrkdwn`Without an answer it expires ${time(until)}, and nothing is changed.`
      return back
        ? mrkdwn`Without an answer it is rolled back ${time(until)}.`
        : mrkdwn`Without an answer it stays as it is.`
    }
  }
}
