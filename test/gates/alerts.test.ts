import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { About } from '../../src/engine/ports.ts'
import { alerts } from '../../src/gates/alerts.ts'
import type { AlertsGate } from '../../src/upgrade/gate.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { after, alice, anUpgrade, anUpgradeIn, noon } from '../an-upgrade.ts'
import { serve } from './a-server.ts'

const labels = { cluster: 'prod-eu', namespace: 'shop', deployment: 'web' }

/** Started a minute after noon. */
const underWay: Upgrade = {
  ...anUpgradeIn('verifying'),
  answers: [{ step: 0, action: 'approved', by: alice, at: after(60_000) }],
}
const before = after(59_000)
const since = after(61_000)

function alert(alertname: string | undefined, severity: string | undefined, startsAt = before, state = 'active') {
  const given = { ...labels, pod: 'web-1', ...(alertname && { alertname }), ...(severity && { severity }) }
  return { labels: given, startsAt, status: { state, silencedBy: [], inhibitedBy: [] }, fingerprint: 'a1' }
}

function firing(...found: unknown[]): Promise<string> {
  return serve((_, response) => response.end(JSON.stringify(found)))
}

function ask(
  url: string,
  { upgrade = underWay, signal = AbortSignal.timeout(10_000), secrets = {}, ...changes }: Changes = {},
) {
  const gate: AlertsGate = {
    ...{ type: 'alerts', name: 'alerts', during: ['before', 'soak'], intervalMs: 10_000, timeoutMs: 10_000 },
    ...{ url, labels, minSeverity: 'critical', always: [] },
    ...changes,
  }
  const about: About = { upgrade, observation: undefined, now: noon, key: 'k' }
  return alerts(secrets)(gate, about, signal)
}
type Changes = Partial<AlertsGate> & { upgrade?: Upgrade; signal?: AbortSignal; secrets?: Record<string, string> }

const start = { upgrade: anUpgrade() }

describe('before the first change', () => {
  test('it passes while nothing fires', async () => {
    expect(await ask(await firing(), start)).toEqual({ verdict: 'passed', code: 'NO_ALERTS', detail: {} })
  })

  test('it fails on whatever fires, each alert once, and names at most five', async () => {
    const two = [alert('HighErrorRate', 'critical'), alert('HighErrorRate', 'critical', since)]
    expect(await ask(await firing(...two), start)).toEqual({
      verdict: 'failed',
      code: 'ALERTS_FIRING',
      detail: { alerts: 'HighErrorRate (critical)' },
    })
    const seven = Array.from({ length: 7 }, (_, index) => alert(`A${index}`, 'critical'))
    expect(await ask(await firing(...seven), start)).toMatchObject({
      detail: {
        alerts: 'A0 (critical), A1 (critical), A2 (critical), A3 (critical), A4 (critical)',
        more: 2,
      },
    })
  })

  test.each([
    ['critical', 'warning', 'passed'],
    ['warning', 'warning', 'failed'],
    ['warning', 'critical', 'failed'],
    ['info', 'none', 'passed'],
  ] as const)('with minSeverity %s an alert of severity %s: %s', async (minSeverity, severity, verdict) => {
    expect(await ask(await firing(alert('A', severity)), { ...start, minSeverity })).toMatchObject({ verdict })
  })

  test.each(['page', undefined])('it cannot tell whether severity %s counts', async (severity) => {
    expect(await ask(await firing(alert('A', severity)), start)).toMatchObject({
      verdict: 'inconclusive',
      code: 'SEVERITY_UNKNOWN',
      detail: { alerts: `A (${severity ?? 'none given'})` },
    })
    const both = await firing(alert('A', severity), alert('B', 'critical'))
    expect(await ask(both, start)).toMatchObject({ verdict: 'failed', detail: { alerts: 'B (critical)' } })
  })

  test.each([
    'KubeDeploymentReplicasMismatch',
    'KubeDeploymentRolloutStuck',
    'KubeStatefulSetUpdateNotRolledOut',
    'KubeDaemonSetRolloutStuck',
  ])('%s only says that a rollout waits', async (name) => {
    expect(await ask(await firing(alert(name, 'critical')), start)).toMatchObject({ verdict: 'passed' })
    expect(await ask(await firing(alert(name, 'critical', since)))).toMatchObject({ verdict: 'passed' })
  })

  test('one that is suppressed does not count, even if the answer holds it', async () => {
    const url = await firing(alert('A', 'critical', since, 'suppressed'))
    expect(await ask(url, start)).toMatchObject({ verdict: 'passed' })
  })
})

describe('once it has started', () => {
  test('only what is new since counts', async () => {
    const old = alert('Old', 'critical', before)
    expect(await ask(await firing(old))).toEqual({ verdict: 'passed', code: 'NO_ALERTS', detail: { older: 1 } })
    const url = await firing(old, alert('New', 'critical', since))
    expect(await ask(url)).toMatchObject({ verdict: 'failed', detail: { alerts: 'New (critical)' } })
  })

  test('times are compared, not texts', async () => {
    const offset = alert('New', 'critical', '2026-07-01T14:01:01.5+02:00')
    expect(await ask(await firing(offset))).toMatchObject({ verdict: 'failed' })
  })

  test('an alert that always counts does so although it fired before', async () => {
    const url = await firing(alert('Old', 'critical', before))
    expect(await ask(url, { always: ['Old'] })).toMatchObject({ verdict: 'failed' })
  })

  test('after it was taken over nobody knows what it has caused, so everything since its request counts', async () => {
    const takenOver = { at: after(120_000), sequence: 9, pods: 1 }
    const upgrade: Upgrade = { ...underWay, takenOver }
    expect(await ask(await firing(alert('Old', 'critical', before)), { upgrade })).toMatchObject({ verdict: 'failed' })
  })
})

describe('the question', () => {
  test('asks the API below the URL for active alerts of the target alone, with the token', async () => {
    const seen: { url: URL; authorization: string | undefined }[] = []
    const url = await serve(({ url: path = '', headers }, response) => {
      seen.push({ url: new URL(path, 'http://a'), authorization: headers.authorization })
      response.end('[]')
    })
    const quoted = { cluster: 'a "b" \\ c' }
    await ask(`${url}/am/`, {
      labels: { ...quoted, ...labels, ...quoted },
      tokenEnv: 'GATE_T',
      secrets: { GATE_T: 'x' },
    })
    const [asked] = seen
    expect(asked?.url.pathname).toBe('/am/api/v2/alerts')
    const { active, silenced, inhibited } = Object.fromEntries(asked?.url.searchParams ?? [])
    expect({ active, silenced, inhibited }).toEqual({ active: 'true', silenced: 'false', inhibited: 'false' })
    expect(asked?.url.searchParams.getAll('filter')).toEqual([
      'cluster="a \\"b\\" \\\\ c"',
      'namespace="shop"',
      'deployment="web"',
    ])
    expect(asked?.authorization).toBe('Bearer x')
  })

  test('is not asked without its token', async () => {
    const said = await ask('http://127.0.0.1:1', { tokenEnv: 'GATE_T' })
    expect(said).toEqual({ verdict: 'inconclusive', code: 'NO_SECRET', detail: { variable: 'GATE_T' } })
  })
})

describe('cannot tell from', () => {
  const bodies: [string, string, number?][] = [
    ['a page', '<html>log in</html>'],
    ['null', 'null'],
    ['nothing at all', ''],
    ['an object', '{"status":"success","data":[]}'],
    ['half an answer', JSON.stringify([alert('A', 'warning')]).slice(0, -2)],
    ['an alert without labels', '[{"startsAt":"2026-07-01T12:00:00Z","status":{"state":"active"}}]'],
    ['labels that are no texts', JSON.stringify([{ ...alert('A', 'warning'), labels: { alertname: 1 } }])],
    ['a time that is none', JSON.stringify([alert('A', 'warning', 'yesterday')])],
    ['an empty list with the wrong status', '[]', 503],
    ['a login', '[]', 401],
  ]

  test.each(bodies)('%s', async (_, body, status = 200) => {
    const url = await serve((_, response) => response.writeHead(status).end(body))
    expect(await ask(url)).toMatchObject({ verdict: 'inconclusive', code: 'NOT_ALERTMANAGER', detail: { status } })
  })

  test('a redirect, which is not followed, and gets no token', async () => {
    const visits: (string | undefined)[] = []
    const elsewhere = await serve((request, response) => {
      visits.push(request.headers.authorization)
      response.end('[]')
    })
    const url = await serve((_, response) => response.writeHead(307, { location: elsewhere }).end())
    const said = await ask(url, { tokenEnv: 'GATE_T', secrets: { GATE_T: 'hush' } })
    expect(said).toMatchObject({ verdict: 'inconclusive', code: 'NOT_ALERTMANAGER', detail: { status: 307 } })
    expect(visits).toEqual([])
  })

  test('an answer of 10 MB', async () => {
    const url = await serve((_, response) => response.end(`[${' '.repeat(10_000_000)}]`))
    await expect(ask(url)).rejects.toMatchObject({ code: 'GATE_ANSWER_TOO_LONG' })
  })

  test.each<[string, RequestListener]>([
    ['no answer', () => {}],
    ['an answer without an end', (_, response) => void response.write('[')],
  ])('%s, and gives up when its time is over', async (_, answer) => {
    const signal = AbortSignal.timeout(300)
    await expect(ask(await serve(answer), { signal })).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })

  test('nobody there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await expect(ask(url)).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
  })
})
