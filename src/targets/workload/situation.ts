import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import type { Goal, WorkloadFacts } from '../../upgrade/upgrade.ts'
import type { Stamp } from './marks.ts'

/** What a workload was before the upgrade, from its record in the cluster; each kind adds what is its own. */
export type Originals = {
  template: PodTemplate
  templateHash: string
  /** Hash of the template with the new image, as the API server stores it: admission may have added to it. */
  upgradedHash: string
  minReadySeconds?: number
  changeCause?: string
}

export type Situation<Snapshot, Original extends Originals = Originals> = {
  uid: string
  goal: Goal
  /** Whether no goal of this upgrade was reached before, so that the workload may still be untouched. */
  first: boolean
  /** Whether any goal of this upgrade was ever reached: then its originals were kept, whether they can be found or not. */
  begun: boolean
  /** Whether the goal was reached before, and only has to stand. */
  resting: boolean
  facts: WorkloadFacts
  /** As the configuration writes it; absent: the workload's own. */
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
   * Whether no patch of an earlier state can get through any more: what it tests is gone. A workload that was never
   * changed still has it.
   */
  fenced: boolean
  /** SHA-256 of the new pod template, from the last goal that was reached: the originals may be gone again. */
  reachedHash?: string | undefined
  /** Absent until they are recorded. */
  originals?: Original | undefined
}
