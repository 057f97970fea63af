import type { Gate, Measures } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import { alerts } from './alerts.ts'
import { http } from './http.ts'
import { logs } from './logs.ts'
import { prometheus } from './prometheus.ts'
import { rollout } from './rollout.ts'
import type { GateSecrets } from './secrets.ts'
import { webhook } from './webhook.ts'

/** Gates that the watch answers. */
export const gates: Record<string, Gate> = { rollout }

/** Gates that ask somebody else. Adding one: one file, one line here, its form in upgrade/gate.ts and config/gates.ts. */
export function openMeasures(clusters: Clusters, secrets: GateSecrets): Measures {
  return {
    alerts: alerts(secrets),
    http,
    logs: logs(clusters),
    prometheus: prometheus(secrets),
    webhook: webhook(secrets),
  }
}
