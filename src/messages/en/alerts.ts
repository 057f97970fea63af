import type { AlertState, OnCall, OnCallTrouble } from '../../engine/ports.ts'
import { actedOn, type Standing, standingOf, type TargetAlert } from '../../upgrade/alerts.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { byName } from '../deciders.ts'
import { bold, group, join, lines, type Markup, mrkdwn, nothing, sentences, time, user } from '../markup.ts'
import { listed } from './wording.ts'

/** So many names of alerts are shown. */
const mostNames = 8

/** Alerts of one name and severity: people know them by that, however many there are. */
type Group = { name: string; severity: string; firing: TargetAlert[]; all: TargetAlert[] }

/** Those of the upgrade that fire or fired, what concerns it most first. */
function groupsOf(upgrade: Upgrade, alerts: readonly TargetAlert[]): Group[] {
  const groups = new Map<string, Group>()
  for (const alert of alerts) {
    const { name, severity = 'no severity' } = alert
    const key = JSON.stringify([name, severity])
    const group = groups.get(key) ?? { name, severity, firing: [], all: [] }
    group.all.push(alert)
    if (alert.state === 'firing') group.firing.push(alert)
    groups.set(key, group)
  }
  const rank = ({ firing, all }: Group) =>
    Math.min(...all.map((one) => ranks[standingOf(upgrade, one)])) + (firing.length > 0 ? 0 : 10)
  return [...groups.values()].toSorted((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name))
}

const ranks: Record<Standing, number> = { counts: 0, shared: 1, older: 2, milder: 3 }

/** Why nothing follows on an alert. */
const reasons: Record<Exclude<Standing, 'counts'>, string> = {
  milder: 'milder than what counts',
  older: 'began before the start',
  shared: 'may be of another workload',
}

/** `HighErrorRate (critical) · 3 fire · since 12:03`, a line for each name. */
export function alertLines(upgrade: Upgrade, { alerts, firing }: AlertState): Markup {
  const groups = groupsOf(upgrade, alerts)
  const shown = groups.slice(0, mostNames).map((one) => groupLine(upgrade, one))
  const hidden = groups.slice(mostNames).reduce((sum, one) => sum + one.firing.length, 0)
  const more = hidden + Math.max(0, firing - alerts.filter(({ state }) => state === 'firing').length)
  return lines(...shown, more > 0 ? mrkdwn`and ${more} more fire` : nothing)
}

function groupLine(upgrade: Upgrade, { name, severity, firing, all }: Group): Markup {
  const about = firing.length > 0 ? firing : all
  const since = about.map(({ startsAt }) => startsAt).sort()[0] ?? ''
  const standings = new Set(about.map((one) => standingOf(upgrade, one)))
  const why = standings.has('counts') ? [] : [...standings].map((one) => reasons[one as keyof typeof reasons])
  const ended = all
    .flatMap(({ resolvedAt }) => resolvedAt ?? [])
    .sort()
    .at(-1)
  const state =
    firing.length > 0
      ? mrkdwn`${firing.length === 1 ? 'fires' : `${firing.length} fire`} since ${time(since)}`
      : mrkdwn`resolved${ended === undefined ? nothing : mrkdwn` ${time(ended)}`}`
  const parts = [mrkdwn`• ${bold(name)} (${severity})`, state, ...why.map((one) => mrkdwn`${one}`)]
  return join(parts, ' · ')
}

/** On the live message, while any fires. */
export function alertsLine(upgrade: Upgrade, { alerts, firing }: AlertState): Markup {
  const groups = groupsOf(upgrade, alerts).filter((one) => one.firing.length > 0)
  if (groups.length === 0) return nothing
  const names = groups.slice(0, 3).map(({ name, severity }) => mrkdwn`${name} (${severity})`)
  const rest = groups.length > 3 ? [mrkdwn`${groups.length - 3} more`] : []
  const count = firing === 1 ? '1 alert fires' : `${firing} alerts fire`
  return mrkdwn`${count}: ${listed([...names, ...rest], 'and')}`
}

/** Of alerts on which nothing follows. */
export function alertsTitle({ id }: Upgrade, { firing }: AlertState): Markup {
  if (firing === 0) return mrkdwn`${id}: no alert fires any more.`
  return firing === 1
    ? mrkdwn`${id}: an alert fires, and it goes on.`
    : mrkdwn`${id}: ${firing} alerts fire, and it goes on.`
}

/** In the place of such a message, once something has followed on an alert. */
export function alertsBelow(upgrade: Upgrade): Markup {
  const at = actedOn(upgrade)?.at
  return mrkdwn`${upgrade.id}: alerts are shown below${at === undefined ? nothing : mrkdwn` since ${time(at)}`}.`
}

/** What there is to say when people are only told. */
export const alertNotified = mrkdwn`It goes on, because it is configured to only tell you of alerts. Pause it, or roll it back.`

/** Whoever held it may not have known of the alert. */
export const alertWhileHeld = mrkdwn`It is on hold already, and stays so until somebody resumes it or rolls it back.`

/** The end of all alerts is the beginning of nothing. */
export function alertsResolved(upgrade: Upgrade, { firing, alerts }: AlertState): Markup {
  if (firing > 0 || alerts.length === 0 || upgrade.result) return nothing
  const over = mrkdwn`None of its alerts fires any more.`
  return upgrade.hold ? sentences(over, mrkdwn`That does not resume it: somebody has to.`) : over
}

/** At most five people by name, then the groups, and why it is these. */
export function alertCall({ users, groups, trouble }: OnCall): Markup {
  const called = join([...users.slice(0, byName).map(user), ...groups.map(group)], ' ')
  return trouble === undefined ? called : sentences(called, mrkdwn`(${onCallTroubles[trouble]}.)`)
}

/** Why it is not those of the schedule who are called. */
export const onCallTroubles: Record<OnCallTrouble, string> = {
  SCHEDULE_UNREACHABLE: 'The on-call schedule does not answer, so you are called instead',
  SCHEDULE_UNREADABLE:
    'The on-call schedule refuses to answer, or says what nobody can read, so you are called instead',
  SCHEDULE_EMPTY: 'The on-call schedule names nobody now, so you are called instead',
  NOT_IN_SLACK: 'Nobody of the on-call schedule was found in Slack, so you are called instead',
  EMAIL_SCOPE_MISSING: 'This app may not look people up by e-mail, so you are called instead of those on the schedule',
}
