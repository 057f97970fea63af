import { isDeepStrictEqual } from 'node:util'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { stampOf, upgradeMark, withoutMarks } from '../workload/marks.ts'
import { awaitPods, behind, changed, type Move, whenReady } from '../workload/move.ts'
import { causeAs } from '../workload/patch.ts'
import { counted } from '../workload/pods.ts'
import { asksToStop } from '../workload/stop-marks.ts'
import { type Budget, backBudget, budgetOf, heldTimings, nextBudget, rollingUpdate } from './hold.ts'
import { type Change, type Fields, fieldsOf, patchOf } from './patch.ts'
import { type Reading, read } from './reading.ts'
import { differences, fieldChange, originalFields, templateChange, timingsOf, unlikeOurs, unlikeRest } from './rest.ts'
import { hasBegun, restoreShare } from './restore-share.ts'
import type { Originals, Situation } from './situation.ts'
import { patch } from './stamped.ts'

/**
 * The one thing that leads a Deployment nearer to a goal, judged only by what it looks like now. Pure; a snapshot whose
 * parts are of different moments makes it wait or send a patch that fails its tests, never go too far.
 */
export function nextMove(situation: Situation): Move {
  // Every patch tests the generation, which a stop raises too: so none leads forward over a stop that is on the workload.
  if (situation.goal.to !== 'original' && stopComesFirst(situation)) return { move: 'unsure' }
  const barred = notOurs(situation)
  if (barred) return barred
  switch (situation.goal.to) {
    case 'batch':
      return towardsBatch(situation, read(situation))
    case 'finish':
      return towardsFinish(situation, read(situation))
    case 'original':
      return towardsOriginal(situation, read(situation))
  }
}

/**
 * Stops a move: what the last budget allows still happens, then nothing more. Only `paused` changes, and only once the
 * controller has acted on that budget: it would else scale in proportion, which takes Ready pods away. What rests is left
 * to rest; when somebody else let it go on, it is stopped again, once for each time that Rollcall has told of it.
 */
export function haltMove(situation: Situation): Move {
  const barred = notOurs(situation)
  if (barred) return barred
  const { snapshot, goal, facts, fresh } = situation
  const { deployment } = snapshot
  const reading = read(situation)
  const change = unlikeHalted(situation, reading)
  const released = change?.kind === 'fields' && change.fields.some(({ field }) => field === 'paused')
  if (released && !isStamped(situation) && !deployment.paused) {
    return fresh ? patch(situation, 'halt', { fields: { paused: true } }) : { move: 'unsure' }
  }
  const ours = reading.template === 'new' || (reading.template === 'old' && hasBegun(situation))
  const moving = goal.to === 'batch' && !situation.resting && reading.touched && ours && facts.replicas > 0
  if (!moving || deployment.paused) return change ? changed(change) : { move: 'reached' }
  if (isStamped(situation)) return changed(fieldChange(situation, { paused: true }))
  if (!fresh) return { move: 'unsure' }
  const settled = reading.total === deployment.replicas + (budgetOf(deployment.strategy)?.surge ?? 0)
  if (!reading.observed || !settled) return behind(situation, reading)
  return patch(situation, 'halt', { fields: { paused: true } })
}

/** What others changed of a workload that stands still, be it at rest or in the middle of a move. */
function unlikeHalted(situation: Situation, reading: Reading): OutsideChange | undefined {
  const { goal, originals, resting, first } = situation
  if (goal.to === 'original' || (first && !reading.touched)) return undefined
  if (goal.to === 'finish') {
    const { deployment } = situation.snapshot
    const done = originals && differences(fieldsOf(deployment), originalFields(originals)).length === 0
    const finished = !originals || (done && deployment.annotations?.[upgradeMark] === undefined)
    return unlikeOurs(situation, reading) ?? (finished ? undefined : unlikeRest(situation, reading, goal.pods))
  }
  if (resting) return unlikeRest(situation, reading, goal.pods)
  if (goal.restore !== undefined && hasBegun(situation) && reading.template === 'old') return undefined
  const change = unlikeOurs(situation, reading)
  if (change || goal.restore !== undefined || reading.upgraded.replicas <= goal.pods) return change
  return { kind: 'share', from: goal.pods, to: reading.upgraded.replicas }
}

/** Whether the last patch was made for the very state that asks now. */
function isStamped({ snapshot, stamp }: Situation): boolean {
  return stampOf(snapshot.deployment.annotations?.[upgradeMark])?.sequence === stamp.sequence
}

/** How the workload differs from the rest that a goal ended in; `undefined` while it does not. */
export function deviation(situation: Situation): OutsideChange | undefined {
  if (stopComesFirst(situation)) return undefined
  const barred = notOurs(situation)
  if (barred?.move === 'changed') return barred.change
  if (barred?.move === 'superseded') return { kind: 'ahead', stamp: barred.stamp }
  if (situation.goal.to !== 'batch') return undefined
  return unlikeRest(situation, read(situation), situation.goal.pods)
}

/** Whoever asked for the stop may have gone ahead by themselves, and the answer to it says so. */
function stopComesFirst({ uid, snapshot: { deployment }, stamp }: Situation): boolean {
  return deployment.uid === uid && asksToStop(deployment.annotations, stamp.id)
}

function notOurs({ uid, snapshot, stamp }: Situation): Move | undefined {
  const { deployment } = snapshot
  if (deployment.deleting || deployment.uid !== uid) return { move: 'gone' }
  const live = stampOf(deployment.annotations?.[upgradeMark])
  if (!live) return undefined
  const text = `${live.id}@${live.sequence}`
  if (live.id !== stamp.id) return { move: 'changed', change: { kind: 'ahead', stamp: text } }
  return live.sequence > stamp.sequence ? { move: 'superseded', stamp: text } : undefined
}

// ---------------------------------------------------------------- batch

function towardsBatch(situation: Situation, reading: Reading): Move {
  const { facts, goal, originals, first, strategy } = situation
  const restoring = goal.restore !== undefined
  if (!reading.touched && (first || !restoring)) return beginning(start(situation, reading))
  // Put back, and the record with it, by somebody to whom the workload was Rollcall's no more.
  if (!reading.touched && !originals && reading.template === 'old') return { move: 'record' }
  if (!originals) return { move: 'lost' }
  const gradual = facts.replicas > 0 && strategy === 'rolling'
  if (restoring && (gradual || !hasBegun(situation))) {
    const move = restoreShare(situation, reading, originals)
    return reading.touched ? move : beginning(move)
  }
  const change = unlikeOurs(situation, reading)
  if (change) return { move: 'changed', change }
  if (facts.replicas === 0) return restTemplateOnly(situation, reading, originals)
  if (reading.upgraded.replicas > goal.pods) {
    return changed({ kind: 'share', from: goal.pods, to: reading.upgraded.replicas })
  }
  return strategy === 'recreate' ? recreate(situation, reading, originals) : roll(situation, reading, originals)
}

function beginning(move: Move): Move {
  return move.move === 'patch' ? { ...move, begins: true } : move
}

/** What has happened to a workload that bears nothing of this upgrade although it was changed already. */
export function putBack(situation: Situation): OutsideChange {
  return templateChange(situation, read(situation))
}

function start(situation: Situation, reading: Reading): Move {
  const { snapshot, facts, first, originals, goal } = situation
  const { deployment } = snapshot
  if (!first) return changed(templateChange(situation, reading))
  if (reading.template !== 'old') return { move: 'outdated', code: 'TEMPLATE_CHANGED' }
  if (deployment.replicas !== facts.replicas) return { move: 'outdated', code: 'REPLICAS_CHANGED' }
  const change = startChange(situation)
  const restoring = goal.restore !== undefined
  if (deployment.paused && !restoring) return changed(fieldChange(situation, { paused: false }))
  if (!originals) return { move: 'record' }
  const wanted = originalFields(originals)
  // For pods that an earlier upgrade took back a moment ago it would make room for as many too many.
  if (!reading.oneRevision) return behind(situation, reading)
  if (differences(fieldsOf(deployment), wanted).length === 0) return patch(situation, 'start', change)
  if (!restoring) return changed(fieldChange(situation, wanted))
  return patch(situation, 'start', { ...change, fields: { ...wanted, ...change.fields } })
}

/** The first patch: the new image together with the hold. */
export function startChange(
  situation: Pick<Situation, 'goal' | 'facts' | 'strategy' | 'container' | 'image' | 'cause'>,
): Change {
  const { goal, facts, strategy, container, image, cause } = situation
  const template = { container, image }
  const annotations = causeAs(cause)
  if (facts.replicas === 0) return { template, annotations }
  if (strategy === 'recreate') return { template, annotations, fields: { strategy: { type: 'Recreate' } } }
  const budget = nextBudget(goal.pods, 0, { surge: 0, unavailable: 0 }, facts)
  return { template, annotations, fields: { ...heldTimings, strategy: rollingUpdate(budget) } }
}

function roll(situation: Situation, reading: Reading, originals: Originals): Move {
  const { goal, facts, snapshot, hold } = situation
  const { deployment } = snapshot
  const { upgraded } = reading
  const share = upgraded.replicas
  const others = reading.total - share
  const live = budgetOf(deployment.strategy)
  if (!live) return changed(fieldChange(situation, ['strategy']))
  if (reading.timings === 'original') return fromQuietRest(situation, reading, live)
  if (reading.timings === 'other') return changed(fieldChange(situation, heldTimings))

  // A pod that its ReplicaSet has yet to take away does not count.
  const k = Math.min(share, counted(upgraded.pods, originals.minReadySeconds, situation.now))
  const settled =
    live.surge === 0 && live.unavailable === goal.pods && share === goal.pods && others === facts.replicas - goal.pods
  if (settled) {
    if (k < goal.pods || !reading.observed) return awaitPods(situation, reading, upgraded.pods, goal.pods)
    if (deployment.paused && hold === 'strict') return { move: 'reached' }
    return patch(situation, 'rest', { fields: { paused: true, ...(hold === 'quiet' && timingsOf(originals)) } })
  }
  if (deployment.paused) {
    if (!upgraded.blind) return behind(situation, reading)
    // A pause that overtook the last budget lets the controller scale in proportion, new pods too: then what counts is
    // how many old ones are really gone, and old copies will not do.
    const gone = Math.max(0, facts.replicas - others)
    const rested = live.surge === 0 && live.unavailable === share && live.unavailable === gone
    if (!rested && !situation.fresh) return { move: 'unsure' }
    // A halt bears the stamp of the state that asked for it, which is older than the one that goes on.
    if (!rested && isStamped(situation)) return changed(fieldChange(situation, { paused: false }))
    const next = nextBudget(goal.pods, k, { surge: 0, unavailable: gone }, facts)
    return patch(situation, 'move', { fields: { paused: false, strategy: rollingUpdate(next) } })
  }
  const next = nextBudget(goal.pods, k, live, facts)
  const known = live.unavailable <= goal.pods && live.surge === Math.min(facts.surge, goal.pods - live.unavailable)
  if (!known) {
    return changed(fieldChange(situation, share === live.unavailable ? { paused: true } : ['strategy']))
  }
  if (!isDeepStrictEqual(next, live)) return patch(situation, 'move', { fields: { strategy: rollingUpdate(next) } })
  return awaitPods(situation, reading, upgraded.pods, goal.pods)
}

/**
 * Here the new pods count as available. Held timings come first, while all stands still: a controller that unpauses
 * before it knows them would take the new pods for available and run on.
 */
function fromQuietRest(situation: Situation, reading: Reading, live: Budget): Move {
  const { goal } = situation
  const change = unlikeRest(situation, reading, live.unavailable, 'quiet')
  if (change) return changed(change)
  if (live.unavailable > goal.pods) return changed({ kind: 'share', from: goal.pods, to: live.unavailable })
  if (live.unavailable < goal.pods) return patch(situation, 'barrier', { fields: heldTimings })
  return whenReady(situation, reading)
}

function recreate(situation: Situation, reading: Reading, originals: Originals): Move {
  const { goal, snapshot } = situation
  const { upgraded, total, observed } = reading
  const { paused, ...wanted } = { ...originalFields(originals), strategy: { type: 'Recreate' as const } }
  if (differences(fieldsOf(snapshot.deployment), wanted).length > 0) return changed(fieldChange(situation, wanted))
  const settled = upgraded.replicas === goal.pods && total === goal.pods
  if (snapshot.deployment.paused) {
    return settled ? whenReady(situation, reading) : patch(situation, 'move', { fields: { paused: false } })
  }
  const ready = settled && observed && whenReady(situation, reading).move === 'reached'
  if (ready) return patch(situation, 'rest', { fields: { paused: true } })
  return awaitPods(situation, reading, upgraded.pods, goal.pods)
}

function restTemplateOnly(situation: Situation, reading: Reading, originals: Originals): Move {
  const wanted = originalFields(originals)
  const off = differences(fieldsOf(situation.snapshot.deployment), wanted).length > 0
  if (off) return changed(fieldChange(situation, wanted))
  return reading.observed ? { move: 'reached' } : behind(situation, reading)
}

// ---------------------------------------------------------------- finish

function towardsFinish(situation: Situation, reading: Reading): Move {
  const { originals, goal, snapshot, image } = situation
  const marked = snapshot.deployment.annotations?.[upgradeMark] !== undefined
  if (!originals) {
    // The record goes last, so without it everything else is done.
    if (!marked && reading.timings !== 'held' && reading.image === image) return clear(situation, reading)
    return marked || reading.timings === 'held' ? { move: 'lost' } : changed(templateChange(situation, reading))
  }
  const restored = differences(fieldsOf(snapshot.deployment), originalFields(originals)).length === 0
  if (restored && reading.template === 'new' && !marked) return clear(situation, reading)
  const change = unlikeOurs(situation, reading) ?? unlikeRest(situation, reading, goal.pods)
  if (change) return changed(change)
  return unmark(situation, 'finish', finishChange(originals))
}

/** With every pod on the new revision the original fields move nothing. */
export function finishChange(originals: Originals): Change {
  return { fields: originalFields(originals) }
}

// ---------------------------------------------------------------- original

/**
 * How long the way back waits for the controllers to catch up. A controller that still counts pods which are gone
 * would take as many too many away.
 */
const patienceMs = 10_000

function towardsOriginal(situation: Situation, reading: Reading): Move {
  const { originals, snapshot, now, since } = situation
  const { deployment } = snapshot
  const { original, total, observed } = reading
  const R = deployment.replicas
  const live = stampOf(deployment.annotations?.[upgradeMark])
  const fields = fieldsOf(deployment)
  const allOld = observed && original.replicas === R && total === R
  const untouched = isUntouched(situation, reading)
  if (untouched && !live) {
    // It looked like this before the first patch too, and a watch may be as far behind as that.
    if (!situation.fresh) return { move: 'unsure' }
    // That first patch may still be on its way, from a process that looked before the way back was decided.
    if (!situation.fenced) return patch(situation, 'fence', {})
    // Others may have brought the template back, and the controller is still at it.
    return allOld ? clear(situation, reading) : awaitPods(situation, reading, original.pods, R)
  }
  // Nothing to compare with shows what the way back itself has set, such as its budget.
  if (!originals) return untouched && !situation.begun ? unmark(situation, 'restore', {}) : { move: 'lost' }
  const back = backChange(situation, originals)
  const off = differences(fields, back.fields).length > 0
  if (reading.template === 'old' && live && !off) {
    const ready = counted(original.pods, originals.minReadySeconds, now)
    if (!allOld || ready < R) return awaitPods(situation, reading, original.pods, R)
    return unmark(situation, 'restore', finishChange(originals))
  }
  if (untouched) return unmark(situation, 'restore', {})
  // This very step wrote the template already, so somebody else changed it since.
  if (isStamped(situation)) {
    return changed(
      reading.template === 'old' ? fieldChange(situation, back.fields) : templateChange(situation, reading),
    )
  }
  const waited = Date.parse(now) - Date.parse(since)
  const settled = reading.countsSettled && hasActed(situation, reading)
  if (!settled && waited < patienceMs) return behind(situation, reading)
  return patch(situation, 'back', back)
}

/** Takes marks off that came onto the workload after all was back, from a process that looked before that. */
export function tidyMove(situation: Situation): Move {
  const barred = notOurs(situation)
  if (barred) return barred
  const reading = read(situation)
  if (!isUntouched(situation, reading)) return { move: 'reached' }
  if (!situation.fresh) return { move: 'unsure' }
  const marked = situation.snapshot.deployment.annotations?.[upgradeMark] !== undefined
  return marked ? unmark(situation, 'tidy', {}) : clear(situation, reading)
}

function isUntouched({ snapshot, originals }: Situation, { template, timings }: Reading): boolean {
  const fields = fieldsOf(snapshot.deployment)
  const asBefore = !originals || differences(fields, originalFields(originals)).length === 0
  return template === 'old' && timings !== 'held' && asBefore
}

/** Whether the controller has done all that the budget of a move allows. One that is half-way takes what goes back for more of it. */
function hasActed({ snapshot, facts }: Situation, { template, timings, observed, upgraded, total }: Reading): boolean {
  const { paused, replicas, strategy } = snapshot.deployment
  const live = budgetOf(strategy)
  const moving = template === 'new' && timings === 'held' && !paused && replicas === facts.replicas
  if (!moving || !live) return true
  const fresh = live.unavailable + live.surge
  return observed && upgraded.replicas === fresh && total - fresh === replicas - live.unavailable
}

/** The old template and timings at once; capacity stays as the plan's budget says, until all pods are old again. */
export function backChange(
  { facts, strategy }: Pick<Situation, 'facts' | 'strategy'>,
  originals: Originals,
): Change & { fields: Fields } {
  const fields = originalFields(originals)
  const moving = { ...fields, strategy: rollingUpdate(backBudget(facts)) }
  return {
    template: originals.template,
    annotations: causeAs(originals.changeCause),
    fields:
      facts.replicas === 0 ? fields : strategy === 'recreate' ? { ...fields, strategy: { type: 'Recreate' } } : moving,
  }
}

// ---------------------------------------------------------------- both ends

/** The last patch: nothing of Rollcall stays. */
function unmark(situation: Situation, why: string, change: Change): Move {
  const { deployment } = situation.snapshot
  const operations = patchOf(deployment, {
    ...change,
    annotations: { ...change.annotations, ...withoutMarks(deployment) },
  })
  return { move: 'patch', operations, why }
}

/**
 * The Deployment is as it should be; what the controller copied to ReplicaSets goes once it copies no more. Nobody looks
 * again after that, and the watch of ReplicaSets may be behind that of Deployments.
 */
function clear(situation: Situation, reading: Reading): Move {
  if (!reading.observed) return behind(situation, reading)
  if (!situation.fresh) return { move: 'unsure' }
  const marked = situation.snapshot.replicaSets.filter(({ marks }) => marks.length > 0)
  return marked.length > 0 ? { move: 'strip', revisions: marked.map(({ name }) => name) } : { move: 'reached' }
}
