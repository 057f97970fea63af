import type { AlertState, OnCall } from '../engine/ports.ts'
import { actedOn, type Standing, standingOf, type TargetAlert } from '../upgrade/alerts.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { byName } from './deciders.ts'
import { group, join, lines, type Markup, mrkdwn, nothing, time, user } from './markup.ts'
import type { Translator } from './translator.ts'
import { listed } from './wording.ts'

/** So many names of alerts are shown. */
const mostNames = 8

/** Alerts of one name and severity: people know them by that, however many there are. */
type Group = { name: string; severity: string | undefined; firing: TargetAlert[]; all: TargetAlert[] }

/** Those of the upgrade that fire or fired, what concerns it most first. */
function groupsOf(upgrade: Upgrade, alerts: readonly TargetAlert[]): Group[] {
  const groups = new Map<string, Group>()
  for (const alert of alerts) {
    const { name, severity } = alert
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

/** `HighErrorRate (critical) · 3 fire · since 12:03`, a line for each name. */
export function alertLines(t: Translator, upgrade: Upgrade, { alerts, firing }: AlertState): Markup {
  const groups = groupsOf(upgrade, alerts)
  const shown = groups.slice(0, mostNames).map((one) => groupLine(t, upgrade, one))
  const hidden = groups.slice(mostNames).reduce((sum, one) => sum + one.firing.length, 0)
  const more = hidden + Math.max(0, firing - alerts.filter(({ state }) => state === 'firing').length)
  return lines(...shown, more > 0 ? t.say('alert.more', { count: more }) : nothing)
}

function groupLine(t: Translator, upgrade: Upgrade, { name, severity, firing, all }: Group): Markup {
  const about = firing.length > 0 ? firing : all
  const words = { name, severity: severity ?? t.plain('alert.noSeverity'), why: whyNot(t, upgrade, about) }
  const since = about.map(({ startsAt }) => startsAt).sort()[0] ?? ''
  if (firing.length > 0) return t.say('alert.firing', { ...words, count: firing.length, since: time(since) })
  const ended = all
    .flatMap(({ resolvedAt }) => resolvedAt ?? [])
    .sort()
    .at(-1)
  return ended === undefined ? t.say('alert.resolved', words) : t.say('alert.resolvedAt', { ...words, at: time(ended) })
}

/** Why nothing follows on any of them; nothing where something does. */
function whyNot(t: Translator, upgrade: Upgrade, alerts: readonly TargetAlert[]): Markup {
  const standings = new Set(alerts.map((one) => standingOf(upgrade, one)))
  if (standings.has('counts')) return nothing
  const reasons = [...standings].filter((one) => one !== 'counts')
  const each = reasons.map((one) => t.say('alert.why', { why: t.say(`alert.standing.${one}`) }))
  return join(each, '')
}

/** On the live message, while any fires. */
export function alertsLine(t: Translator, upgrade: Upgrade, { alerts, firing }: AlertState): Markup {
  const groups = groupsOf(upgrade, alerts).filter((one) => one.firing.length > 0)
  if (groups.length === 0) return nothing
  const names = groups
    .slice(0, 3)
    .map(({ name, severity }) => t.say('alert.name', { name, severity: severity ?? t.plain('alert.noSeverity') }))
  const rest = groups.length > 3 ? [t.say('word.more', { count: groups.length - 3 })] : []
  return t.say('alert.line', { count: firing, names: listed(t, [...names, ...rest], 'and') })
}

/** Of alerts on which nothing follows. */
export function alertsTitle(t: Translator, { id }: Upgrade, { firing }: AlertState): Markup {
  return firing === 0 ? t.say('alert.titleOver', { id }) : t.say('alert.title', { id, count: firing })
}

/** In the place of such a message, once something has followed on an alert. */
export function alertsBelow(t: Translator, upgrade: Upgrade): Markup {
  const at = actedOn(upgrade)?.at
  const { id } = upgrade
  return at === undefined ? t.say('alert.below', { id }) : t.say('alert.belowSince', { id, at: time(at) })
}

/** What there is to say when people are only told. */
export function alertNotified(t: Translator): Markup {
  return t.say('alert.notified')
}

/** Whoever held it may not have known of the alert. */
export function alertWhileHeld(t: Translator): Markup {
  return t.say('alert.whileHeld')
}

/** The end of all alerts is the beginning of nothing. */
export function alertsResolved(t: Translator, upgrade: Upgrade, { firing, alerts }: AlertState): Markup {
  if (firing > 0 || alerts.length === 0 || upgrade.result) return nothing
  return t.sentences(t.say('alert.over'), upgrade.hold ? t.say('alert.overHeld') : nothing)
}

/** At most five people by name, then the groups, and why it is these. */
export function alertCall(t: Translator, { users, groups, trouble }: OnCall): Markup {
  const called = join([...users.slice(0, byName).map(user), ...groups.map(group)], ' ')
  if (trouble === undefined) return called
  return mrkdwn`${called} ${t.say('onCall.instead', { trouble: t.say(`onCall.${trouble}`) })}`
}
