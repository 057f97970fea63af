import { expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'

function said(code: string, detail: Record<string, string | number>): string {
  return en.measured({ code, detail }).mrkdwn
}

test.each([
  [{ value: 0.12, atMost: 0.01, unit: 'ratio' }, '12 % (limit 1 %)'],
  [{ value: 0.002, atMost: 0.012, before: 0.01, unit: 'ratio' }, '0.2 % (limit 1.2 %, before 1 %)'],
  [{ value: 0.1184, atMost: 0.5, stable: 0.11, unit: 'seconds' }, '118 ms (limit 500 ms, stable 110 ms)'],
  [{ value: 1.5, atMost: 0.5, unit: 'seconds' }, '1.5 s (limit 500 ms)'],
  [{ value: 700 * 2 ** 20, atMost: 512 * 2 ** 20, unit: 'bytes' }, '700 MiB (limit 512 MiB)'],
  [{ value: 0, atMost: 1024, unit: 'bytes' }, '0 B (limit 1 KiB)'],
  [{ value: 12_345.6, atLeast: 20_000 }, '12346 (limit 20000)'],
  [{ value: 5, atLeast: 1, atMost: 10 }, '5 (limits 1 and 10)'],
  [{ value: 1e-9, atMost: 1e300 }, '1e-9 (limit 1e+300)'],
])('a figure stands beside its limits: %o', (detail, text) => {
  expect(said('WITHIN_LIMIT', detail)).toBe(text)
})

test('a value that is just too much does not look like its limit', () => {
  expect(said('ABOVE_LIMIT', { value: 0.010_004, atMost: 0.01, unit: 'ratio' })).toBe('1.0004 % (limit 1 %)')
  expect(said('ABOVE_LIMIT', { value: 100.000_000_1, atMost: 100 })).toBe('100.0000001 (limit 100)')
})

test('a scan says its counts beside their limits, the worst by name, and what was accepted', () => {
  const counts = { critical: 0, high: 7, medium: 12, low: 0, negligible: 0, unknown: 0, mostCritical: 0, mostHigh: 5 }
  expect(said('SCAN_ABOVE_LIMITS', { ...counts, scanner: 'trivy', worst: 'CVE-1, CVE-2, +5' })).toBe(
    '0 critical (limit 0), 7 high (limit 5), 12 medium; CVE-1, CVE-2, +5; by trivy',
  )
  expect(said('SCAN_WITHIN_LIMITS', { scanner: 'grype', critical: 0, ignored: 1, expired: 'CVE-3' })).toBe(
    '1 accepted until later; accepted no longer: CVE-3; by grype',
  )
})

test.each([
  ['LOGS_ABOVE_LIMIT', { lines: 27, pods: 3, max: 20 }, '27 lines match (limit 20)'],
  [
    'LOGS_NEW_LINES',
    { lines: 1, pods: 3, max: 20, fresh: 1, maxNew: 0 },
    '1 line matches (limit 20), 1 of a new kind (limit 0)',
  ],
  ['LOGS_CUT', { lines: 0, pods: 3, max: 0 }, 'the pods log more than it reads; 0 lines match (limit 0) until then'],
  ['NO_LOGS', { pods: 1 }, 'the new pod has not logged anything'],
  ['JOB_COMPLETE', { job: 'a', seconds: 754 }, 'Job a completed in 12 min 34 s'],
  ['JOB_FAILED', { job: 'a', reason: 'DeadlineExceeded' }, 'Job a failed (DeadlineExceeded)'],
  ['JOB_FAILED', { job: 'a', reason: 'Failed', exitCode: 3 }, 'Job a failed (Failed, exit code 3)'],
])('%s of %o', (code, detail, text) => {
  expect(said(code, detail as Record<string, string | number>)).toBe(text)
})

test.each(Object.keys(en.gateWords))('%s fills its words from the detail', (code) => {
  const detail = new Proxy<Record<string, string>>({}, { get: (_, key) => `its ${String(key)}` })
  expect(said(code, detail)).not.toMatch(/\?|undefined|\[object/)
})

test('what somebody else says neither mentions anybody nor links', () => {
  expect(said('WEBHOOK_FAILED', { host: 'a.example', message: '<!channel> <https://evil.example|ok>' })).toBe(
    'a.example says not to go on: «&lt;!channel&gt; &lt;https://evil.example|ok&gt;»',
  )
})
