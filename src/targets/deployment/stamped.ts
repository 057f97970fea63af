import { marked } from '../workload/marks.ts'
import type { Move } from '../workload/move.ts'
import { type Change, patchOf } from './patch.ts'
import type { Situation } from './situation.ts'

/**
 * A patch that says which state of which upgrade allows it. One that pauses, or changes the template, has a barrier. The
 * controller acts on what it last heard of ReplicaSets, and hears of its own writes as late as everybody else: told to
 * pause, it takes Ready pods of the new revision for others that are gone; told to go back, it makes more than there is
 * room for. After a write to each ReplicaSet it has heard of all that was seen here, or what it writes in turn is
 * refused, as of an old object.
 */
export function patch(situation: Situation, why: string, change: Change): Move {
  const { deployment } = situation.snapshot
  const annotations = { ...change.annotations, ...marked(situation.stamp) }
  const operations = patchOf(deployment, { ...change, annotations })
  const pauses = change.fields?.paused === true && !deployment.paused
  const barrier = pauses || change.template ? barrierOf(situation) : []
  return { move: 'patch', operations, why, ...(barrier.length > 0 && { barrier }) }
}

function barrierOf({ snapshot, facts, originals, reachedHash }: Situation): string[] {
  const ours = [facts.templateHash, originals?.upgradedHash ?? reachedHash]
  return snapshot.replicaSets
    .filter(({ replicas, templateHash }) => replicas > 0 || ours.includes(templateHash))
    .map(({ name }) => name)
}
