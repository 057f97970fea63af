import { allowedPods } from '../upgrade/entry.ts'
import { phaseOf } from '../upgrade/phase.ts'
import { hasStarted, type Upgrade } from '../upgrade/upgrade.ts'
import type { Parts } from './parts.ts'

/** Reasons of the Kubernetes Events on the workload, by the phase that begins. */
const reasons: Partial<Record<ReturnType<typeof phaseOf>, [type: 'Normal' | 'Warning', reason: string]>> = {
  progressing: ['Normal', 'RollcallProgressing'],
  awaitingContinue: ['Normal', 'RollcallAwaitingContinue'],
  paused: ['Warning', 'RollcallPaused'],
  rollingBack: ['Warning', 'RollcallRollingBack'],
  succeeded: ['Normal', 'RollcallSucceeded'],
  rolledBack: ['Warning', 'RollcallRolledBack'],
  failed: ['Warning', 'RollcallFailed'],
}

/** Tells a new phase or batch as a Kubernetes Event, so that `kubectl describe` shows the story too. */
export function tellStep(parts: Parts, upgrade: Upgrade, before?: Upgrade): void {
  if (!hasStarted(upgrade)) return
  const phase = phaseOf(upgrade)
  const same = before && phaseOf(before) === phase && allowedPods(before) === allowedPods(upgrade)
  const reason = reasons[phase]
  if (same || !reason) return
  const of = upgrade.plan?.from.replicas ?? 0
  const message = `${upgrade.id}: ${upgrade.request.image}, ${allowedPods(upgrade)} of ${of} replicas allowed, ${phase}`
  parts
    .targets(upgrade.policy.target)
    .tell(upgrade, reason[0], reason[1], message)
    .catch((error: unknown) => parts.log.warn({ upgrade: upgrade.id, err: error }, 'no Kubernetes Event written'))
}
