/** Builders of alerts for tests. */
import type { OnCallSettings } from '../src/engine/ports.ts'
import type { AlertRules, TargetAlert } from '../src/upgrade/alerts.ts'
import { after } from './an-upgrade.ts'

/** One of web in production that counts, and that began after an upgrade of the builders started. */
export function anAlert(changes: Partial<TargetAlert> = {}): TargetAlert {
  return {
    source: 'alertmanager',
    fingerprint: '9f3c07ab51d24e1a',
    state: 'firing',
    name: 'HighErrorRate',
    severity: 'critical',
    labels: { alertname: 'HighErrorRate', severity: 'critical', namespace: 'shop', deployment: 'web' },
    startsAt: after(60_000),
    weight: 'counts',
    sole: true,
    ...changes,
  }
}

const match = { namespace: 'namespace', workload: 'deployment', pod: 'pod' }

/** A configuration in which nobody has said anything about alerts. */
export const noAlerting = {
  alertRules: (): AlertRules => ({ match, minSeverity: 'critical', targets: [] }),
  alertMapping: () => undefined,
  onCall: (): OnCallSettings | undefined => undefined,
}
