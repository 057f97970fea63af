import { isDeepStrictEqual } from 'node:util'
import { assertNever } from '../upgrade/assert-never.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { Event, EventType } from '../upgrade/events.ts'
import { goesOnUnasked, nextTask } from '../upgrade/next-task.ts'
import { reminderDue } from '../upgrade/reminders.ts'
import { restoreClient, type Stop } from '../upgrade/stop.ts'
import type { Task } from '../upgrade/task.ts'
import { type Goal, hasStarted, lastGoal, type Upgrade, voidedRounds } from '../upgrade/upgrade.ts'
import { adopt, catchUpWithMark, isBehindMark } from './adopt.ts'
import { alerted } from './alerts.ts'
import { checkAgain, outOfReach } from './approvers.ts'
import { deadlineOf } from './deadline.ts'
import { type Look, lookAgain, sooner, soonerOf } from './look.ts'
import { readGates, watchGates } from './measure.ts'
import { pageAgain } from './page.ts'
import type { Parts } from './parts.ts'
import type { Changed, Loaded, Observation, Pursuit, Target } from './ports.ts'
import { prepare } from './prepare.ts'
import { record } from './record.ts'
import { restrictionFindingsOf, withinHours } from './restrictions.ts'
import { isCarriedOut, stopAfterEnd, stopAsked } from './stop.ts'
import { todaysPolicy } from './todays-policy.ts'

/** What was seen longer ago than this is looked at again rather than stored, milliseconds. */
const lookedWithinMs = 60_000

/**
 * The only code that acts on a cluster. It asks what the upgrade still owes, does at most one thing about it, and
 * either commits one event or notes when to look again. It takes milliseconds and may run twice at once.
 */
export async function reconcile(parts: Parts, id: string, requestId: string): Promise<void> {
  const askedAt = performance.now()
  const loaded = await parts.upgrades.load(id)
  if (!loaded) return adopt(parts, id, requestId)
  const deadline = deadlineOf(askedAt, loaded.now, lookedWithinMs)
  if (loaded.upgrade.result) return afterTheEnd(parts, loaded, requestId, deadline)
  const page = await pageAgain(parts, loaded)
  const look = await (page && 'event' in page ? Promise.resolve(page) : lookAt(parts, loaded, requestId))
    .then((seen) => withinHours(parts, loaded, seen))
    .then((seen) => withReminder(loaded, seen))
    .then((seen) => (page && 'againMs' in page ? sooner(seen, page.againMs) : seen))
    .catch((error: unknown): Look => {
      const retryable = error instanceof RollcallError && error.retryable
      const level = retryable ? 'warn' : 'error'
      parts.log[level]({ upgrade: id, requestId, err: error }, `${id}: nothing done; looking again`)
      return { againMs: lookAgain.failed }
    })
  if ('event' in look && goesOnUnasked(loaded.upgrade, look.event) && !(await parts.display.isReached())) {
    parts.log.warn({ upgrade: id, requestId }, `${id}: the next batch waits for Slack`)
    return settle(parts, loaded, { againMs: lookAgain.withoutSlack, exact: true })
  }
  if ('event' in look) {
    const config = needsConfig(loaded.upgrade) && !withoutConfig.has(look.event.type) && loaded.config
    const bound = { deadline, ...(config && { config }) }
    const outcome = await record(parts, loaded, look.event, requestId, bound)
    if (typeof outcome === 'string') await parts.queue.reconcile(id)
    else if ('refused' in outcome) await settle(parts, loaded, { againMs: lookAgain.moving })
    else if (look.stop) await takeOff(parts, loaded.upgrade, look.stop)
    return
  }
  await settle(parts, loaded, look)
}

/** When to look at an ended upgrade again is noted with what Slack has been told of it. */
async function afterTheEnd(parts: Parts, loaded: Loaded, requestId: string, deadline: number): Promise<void> {
  const { upgrade, now } = loaded
  if (upgrade.result?.outcome === 'rolledBack') await tidy(parts, upgrade)
  const asked = await stopAfterEnd(parts, loaded, requestId).catch((error: unknown) => {
    parts.log.warn(
      { upgrade: upgrade.id, requestId, err: error },
      `${upgrade.id}: whether to take it back is not known`,
    )
    return undefined
  })
  const task = nextTask(upgrade)
  const event =
    asked?.event ?? (task.do === 'followUp' && now >= task.at ? await followUp(parts, loaded, task) : undefined)
  if (!event) return
  const outcome = await record(parts, loaded, event, requestId, { deadline })
  if (typeof outcome === 'string') await parts.queue.reconcile(upgrade.id)
  else if (asked && !('refused' in outcome)) await takeOff(parts, upgrade, asked.stop)
}

async function followUp(
  parts: Parts,
  loaded: Loaded,
  task: Extract<Task, { do: 'followUp' }>,
): Promise<Event | undefined> {
  if (task.event !== 'paged') return { type: task.event }
  const page = await pageAgain(parts, loaded)
  return page && 'event' in page ? page.event : undefined
}

/** When this fails, a mark on the workload is seen again by the next watch. */
async function tidy(parts: Parts, upgrade: Upgrade): Promise<void> {
  const { id, policy } = upgrade
  await parts
    .targets(policy.target)
    .tidy(upgrade)
    .catch((error: unknown) => parts.log.warn({ upgrade: id, err: error }, `${id}: its mark is still on the workload`))
}

async function settle(parts: Parts, loaded: Loaded, look: { againMs: number; exact?: boolean }): Promise<void> {
  const { id, sequence } = loaded.upgrade
  const at = Date.parse(loaded.now) + look.againMs
  const noted = await parts.upgrades.settle(id, sequence, at)
  if (noted && look.exact) await parts.queue.reconcileAt(id, at, look.againMs)
}

/** When this fails, the next look finds the stop decided, or the watch finds it on a workload without an upgrade. */
async function takeOff(parts: Parts, upgrade: Upgrade, stop: Stop): Promise<void> {
  const { id, policy } = upgrade
  await parts
    .targets(policy.target)
    .removeStop(upgrade, stop)
    .catch((error: unknown) => parts.log.warn({ upgrade: id, err: error }, `${id}: the stop is still on the workload`))
}

/** What may lead forward needs the configuration in force. A stop, a hold and the way back need none. */
function needsConfig(upgrade: Upgrade): boolean {
  return upgrade.at.path === 'steps' && !upgrade.hold
}

/** Stops, or only tells. */
const withoutConfig: ReadonlySet<EventType> = new Set([
  'paused',
  'turnedBack',
  'gateFailed',
  'alerted',
  'channelLost',
  'paged',
  'reminded',
  'rewound',
  'restricted',
])

async function lookAt(parts: Parts, loaded: Loaded, requestId: string): Promise<Look> {
  const { upgrade, now } = loaded
  const target = parts.targets(upgrade.policy.target)
  if (isBehindMark(parts, upgrade) && !(await isCarriedOut(upgrade, target))) return behindMark(parts, loaded)
  const asked = await stopAsked(parts, upgrade, target, requestId)
  if (asked) return asked
  const alert = await alerted(parts, upgrade)
  if (alert) return { event: alert }
  noteCapacity(parts, upgrade, target)
  const task = nextTask(upgrade)
  const stopped = alwaysOn(parts, upgrade, target, task, now) ?? (await withoutChannel(parts, upgrade, task))
  if (stopped) return { event: stopped }
  const watched = await watchGates(parts, loaded)
  if ('failed' in watched) return { event: { type: 'gateFailed', report: watched.failed } }
  const look = await leadOn(parts, loaded, target, task)
  const { againMs } = watched
  return againMs === undefined ? look : sooner(look, againMs)
}

/** What is owed now, where nothing stands against it. */
async function leadOn(parts: Parts, loaded: Loaded, target: Target, task: Task): Promise<Look> {
  const { upgrade, now } = loaded
  // Another process leads it forward.
  const mayLead = !needsConfig(upgrade) || (await parts.goesBy(loaded.config))
  if (!mayLead) return { againMs: lookAgain.another, exact: true }
  const removed = withoutService(parts, upgrade, task)
  if (removed) return { event: removed }
  switch (task.do) {
    case 'followUp':
    case 'nothing':
      return { againMs: lookAgain.resting }
    case 'prepare':
      return firstLook(parts, loaded, target)
    case 'pursue': {
      const round = roundOf(upgrade, task.goal)
      const begin = (generation: number) => parts.upgrades.begin(upgrade, round, generation)
      const pursuit = await target.pursue(upgrade, task.goal, begin)
      return afterPursuit(parts, loaded, logged(parts, upgrade, task, pursuit))
    }
    case 'halt':
      return afterHalt(upgrade, task, now, logged(parts, upgrade, task, await target.halt(upgrade, task.goal)))
    case 'soak':
      return (await disturbed(upgrade, target)) ?? soak(upgrade, target.observe(upgrade), task, now)
    case 'measure':
      return (await disturbed(upgrade, target)) ?? measure(parts, loaded, target.observe(upgrade), task)
    case 'recheck':
      return checkAgain(parts, loaded, task)
    case 'wait':
      return (await disturbed(upgrade, target)) ?? (await outOfReach(parts, upgrade)) ?? until(task.until, now)
    default:
      return assertNever(task)
  }
}

/** While nothing else is to be done, whether somebody is to be told once more. */
function withReminder({ upgrade, now }: Loaded, look: Look): Look {
  const due = 'event' in look ? undefined : reminderDue(upgrade, now)
  if (!due) return look
  const leftMs = Date.parse(due.at) - Date.parse(now)
  return leftMs <= 0 ? { event: { type: 'reminded', of: due.of, to: due.to } } : sooner(look, leftMs)
}

async function firstLook(parts: Parts, { upgrade, now }: Loaded, target: Target): Promise<Look> {
  try {
    const restricted = await restrictionFindingsOf(parts, upgrade.policy, upgrade.request, now)
    const { plan } = await prepare({ ...parts, target }, upgrade, now, restricted)
    const { findings } = plan
    if (findings.some(({ severity }) => severity === 'block')) return { event: { type: 'blocked', findings } }
    return { event: { type: 'prepared', plan } }
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'TARGET_NOT_FOUND') return gone({ recreated: false })
    throw error
  }
}

/**
 * The `rollout` gate watches from the first patch until all is verified, whatever the step; a hold is already a stop.
 * Once the last batch is verified the originals come back, and there is nothing left to go back from.
 */
function alwaysOn(parts: Parts, upgrade: Upgrade, target: Target, task: Task, now: string): Event | undefined {
  if (!hasStarted(upgrade) || upgrade.at.path === 'back' || upgrade.hold) return undefined
  if (task.do === 'pursue' && task.goal.to === 'finish') return undefined
  const observation = target.observe(upgrade)
  const report = observation && parts.gates.rollout?.(upgrade, observation, now)
  return report?.verdict === 'failed' ? { type: 'gateFailed', report } : undefined
}

/** Nobody waits for that, and nothing depends on it. */
function noteCapacity(parts: Parts, upgrade: Upgrade, target: Target): void {
  const observation = hasStarted(upgrade) && target.observe(upgrade)
  if (!observation) return
  const { ready, total } = observation
  parts.capacities
    .note(upgrade.id, { ready, total })
    .catch((error: unknown) =>
      parts.log.warn({ upgrade: upgrade.id, err: error }, 'how many pods are Ready is not noted'),
    )
}

/** Whether it has pods to change yet. Once all is verified, what is left is to give the workload its own fields back. */
function leadsForward(upgrade: Upgrade, task: Task): boolean {
  if (!upgrade.plan || upgrade.hold || upgrade.at.path === 'back') return false
  return task.do !== 'pursue' || task.goal.to !== 'finish'
}

/** A channel that nobody sees stops it every time; one with strangers in it stops it until somebody resumes it. */
async function withoutChannel(parts: Parts, upgrade: Upgrade, task: Task): Promise<Event | undefined> {
  const { channel } = upgrade.policy
  const code = leadsForward(upgrade, task) ? await parts.display.trouble(channel) : undefined
  const isKnown = code === 'CHANNEL_SHARED' && upgrade.incidents.some((incident) => incident.code === code)
  return code && !isKnown ? { type: 'channelLost', code, channel } : undefined
}

/** A running plan keeps its policy, but nothing goes forward once the configuration does not know the service. */
function withoutService(parts: Parts, upgrade: Upgrade, task: Task): Event | undefined {
  if (!leadsForward(upgrade, task)) return undefined
  return todaysPolicy(parts, upgrade) ? undefined : { type: 'serviceRemoved' }
}

async function afterPursuit(parts: Parts, loaded: Loaded, pursuit: Pursuit): Promise<Look> {
  const { upgrade, now } = loaded
  switch (pursuit.state) {
    case 'reached': {
      const { updated, ready, total } = pursuit.observation
      const { generation, templateHash } = pursuit
      return { event: { type: 'reached', updated, ready, total, generation, templateHash } }
    }
    case 'moving': {
      const leftMs = pursuit.againAt ? Date.parse(pursuit.againAt) - Date.parse(now) : lookAgain.moving
      return soonerOf(Math.max(0, leftMs), lookAgain.moving)
    }
    case 'waiting': {
      const since = Math.max(Date.parse(pursuit.since), Date.parse(upgrade.at.since))
      const leftMs = since + upgrade.policy.strategy.readyTimeoutMs - Date.parse(now)
      if (leftMs <= 0) return { event: { type: 'stuck', code: pursuit.code, detail: pursuit.detail } }
      return soonerOf(leftMs, lookAgain.moving)
    }
    case 'outdated':
      return { event: { type: 'outdated', code: pursuit.code } }
    case 'changed':
      return changed(upgrade, pursuit)
    case 'gone':
      return gone(pursuit)
    case 'superseded':
      return behindMark(parts, loaded)
    default:
      return assertNever(pursuit)
  }
}

/** What a decision allows to begin: put back after that, it waits for another one. */
function roundOf(upgrade: Upgrade, { restore = 0 }: Goal): string {
  return [upgrade.takenOver?.sequence ?? 0, voidedRounds(upgrade).length, restore].join('.')
}

/** The store went back in time, or another process has just committed and gone on. */
async function behindMark(parts: Parts, loaded: Loaded): Promise<Look> {
  const event = await catchUpWithMark(parts, loaded)
  return event ? { event } : { againMs: lookAgain.another, exact: true }
}

/** Patches are log lines; the audit trail has one entry for a whole goal. */
function logged(parts: Parts, { id, sequence }: Upgrade, { goal }: { goal: Goal }, pursuit: Pursuit): Pursuit {
  if (pursuit.state === 'moving' && pursuit.patched) parts.log.info({ upgrade: id, sequence, goal }, `${id}: patched`)
  return pursuit
}

/** While people are asked anyway, only what they have not been told of is news. */
function afterHalt(upgrade: Upgrade, task: Extract<Task, { do: 'halt' }>, now: string, pursuit: Pursuit): Look {
  const known = upgrade.hold?.change
  switch (pursuit.state) {
    case 'gone':
      return gone(pursuit)
    case 'changed':
      return isDeepStrictEqual(known, pursuit.change) ? until(task.until, now) : changed(upgrade, pursuit)
    case 'moving':
      return { againMs: lookAgain.moving }
    case 'reached':
      return known && known.kind !== 'ahead' ? { event: { type: 'changedBack' } } : until(task.until, now)
    default:
      return until(task.until, now)
  }
}

/** Whether what was reached last is still so. */
async function disturbed(upgrade: Upgrade, target: Target): Promise<Look | undefined> {
  const goal = lastGoal(upgrade)
  if (!goal) return undefined
  const standing = await target.verify(upgrade, goal)
  if (standing.state === 'gone') return gone(standing)
  return standing.state === 'changed' ? changed(upgrade, standing) : undefined
}

function changed({ at, request }: Upgrade, { change, autoscaler }: Changed): Look {
  const restored = change.kind === 'template' && change.how === 'undone' && change.by === restoreClient
  if (restored && at.path === 'steps' && request.irreversible === undefined) {
    return { event: { type: 'turnedBack', by: { kind: 'kubernetes', manager: restoreClient } } }
  }
  return autoscaler !== undefined && change.kind === 'scaled'
    ? { event: { type: 'rescaled', change, autoscaler } }
    : { event: { type: 'changedOutside', change } }
}

function gone({ recreated }: { recreated: boolean }): Look {
  return { event: { type: 'targetGone', recreated } }
}

/** The clock of a soak starts anew with every pod that becomes Ready again. */
function soak(
  upgrade: Upgrade,
  observation: Observation | undefined,
  task: Extract<Task, { do: 'soak' }>,
  now: string,
): Look {
  const goal = lastGoal(upgrade)
  const ready = observation?.pods.filter((pod) => pod.ready) ?? []
  if (!goal || ready.length < goal.pods) return { againMs: lookAgain.moving }
  const since = ready.reduce(
    (latest, pod) => (pod.readySince && pod.readySince > latest ? pod.readySince : latest),
    task.since,
  )
  const leftMs = Date.parse(since) + task.durationMs - Date.parse(now)
  return leftMs <= 0 ? { event: { type: 'soaked' } } : soonerOf(leftMs, lookAgain.resting)
}

async function measure(
  parts: Parts,
  loaded: Loaded,
  observation: Observation | undefined,
  task: Extract<Task, { do: 'measure' }>,
): Promise<Look> {
  if (!observation) return { againMs: 1_000, exact: true }
  const { reports, pending } = await readGates(parts, loaded, observation, task.gates)
  const failed = reports.find(({ verdict }) => verdict === 'failed')
  if (failed) return { event: { type: 'gateFailed', report: failed } }
  if (pending) return { againMs: lookAgain.moving }
  const unknown = reports.find(({ verdict }) => verdict === 'inconclusive')
  return { event: unknown ? { type: 'gateInconclusive', report: unknown } : { type: 'checked', reports } }
}

function until(deadline: string | undefined, now: string): Look {
  if (!deadline) return { againMs: lookAgain.resting }
  const leftMs = Date.parse(deadline) - Date.parse(now)
  return leftMs <= 0 ? { event: { type: 'expired' } } : soonerOf(leftMs, lookAgain.resting)
}
