import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import type { About, PodReport } from '../../src/engine/ports.ts'
import { prometheus as gateOf } from '../../src/gates/prometheus.ts'
import { trafficHistory } from '../../src/gates/traffic.ts'
import type { PrometheusGate } from '../../src/upgrade/gate.ts'
import { quietTime, slotMs } from '../../src/upgrade/quiet-time.ts'
import { dayMs } from '../../src/upgrade/zone-time.ts'
import { anUpgrade, anUpgradeIn, aPolicy, noon } from '../an-upgrade.ts'
import { eventually } from '../conformance/workbench.ts'
import {
  type Prometheus,
  type Rates,
  startPrometheus,
  startPrometheusKnowing,
  startTraffic,
  type Traffic,
} from '../prometheus.ts'
import { channel, namespace } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

let rates: () => Promise<Rates> = async () => ({})
let traffic: Traffic
let prometheus: Prometheus

beforeAll(async () => {
  traffic = await startTraffic(() => rates())
  prometheus = await startPrometheus(traffic.host)
})

afterAll(async () => {
  await prometheus?.stop()
  await traffic?.stop()
})

const errors = 'sum(rate(http_requests_total{pod=~"{{pods}}", code="500"}[10s]))'
const requests = 'sum(rate(http_requests_total{pod=~"{{pods}}"}[10s]))'

describe('a gate that asks a real Prometheus', () => {
  const pods = ['web-new-x2v9k', 'web-new-m4t8p']
  const old = 'web-old-q7w5z'

  const observation = {
    ...{ total: 10, updated: 2, ready: 10 },
    pods: pods.map((name): PodReport => ({ name, ready: true, createdAt: noon, restarts: 0, displaced: false })),
    stable: [old],
  }

  /** Asks again until the new rates are all that there is within the range. */
  async function says(changes: Partial<PrometheusGate>, expected: object, about: Partial<About> = {}) {
    const gate: PrometheusGate = {
      ...{ type: 'prometheus', name: 'errors', during: ['soak'], intervalMs: 10_000, timeoutMs: 10_000 },
      ...{ url: prometheus.url, query: `${errors} / ${requests}`, unit: 'ratio' },
      ...changes,
    }
    const underWay = { upgrade: anUpgradeIn('verifying'), observation, now: noon, key: 'k', ...about }
    return await eventually(JSON.stringify(expected), async () => {
      const said = await gateOf({})(gate, underWay, AbortSignal.timeout(10_000))
      expect(said).toMatchObject(expected)
      return said
    })
  }

  /** So many requests per second, and such a share of them in vain. */
  function serving(perSecond: number, share: number): Record<string, number> {
    return { 200: perSecond * (1 - share), 500: perSecond * share }
  }

  function now(of: { pods?: Record<string, number>; old?: Record<string, number> }) {
    rates = async () => ({
      ...(of.pods && Object.fromEntries(pods.map((name) => [name, of.pods ?? {}]))),
      ...(of.old && { [old]: of.old }),
    })
  }

  test('passes, and fails at an error rate of 12 %', async () => {
    now({ pods: serving(50, 0.002) })
    await says({ max: 0.01 }, { verdict: 'passed', detail: { value: expect.closeTo(0.002, 6) } })
    now({ pods: serving(50, 0.12) })
    await says({ max: 0.01 }, { verdict: 'failed', code: 'ABOVE_LIMIT', detail: { value: expect.closeTo(0.12, 6) } })
  })

  test('cannot tell without traffic, and not with little', async () => {
    now({ pods: serving(0, 0) })
    await says({ max: 0.01 }, { verdict: 'inconclusive', code: 'NOT_A_NUMBER', detail: { found: 'NaN' } })
    const samples = { query: 'sum(increase(http_requests_total{pod=~"{{pods}}"}[10s]))', min: 100 }
    now({ pods: serving(0.5, 1) })
    await says({ max: 0.01, samples }, { code: 'TOO_FEW_SAMPLES', detail: { samples: expect.closeTo(10, 0) } })
    now({})
    await says({ max: 0.01 }, { verdict: 'inconclusive', code: 'NO_DATA' })
    await says({ max: 0.01, samples }, { verdict: 'inconclusive', code: 'TOO_FEW_SAMPLES', detail: { samples: 0 } })
  })

  test('compares with what was before', async () => {
    const query = 'sum(rate(http_requests_total{pod=~"{{workload}}-.*"}[10s]))'
    now({ old: serving(50, 0) })
    const { verdict, code, detail } = await says(
      { query, maxDecrease: 0.3 },
      { code: 'BASELINE', detail: { value: expect.closeTo(50, 0) } },
      { upgrade: anUpgrade() },
    )
    const before = { gate: 'errors', verdict, code, detail }
    await says({ query, maxDecrease: 0.3 }, { verdict: 'passed' }, { before })
    now({ old: serving(20, 0) })
    await says({ query, maxDecrease: 0.3 }, { verdict: 'failed', code: 'BELOW_LIMIT' }, { before })
  })

  test('compares new pods with old ones at the same time', async () => {
    const of = (name: string) => `sum(rate(http_requests_total{pod=~"{{workload}}-.*", pod!~"{{pods}}"${name}}[10s]))`
    const stable = `${of(', code="500"')} / ${of('')}`
    now({ pods: serving(10, 0.12), old: serving(90, 0.11) })
    const alike = { verdict: 'passed', detail: { value: expect.closeTo(0.12, 6), stable: expect.closeTo(0.11, 6) } }
    await says({ stable, maxIncrease: 0.2 }, alike)
    now({ pods: serving(10, 0.12), old: serving(90, 0.01) })
    await says({ stable, maxIncrease: 0.2 }, { verdict: 'failed', detail: { stable: expect.closeTo(0.01, 6) } })
  })

  test.each([
    ['sum(rate(', 'QUERY_REFUSED'],
    ['http_requests_total[10s]', 'NOT_A_VECTOR'],
    ['"twelve"', 'NOT_A_VECTOR'],
    ['http_requests_total', 'SEVERAL_VALUES'],
    ['vector(1) / 0', 'NOT_A_NUMBER'],
  ])('cannot tell from %s', async (query, code) => {
    now({ pods: serving(50, 0) })
    await says({ query, max: 1 }, { verdict: 'inconclusive', code })
  })
})

describe('the quiet hour', () => {
  test('is read off what a real Prometheus knows of four weeks', async () => {
    const until = Math.floor(Date.now() / slotMs) * slotMs
    // Least at three in the morning of a Sunday.
    const servedAt = (at: Date) => (at.getUTCHours() === 3 ? (at.getUTCDay() === 0 ? 5 : 20) : 100)
    const lines = Array.from({ length: 28 * 48 }, (_, index) => until - (28 * 48 - index) * slotMs).map(
      (at) => `requests{namespace="shop"} ${servedAt(new Date(at))} ${at / 1_000}\n`,
    )
    const knowing = await startPrometheusKnowing(`# TYPE requests gauge\n${lines.join('')}# EOF\n`)
    try {
      const source = { query: 'sum(last_over_time(requests{namespace="{{namespace}}"}[30m]))', lookbackMs: 28 * dayMs }
      const now = new Date(until).toISOString()
      const history = await trafficHistory({})(aPolicy(), { ...source, url: knowing.url }, now)
      if (!('points' in history)) throw new Error(history.code)
      expect(history.points.length).toBeGreaterThanOrEqual(28 * 48)
      const spans = [[until, until + 14 * dayMs] as const]
      const quiet = quietTime(history.points, spans, { now: until, lengthMs: 3_600_000 })
      expect(quiet).toMatchObject({ value: 5 })
      const at = new Date(quiet?.at ?? 0)
      expect([at.getUTCDay(), at.getUTCHours(), at.getUTCMinutes()]).toEqual([0, 3, 0])
      const nothing = { ...source, query: 'sum(requests{namespace="nowhere"})', url: knowing.url }
      expect(await trafficHistory({})(aPolicy(), nothing, now)).toMatchObject({ code: 'NO_DATA' })
    } finally {
      await knowing.stop()
    }
  })
})

describe('an upgrade that Prometheus watches', () => {
  const perPod = 50
  /** Of each pod's requests, by the image's tag. */
  const share: Record<string, number> = { '2.0.0': 0.12 }

  const gates = () => [
    {
      ...{ type: 'prometheus', name: 'errors', url: prometheus.url, query: `${errors} / ${requests}` },
      samples: { query: 'sum(increase(http_requests_total{pod=~"{{pods}}"}[10s]))', min: 50 },
      ...{ unit: 'ratio', max: 0.01, interval: '1s', timeout: '5s' },
    },
  ]
  const strategy = { batches: [1, '100%'], continue: 'auto', soak: '20s' }

  let shop: Shop

  beforeAll(async () => {
    rates = async () => ({})
    const service = { strategy, environment: { gates: gates() } }
    shop = await openShop(simulatedCluster, { bad: service, good: service, quiet: service }, 90_000)
    rates = seenInTheCluster
  })

  afterAll(async () => {
    rates = async () => ({})
    await shop?.close()
  })

  async function seenInTheCluster(): Promise<Rates> {
    const { items } = await shop.bench.core.listNamespacedPod({ namespace })
    return Object.fromEntries(
      items.map(({ metadata, spec }) => {
        const [, tag = ''] = spec?.containers[0]?.image?.split(':') ?? []
        const perSecond = metadata?.labels?.app === 'quiet' ? 0.1 : perPod
        const failing = share[tag] ?? 0
        return [metadata?.name ?? '', { 200: perSecond * (1 - failing), 500: perSecond * failing }]
      }),
    )
  }

  function request(service: string, version: string) {
    onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
    return shop.request(service, version)
  }

  function inThread(id: string, text: string) {
    return shop.slack.waitForMessage((one) => one.channel === channel && one.text.includes(text), {
      timeoutMs: 90_000,
      what: `«${text}» about ${id}`,
    })
  }

  test('takes a release back by itself whose first batch fails 12 % of its requests, and says so', async () => {
    const { workload, image, id } = await request('bad', '2.0.0')
    await shop.people.approve(id)
    const ofOnePod =
      'sum by (pod) (rate(http_requests_total{code="500"}[10s])) / sum by (pod) (rate(http_requests_total[10s]))'
    await eventually(
      'the evidence',
      async () => ((await prometheus.value(`max(${ofOnePod})`)) ?? 0) > 0.01 || undefined,
    )
    const evident = performance.now()
    await shop.people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    const tookMs = performance.now() - evident
    console.log(`rolled back ${Math.round(tookMs)} ms after Prometheus could tell`)
    expect(tookMs).toBeLessThan(10_000)
    await inThread(id, '12 % (limit 1 %)')
    const { files = [] } = await shop.slack.waitForMessage((one) => one.files?.[0]?.name === `${id}.png`, {
      timeoutMs: 90_000,
      what: 'the chart',
    })
    expect(files[0]?.alt).toContain('to 12 % (limit 1 %). It was rolled back.')
    await inThread(id, '*Capacity* never fewer than 10 of 10 Ready · downtime 0 s')
    await shop.trailIsIntact()
  })

  test('lets a good one pass', async () => {
    const { workload, image, id } = await request('good', '2.0.1')
    await shop.people.approve(id)
    await shop.people.live(id, 'succeeded')
    await workload.restsAt(image, { old: 0, new: 10 })
    await shop.trailIsIntact()
  })

  test('pauses a good one with little traffic, and asks', async () => {
    const { workload, image, id } = await request('quiet', '2.0.1')
    await shop.people.approve(id)
    await shop.people.live(id, 'paused')
    await workload.restsAt(image, { old: 9, new: 1 })
    await inThread(id, 'too little to tell from')
  })
})
