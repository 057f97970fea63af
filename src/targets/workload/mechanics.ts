import type { Observation, Prepared } from '../../engine/ports.ts'
import type { Api, PatchOperation } from '../../kubernetes/api.ts'
import type { Pod, PodView } from '../../kubernetes/pod.ts'
import type { PodTemplate } from '../../kubernetes/pod-template.ts'
import type { WatchedKind } from '../../kubernetes/watch.ts'
import type { RevisionView, Workload, WorkloadView } from '../../kubernetes/workload.ts'
import type { Replicas } from '../../upgrade/dependencies.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import type { OutsideChange, Upgrade } from '../../upgrade/upgrade.ts'
import type { Move } from './move.ts'
import type { OriginalsRecord } from './record.ts'
import type { Ref } from './requests.ts'
import type { Right } from './rights.ts'
import type { Originals, Situation } from './situation.ts'

/** Whatever else a kind looks at. */
export type AnySnapshot = { pods: PodView[] }

/** A workload of this moment, past every cache, and what is in it as the API server sends it. */
export type Look<Live, Snapshot> = { snapshot: Snapshot; live: Live; pods: Pod[] }

/** How one kind of workload is upgraded: all that is not the same for every kind. */
export type Mechanics<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals> = {
  kind: TargetRef['kind']
  /** What kubectl also takes for the kind, beside its name and its plural: `deploy`. */
  shortName: string
  /** Plural of what its controller keeps its revisions in, in the group `apps`. */
  revisions: string
  watched: WatchedKind<Snapshot>
  view(live: Live): WorkloadView
  /** The same three parts of every kind's snapshots. */
  parts(snapshot: Snapshot): { workload: WorkloadView; revisions: RevisionView[]; pods: PodView[] }
  look(api: Api, ref: Ref): Promise<Look<Live, Snapshot> | undefined>
  /** The template that a revision was made from, and the change cause that goes with it. */
  revision(api: Api, ref: Ref, name: string): Promise<{ template: PodTemplate; changeCause?: string }>

  /** The one thing that leads it nearer to a goal, judged only by what it looks like now. Pure, like all below. */
  nextMove(situation: Situation<Snapshot, Original>): Move
  /** Stops a move where it is. */
  haltMove(situation: Situation<Snapshot, Original>): Move
  /** Takes marks off that came late. */
  tidyMove(situation: Situation<Snapshot, Original>): Move
  /** How it differs from the rest that a goal ended in. */
  deviation(situation: Situation<Snapshot, Original>): OutsideChange | undefined
  /** What has happened to one that bears nothing of the upgrade although it was changed already. */
  putBack(situation: Situation<Snapshot, Original>): OutsideChange
  /** The first patch, which brings the new template. */
  start(situation: Situation<Snapshot, Original>): PatchOperation[]
  /** Whether it shows, without a mark, what only Rollcall does to a workload. */
  isHeld(workload: WorkloadView): boolean
  originalsOf(live: Live, upgradedHash: string): Original
  /** JSON patches for a person with nothing but kubectl; `back.json` is the first. */
  patches(record: OriginalsRecord<Original>): Record<string, string>

  preflight(api: Api, upgrade: Upgrade, live: Live): Promise<Prepared>
  observation(upgrade: Upgrade, snapshot: Snapshot): Observation
  /** Replicas that are to run a template, by its hash. */
  replicasOn(snapshot: Snapshot, templateHash: string | undefined): number
  /** Whether its controller has acted on the newest spec, and copies no annotation any more. */
  isObserved(snapshot: Snapshot): boolean
  /** Whether a pod that is gone has, by its name, been one of this workload's. */
  namesPod(snapshot: Snapshot, pod: string): boolean
  replicasOf(live: Live): Replicas
  /** Beside those that every kind needs. */
  rights(ref: Ref): Right[]
}
