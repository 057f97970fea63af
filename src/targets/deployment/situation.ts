import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import type { DeploymentStrategy, Snapshot } from '../../kubernetes/workload.ts'
import type { Goal, WorkloadFacts } from '../../upgrade/upgrade.ts'

/** What the Deployment was before the upgrade, from its record in the cluster. */
export type Originals = {
  template: PodTemplate
  templateHash: string
  /** Hash of the template with the new image, as the API server stores it: admission may have added to it. */
  upgradedHash: string
  minReadySeconds?: number
  progressDeadlineSeconds?: number
  strategy: DeploymentStrategy
  changeCause?: string
}

export type Stamp = { id: string; sequence: number }

/** Reads `web-production-14@8`. */
export function stampOf(text: string | undefined): Stamp | undefined {
  const [, id, sequence] = /^(.+)@(\d+)$/.exec(text ?? '') ?? []
  return id && sequence ? { id, sequence: Number(sequence) } : undefined
}

export type Situation = {
  uid: string
  goal: Goal
  /** Whether no goal of this upgrade was reached before, so that the workload may still be untouched. */
  first: boolean
  /** Whether any goal of this upgrade was ever reached: then its originals were kept, whether they can be found or not. */
  begun: boolean
  /** Whether the goal was reached before, and only has to stand. */
  resting: boolean
  facts: WorkloadFacts
  /** As the configuration writes it; absent: the Deployment's own. */
  maxSurge?: number | string | undefined
  strategy: 'rolling' | 'recreate'
  hold: 'quiet' | 'strict'
  /** The upgrade, and the sequence of its state that allows the move. */
  stamp: Stamp
  container: string
  image: string
  /** What `kubectl rollout history` is to say. */
  cause: string
  /** When the step began, ISO 8601. */
  since: string
  now: string
  snapshot: Snapshot
  /** Whether the snapshot was read from the API server just now, and not from watches. */
  fresh: boolean
  /**
   * Whether no patch of an earlier state can get through any more: the generation that it tests is gone. A workload that
   * was never changed still has it.
   */
  fenced: boolean
  /** SHA-256 of the new pod template, from the last goal that was reached: the originals may be gone again. */
  reachedHash?: string | undefined
  /** Absent until they are recorded. */
  originals?: Originals | undefined
}
