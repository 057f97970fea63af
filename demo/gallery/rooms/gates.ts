import type { Messages } from '../../../src/messages/en.ts'
import type { GateReport } from '../../../src/upgrade/events.ts'
import { isRefusal } from '../../../src/upgrade/refusal.ts'
import { transition } from '../../../src/upgrade/transition.ts'
import type { Upgrade } from '../../../src/upgrade/upgrade.ts'
import { after, anUpgradeIn, noon } from '../../../test/an-upgrade.ts'
import { type Exhibits, exhibitsIn, observed, type Room } from '../exhibit.ts'

const host = 'prometheus.monitoring:9090'
const job = 'web-production-14-regression-3fa9c1d2ab'

const counted = { scanner: 'trivy', at: noon, critical: 0, medium: 12, low: 3, mostCritical: 0, mostHigh: 5 }

/** What each code is said of; those that only say that something is missing need nothing. */
const details: Record<string, GateReport['detail']> = {
  SIGNED_OFF: { by: 'U0CAROL' },
  NOT_ACCEPTED: { by: 'U0CAROL', reason: 'the totals are wrong' },
  NOBODY_ACCEPTED: { waitedMs: 14_400_000 },
  NO_ALERTS: { older: 1 },
  ALERTS_FIRING: { alerts: 'HighErrorRate (critical), PodCrashLooping (critical)' },
  SEVERITY_UNKNOWN: { alerts: 'CheckoutSlow (page)' },
  NOT_ALERTMANAGER: { host: 'alertmanager.monitoring:9093', status: 302 },
  HTTP_OK: { host: 'shop.example.com', status: 200 },
  HTTP_STATUS: { host: 'shop.example.com', status: 503, wanted: '200' },
  HTTP_BODY: { host: 'shop.example.com', wanted: '"status":"ok"' },
  JOB_COMPLETE: { job, seconds: 754 },
  JOB_FAILED: { job, reason: 'BackoffLimitExceeded', exitCode: 3 },
  JOB_TIMEOUT: { job, seconds: 1_800 },
  JOB_FOREIGN: { job },
  JOB_REFUSED: { message: 'jobs.batch is forbidden: exceeded quota: small' },
  CRON_JOB_NOT_FOUND: { cronJob: 'web-regression', namespace: 'shop' },
  LOGS_WITHIN_LIMIT: { lines: 12, pods: 3, max: 20, fresh: 0, maxNew: 0 },
  LOGS_ABOVE_LIMIT: { lines: 27, pods: 3, max: 20 },
  LOGS_NEW_LINES: { lines: 12, pods: 3, fresh: 4, maxNew: 0 },
  LOGS_CUT: { lines: 12, pods: 3, max: 20 },
  LOGS_UNREADABLE: { lines: 0, pods: 3, max: 20, unread: 1, of: 3, why: 'BadRequest' },
  LOGS_NO_REFERENCE: { lines: 12, maxNew: 0 },
  NO_LOGS: { pods: 3 },
  WITHIN_LIMIT: { value: 0.118, atMost: 0.144, stable: 0.12, unit: 'seconds' },
  ABOVE_LIMIT: { value: 0.12, atMost: 0.01, before: 0.002, unit: 'ratio' },
  BELOW_LIMIT: { value: 310.4, atLeast: 350, before: 500 },
  BASELINE: { value: 0.002, unit: 'ratio' },
  TOO_FEW_SAMPLES: { samples: 12, min: 100 },
  NO_RATIO: { value: 0.001, before: 0, unit: 'ratio' },
  NO_SECRET: { variable: 'GATE_PROMETHEUS_TOKEN' },
  NOT_A_NUMBER: { found: 'NaN' },
  SEVERAL_VALUES: { count: 3 },
  NOT_A_VECTOR: { found: 'matrix' },
  QUERY_REFUSED: { host, message: '1:5: parse error: unclosed left parenthesis' },
  QUERY_WARNED: { host, message: 'No StoreAPIs matched for this query' },
  NOT_PROMETHEUS: { host, status: 302 },
  SCAN_WITHIN_LIMITS: { ...counted, high: 2, ignored: 1 },
  SCAN_ABOVE_LIMITS: {
    ...counted,
    critical: 1,
    high: 7,
    worst: 'CVE-2026-1234, CVE-2026-5678, +6',
    expired: 'CVE-2026-5678',
  },
  REPORT_LOG_UNREADABLE: { job: 'web-production-14-scan-9f3c07ab12', why: 'Forbidden' },
  REPORT_OF_ANOTHER: { digest: `sha256:${'9f3c07ab'.repeat(8)}` },
  REPORT_EMPTY: { scanner: 'trivy' },
  REPORT_FROM_FUTURE: { at: after(86_400_000) },
  REPORT_UNDATED: { scanner: 'grype' },
  REPORT_TOO_OLD: { at: noon, maxAgeMs: 7 * 86_400_000 },
  REPORT_STATUS: { host: 'reports.example.com', status: 503 },
  SIGNED: { keys: 'release.pub (9f3c07ab51d2), 4e1a90c2d7b8' },
  SIGNED_BY_OTHERS: { signatures: 2 },
  SIGNED_FOR_ANOTHER: { digest: `sha256:${'9f3c07ab'.repeat(8)}` },
  TOO_FEW_SIGNATURES: { keys: 'release.pub (9f3c07ab51d2)', count: 1, least: 2 },
  KEY_UNREADABLE: { file: '/etc/rollcall/keys/release.pub' },
  ATTACHMENTS_UNKNOWN: {
    error: 'REGISTRY_UNAVAILABLE',
    message: 'Registry registry.example.com does not answer: it answers with 503.',
  },
  WEBHOOK_PASSED: { host: 'checks.example.com', message: '200 orders of 200 were confirmed' },
  WEBHOOK_FAILED: { host: 'checks.example.com', message: '3 orders of 200 were not confirmed' },
  WEBHOOK_INCONCLUSIVE: { host: 'checks.example.com' },
  WEBHOOK_STATUS: { host: 'checks.example.com', status: 502 },
  WEBHOOK_NO_VERDICT: { host: 'checks.example.com', status: 204 },
  GATE_TIMEOUT: { seconds: 10 },
  GATE_UNREACHABLE: { message: `${host} does not answer (ECONNREFUSED)` },
  GATE_ANSWER_TOO_LONG: { message: `${host} answers with more than 1000000 bytes` },
}

const passing = new Set([
  'SIGNED_OFF',
  'NO_ALERTS',
  'HTTP_OK',
  'JOB_COMPLETE',
  'LOGS_WITHIN_LIMIT',
  'WITHIN_LIMIT',
  'BASELINE',
  'SCAN_WITHIN_LIMITS',
  'SIGNED',
  'WEBHOOK_PASSED',
])
const failing = new Set([
  'NOT_ACCEPTED',
  'ALERTS_FIRING',
  'HTTP_STATUS',
  'HTTP_BODY',
  'JOB_FAILED',
  'LOGS_ABOVE_LIMIT',
  'LOGS_NEW_LINES',
  'ABOVE_LIMIT',
  'BELOW_LIMIT',
  'SCAN_ABOVE_LIMITS',
  'UNSIGNED',
  'SIGNED_BY_OTHERS',
  'SIGNED_FOR_ANOTHER',
  'TOO_FEW_SIGNATURES',
  'WEBHOOK_FAILED',
])

/** What gates measured, in the live message; what follows on one that failed or could not tell. */
export function gatesRoom(messages: Messages): Room {
  const exhibits = exhibitsIn(messages)
  return {
    id: 'gates',
    title: 'Gates',
    exhibits: [
      ...exhibits.messageNow(anUpgradeIn('verifying'), 'live', 'all is well', observed(1), { reports: well() }),
      ...Object.keys(messages.gateWords).flatMap((code) => withReport(exhibits, code)),
    ],
  }
}

function withReport({ messageNow }: Exhibits, code: string) {
  const report = reportOf(code)
  if (report.verdict === 'passed')
    return messageNow(anUpgradeIn('verifying'), 'live', code, observed(1), { reports: [report] })
  const upgrade = happened(report)
  return [
    ...messageNow(upgrade, 'live', code, observed(1), { reports: [report] }),
    ...messageNow(upgrade, 'incident:0', code, observed(1), { reports: [report] }),
  ]
}

function reportOf(code: string): GateReport {
  const verdict = passing.has(code) ? 'passed' : failing.has(code) ? 'failed' : 'inconclusive'
  return { gate: 'errors', verdict, code, detail: details[code] ?? {} }
}

function well(): GateReport[] {
  return [
    { ...reportOf('HTTP_OK'), gate: 'smoke' },
    { ...reportOf('WITHIN_LIMIT'), gate: 'p95' },
    { ...reportOf('BASELINE'), gate: 'errors' },
    { ...reportOf('WEBHOOK_PASSED'), gate: 'orders' },
  ]
}

function happened(report: GateReport): Upgrade {
  const type = report.verdict === 'failed' ? 'gateFailed' : 'gateInconclusive'
  const next = transition(anUpgradeIn('verifying'), { type, report }, after(60_000))
  if (isRefusal(next)) throw new Error(next.refused.code)
  return next
}
