import type { Gate, PodReport } from '../engine/ports.ts'
import type { GateReport } from '../upgrade/events.ts'
import { own } from '../upgrade/own.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'

/** Waiting reasons that a new image or its configuration is to blame for, whatever time it is given. */
const broken: Record<string, string> = {
  CrashLoopBackOff: 'CRASH_LOOP',
  CreateContainerConfigError: 'CONTAINER_CONFIG',
  CreateContainerError: 'CONTAINER_CONFIG',
  RunContainerError: 'CONTAINER_CONFIG',
  InvalidImageName: 'IMAGE_PULL',
  ErrImageNeverPull: 'IMAGE_PULL',
}

/** Those that a registry may get over. */
const pulling = new Set(['ImagePullBackOff', 'ErrImagePull', 'ImageInspectError', 'RegistryUnavailable'])

/**
 * Pods of the new revision: one that restarts, is killed, cannot be created or loses its readiness fails at once; one
 * that cannot be pulled or placed fails when it is older than the grace. A pod that was evicted, or whose node went
 * away, says nothing. What had happened when an operator resumed was accepted by that, and only what is newer counts.
 */
export const rollout: Gate = (upgrade, { pods }, now) => {
  const { graceMs } = upgrade.policy.gates.rollout
  const judged = pods.filter((pod) => !pod.displaced)
  const accepted = acceptedAt(upgrade)
  for (const pod of judged) {
    const found = [...faults(pod), ...(ageMs(pod, now) > graceMs ? delays(pod) : [])]
    const failed = found.find(({ at }) => Date.parse(at) > accepted)
    if (failed) return { gate: 'rollout', verdict: 'failed', code: failed.code, detail: failed.detail }
  }
  const restarts = judged.reduce((sum, pod) => sum + pod.restarts, 0)
  return { gate: 'rollout', verdict: 'passed', code: 'HEALTHY', detail: { pods: judged.length, restarts } }
}

/** When somebody last resumed what this gate had held, epoch milliseconds. */
function acceptedAt({ incidents }: Upgrade): number {
  const resumed = incidents.flatMap(({ detail, ended }) => (detail.gate === 'rollout' && ended ? [ended.at] : []))
  return Math.max(...resumed.map(Date.parse), Number.NEGATIVE_INFINITY)
}

/** `at` is when it happened, ISO 8601. */
type Failure = Pick<GateReport, 'code' | 'detail'> & { at: string }

function faults(pod: PodReport): Failure[] {
  const { name, waiting, terminated, restarts, lostReadyAt, createdAt, terminatedAt: at = createdAt } = pod
  const found: Failure[] = []
  const code = waiting && own(broken, waiting)
  if (terminated === 'OOMKilled') found.push({ code: 'OOM_KILLED', detail: { pod: name, restarts }, at })
  else if (code) found.push({ code, detail: { pod: name, reason: waiting }, at })
  else if (restarts > 0)
    found.push({ code: 'RESTARTED', detail: { pod: name, restarts, reason: terminated ?? '' }, at })
  if (lostReadyAt) found.push({ code: 'READINESS_LOST', detail: { pod: name, at: lostReadyAt }, at: lostReadyAt })
  return found
}

function delays({ name, waiting, unschedulable, createdAt: at }: PodReport): Failure[] {
  if (unschedulable) return [{ code: 'UNSCHEDULABLE', detail: { pod: name, message: unschedulable }, at }]
  const pulls = waiting && pulling.has(waiting)
  return pulls ? [{ code: 'IMAGE_PULL', detail: { pod: name, reason: waiting }, at }] : []
}

function ageMs({ createdAt }: PodReport, now: string): number {
  return Date.parse(now) - Date.parse(createdAt)
}
