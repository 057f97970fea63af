import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../../kubernetes/api.ts'
import { type Snapshot, viewDeployment } from '../../kubernetes/workload.ts'
import type { Stop } from '../../upgrade/stop.ts'
import { patchOf } from './patch.ts'
import { getDeployment, type Ref, sendPatch, strip, writeEvent } from './requests.ts'
import { isStopMark, stopMark, stopOf } from './stop-marks.ts'

/** Takes a stop off a Deployment, unless somebody has written another one since it was read. */
export async function removeStop(api: Api, ref: Ref, stop: Stop): Promise<void> {
  const live = await getDeployment(api, ref)
  if (!live || !isDeepStrictEqual(stopOf(live), stop)) return
  const marks = Object.keys(live.metadata.annotations ?? {}).filter(isStopMark)
  const annotations = Object.fromEntries(marks.map((key) => [key, undefined]))
  await sendPatch(api, ref, patchOf(viewDeployment(live), { annotations }))
}

/** Takes a stop off a Deployment that no upgrade is under way on, so that it does not hit the next one. */
export async function dismissStop(api: Api, ref: Ref): Promise<void> {
  const live = await getDeployment(api, ref)
  const stop = live && stopOf(live)
  if (!stop) return
  const message = `${stopMark}=${stop.value} was taken off: no upgrade is under way here, and none can be taken back`
  await writeEvent(api, live.metadata, { type: 'Warning', reason: 'RollcallStopDismissed', message })
  await removeStop(api, ref, stop)
}

/** Takes the controller's copies of a stop that is gone off the ReplicaSets: an undo would bring it back to life. */
export async function stripStop(api: Api, ref: Ref, { deployment, replicaSets }: Snapshot): Promise<void> {
  // Before that the controller may copy it once more.
  if (deployment.observedGeneration < deployment.generation) return
  const copies = replicaSets.filter(({ marks }) => marks.some(isStopMark))
  await Promise.all(copies.map(({ name }) => strip(api, ref, name, isStopMark)))
}
