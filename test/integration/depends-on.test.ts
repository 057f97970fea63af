import type { V1Deployment } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { asStrategicMergePatch } from '../conformance/workbench.ts'
import { alice, bob, channel, dana, namespace, repository, shopConfig, shopDeployment } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const waitMs = 60_000
const strategy = { batches: ['100%'], continue: 'auto' }
let shop: Shop

beforeAll(async () => {
  const { services } = shopConfig({ api: { strategy }, web: { strategy } })
  const web = { ...services.web, dependsOn: ['api'] }
  shop = await openShop(simulatedCluster, {}, waitMs, { config: { services: { ...services, web } } })
  for (const name of ['api', 'web']) {
    const body = shopDeployment(name) as V1Deployment
    await shop.bench.apps.createNamespacedDeployment({ namespace, body })
  }
})

afterAll(async () => {
  await shop?.close()
})

function inThread(text: string) {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
  return shop.slack.waitForMessage((one) => one.channel === channel && one.text.includes(text), {
    timeoutMs: waitMs,
    what: text,
  })
}

function apiGets(image: string) {
  const spec = { template: { spec: { containers: [{ name: 'app', image }] } } }
  const change = { namespace, name: 'api', body: { spec } }
  return shop.bench.apps.patchNamespacedDeployment(change, asStrategicMergePatch)
}

test('web starts only while api runs the version of its last success, and no upgrade of it is under way', async () => {
  const { people } = shop
  await people.type(dana, 'api 2.0.0')
  await people.question('api-production-1', 'start')

  await people.type(dana, 'web 2.0.0')
  await people.live('web-production-1', 'failed')
  await inThread('api in production, which is being upgraded by api-production-1')

  await people.approve('api-production-1')
  await people.live('api-production-1', 'succeeded')
  await people.type(dana, 'web 2.0.0')
  const start = await people.question('web-production-2', 'start')
  await people.press(alice, start, 'approve')

  await apiGets(`${repository('api')}:1.4.2`)
  await people.press(bob, start, 'approve')
  const waiting = await people.live('web-production-2', 'scheduled')
  expect(waiting.text).toContain('instead of')
  expect(waiting.text).toContain('of api-production-1')

  await apiGets(`${repository('api')}:2.0.0`)
  await people.live('web-production-2', 'succeeded')
  await shop.trailIsIntact()
})
