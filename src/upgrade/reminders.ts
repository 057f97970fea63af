import { actedOn } from './alerts.ts'
import { mayStart } from './quorum.ts'
import { holdDeadline } from './step-handlers.ts'
import { askDeadline } from './steps/ask.ts'
import { askedAnew, currentStep, isAnswered, type Reminder, type Step, type Upgrade, voidedRounds } from './upgrade.ts'
import { windowsAt } from './windows.ts'

/** What people are waited for. */
export type Waiting = {
  for: Extract<Step, { kind: 'ask' }>['question'] | 'hold'
  /** Names this very question: one that is asked anew has another name. */
  name: string
  /** ISO 8601, as `until`, when nobody is waited for any longer. */
  since: string
  until: string
}

/**
 * What people are to decide now, if anything. A hold stands in the way of the question behind it; one that ends by itself
 * waits for nobody.
 */
export function waitingFor(upgrade: Upgrade): Waiting | undefined {
  const { hold, result, at, takenOver } = upgrade
  if (result || at.path === 'back') return undefined
  if (hold) {
    const { since } = hold
    return hold.restriction
      ? undefined
      : { for: 'hold', name: `hold:${since}`, since, until: holdDeadline(upgrade, since) }
  }
  const step = currentStep(upgrade)
  if (step?.kind !== 'ask' || isAnswered(upgrade)) return undefined
  const isStart = step.question === 'start'
  if (isStart && mayStart(upgrade)) return undefined
  const rounds = voidedRounds(upgrade)
  const anew = askedAnew(upgrade).filter((one) => one.step === at.step)
  const times = [at.since, ...(isStart ? rounds.map((round) => round.at) : [])]
  return {
    for: step.question,
    name: [step.question, at.step, takenOver?.sequence ?? 0, rounds.length, anew.length].join(':'),
    since: times.sort().at(-1) ?? at.since,
    until: askDeadline(upgrade, step),
  }
}

/** The next reminder, and when it is due, ISO 8601. */
export type DueReminder = Pick<Reminder, 'of' | 'to' | 'at'>

/**
 * Whom to remind next of what is waited for: those who are named, once, and later their groups, once. Never in quiet
 * hours, and never when it is too late to decide; where the time is short it is shared out. Pure.
 *
 * @param now ISO 8601: what was missed is made up for from then on
 */
export function reminderDue(upgrade: Upgrade, now: string): DueReminder | undefined {
  const { reminders: after, quietHours = [] } = upgrade.policy
  const waiting = after && waitingFor(upgrade)
  if (!waiting) return undefined
  const { name, until } = waiting
  const [begin, end] = [Date.parse(calledSince(upgrade, waiting)), Date.parse(until)]
  const first = begin + Math.min(after.afterMs, (end - begin) / 2)
  const second = begin + Math.min(after.escalateAfterMs, ((end - begin) * 3) / 4)
  const told = upgrade.reminders?.filter(({ of }) => of === name) ?? []
  const [people, groups] = told
  if (groups) return undefined
  const due = people ? afterFirst(Date.parse(people.at), first, second, end) : first
  const at = outOf(quietHours, Math.max(due, Date.parse(now)))
  return at === undefined || at >= end
    ? undefined
    : { of: name, to: people ? 'groups' : 'people', at: new Date(at).toISOString() }
}

/** An alert under a hold calls people, too. */
function calledSince(upgrade: Upgrade, waiting: Waiting): string {
  const alert = waiting.for === 'hold' ? actedOn(upgrade)?.at : undefined
  return alert !== undefined && alert > waiting.since ? alert : waiting.since
}

/** Whoever was reminded late has time, too: as long as usual, or half of what is left. */
function afterFirst(told: number, first: number, second: number, end: number): number {
  return Math.max(second, told + Math.min(second - first, (end - told) / 2))
}

/** Then, or when the quiet hours are over; `undefined` when they never are. */
function outOf(quietHours: NonNullable<Upgrade['policy']['quietHours']>, at: number): number | undefined {
  if (quietHours.length === 0) return at
  const { open: quiet, changesAt } = windowsAt(quietHours, new Date(at).toISOString())
  if (!quiet) return at
  return changesAt === undefined ? undefined : Date.parse(changesAt)
}
