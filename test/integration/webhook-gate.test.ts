import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { startRollcall } from '../rollcall.ts'
import { shopConfig } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const asked: { body: string; headers: IncomingHttpHeaders }[] = []
const verdicts: string[] = []
const server = createServer(async (request, response) => {
  asked.push({ body: await text(request), headers: request.headers })
  response.end(JSON.stringify({ verdict: verdicts.shift() ?? 'passed', message: '3 orders of 200 were not confirmed' }))
})
let services: Parameters<typeof shopConfig>[0]
let shop: Shop

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const gates = [{ type: 'webhook', name: 'orders', url, secretEnv: 'GATE_ORDERS' }]
  services = { web: { environment: { gates } } }
  shop = await openShop(simulatedCluster, services, 20_000, { env: { GATE_ORDERS: secret } })
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await shop?.close()
})

test('a webhook is asked with signed requests, and its no takes the upgrade back', async () => {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
  verdicts.push('failed')
  const { workload, image, id } = await shop.request('web', '1.5.0')
  await shop.people.approve(id)
  await shop.people.live(id, 'rolledBack')
  await workload.restsAt(image, { old: 10, new: 0 })
  const [first] = asked
  const { 'webhook-id': key, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = first?.headers ?? {}
  const signed = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(
    `${key}.${timestamp}.${first?.body}`,
  )
  expect(signature).toBe(`v1,${signed.digest('base64')}`)
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ id, image, gate: 'orders', moment: 'soak', key })
  await shop.slack.waitForMessage(({ text }) => text.includes('3 orders of 200 were not confirmed'), {
    timeoutMs: 20_000,
  })
  expect(shop.rollcall.output()).not.toContain(secret)
  await shop.trailIsIntact()
})

test('Rollcall does not start without the secret that a gate needs', async () => {
  const { cluster, redisServer, slack } = shop
  const started = startRollcall({
    config: shopConfig(services),
    redisUrl: redisServer.url,
    kubeconfig: cluster.kubeconfig,
    slack,
  })
  await expect(started).rejects.toThrow(/GATE_ORDERS is not set/)
})
