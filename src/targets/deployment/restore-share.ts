import { isDeepStrictEqual } from 'node:util'
import { withImage } from '../../kubernetes/pod-template.ts'
import { stampOf, upgradeMark } from '../workload/marks.ts'
import { awaitPods, behind, changed, type Move, whenReady } from '../workload/move.ts'
import { causeAs } from '../workload/patch.ts'
import { counted } from '../workload/pods.ts'
import { type Budget, budgetOf, heldTimings, nextBudget, rollingUpdate } from './hold.ts'
import type { Change } from './patch.ts'
import type { Reading, RevisionReading } from './reading.ts'
import { fieldChange, originalFields, scaleChange, templateChange, timingsOf, unlikeRest } from './rest.ts'
import type { Originals, Situation } from './situation.ts'
import { patch } from './stamped.ts'

/**
 * Brings a workload that others changed to exactly `goal.pods` new replicas, from wherever it is.
 *
 * The first patch pauses it and sets template, replicas and long timings, so that everything after it can be told from a
 * change by others. What is missing of the new revision comes by the same dial as in any batch. The controller never
 * takes a pod of the Deployment's own template away, so what is too much of it goes by that dial turned round: with the
 * *old* template for a while, and always paused while the template changes hands. Capacity is as in any move; only a
 * change of `replicas` is spread over both revisions by the controller itself.
 */
export function restoreShare(situation: Situation, reading: Reading, originals: Originals): Move {
  if (!situation.fresh) return { move: 'unsure' }
  const { goal, facts, snapshot } = situation
  const { deployment } = snapshot
  if (!hasBegun(situation)) {
    const asApproved = unlikeRest(situation, reading, goal.pods) === undefined
    return asApproved ? whenReady(situation, reading) : patch(situation, 'restore', firstChange(situation, originals))
  }
  if (deployment.replicas !== facts.replicas) return changed(scaleChange(situation, reading))
  if (reading.template === 'other') return changed(templateChange(situation, reading))
  const live = budgetOf(deployment.strategy)
  if (!live) return changed(fieldChange(situation, ['strategy']))
  if (reading.timings === 'other')
    return changed(fieldChange(situation, ['minReadySeconds', 'progressDeadlineSeconds']))
  if (!reading.observed) return behind(situation, reading)
  return reading.template === 'new'
    ? withNewTemplate(situation, reading, originals, live)
    : withOldTemplate(situation, reading, originals, live)
}

/** Whether the workload bears the mark of this restoring, and not of what was before. */
export function hasBegun({ snapshot, goal, stamp }: Situation): boolean {
  const live = stampOf(snapshot.deployment.annotations?.[upgradeMark])
  return goal.restore !== undefined && live?.id === stamp.id && live.sequence >= goal.restore
}

function firstChange(situation: Situation, originals: Originals): Change {
  const { goal, facts, snapshot, strategy } = situation
  const { deployment } = snapshot
  const { replicas } = facts
  const change: Change = { ...newTemplate(situation, originals), replicas }
  const own = originalFields(originals)
  if (replicas === 0) return { ...change, fields: own }
  if (strategy === 'recreate') return { ...change, fields: { ...own, strategy: { type: 'Recreate' } } }
  const live = budgetOf(deployment.strategy)
  const known = live && live.surge <= facts.surge && deployment.replicas === replicas
  const budget = rollingUpdate({ surge: 0, unavailable: Math.max(1, goal.pods) })
  return { ...change, fields: { ...heldTimings, paused: true, ...(!known && { strategy: budget }) } }
}

function newTemplate({ container, image, cause }: Situation, { template }: Originals): Change {
  return { template: withImage(template, container, image), annotations: causeAs(cause) }
}

function withNewTemplate(situation: Situation, reading: Reading, originals: Originals, live: Budget): Move {
  const { goal, facts, snapshot, hold, now } = situation
  const { deployment } = snapshot
  const { upgraded } = reading
  if (reading.timings === 'original') {
    const change = unlikeRest(situation, reading, goal.pods, 'quiet')
    return change ? changed(change) : whenReady(situation, reading)
  }
  const asWanted = upgraded.replicas === goal.pods && reading.total === facts.replicas
  if (tooMuchNew(situation, reading)) {
    if (!deployment.paused) return patch(situation, 'restore', { fields: { paused: true } })
    if (!upgraded.blind) return behind(situation, reading)
    const change = { template: originals.template, annotations: causeAs(originals.changeCause) }
    return patch(situation, 'restore', change)
  }
  if (asWanted) {
    const rested = deployment.paused && live.surge === 0 && live.unavailable === goal.pods
    if (rested && hold === 'strict') return whenReady(situation, reading)
    const strategy = rollingUpdate({ surge: 0, unavailable: goal.pods })
    const ready = countedOf(upgraded, originals, now) >= goal.pods
    if (!deployment.paused && !ready) return awaitPods(situation, reading, upgraded.pods, goal.pods)
    return patch(situation, 'rest', {
      fields: { paused: true, strategy, ...(hold === 'quiet' && timingsOf(originals)) },
    })
  }
  return turn(situation, reading, originals, upgraded, goal.pods, live)
}

function withOldTemplate(situation: Situation, reading: Reading, originals: Originals, live: Budget): Move {
  const { facts, goal, snapshot } = situation
  const { deployment } = snapshot
  const { original } = reading
  // Pods of a third revision only go for certain when all are old.
  const wanted = thirdOf(reading) > 0 ? facts.replicas : facts.replicas - goal.pods
  const enough = original.replicas >= wanted && reading.total - original.replicas <= facts.replicas - wanted
  if (reading.timings === 'original') {
    if (!deployment.paused) return changed(fieldChange(situation, { paused: true }))
    if (!enough) return patch(situation, 'barrier', { fields: heldTimings })
    if (!original.ownTimings) return behind(situation, reading)
    return patch(situation, 'restore', { ...newTemplate(situation, originals), fields: heldTimings })
  }
  if (enough) {
    const ready = countedOf(original, originals, situation.now) >= wanted
    if (!deployment.paused && !ready) return awaitPods(situation, reading, original.pods, wanted)
    const strategy = rollingUpdate({ surge: 0, unavailable: Math.max(1, wanted) })
    return patch(situation, 'restore', { fields: { ...timingsOf(originals), paused: true, strategy } })
  }
  return turn(situation, reading, originals, original, wanted, live)
}

/** The dial of a batch, for either revision: one more of it serves, one more of the others may go. */
function turn(
  situation: Situation,
  reading: Reading,
  originals: Originals,
  growing: RevisionReading,
  wanted: number,
  live: Budget,
): Move {
  const { facts, snapshot, now } = situation
  const { paused = false } = snapshot.deployment
  if (paused && !growing.blind) return behind(situation, reading)
  const gone = Math.min(wanted, Math.max(0, facts.replicas - (reading.total - growing.replicas)))
  const from = paused ? { surge: 0, unavailable: gone } : live
  if (!paused && (live.unavailable > wanted || live.surge > facts.surge)) {
    const strategy = rollingUpdate({ surge: 0, unavailable: Math.max(1, wanted) })
    return patch(situation, 'restore', { fields: { paused: true, strategy } })
  }
  const next = nextBudget(wanted, countedOf(growing, originals, now), from, facts)
  if (!paused && isDeepStrictEqual(next, live)) return awaitPods(situation, reading, growing.pods, wanted)
  return patch(situation, 'restore', { fields: { paused: false, strategy: rollingUpdate(next) } })
}

/** More than the dial forward can put right: it only adds new pods, and takes others of whatever revision away. */
function tooMuchNew({ goal, facts }: Situation, reading: Reading): boolean {
  const { upgraded, original } = reading
  const { replicas } = facts
  const excess = Math.min(upgraded.replicas, replicas) > goal.pods
  return thirdOf(reading) > 0 || excess || original.replicas < replicas - goal.pods
}

/** Replicas of neither revision. */
function thirdOf({ total, upgraded, original }: Reading): number {
  return total - upgraded.replicas - original.replicas
}

function countedOf({ replicas, pods }: RevisionReading, { minReadySeconds }: Originals, now: string): number {
  return Math.min(replicas, counted(pods, minReadySeconds, now))
}
