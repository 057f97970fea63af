import type { Attachments, Gate, Measures } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import { alerts } from './alerts.ts'
import { http } from './http.ts'
import { job } from './job.ts'
import { logs } from './logs.ts'
import { prometheus } from './prometheus.ts'
import { rollout } from './rollout.ts'
import { scan } from './scan.ts'
import type { GateSecrets } from './secrets.ts'
import { signature } from './signature.ts'
import { webhook } from './webhook.ts'

/** Gates that the watch answers. */
export const gates: Record<string, Gate> = { rollout }

/** Whom gates ask, and what they prove who they are with. */
type Asked = { clusters: Clusters; secrets: GateSecrets; attachments: Attachments }

/** Gates that ask somebody else. Adding one: one file, one line here, its form in upgrade/gate.ts and config/gates.ts. */
export function openMeasures({ clusters, secrets, attachments }: Asked): Measures {
  return {
    alerts: alerts(secrets),
    http,
    job: job(clusters),
    logs: logs(clusters),
    prometheus: prometheus(secrets),
    scan: scan(secrets, attachments, clusters),
    signature: signature(attachments),
    webhook: webhook(secrets),
  }
}
