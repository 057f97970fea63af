import type { Target } from '../../engine/ports.ts'
import type { Api } from '../../kubernetes/api.ts'
import type { Clusters, Place } from '../../kubernetes/clusters.ts'
import type { Workload } from '../../kubernetes/workload.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { type Brake, type Held, holdWorkload, takeInHand, writeStop } from './brake.ts'
import { upgradeMark } from './marks.ts'
import type { AnySnapshot, Mechanics } from './mechanics.ts'
import { pluralOf, type Ref, strip } from './requests.ts'
import { type Restored, type RestoreOptions, restoreWorkload } from './restore.ts'
import type { Right } from './rights.ts'
import type { Originals } from './situation.ts'
import { isStopMark, stopMark } from './stop-marks.ts'
import { dismissStop } from './stop-removal.ts'
import { workloadTarget } from './target.ts'

/** What the watch shows of Rollcall on a workload. */
export type Trace = {
  /** `web-production-14@8` */
  mark?: string
  /** Whether somebody asks it to stop. */
  stop: boolean
  /** Whether the controller's copies of Rollcall's marks are still on revisions. */
  copied: boolean
}

/** A kind of workload, as everything outside of this folder knows it. */
export type Kind = {
  kind: TargetRef['kind']
  /** `deployments` */
  plural: string
  /** How kubectl writes it, each in lower case: `deployment`, `deployments`, `deployments.apps`, `deploy`. */
  names: string[]
  /** Beside those that every kind needs. */
  rights(ref: Ref): Right[]
  target(clusters: Clusters): Target
  /** From the watch's cache; `undefined` where there is no such workload. */
  trace(clusters: Clusters, place: Place): Trace | undefined
  /** Takes the controller's copies of a stop that is gone off its revisions: an undo would bring it back to life. */
  stripStop(clusters: Clusters, place: Place): Promise<void>
  dismissStop(api: Api, ref: Ref): Promise<void>
  writeStop(api: Api, ref: Ref, brake: Brake): Promise<void>
  takeInHand(api: Api, ref: Ref, brake: Brake): Promise<boolean>
  hold(api: Api, ref: Ref, tell: (line: string) => void): Promise<Held>
  restore(api: Api, ref: Ref, tell: (line: string) => void, options?: RestoreOptions): Promise<Restored>
}

export function kindOf<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
): Kind {
  const { kind, shortName, watched, parts, view } = mechanics
  const plural = pluralOf(kind)
  const seen = (clusters: Clusters, { cluster, namespace, name }: Place) =>
    clusters.get(cluster).watch(namespace, watched).snapshot(name)
  return {
    kind,
    plural,
    names: [kind.toLowerCase(), plural, `${kind.toLowerCase()}.apps`, `${plural}.apps`, shortName],
    rights: mechanics.rights,
    target: (clusters) => workloadTarget(mechanics, clusters),
    trace: (clusters, place) => {
      const snapshot = seen(clusters, place)
      if (!snapshot) return undefined
      const { workload, revisions } = parts(snapshot)
      const mark = workload.annotations?.[upgradeMark]
      return {
        ...(mark !== undefined && { mark }),
        stop: workload.annotations?.[stopMark] !== undefined,
        copied: revisions.some(({ marks }) => marks.length > 0),
      }
    },
    stripStop: async (clusters, place) => {
      const snapshot = seen(clusters, place)
      if (!snapshot || !mechanics.isObserved(snapshot)) return
      const { api } = clusters.get(place.cluster)
      const copies = parts(snapshot).revisions.filter(({ marks }) => marks.some(isStopMark))
      await Promise.all(copies.map(({ name }) => strip(api, place, mechanics.revisions, name, isStopMark)))
    },
    dismissStop: (api, ref) => dismissStop(api, ref, view),
    writeStop: (api, ref, brake) => writeStop(mechanics, api, ref, brake),
    takeInHand: (api, ref, brake) => takeInHand(mechanics, api, ref, brake),
    hold: (api, ref, tell) => holdWorkload(mechanics, api, ref, tell),
    restore: (api, ref, tell, options) => restoreWorkload(mechanics, api, ref, tell, options),
  }
}
