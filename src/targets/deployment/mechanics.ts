import { type Deployment, deployments, type Snapshot, viewDeployment } from '../../kubernetes/deployment.ts'
import type { Mechanics } from '../workload/mechanics.ts'
import { heldTimings } from './hold.ts'
import { deviation, haltMove, nextMove, putBack, startChange, tidyMove } from './next-move.ts'
import { observationOf, replicasOf } from './observation.ts'
import { originalsOf, patchesFor } from './originals.ts'
import { patchOf } from './patch.ts'
import { preflight } from './preflight.ts'
import { freshLook, ownRights, revisionOf } from './requests.ts'
import type { Originals } from './situation.ts'

/** Deployments: exact batches by held timings. */
export const deploymentMechanics: Mechanics<Deployment, Snapshot, Originals> = {
  kind: 'Deployment',
  shortName: 'deploy',
  revisions: 'replicasets',
  watched: deployments,
  view: viewDeployment,
  parts: ({ deployment, replicaSets, pods }) => ({ workload: deployment, revisions: replicaSets, pods }),
  look: freshLook,
  revision: revisionOf,
  nextMove,
  haltMove,
  tidyMove,
  deviation,
  putBack,
  start: (situation) => patchOf(situation.snapshot.deployment, startChange(situation)),
  isHeld: ({ minReadySeconds }) => minReadySeconds === heldTimings.minReadySeconds,
  originalsOf,
  patches: patchesFor,
  preflight,
  observation: observationOf,
  replicasOn: ({ replicaSets }, templateHash) =>
    replicaSets.find((set) => set.templateHash === templateHash)?.replicas ?? 0,
  isObserved: ({ deployment }) => deployment.observedGeneration >= deployment.generation,
  // A pod bears the name of its ReplicaSet and five characters more.
  namesPod: ({ replicaSets }, pod) =>
    replicaSets.some(({ name }) => pod.startsWith(`${name}-`) && /^[a-z0-9]{5}$/.test(pod.slice(name.length + 1))),
  replicasOf,
  rights: () => ownRights,
}
