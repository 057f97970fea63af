import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { eventually } from '../conformance/workbench.ts'
import { channel, namespace, oscar } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const tokens = {
  alertmanager: 'token-of-alertmanager-0123456789abcdef',
  monitor: 'token-of-monitor-0123456789abcdef01234',
}
const strategy = { batches: [1, '100%'] }

let shop: Shop

beforeEach(() => {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
})

beforeAll(async () => {
  const monitor = {
    status: { field: 'state', firing: ['Triggered'], resolved: ['Recovered'] },
    labels: { alertname: 'title', severity: 'priority', namespace: 'tags.ns', pod: 'tags.pod' },
  }
  const services = {
    storm: { strategy },
    back: { strategy, environment: { onAlert: 'rollback' } },
    told: { strategy, environment: { onAlert: 'notify' } },
  }
  shop = await openShop(simulatedCluster, services, 60_000, {
    env: {
      ROLLCALL_WEBHOOK_TOKEN: Object.entries(tokens)
        .map((pair) => pair.join('='))
        .join(),
    },
    config: { alerts: { webhooks: { monitor } }, onCall: { groups: ['S0ONCALL'] } },
  })
})

afterAll(() => shop?.close())

async function send(source: keyof typeof tokens, body: unknown, token = tokens[source]): Promise<number> {
  const response = await fetch(`${shop.rollcall.url}/webhooks/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response.status
}

function alertmanager(deployment: string, more: Record<string, string> = {}, status = 'firing') {
  const labels: Record<string, string> = {
    ...{ alertname: 'HighErrorRate', severity: 'critical', namespace, deployment },
    ...more,
  }
  const alerts = [{ status, labels, annotations: {}, startsAt: new Date().toISOString(), fingerprint: labels.instance }]
  return { version: '4', groupKey: '{}', status, receiver: 'rollcall', alerts }
}

/** An upgrade that waits for somebody to let the second batch go. */
async function underWay(service: string) {
  const requested = await shop.request(service, '2.0.0')
  await shop.people.approve(requested.id)
  await shop.people.live(requested.id, 'awaitingContinue')
  return requested
}

function alertMessages(id: string) {
  return shop.slack
    .messages(channel)
    .filter(({ metadata }) => metadata?.event_payload?.id === id && metadata.event_payload.kind === 'alert')
}

async function actions(id: string): Promise<string[]> {
  const chain = await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)
  return chain.map((text) => JSON.parse(text).action)
}

async function metric(pattern: RegExp): Promise<number> {
  const text = await (await fetch(`${shop.rollcall.url}/metrics`)).text()
  return Number(pattern.exec(text)?.[1] ?? 0)
}

test('a thousand alerts in as many messages hold once, with the first, and are one message', async () => {
  const { workload, image, id } = await underWay('storm')
  const before = performance.now()
  expect(await send('alertmanager', alertmanager('storm', { instance: 'first' }))).toBe(200)
  // It is held before the answer.
  expect((await actions(id)).at(-1)).toBe('alerted')
  const heldMs = performance.now() - before
  const rest = Array.from({ length: 999 }, (_, n) => alertmanager('storm', { instance: `10.0.${n >> 8}.${n & 255}` }))
  for (let from = 0; from < rest.length; from += 50) {
    const statuses = await Promise.all(rest.slice(from, from + 50).map((body) => send('alertmanager', body)))
    expect(new Set(statuses)).toEqual(new Set([200]))
  }
  const stormMs = performance.now() - before
  await shop.people.live(id, 'paused')
  await workload.restsAt(image, { old: 9, new: 1 })
  await eventually('all of them in one message', async () => {
    return alertMessages(id)[0]?.text.includes('and 950 more fire') || undefined
  })
  const [message, ...more] = alertMessages(id)
  expect(more).toEqual([])
  expect(message?.notified).toContain(oscar)
  expect((await actions(id)).filter((one) => one === 'alerted')).toHaveLength(1)
  console.log(`  webhook → held ${heldMs.toFixed(0)} ms; 1,000 webhooks in ${stormMs.toFixed(0)} ms`)

  await shop.people.press(oscar, message ?? { ts: '' }, 'acknowledge')
  await eventually('it says who is on it', async () => alertMessages(id)[0]?.text.includes('is on it') || undefined)
  await shop.people.press(oscar, message ?? { ts: '' }, 'rollback')
  await shop.people.live(id, 'rolledBack')
  await send('alertmanager', alertmanager('storm', { instance: 'first' }, 'resolved'))
  expect(alertMessages(id)).toHaveLength(1)
  await shop.trailIsIntact()
})

test('where the configuration says so, an alert rolls back by itself', async () => {
  const { workload, image, id } = await underWay('back')
  await send('alertmanager', alertmanager('back'))
  await shop.people.live(id, 'rolledBack')
  await workload.restsAt(image, { old: 10, new: 0 })
  // The channel's limit may let the live message be edited before anything new is posted.
  const text = await eventually('it says why', async () => alertMessages(id)[0]?.text)
  expect(text).toContain('Alert HighErrorRate (critical) began to fire after the start.')
  await shop.trailIsIntact()
})

describe('an upgrade whose alerts only tell people', () => {
  let id: string

  beforeAll(async () => {
    id = (await underWay('told')).id
  })

  test('has no message about what was forged, or what nobody can read, and both are counted', async () => {
    const deep = `{"version":"4","alerts":${'['.repeat(50_000)}`
    const large = JSON.stringify({ ...alertmanager('told'), pad: 'x'.repeat(10_000_000) })
    expect(await send('alertmanager', alertmanager('told'), 'token-of-a-stranger-0123456789abcdef')).toBe(401)
    expect(await send('alertmanager', alertmanager('told'), tokens.monitor)).toBe(401)
    expect(await send('alertmanager', deep)).toBe(400)
    expect(await send('alertmanager', large)).toBe(413)
    expect(await send('alertmanager', { version: '4', alerts: 'all' })).toBe(400)
    expect(await metric(/rollcall_refusals_total\{code="UNAUTHENTICATED"\} (\d+)/)).toBe(2)
    expect(await metric(/rollcall_refusals_total\{code="MALFORMED"\} (\d+)/)).toBeGreaterThanOrEqual(2)
    expect(await metric(/rollcall_refusals_total\{code="OVERSIZED"\} (\d+)/)).toBe(1)
    expect(alertMessages(id)).toEqual([])
    expect(shop.rollcall.output()).not.toContain(tokens.alertmanager)
  })

  test('goes on under an alert of a sender with a format of its own, which names a pod and mentions everybody', async () => {
    const { items } = await shop.bench.core.listNamespacedPod({ namespace, labelSelector: 'app=told' })
    const pod = items[0]?.metadata?.name
    const title = '<!channel> <@U0BOB> everybody'
    const event = { state: 'Triggered', title, priority: 'critical', tags: { ns: namespace, pod } }
    expect(await send('monitor', event)).toBe(200)
    const shown = await eventually('the message', async () => alertMessages(id)[0])
    expect(shown.text).toContain('It goes on, because it is configured to only tell you of alerts')
    expect(shown.mentions).toEqual({ users: [], groups: ['S0ONCALL'], broadcasts: [] })
    expect(shown.text).not.toContain('<!channel>')
    expect((await actions(id)).filter((one) => one === 'alerted')).toHaveLength(1)
    expect(await metric(/rollcall_alerts_total\{source="monitor",outcome="noted"\} (\d+)/)).toBe(1)
    await shop.people.live(id, 'awaitingContinue')
  })
})
