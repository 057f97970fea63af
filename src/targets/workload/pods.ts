import type { PodReport } from '../../engine/ports.ts'
import type { PodView } from '../../kubernetes/pod.ts'
import { own } from '../../upgrade/own.ts'
import type { WaitingCode } from './finding-codes.ts'

/** How many pods have been Ready without a break for the workload's own `minReadySeconds`. */
export function counted(pods: PodView[], minReadySeconds = 0, now: string): number {
  return pods.filter((pod) => pod.ready && (ripeAt(pod, minReadySeconds) ?? '') <= now).length
}

/** When a Ready pod counts, ISO 8601; at once where nothing is to be waited for, whatever the node's clock says. */
function ripeAt({ readySince }: PodView, minReadySeconds: number): string | undefined {
  if (!readySince || minReadySeconds === 0) return undefined
  return new Date(Date.parse(readySince) + minReadySeconds * 1000).toISOString()
}

/** The newest moment at which a pod that is still Ready became so. */
export function lastReadyOf(pods: PodView[]): string | undefined {
  const times = pods.flatMap(({ readySince }) => readySince ?? [])
  return times.sort().at(-1)
}

export type Obstacle = { code: WaitingCode; detail: Record<string, string | number> }

/** What of a look at a workload tells why its pods are not as they should be. */
export type Progress = {
  /** Whether its controller has acted on the newest spec. */
  observed: boolean
  lastReady?: string
  /** Why pods cannot be created. */
  failure?: string
}

/** What stands between these pods and being `wanted` in number and Ready long enough. */
export function obstacle(
  pods: PodView[],
  { failure, observed }: Progress,
  wanted: number,
  minReadySeconds = 0,
  now: string,
): Obstacle | { againAt: string } {
  const ripening = pods.flatMap((pod) => ripeAt(pod, minReadySeconds) ?? []).filter((at) => at > now)
  const [againAt] = ripening.sort()
  if (againAt) return { againAt }
  for (const pod of pods) {
    const found = pod.ready ? undefined : troubleOf(pod)
    if (found) return found
  }
  if (failure) return { code: 'PODS_REFUSED', detail: { message: failure } }
  if (!observed) return { code: 'CONTROLLER_BEHIND', detail: {} }
  const ready = counted(pods, minReadySeconds, now)
  return { code: 'NOT_READY', detail: { pod: pods.find((pod) => !pod.ready)?.name ?? '', ready, wanted } }
}

const reasons: Record<string, WaitingCode> = {
  CrashLoopBackOff: 'CRASH_LOOP',
  ImagePullBackOff: 'IMAGE_PULL',
  ErrImagePull: 'IMAGE_PULL',
  ErrImageNeverPull: 'IMAGE_PULL',
  InvalidImageName: 'IMAGE_PULL',
  ImageInspectError: 'IMAGE_PULL',
  CreateContainerConfigError: 'CONTAINER_CONFIG',
  CreateContainerError: 'CONTAINER_CONFIG',
  RunContainerError: 'CONTAINER_CONFIG',
}

function troubleOf({ name, waiting, unschedulable }: PodView): Obstacle | undefined {
  if (unschedulable) return { code: 'UNSCHEDULABLE', detail: { pod: name, message: unschedulable } }
  const code = waiting && own(reasons, waiting)
  return code ? { code, detail: { pod: name, reason: waiting } } : undefined
}

/** What the engine is told of a pod. */
export function reportOf({ uid: _, owner: __, deleting: ___, active: ____, ...report }: PodView): PodReport {
  return report
}
