import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../../kubernetes/api.ts'
import type { Workload, WorkloadView } from '../../kubernetes/workload.ts'
import type { Stop } from '../../upgrade/stop.ts'
import { annotate } from './patch.ts'
import { getWorkload, type Ref, sendPatch, writeEvent } from './requests.ts'
import { isStopMark, stopMark, stopOf } from './stop-marks.ts'

/** How a kind looks at a workload of it. */
type View<Live extends Workload> = (live: Live) => WorkloadView

/** Takes a stop off a workload, unless somebody has written another one since it was read. */
export async function removeStop<Live extends Workload>(
  api: Api,
  ref: Ref,
  view: View<Live>,
  stop: Stop,
): Promise<void> {
  const live = await getWorkload<Live>(api, ref)
  if (!live || !isDeepStrictEqual(stopOf(live), stop)) return
  const marks = Object.keys(live.metadata.annotations ?? {}).filter(isStopMark)
  const annotations = Object.fromEntries(marks.map((key) => [key, undefined]))
  await sendPatch(api, ref, annotate(view(live), annotations))
}

/** Takes a stop off a workload that no upgrade is under way on, so that it does not hit the next one. */
export async function dismissStop<Live extends Workload>(api: Api, ref: Ref, view: View<Live>): Promise<void> {
  const live = await getWorkload<Live>(api, ref)
  const stop = live && stopOf(live)
  if (!stop) return
  const message = `${stopMark}=${stop.value} was taken off: no upgrade is under way here, and none can be taken back`
  const { uid } = live.metadata
  await writeEvent(api, { ...ref, uid }, { type: 'Warning', reason: 'RollcallStopDismissed', message })
  await removeStop(api, ref, view, stop)
}
