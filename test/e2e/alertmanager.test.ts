import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { alerts } from '../../src/gates/alerts.ts'
import type { AlertsGate } from '../../src/upgrade/gate.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { type Alertmanager, startAlertmanager } from '../alertmanager.ts'
import { alice, anUpgrade, anUpgradeIn, noon } from '../an-upgrade.ts'
import { eventually } from '../conformance/workbench.ts'
import { carol, channel, namespace } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

let alertmanager: Alertmanager
let nth = 0

beforeAll(async () => {
  alertmanager = await startAlertmanager()
})

afterAll(async () => {
  await alertmanager?.stop()
})

const minuteMs = 60_000
const ago = (ms: number) => new Date(Date.now() - ms)

describe('a gate that asks a real Alertmanager', () => {
  let labels: Record<string, string>

  /** A namespace that no other test has alerts of. */
  beforeEach(() => {
    nth++
    labels = { cluster: 'prod-eu', namespace: `shop-${nth}`, deployment: 'web' }
  })

  function says(upgrade: Upgrade = anUpgrade(), url = alertmanager.url) {
    const gate: AlertsGate = {
      ...{ type: 'alerts', name: 'alerts', during: ['before', 'soak'], intervalMs: 10_000, timeoutMs: 10_000 },
      ...{ url, labels, minSeverity: 'critical', always: [] },
    }
    return alerts({})(gate, { upgrade, observation: undefined, now: noon, key: 'k' }, AbortSignal.timeout(10_000))
  }

  const critical = { alertname: 'HighErrorRate', severity: 'critical' }
  const passed = { verdict: 'passed', code: 'NO_ALERTS' }
  const failed = { verdict: 'failed', code: 'ALERTS_FIRING' }

  test('passes while nothing fires, and fails while something does', async () => {
    expect(await says()).toMatchObject(passed)
    await alertmanager.post({ ...labels, ...critical })
    expect(await says()).toMatchObject({ ...failed, detail: { alerts: 'HighErrorRate (critical)' } })
    await alertmanager.post({ ...labels, ...critical }, { startsAt: ago(minuteMs), endsAt: ago(1) })
    expect(await says()).toMatchObject(passed)
  })

  test.each([
    ['of another namespace', { namespace: 'elsewhere' }],
    ['of another workload', { deployment: 'api' }],
    ['of another cluster', { cluster: 'prod-us' }],
    ['that is milder', { severity: 'warning' }],
    ['that only says that the rollout waits', { alertname: 'KubeDeploymentRolloutStuck' }],
  ])('an alert %s does not count', async (_, changes) => {
    await alertmanager.post({ ...labels, ...critical, ...changes })
    expect(await says()).toMatchObject(passed)
  })

  test('a cluster whose name has to be quoted is found', async () => {
    labels = { ...labels, cluster: 'the "big" one \\ eu' }
    await alertmanager.post({ ...labels, ...critical })
    expect(await says()).toMatchObject(failed)
  })

  test('nor does one that is silenced, or inhibited', async () => {
    await alertmanager.post({ ...labels, ...critical })
    await alertmanager.silence(labels)
    expect(await says()).toMatchObject(passed)
    labels = { ...labels, deployment: 'api' }
    await alertmanager.post({ ...labels, ...critical })
    expect(await says()).toMatchObject(failed)
    await alertmanager.post({ namespace: labels.namespace ?? '', alertname: 'Outage', severity: 'critical' })
    expect(await says()).toMatchObject(passed)
  })

  test('once it has started, only what is new since counts', async () => {
    const started = { step: 0, action: 'approved' as const, by: alice, at: ago(minuteMs).toISOString() }
    const upgrade: Upgrade = { ...anUpgradeIn('verifying'), answers: [started] }
    await alertmanager.post({ ...labels, ...critical }, { startsAt: ago(2 * minuteMs) })
    expect(await says(upgrade)).toEqual({ ...passed, detail: { older: 1 } })
    await alertmanager.post({ ...labels, ...critical, alertname: 'New' }, { startsAt: ago(1_000) })
    expect(await says(upgrade)).toMatchObject({ ...failed, detail: { alerts: 'New (critical)' } })
  })

  test('cannot tell by a severity that it does not know, nor without an answer', async () => {
    await alertmanager.post({ ...labels, ...critical, severity: 'page' })
    expect(await says()).toMatchObject({ verdict: 'inconclusive', code: 'SEVERITY_UNKNOWN' })
    expect(await says(anUpgrade(), `${alertmanager.url}/wrong`)).toMatchObject({ code: 'NOT_ALERTMANAGER' })
    const away = await startAlertmanager()
    await away.stop()
    await expect(says(anUpgrade(), away.url)).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
  })
})

describe('an upgrade of a service with alerts', () => {
  const critical = (deployment: string) => ({
    ...{ cluster: 'prod-eu', namespace, deployment },
    ...{ alertname: 'HighErrorRate', severity: 'critical' },
  })
  let shop: Shop

  beforeAll(async () => {
    const gates = [{ type: 'alerts', interval: '1s' }]
    const strategy = { batches: [1, '100%'], continue: 'auto', soak: '5s' }
    const service = { strategy, environment: { gates } }
    const clusters = { eu: { alertmanager: { url: alertmanager.url }, alertLabels: { cluster: 'prod-eu' } } }
    const services = { calm: service, burning: service, breaking: service }
    shop = await openShop(simulatedCluster, services, 90_000, { config: { clusters } })
  })

  afterAll(async () => {
    await shop?.close()
  })

  function request(service: string) {
    onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
    return shop.request(service, '2.0.0')
  }

  function inThread(text: string) {
    return shop.slack.waitForMessage((one) => one.channel === channel && one.text.includes(text), {
      timeoutMs: 90_000,
      what: text,
    })
  }

  test('goes through while none fires', async () => {
    const { workload, image, id } = await request('calm')
    await shop.people.approve(id)
    await shop.people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
  })

  test('is held before the start by one that fires, which does not count any more once somebody has resumed', async () => {
    await alertmanager.post(critical('burning'), { startsAt: ago(minuteMs) })
    const { workload, image, id } = await request('burning')
    await shop.people.approve(id)
    const held = await shop.people.live(id, 'paused')
    await workload.restsAt(image, { old: 10, new: 0 })
    await inThread('firing: HighErrorRate (critical)')
    await shop.people.press(carol, held, 'resume')
    await shop.people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
    await shop.trailIsIntact()
  })

  test('is taken back by one that begins to fire while it soaks', async () => {
    const { workload, image, id } = await request('breaking')
    await shop.people.approve(id)
    await shop.people.live(id, 'verifying')
    await alertmanager.post(critical('breaking'))
    await shop.people.live(id, 'rolledBack')
    await eventually('the old pods', async () => {
      await workload.restsAt(image, { old: 10, new: 0 })
      return true
    })
    await shop.trailIsIntact()
  })
})
