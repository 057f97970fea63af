import type { Api } from '../../kubernetes/api.ts'
import {
  type Deployment,
  type ReplicaSet,
  type Snapshot,
  viewDeployment,
  viewReplicaSet,
} from '../../kubernetes/deployment.ts'
import { type Pod, viewPod } from '../../kubernetes/pod.ts'
import { withoutHashLabel } from '../../kubernetes/pod-template.ts'
import { changeCause } from '../../kubernetes/workload.ts'
import type { Look, Mechanics } from '../workload/mechanics.ts'
import { appsPath, getWorkload, labelsOf, type Ref } from '../workload/requests.ts'
import type { Right } from '../workload/rights.ts'
import type { Originals } from './situation.ts'

export type DeploymentLook = Look<Deployment, Snapshot>

/** Beside what every kind of workload needs: its ReplicaSets, off which marks are taken at the end. */
export const ownRights: Right[] = ['list', 'watch', 'patch'].map((verb) => ({
  group: 'apps',
  resource: 'replicasets',
  verb,
}))

export async function freshLook(api: Api, ref: Ref): Promise<DeploymentLook | undefined> {
  const live = await getWorkload<Deployment>(api, ref)
  if (!live) return undefined
  const labels = labelsOf(live)
  const [sets, pods] = await Promise.all([
    api.get<{ items: ReplicaSet[] }>(`${appsPath(ref)}/replicasets`, labels),
    api.get<{ items: Pod[] }>(`/api/v1/namespaces/${ref.namespace}/pods`, labels),
  ])
  const replicaSets = sets.items
    .flatMap((set) => viewReplicaSet(set) ?? [])
    .filter((set) => set.owner === live.metadata.uid)
  const owners = new Set(replicaSets.map(({ uid }) => uid))
  const mine = pods.items.flatMap((pod) => viewPod(pod) ?? []).filter((pod) => owners.has(pod.owner))
  const uids = new Set(mine.map(({ uid }) => uid))
  const snapshot = { deployment: viewDeployment(live), replicaSets, pods: mine }
  return { snapshot, live, pods: pods.items.filter(({ metadata }) => uids.has(metadata.uid)) }
}

/** What a ReplicaSet was made from. */
export const revisionOf: Mechanics<Deployment, Snapshot, Originals>['revision'] = async (api, ref, name) => {
  const { metadata, spec } = await api.get<ReplicaSet>(`${appsPath(ref)}/replicasets/${name}`)
  const cause = metadata.annotations?.[changeCause]
  return { template: withoutHashLabel(spec.template), ...(cause !== undefined && { changeCause: cause }) }
}
