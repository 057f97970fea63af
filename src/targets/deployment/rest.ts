import { isDeepStrictEqual } from 'node:util'
import type { OutsideChange } from '../../upgrade/upgrade.ts'
import { capacityOf, heldTimings, rollingUpdate } from './hold.ts'
import { type Fields, fieldsOf } from './patch.ts'
import type { Reading } from './reading.ts'
import type { Originals, Situation } from './situation.ts'

/** What nobody but this upgrade may change while it is under way. */
export function unlikeOurs(situation: Situation, reading: Reading): OutsideChange | undefined {
  if (reading.template !== 'new') return templateChange(situation, reading)
  const { snapshot, facts } = situation
  return snapshot.deployment.replicas === facts.replicas ? undefined : scaleChange(situation, reading)
}

/** How the workload differs from a rest with so many new pods. */
export function unlikeRest(
  situation: Situation,
  reading: Reading,
  pods: number,
  hold: 'quiet' | 'strict' = situation.hold,
): OutsideChange | undefined {
  const { originals, facts, snapshot } = situation
  const change = unlikeOurs(situation, reading)
  if (change || !originals) return change
  const fields = restFields(situation, originals, pods, hold)
  if (differences(fieldsOf(snapshot.deployment), fields).length > 0) return fieldChange(situation, fields)
  const { replicas } = reading.upgraded
  const sharesAsLeft = replicas === pods && reading.total - replicas === facts.replicas - pods
  return sharesAsLeft ? undefined : { kind: 'share', from: pods, to: replicas }
}

function restFields(
  { facts, strategy }: Situation,
  originals: Originals,
  pods: number,
  hold: 'quiet' | 'strict',
): Fields {
  const own = originalFields(originals)
  if (facts.replicas === 0) return own
  if (strategy === 'recreate') return { ...own, paused: true, strategy: { type: 'Recreate' } }
  const budget = rollingUpdate({ surge: 0, unavailable: pods })
  return { ...own, ...(hold === 'strict' && heldTimings), paused: true, strategy: budget }
}

export function originalFields(originals: Originals): Fields {
  // A paused Deployment is never upgraded, so it was not.
  return { ...timingsOf(originals), strategy: originals.strategy, paused: false }
}

export function timingsOf({ minReadySeconds, progressDeadlineSeconds }: Originals) {
  return { minReadySeconds, progressDeadlineSeconds }
}

export function differences(live: Fields, wanted: Partial<Fields>): (keyof Fields)[] {
  return (Object.keys(wanted) as (keyof Fields)[]).filter((key) => !isDeepStrictEqual(live[key], wanted[key]))
}

// ---------------------------------------------------------------- in words

export function templateChange({ image, snapshot, originals }: Situation, reading: Reading): OutsideChange {
  const before = originals?.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt']
  const restarted = snapshot.deployment.restartedAt !== before
  const same = reading.image === image
  const how = reading.template === 'old' ? 'undone' : !same ? 'image' : restarted ? 'restarted' : 'edited'
  return { kind: 'template', how, from: image, to: reading.image }
}

export function scaleChange(situation: Situation, { upgraded }: Reading): OutsideChange {
  const { facts, snapshot, originals, maxSurge, goal, resting } = situation
  const { replicas } = snapshot.deployment
  return {
    kind: 'scaled',
    from: facts.replicas,
    to: replicas,
    ...(resting && { rested: goal.pods }),
    updated: upgraded.replicas,
    ...capacityOf(originals?.strategy ?? snapshot.deployment.strategy, maxSurge, replicas),
  }
}

/** @param wanted what each field should be; where that is not known, just its name */
export function fieldChange({ snapshot }: Situation, wanted: Partial<Fields> | (keyof Fields)[]): OutsideChange {
  const live = fieldsOf(snapshot.deployment)
  const fields = Array.isArray(wanted)
    ? wanted.map((field) => ({ field, to: inWords(live[field]) }))
    : differences(live, wanted).map((field) => ({ field, ...before(wanted[field]), to: inWords(live[field]) }))
  return { kind: 'fields', fields }
}

/** A hold's own 68 years would tell nobody anything. */
function before(value: Fields[keyof Fields]): { from?: string } {
  return Object.values(heldTimings).some((held) => held === value) ? {} : { from: inWords(value) }
}

function inWords(value: Fields[keyof Fields]): string {
  if (typeof value !== 'object') return value === undefined ? 'unset' : String(value)
  if (value.type === 'Recreate') return value.type
  const { maxSurge, maxUnavailable } = value.rollingUpdate
  return `maxSurge ${maxSurge}, maxUnavailable ${maxUnavailable}`
}
