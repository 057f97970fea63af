import { assertNever } from './assert-never.ts'
import type { NoticeLevel } from './policy.ts'
import { isRestriction } from './restrictions.ts'
import { hasStarted, type Incident, type Upgrade, voidedRounds } from './upgrade.ts'

/** That somebody who only wants to know is told something; `again` once more, of a success that was taken back. */
export type Notice = {
  /** Slack ID of a channel or of a person. */
  to: string
  on: NoticeLevel
  again: boolean
}

/** What stakeholders have to be told by now, each at the levels that they chose. Pure. */
export function noticesOf(upgrade: Upgrade): Notice[] {
  return (upgrade.policy.notify ?? []).flatMap(({ to, on }) =>
    on.flatMap((level): Notice[] => {
      const once = { to, on: level, again: false }
      const isTwice = level === 'result' && upgrade.undone !== undefined && upgrade.result !== undefined
      if (!isDue(upgrade, level)) return []
      return isTwice ? [once, { ...once, again: true }] : [once]
    }),
  )
}

function isDue(upgrade: Upgrade, level: NoticeLevel): boolean {
  switch (level) {
    case 'start':
      return hasStarted(upgrade)
    case 'decision':
      return isDecided(upgrade)
    case 'result':
      return upgrade.result !== undefined || upgrade.undone !== undefined
    case 'failure':
      return failuresOf(upgrade).length > 0
    default:
      return assertNever(level)
  }
}

function isDecided({ approvals, confirmed, answers, turnedBack }: Upgrade): boolean {
  const deciding = [...answers, ...approvals, confirmed, turnedBack]
  return deciding.some((one) => one !== undefined && one.by.kind !== 'system')
}

/** What went wrong, oldest first: not what people wanted, what passes by itself, nor what is only asked anew. */
export function failuresOf(upgrade: Upgrade): Incident[] {
  const rounds = voidedRounds(upgrade)
  return upgrade.incidents.filter(
    (one) => !rounds.includes(one) && !isRestriction(one.code) && !notFailed.has(one.code),
  )
}

const notFailed: ReadonlySet<string> = new Set([
  'PAUSED_IN_CLUSTER',
  'TURNED_BACK_IN_CLUSTER',
  'RESTORED_IN_CLUSTER',
  'STOP_UNKNOWN',
  'REQUEST_VOID',
  'REVIEW_OVERDUE',
])
