import {
  type Alert,
  type AlertRules,
  actedOn,
  alertToActOn,
  isToldOnly,
  mayAct,
  rolloutWaits,
  type TargetAlert,
  targetsOf,
  weigh,
} from '../upgrade/alerts.ts'
import type { Event } from '../upgrade/events.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { hasStarted, type Upgrade } from '../upgrade/upgrade.ts'
import { deadlineOf } from './deadline.ts'
import type { Parts } from './parts.ts'
import type { AlertState } from './ports.ts'
import { record } from './record.ts'

/** How old a list of what is under way may be, milliseconds: a storm of alerts must not read it a thousand times. */
const listedForMs = 250

/** What was rolled back because of an alert has ended before the alert has; so long, and of so many, it is still told. */
const resolvesWithinMs = 3_600_000
const mostEnded = 50

/** Nobody waits for the list of alerts in a message, milliseconds. */
const shownWithinMs = 500

/** How often it is tried again after somebody else committed first. */
const attempts = 3

/** A clock that is ahead by more than this tells no time, milliseconds. */
const aheadMs = 10_000

/** What is kept of an alert's labels. */
const most = { labels: 30, name: 100, value: 200 }

export type AlertInput = {
  source: string
  alerts: readonly Alert[]
  requestId: string
}

/** Alerts of targets under way, those of none, and those that only say that a rollout waits. */
export type Received = { noted: number; unmatched: number; waiting: number }

/**
 * Takes alerts in. What concerns an upgrade under way is stored when this returns, and what has to follow on it has
 * followed, or will: another process may die over it, and the next look at the upgrade finds it.
 *
 * @throws RollcallError NOT_STORED, or the store's own error: whoever sent them has to send them again
 */
export function alertReceiver(parts: Parts): (input: AlertInput) => Promise<Received> {
  const known = listed(() => concerned(parts))
  return async ({ source, alerts, requestId }) => {
    if (!parts.alerts) return { noted: 0, unmatched: alerts.length, waiting: 0 }
    const heard = alerts.filter(({ labels }) => !rolloutWaits.includes(labels.alertname ?? ''))
    const { noted, found } = sorted(parts, heard, await known())
    await Promise.all(
      [...found].map(async ([id, theirs]) => {
        const isNews = await parts.alerts?.note(id, theirs)
        if (isNews) await follow(parts, id, requestId)
      }),
    )
    const received = { noted, unmatched: heard.length - noted, waiting: alerts.length - heard.length }
    parts.log.info({ source, requestId, ...received, upgrades: [...found.keys()] }, `alerts of ${source}`)
    return received
  }
}

/** Upgrades that alerts may concern: those under way, and those that ended and whose alerts may still resolve. */
type Concerned = { now: string; active: Upgrade[]; ended: Upgrade[] }

async function concerned({ upgrades }: Parts): Promise<Concerned> {
  const now = await upgrades.now()
  const since = new Date(Date.parse(now) - resolvesWithinMs).toISOString()
  const [active, ended] = await Promise.all([upgrades.active(), upgrades.ended({ since, limit: mostEnded })])
  return { now, active, ended }
}

/** Which of them are of which upgrade. */
function sorted(parts: Parts, alerts: readonly Alert[], { now, active, ended }: Concerned) {
  const rules = parts.config().alertRules()
  const found = new Map<string, TargetAlert[]>()
  let noted = 0
  for (const alert of alerts) {
    const { targets, sole } = targetsOf(alert.labels, rules, (target, pod) => ownsPod(parts, target, pod))
    const all = alert.state === 'resolved' ? [...active, ...ended] : active
    const theirs = all.filter(({ policy }) => targets.some((target) => isSame(target, policy.target)))
    if (theirs.length > 0) noted++
    const kept = theirs.length > 0 ? keptOf(alert, rules, sole, now) : undefined
    for (const { id } of theirs) if (kept) found.set(id, [...(found.get(id) ?? []), kept])
  }
  return { noted, found }
}

function ownsPod(parts: Parts, target: TargetRef, pod: string): boolean | undefined {
  try {
    return parts.targets(target).ownsPod(target, pod)
  } catch (error) {
    parts.log.warn({ pod, err: error }, 'whose pod an alert names is not known')
    return undefined
  }
}

function isSame(one: TargetRef, other: TargetRef): boolean {
  return (
    one.cluster === other.cluster &&
    one.kind === other.kind &&
    one.namespace === other.namespace &&
    one.name === other.name
  )
}

/** Whoever sends it decides what it says, so all of it is cut to what there is room for. */
function keptOf(alert: Alert, { minSeverity }: AlertRules, sole: boolean, now: string): TargetAlert {
  const { source, fingerprint, state, labels, startsAt } = alert
  const { alertname = '?', severity } = labels
  const inTime = startsAt !== undefined && Date.parse(startsAt) <= Date.parse(now) + aheadMs
  return {
    source,
    fingerprint,
    state,
    name: alertname.slice(0, most.name),
    ...(severity !== undefined && { severity: severity.slice(0, most.name) }),
    labels: Object.fromEntries(
      Object.entries(labels)
        .slice(0, most.labels)
        .map(([name, value]) => [name.slice(0, most.name), value.slice(0, most.value)]),
    ),
    ...(inTime ? { startsAt } : { startsAt: now, assumed: true as const }),
    ...(state === 'resolved' && { resolvedAt: now }),
    weight: weigh(severity, minSeverity),
    sole,
  }
}

/** It is stored already, so nothing that fails here is the sender's concern. */
async function follow(parts: Parts, id: string, requestId: string): Promise<void> {
  try {
    await act(parts, id, requestId)
    await parts.queue.show(id, shownWithinMs)
  } catch (error) {
    parts.log.warn({ upgrade: id, requestId, err: error }, `${id}: an alert waits for the next look`)
    await parts.queue.reconcile(id).catch(() => {})
  }
}

async function act(parts: Parts, id: string, requestId: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const askedAt = performance.now()
    const loaded = await parts.upgrades.load(id)
    const event = loaded && (await alerted(parts, loaded.upgrade))
    if (!event) return
    const outcome = await record(parts, loaded, event, requestId, { deadline: deadlineOf(askedAt, loaded.now) })
    if (typeof outcome !== 'string') return
  }
  await parts.queue.reconcile(id)
}

/** What follows on the alerts that are stored beside an upgrade, if anything does. */
export async function alerted(parts: Pick<Parts, 'alerts'>, upgrade: Upgrade): Promise<Event | undefined> {
  if (!parts.alerts || !mayAct(upgrade)) return undefined
  const { alerts } = await parts.alerts.of(upgrade.id)
  const alert = alertToActOn(upgrade, alerts)
  return alert && { type: 'alerted', alert }
}

/** The alerts of an upgrade, and who was called because of them. Whoever is on call at the first of them is called. */
export async function alertsOf(parts: Parts, upgrade: Upgrade): Promise<AlertState | undefined> {
  const state = await parts.alerts?.of(upgrade.id)
  if (!state || !parts.onCall || state.called || !callsSomebody(upgrade, state)) return state
  const called = { ...(await parts.onCall(upgrade.policy)), at: await parts.upgrades.now() }
  return { ...state, called: (await parts.alerts?.call(upgrade.id, called)) ?? called }
}

/**
 * Milder ones call nobody, and before the start there is nothing to stop. One that counts calls once it was acted on: this
 * may be a moment before that.
 */
function callsSomebody(upgrade: Upgrade, { alerts }: AlertState): boolean {
  if (upgrade.result || !hasStarted(upgrade)) return false
  return actedOn(upgrade) !== undefined || alerts.some((alert) => isToldOnly(upgrade, alert))
}

/** One answer for all who ask within a moment. */
function listed<T>(list: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined
  return () => {
    const now = performance.now()
    if (last && now - last.at < listedForMs) return last.answer
    const answer = list()
    const asked = { at: now, answer }
    last = asked
    answer.catch(() => {
      if (last === asked) last = undefined
    })
    return answer
  }
}
