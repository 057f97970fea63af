import type { Log } from '../engine/parts.ts'
import type { OnCall, OnCallSettings, OnCallTrouble, Schedule } from '../engine/ports.ts'
import { own } from '../upgrade/own.ts'
import type { Policy } from '../upgrade/policy.ts'
import { onSchedule } from './schedule.ts'

/** An account by its e-mail address; `forbidden`: the app may not look for it. */
export type FindAccount = (email: string) => Promise<string | 'forbidden' | undefined>

export type OnCallParts = {
  settings(service: string): OnCallSettings | undefined
  /** Values of the environment variables that hold API keys, by name. */
  secrets: Readonly<Record<string, string>>
  account: FindAccount
  log: Pick<Log, 'warn'>
}

/** A message about an alert waits for the answer, milliseconds. */
const timeoutMs = 2_000

/** How long an answer is used, milliseconds; a shift does not change more often. */
const freshMs = 60_000

/** So many people are looked for in Slack. */
const mostPeople = 5

type Found = { users: string[] } | { trouble: OnCallTrouble }

/**
 * Who is on call for a service: by its schedule, else whom the configuration names, else whoever may respond. It says
 * whom to call, and gives nobody a right. Never throws.
 */
export function onCall(parts: OnCallParts, now: () => number = Date.now): (policy: Policy) => Promise<OnCall> {
  const answers = new Map<string, { at: number; answer: Promise<Found> }>()

  function ask(schedule: Schedule): Promise<Found> {
    const key = JSON.stringify(schedule)
    const known = answers.get(key)
    if (known && now() - known.at < freshMs) return known.answer
    const answer = find(parts, schedule)
    answers.set(key, { at: now(), answer })
    // What failed is asked again by whoever comes next.
    void answer.then((found) => 'trouble' in found && answers.delete(key))
    return answer
  }

  return async (policy) => {
    const settings = parts.settings(policy.service)
    const found = settings?.schedule && (await ask(settings.schedule))
    if (found && 'users' in found) return { users: found.users, groups: [], by: 'schedule' }
    const trouble = found && { trouble: found.trouble }
    return { ...named(settings, policy), ...trouble }
  }
}

function named(settings: OnCallSettings | undefined, { permissions }: Policy): OnCall {
  const { users = [], groups = [] } = settings ?? {}
  if (users.length + groups.length > 0) return { users, groups, by: 'configuration' }
  const grants = permissions.respond.length > 0 ? permissions.respond : permissions.operate
  return {
    users: [...new Set(grants.flatMap((grant) => grant.users))],
    groups: [...new Set(grants.flatMap((grant) => grant.groups))],
    by: 'role',
  }
}

async function find({ secrets, account, log }: OnCallParts, schedule: Schedule): Promise<Found> {
  try {
    const token = own(secrets, schedule.tokenEnv) ?? ''
    const emails = await onSchedule(schedule, token, AbortSignal.timeout(timeoutMs))
    if (!emails) return { trouble: 'SCHEDULE_UNREADABLE' }
    if (emails.length === 0) return { trouble: 'SCHEDULE_EMPTY' }
    const accounts = await Promise.all(emails.slice(0, mostPeople).map(account))
    const users = accounts.flatMap((one) => (one === undefined || one === 'forbidden' ? [] : [one]))
    if (users.length > 0) return { users: [...new Set(users)] }
    return { trouble: accounts.includes('forbidden') ? 'EMAIL_SCOPE_MISSING' : 'NOT_IN_SLACK' }
  } catch (error) {
    log.warn({ schedule: schedule.id, err: error }, 'who is on call is not known')
    return { trouble: 'SCHEDULE_UNREACHABLE' }
  }
}
