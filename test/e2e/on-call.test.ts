import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { type Alertmanager, startAlertmanagerTelling } from '../alertmanager.ts'
import { eventually } from '../conformance/workbench.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { type Prometheus, type Rates, startPrometheusAlerting, startTraffic, type Traffic } from '../prometheus.ts'
import { channel, namespace, oscar } from '../shop.ts'
import { lasting, openShop, type Shop } from '../upgrade-suite.ts'

const token = 'token-of-alertmanager-0123456789abcdef'

/** Requests per second that each pod serves, and the share of them that the bad version fails. */
const perPod = 20
const failing = 0.5

/** Per pod, as it is with most exporters: it names the pod and not the workload. */
const rule = {
  alert: 'HighErrorRate',
  expr: 'sum by (pod) (rate(http_requests_total{code="500"}[5s])) > 1',
  labels: { severity: 'critical', cluster: 'prod-eu', namespace },
}

describe('on call, with a real Prometheus, Alertmanager and control plane', () => {
  let shop: Shop
  let traffic: Traffic
  let prometheus: Prometheus
  let alertmanager: Alertmanager
  let post: Post

  beforeAll(async () => {
    const strategy = { batches: [1, '100%'], soak: '0s' }
    shop = await openShop(() => controlPlaneForRollcall([100, 400]), { web: { strategy } }, 90_000, {
      env: { ROLLCALL_WEBHOOK_TOKEN: `alertmanager=${token}` },
      config: { clusters: { eu: { alertLabels: { cluster: 'prod-eu' } } }, onCall: { users: [oscar] } },
    })
    post = await startPost(shop.rollcall.url)
    traffic = await startTraffic(seenInTheCluster)
    alertmanager = await startAlertmanagerTelling(post.url, token)
    prometheus = await startPrometheusAlerting(traffic.host, [rule], new URL(alertmanager.url).host)
  }, 300_000)

  afterAll(async () => {
    await prometheus?.stop()
    await alertmanager?.stop()
    await traffic?.stop()
    await post?.stop()
    await shop?.close()
  })

  async function seenInTheCluster(): Promise<Rates> {
    const { items } = await shop.bench.core.listNamespacedPod({ namespace })
    return Object.fromEntries(
      items.map(({ metadata, spec }) => {
        const share = spec?.containers[0]?.image?.endsWith(':2.0.0') ? failing : 0
        return [metadata?.name ?? '', { 200: perPod * (1 - share), 500: perPod * share }]
      }),
    )
  }

  test('a bad release is held by its alert, and one reply in the thread brings the old version back', async () => {
    onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-40).join('\n')))
    const { workload, before, image, id } = await shop.request('web', '2.0.0')
    await shop.people.approve(id)
    await shop.people.live(id, 'awaitingContinue')
    const badAt = Date.now()

    const alert = await shop.people.question(id, 'alert')
    const shownAt = Date.now()
    const held = await shop.people.live(id, 'paused')
    await workload.restsAt(image, { old: 9, new: 1 })
    expect(alert.text).toContain('Alert HighErrorRate (critical) began to fire')
    expect(alert.notified).toContain(oscar)
    const alerted = await entry(id, 'alerted')
    expect(alerted.detail).toMatchObject({ action: 'hold', alert: { source: 'alertmanager', name: 'HighErrorRate' } })
    const heldMs = Date.parse(alerted.at) - (post.arrivals.at(0) ?? 0)
    // A promise of one second; the machine that tests may be slow.
    expect(heldMs).toBeLessThan(5_000)

    const replyAt = Date.now()
    await shop.slack.say({ user: oscar, channel, threadTs: held.ts, text: 'rollback' })
    await shop.people.live(id, 'rolledBack')
    await workload.restsAt(image, { old: 10, new: 0 })
    const backAt = Date.now()
    expect(lasting(await workload.get())).toEqual(lasting(before))

    await eventually('the message says that it is over', async () => {
      return alertMessages(id)[0]?.text.includes('resolved') || undefined
    })
    expect(alertMessages(id)).toHaveLength(1)
    await shop.trailIsIntact()

    const firedMs = (post.arrivals.at(0) ?? 0) - badAt
    console.log(
      `  bad batch up → webhook ${firedMs} ms; webhook → held ${heldMs} ms; → on-call's message ${
        shownAt - (post.arrivals.at(0) ?? 0)
      } ms; reply → old pods ${backAt - replyAt} ms; webhooks in all ${post.arrivals.length}`,
    )
  })

  function alertMessages(id: string) {
    return shop.slack
      .messages(channel)
      .filter(({ metadata }) => metadata?.event_payload?.id === id && metadata.event_payload.kind === 'alert')
  }

  async function entry(id: string, action: string): Promise<{ at: string; detail: unknown }> {
    const chain = await shop.redis.lrange(`{rollcall}:audit:${id}`, 0, -1)
    return chain.map((text) => JSON.parse(text)).find((one) => one.action === action)
  }
})

type Post = { url: string; arrivals: number[]; stop(): Promise<void> }

/** Hands on whatever comes, and notes when it came. */
async function startPost(to: string): Promise<Post> {
  const arrivals: number[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    arrivals.push(Date.now())
    const { authorization = '', 'content-type': type = '' } = request.headers
    const answer = await fetch(`${to}${request.url}`, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body: Buffer.concat(chunks),
    }).catch(() => undefined)
    response.writeHead(answer?.status ?? 502).end(await answer?.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
