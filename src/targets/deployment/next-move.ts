import { isDeepStrictEqual } from 'node:util'
import type { PatchOperation } from '../../kubernetes/api.ts'
import type { OutsideChange } from '../../upgrade/events.ts'
import { type Budget, backBudget, budgetOf, heldTimings, nextBudget, rollingUpdate } from './hold.ts'
import { type Change, causeAs, type Fields, fieldsOf, patchOf, upgradeMark, withoutMarks } from './patch.ts'
import { counted, type Obstacle, obstacle, type Reading, read } from './reading.ts'
import type { Originals, Situation, Stamp } from './situation.ts'
import { asksToStop } from './stop-marks.ts'

export type Move =
  | { move: 'patch'; operations: PatchOperation[]; why: string }
  /** The originals must be recorded before the first patch. */
  | { move: 'record' }
  /** Take Rollcall's annotations off these ReplicaSets, to which the controller copied them; then all is done. */
  | { move: 'strip'; replicaSets: string[] }
  | { move: 'reached' }
  | { move: 'wait'; since: string; code: string; detail: Record<string, string | number> }
  /** Only time is missing: look again then. */
  | { move: 'ripen'; againAt: string }
  | { move: 'changed'; change: OutsideChange }
  | { move: 'outdated'; code: 'TEMPLATE_CHANGED' | 'REPLICAS_CHANGED' }
  | { move: 'superseded'; stamp: string }
  /** Only a fresh snapshot can tell. */
  | { move: 'unsure' }
  /** The originals are needed and their record is gone. */
  | { move: 'lost' }
  | { move: 'gone' }

/**
 * The one thing that leads a Deployment nearer to a goal, judged only by what it looks like now. Pure; a snapshot whose
 * parts are of different moments makes it wait or send a patch that fails its tests, never go too far.
 */
export function nextMove(situation: Situation): Move {
  const barred = notOurs(situation)
  if (barred) return barred
  const { goal, snapshot, stamp } = situation
  // Every patch tests the generation, which a stop raises too: so none leads forward over a stop that is on the workload.
  if (goal.to !== 'original' && asksToStop(snapshot.deployment.annotations, stamp.id)) return { move: 'unsure' }
  switch (goal.to) {
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
 * controller has acted on that budget: it would else scale in proportion, which takes Ready pods away.
 */
export function haltMove(situation: Situation): Move {
  const barred = notOurs(situation)
  if (barred) return barred
  const { snapshot, goal, facts } = situation
  const { deployment } = snapshot
  const reading = read(situation)
  const moving = goal.to === 'batch' && reading.touched && reading.template === 'new' && facts.replicas > 0
  if (!moving || deployment.paused) return { move: 'reached' }
  if (!situation.fresh) return { move: 'unsure' }
  const settled = reading.total === deployment.replicas + (budgetOf(deployment.strategy)?.surge ?? 0)
  if (!reading.observed || !settled) return behind(situation, reading)
  return patch(situation, 'halt', { fields: { paused: true } })
}

/** How the workload differs from the rest that a goal ended in; `undefined` while it does not. */
export function deviation(situation: Situation): OutsideChange | undefined {
  const barred = notOurs(situation)
  if (barred?.move === 'changed') return barred.change
  if (barred?.move === 'superseded') return { kind: 'ahead', stamp: barred.stamp }
  if (situation.goal.to !== 'batch') return undefined
  return unlikeRest(situation, read(situation), situation.goal.pods)
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

/** Reads `web-production-14@8`. */
export function stampOf(text: string | undefined): Stamp | undefined {
  const [, id, sequence] = /^(.+)@(\d+)$/.exec(text ?? '') ?? []
  return id && sequence ? { id, sequence: Number(sequence) } : undefined
}

// ---------------------------------------------------------------- batch

function towardsBatch(situation: Situation, reading: Reading): Move {
  if (!reading.touched) return start(situation, reading)
  const { facts, goal, originals } = situation
  if (!originals) return { move: 'lost' }
  const change = unlikeOurs(situation, reading)
  if (change) return { move: 'changed', change }
  if (facts.replicas === 0) return restTemplateOnly(situation, reading, originals)
  if (reading.share > goal.pods) return changed({ kind: 'share', from: goal.pods, to: reading.share })
  return situation.strategy === 'recreate'
    ? recreate(situation, reading, originals)
    : roll(situation, reading, originals)
}

function start(situation: Situation, reading: Reading): Move {
  const { snapshot, facts, first, originals } = situation
  const { deployment } = snapshot
  if (!first) return changed({ kind: 'template', image: reading.image })
  if (reading.template !== 'old') return { move: 'outdated', code: 'TEMPLATE_CHANGED' }
  if (deployment.replicas !== facts.replicas) return { move: 'outdated', code: 'REPLICAS_CHANGED' }
  if (deployment.paused) return changed({ kind: 'fields', fields: ['paused'] })
  if (!originals) return { move: 'record' }
  const fields = differences(fieldsOf(deployment), originalFields(originals))
  if (fields.length > 0) return changed({ kind: 'fields', fields })
  return patch(situation, 'start', startChange(situation))
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
  const live = budgetOf(deployment.strategy)
  if (!live) return changed({ kind: 'fields', fields: ['strategy'] })
  if (reading.timings === 'original') return fromQuietRest(situation, reading, live)
  if (reading.timings === 'other') return changed({ kind: 'fields', fields: ['minReadySeconds'] })

  // A pod that its ReplicaSet has yet to take away does not count.
  const k = Math.min(reading.share, counted(reading.newPods, originals.minReadySeconds, situation.now))
  const settled =
    live.surge === 0 &&
    live.unavailable === goal.pods &&
    reading.share === goal.pods &&
    reading.others === facts.replicas - goal.pods
  if (settled) {
    if (k < goal.pods || !reading.observed) return awaitPods(situation, reading, reading.newPods, goal.pods)
    if (deployment.paused && hold === 'strict') return { move: 'reached' }
    return patch(situation, 'rest', { fields: { paused: true, ...(hold === 'quiet' && timingsOf(originals)) } })
  }
  if (deployment.paused) {
    if (!reading.blindToNew) return behind(situation, reading)
    // A pause that overtook the last budget lets the controller scale in proportion, new pods too: then what counts is
    // how many old ones are really gone, and old copies will not do.
    const gone = Math.max(0, facts.replicas - reading.others)
    const rested = live.surge === 0 && live.unavailable === reading.share && live.unavailable === gone
    if (!rested && !situation.fresh) return { move: 'unsure' }
    // A halt bears the stamp of the state that asked for it, which is older than the one that goes on.
    const pausedSince = stampOf(deployment.annotations?.[upgradeMark])?.sequence === situation.stamp.sequence
    if (!rested && pausedSince) return changed({ kind: 'fields', fields: ['paused'] })
    const next = nextBudget(goal.pods, k, { surge: 0, unavailable: gone }, facts)
    return patch(situation, 'move', { fields: { paused: false, strategy: rollingUpdate(next) } })
  }
  const next = nextBudget(goal.pods, k, live, facts)
  const known = live.unavailable <= goal.pods && live.surge === Math.min(facts.surge, goal.pods - live.unavailable)
  if (!known) return changed({ kind: 'fields', fields: [reading.share === live.unavailable ? 'paused' : 'strategy'] })
  if (!isDeepStrictEqual(next, live)) return patch(situation, 'move', { fields: { strategy: rollingUpdate(next) } })
  return awaitPods(situation, reading, reading.newPods, goal.pods)
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

function whenReady(situation: Situation, reading: Reading): Move {
  const { goal, originals, now } = situation
  const ready = counted(reading.newPods, originals?.minReadySeconds, now)
  return ready >= goal.pods ? { move: 'reached' } : awaitPods(situation, reading, reading.newPods, goal.pods)
}

function recreate(situation: Situation, reading: Reading, originals: Originals): Move {
  const { goal, snapshot } = situation
  const { paused, ...wanted } = { ...originalFields(originals), strategy: { type: 'Recreate' as const } }
  const fields = differences(fieldsOf(snapshot.deployment), wanted)
  if (fields.length > 0) return changed({ kind: 'fields', fields })
  const settled = reading.share === goal.pods && reading.others === 0
  if (snapshot.deployment.paused) {
    return settled ? whenReady(situation, reading) : patch(situation, 'move', { fields: { paused: false } })
  }
  const ready = settled && reading.observed && whenReady(situation, reading).move === 'reached'
  if (ready) return patch(situation, 'rest', { fields: { paused: true } })
  return awaitPods(situation, reading, reading.newPods, goal.pods)
}

function restTemplateOnly(situation: Situation, reading: Reading, originals: Originals): Move {
  const fields = differences(fieldsOf(situation.snapshot.deployment), originalFields(originals))
  if (fields.length > 0) return changed({ kind: 'fields', fields })
  return reading.observed ? { move: 'reached' } : behind(situation, reading)
}

// ---------------------------------------------------------------- finish

function towardsFinish(situation: Situation, reading: Reading): Move {
  const { originals, goal, snapshot, image } = situation
  const marked = snapshot.deployment.annotations?.[upgradeMark] !== undefined
  if (!originals) {
    // The record goes last, so without it everything else is done.
    if (!marked && reading.timings !== 'held' && reading.image === image) return clear(situation, reading)
    return marked || reading.timings === 'held' ? { move: 'lost' } : changed({ kind: 'template', image: reading.image })
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
  const { originals, snapshot, stamp, now, since } = situation
  const { deployment } = snapshot
  const live = stampOf(deployment.annotations?.[upgradeMark])
  const fields = fieldsOf(deployment)
  if (reading.template === 'old' && !live && reading.timings !== 'held') {
    if (!originals || differences(fields, originalFields(originals)).length === 0) {
      // It looked like this before the first patch too, and a watch may be as far behind as that.
      return situation.fresh ? clear(situation, reading) : { move: 'unsure' }
    }
  }
  if (!originals) return { move: 'lost' }
  const back = backChange(situation, originals)
  const off = differences(fields, back.fields)
  if (reading.template === 'old' && live && off.length === 0) {
    const R = deployment.replicas
    const ready = counted(reading.oldPods, originals.minReadySeconds, now)
    const settled = reading.observed && reading.old === R && reading.total === R && ready >= R
    if (!settled) return awaitPods(situation, reading, reading.oldPods, R)
    return unmark(situation, 'restore', finishChange(originals))
  }
  // This very step wrote the template already, so somebody else changed it since.
  if (live?.sequence === stamp.sequence) {
    if (reading.template !== 'old') return changed({ kind: 'template', image: reading.image })
    return changed({ kind: 'fields', fields: off })
  }
  const waited = Date.parse(now) - Date.parse(since)
  if (!reading.countsSettled && waited < patienceMs) return behind(situation, reading)
  return patch(situation, 'back', back)
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

/** The Deployment is as it should be; what the controller copied to ReplicaSets goes once it copies no more. */
function clear(situation: Situation, reading: Reading): Move {
  if (!reading.observed) return behind(situation, reading)
  const marked = situation.snapshot.replicaSets.filter(({ marks }) => marks.length > 0)
  return marked.length > 0 ? { move: 'strip', replicaSets: marked.map(({ name }) => name) } : { move: 'reached' }
}

// ---------------------------------------------------------------- what is not as it should be

/** What nobody but this upgrade may change while it is under way. */
function unlikeOurs({ snapshot, facts }: Situation, reading: Reading): OutsideChange | undefined {
  if (reading.template !== 'new') return { kind: 'template', image: reading.image }
  const { replicas } = snapshot.deployment
  return replicas === facts.replicas ? undefined : { kind: 'scaled', from: facts.replicas, to: replicas }
}

function unlikeRest(
  situation: Situation,
  reading: Reading,
  pods: number,
  hold: 'quiet' | 'strict' = situation.hold,
): OutsideChange | undefined {
  const { originals, facts, strategy, snapshot } = situation
  const change = unlikeOurs(situation, reading)
  if (change || !originals) return change
  const fields = originalFields(originals)
  if (facts.replicas > 0) {
    fields.paused = true
    if (strategy === 'recreate') fields.strategy = { type: 'Recreate' }
    else fields.strategy = rollingUpdate({ surge: 0, unavailable: pods })
    if (strategy === 'rolling' && hold === 'strict') Object.assign(fields, heldTimings)
  }
  const off = differences(fieldsOf(snapshot.deployment), fields)
  if (off.length > 0) return { kind: 'fields', fields: off }
  const sharesAsLeft = reading.share === pods && reading.others === facts.replicas - pods
  return sharesAsLeft ? undefined : { kind: 'share', from: pods, to: reading.share }
}

function originalFields(originals: Originals): Fields {
  // A paused Deployment is never upgraded, so it was not.
  return { ...timingsOf(originals), strategy: originals.strategy, paused: false }
}

function timingsOf({ minReadySeconds, progressDeadlineSeconds }: Originals) {
  return { minReadySeconds, progressDeadlineSeconds }
}

function differences(live: Fields, wanted: Partial<Fields>): string[] {
  return (Object.keys(wanted) as (keyof Fields)[]).filter((key) => !isDeepStrictEqual(live[key], wanted[key]))
}

// ---------------------------------------------------------------- moves

function patch(situation: Situation, why: string, change: Change): Move {
  const { stamp, snapshot } = situation
  const annotations = { ...change.annotations, [upgradeMark]: `${stamp.id}@${stamp.sequence}` }
  return { move: 'patch', operations: patchOf(snapshot.deployment, { ...change, annotations }), why }
}

function changed(change: OutsideChange): Move {
  return { move: 'changed', change }
}

function behind(situation: Situation, reading: Reading): Move {
  return wait(situation, reading, { code: 'CONTROLLER_BEHIND', detail: {} })
}

function awaitPods(situation: Situation, reading: Reading, pods: Reading['newPods'], wanted: number): Move {
  const found = obstacle(pods, reading, wanted, situation.originals?.minReadySeconds, situation.now)
  return 'againAt' in found ? { move: 'ripen', againAt: found.againAt } : wait(situation, reading, found)
}

function wait({ since }: Situation, { lastReady }: Reading, { code, detail }: Obstacle): Move {
  return { move: 'wait', since: lastReady && lastReady > since ? lastReady : since, code, detail }
}
