import type { Gate, PodReport } from '../engine/ports.ts'
import type { GateReport } from '../upgrade/events.ts'

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
 * away, says nothing.
 */
export const rollout: Gate = (upgrade, { pods }, now) => {
  const { graceMs } = upgrade.policy.gates.rollout
  const judged = pods.filter((pod) => !pod.displaced)
  for (const pod of judged) {
    const failed = fault(pod) ?? (ageMs(pod, now) > graceMs ? delay(pod) : undefined)
    if (failed) return { gate: 'rollout', verdict: 'failed', ...failed }
  }
  const restarts = judged.reduce((sum, pod) => sum + pod.restarts, 0)
  return { gate: 'rollout', verdict: 'passed', code: 'HEALTHY', detail: { pods: judged.length, restarts } }
}

type Failure = Pick<GateReport, 'code' | 'detail'>

function fault({ name, waiting, terminated, restarts, lostReadyAt }: PodReport): Failure | undefined {
  const code = waiting && broken[waiting]
  if (terminated === 'OOMKilled') return { code: 'OOM_KILLED', detail: { pod: name, restarts } }
  if (code) return { code, detail: { pod: name, reason: waiting } }
  if (restarts > 0) return { code: 'RESTARTED', detail: { pod: name, restarts, reason: terminated ?? '' } }
  return lostReadyAt ? { code: 'READINESS_LOST', detail: { pod: name, at: lostReadyAt } } : undefined
}

function delay({ name, waiting, unschedulable }: PodReport): Failure | undefined {
  if (unschedulable) return { code: 'UNSCHEDULABLE', detail: { pod: name, message: unschedulable } }
  return waiting && pulling.has(waiting) ? { code: 'IMAGE_PULL', detail: { pod: name, reason: waiting } } : undefined
}

function ageMs({ createdAt }: PodReport, now: string): number {
  return Date.parse(now) - Date.parse(createdAt)
}
