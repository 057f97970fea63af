/** A release from staging to production, with everything real but Slack: a registry, a control plane, a Prometheus. */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { ensureRegistry, type RegistryServer, startRegistry } from '../../scripts/registry.ts'
import { connect, eventually, Workload } from '../conformance/workbench.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { anImage } from '../fakes/registry/image.ts'
import type { FakeSlack, Message } from '../fakes/slack/slack.ts'
import { type Prometheus, type Rates, startPrometheus, startTraffic, type Traffic } from '../prometheus.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { channel, dana, desk, shopConfig, shopDeployment, shopSlack } from '../shop.ts'
import { push } from './push.ts'

const waitMs = 120_000

let ground: Awaited<ReturnType<typeof controlPlaneForRollcall>>
let redis: RedisServer
let registry: RegistryServer
let slack: FakeSlack
let traffic: Traffic
let prometheus: Prometheus
let rollcall: Rollcall
let rates: () => Promise<Rates> = async () => ({})

beforeAll(async () => {
  ensureRegistry()
  ;[ground, redis, registry, slack, traffic] = await Promise.all([
    controlPlaneForRollcall([100, 400]),
    startRedis(),
    startRegistry(),
    shopSlack(),
    startTraffic(() => rates()),
  ])
  prometheus = await startPrometheus(traffic.host)
})
afterAll(async () => {
  await rollcall?.stop()
  await Promise.all([ground?.stop(), redis?.stop(), registry?.stop(), slack?.stop(), prometheus?.stop()])
  await traffic?.stop()
})

/** Of each pod's requests in production, by the image's tag. */
const failing: Record<string, number> = { '1.5.0': 0.12 }

/** What the pods of production serve, as the cluster has them. */
async function servedInProduction(): Promise<Rates> {
  const { items } = await connect(ground.adminKubeconfig).core.listNamespacedPod({ namespace: 'shop' })
  return Object.fromEntries(
    items.map(({ metadata, spec }) => {
      const tag = /:([^:@/]+)(@|$)/.exec(spec?.containers[0]?.image ?? '')?.[1] ?? ''
      const share = failing[tag] ?? 0
      return [metadata?.name ?? '', { 200: 50 * (1 - share), 500: 50 * share }]
    }),
  )
}

const errors = 'sum(rate(http_requests_total{pod=~"{{pods}}", code="500"}[10s]))'
const requests = 'sum(rate(http_requests_total{pod=~"{{pods}}"}[10s]))'

function config(image: string) {
  const gates = [
    {
      ...{ type: 'prometheus', name: 'errors', url: prometheus.url, query: `${errors} / ${requests}` },
      samples: { query: 'sum(increase(http_requests_total{pod=~"{{pods}}"}[10s]))', min: 50 },
      ...{ unit: 'ratio', max: 0.01, interval: '1s', timeout: '5s' },
    },
  ]
  const strategy = { batches: [1, '100%'], soak: '20s', continue: 'auto' }
  const promoteFrom = { environment: 'staging', within: '14d' }
  const shop = shopConfig({ web: { strategy, environment: { gates, promoteFrom } } })
  const { production } = (shop.services.web as { environments: Record<string, object> }).environments
  const staging = {
    cluster: 'eu',
    target: { kind: 'Deployment', namespace: 'shop-staging', name: 'web', container: 'app' },
    permissions: { request: ['developers'], approve: ['developers'], operate: ['developers'] },
    approval: { quorum: 1, separateRequester: false },
    strategy: { type: 'rolling', batches: ['100%'], soak: '0s', continue: 'auto' },
  }
  return {
    ...shop,
    registries: { [registry.host]: { insecure: true } },
    services: { web: { image, environments: { staging, production } } },
  }
}

test('a bad release takes itself back with its reason, its figures and a chart, and the mended one passes', async () => {
  const people = desk(slack, waitMs)
  const image = `${registry.host}/shop/web`
  const inThread = (text: string, what = text) =>
    slack.waitForMessage((one) => one.channel === channel && one.text.includes(text), { timeoutMs: waitMs, what })

  async function start(namespace: string, replicas: number): Promise<Workload> {
    const deployment = shopDeployment('web', { replicas }, { namespace })
    for (const container of deployment.spec.template.spec.containers) container.image = `${image}:1.4.2`
    await ground.controlPlane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(deployment) })
    const workload = new Workload({ ...connect(ground.adminKubeconfig), namespace }, 'web')
    await workload.reaches('available', ({ status }) => status?.availableReplicas === replicas)
    return workload
  }

  async function release(version: string): Promise<string> {
    const made = anImage({ content: version })
    await push(registry, 'shop/web', version, made)
    return made.content.digest
  }

  async function throughStaging(version: string, id: string): Promise<void> {
    await people.type(dana, `web ${version} in staging`)
    await people.press(dana, await people.question(id, 'start'), 'approve')
    await people.live(id, 'succeeded')
  }

  /** The picture in an upgrade's thread. */
  async function chartOf(id: string) {
    const isPicture = (name: string) => name === `${id}.png`
    const { files = [] } = await slack.waitForMessage(
      (one) => one.files?.some(({ name }) => isPicture(name)) ?? false,
      { timeoutMs: waitMs, what: `the chart of ${id}` },
    )
    const found = files.find(({ name }) => isPicture(name))
    if (!found) throw new Error('the picture is gone again')
    return found
  }

  /** Everything that a person reads of a message, wherever it stands in it. */
  const wordsOf = (message: Message) => JSON.stringify(message)

  await release('1.4.2')
  const bad = await release('1.5.0')
  const [workload] = await Promise.all([start('shop', 10), start('shop-staging', 2)])
  rates = servedInProduction
  rollcall = await startRollcall({ config: config(image), redisUrl: redis.url, kubeconfig: ground.kubeconfig, slack })
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-30).join('\n')))

  // Production does not take what staging has not seen.
  await people.type(dana, 'web 1.5.0 in production')
  await inThread('has not succeeded in staging', 'the refusal')
  await throughStaging('1.5.0', 'web-staging-1')

  // What is to be approved: from where, what changes, what to weigh, and the way back.
  await people.type(dana, 'promote web to production')
  const question = await people.question('web-production-2', 'start')
  const shown = wordsOf(question)
  expect(shown).toContain('web-staging-1')
  expect(shown).toContain('containers[app].image')
  expect(shown).toContain('The first upgrade of this workload through Rollcall.')
  expect(shown).toContain('kubectl patch deployment web')
  await people.approve('web-production-2')

  // One pod of ten is new, and 12 % of its requests fail.
  const ofOnePod =
    'sum by (pod) (rate(http_requests_total{code="500"}[10s])) / sum by (pod) (rate(http_requests_total[10s]))'
  await eventually('the evidence', async () => ((await prometheus.value(`max(${ofOnePod})`)) ?? 0) > 0.01 || undefined)
  const evident = performance.now()
  await people.live('web-production-2', 'rolledBack')
  await workload.restsAt(`${image}:1.5.0@${bad}`, { old: 10, new: 0 })
  const tookMs = performance.now() - evident
  console.log(`rolled back ${Math.round(tookMs)} ms after Prometheus could tell`)
  expect(tookMs).toBeLessThan(10_000)
  await inThread('12 % (limit 1 %)', 'the reason with its figures')
  const drawn = await chartOf('web-production-2')
  expect(drawn.alt).toMatch(
    /^web 1\.4\.2 → 1\.5\.0 in production: errors from .* to 12 % \(limit 1 %\)\. It was rolled back\.$/,
  )
  expect(drawn.bytes.subarray(1, 4).toString()).toBe('PNG')

  // Mended, the same way.
  const good = await release('1.5.1')
  await throughStaging('1.5.1', 'web-staging-2')
  await people.type(dana, 'promote web to production')
  const again = await people.question('web-production-3', 'start')
  expect(wordsOf(again)).toContain('The last one, web-production-2, was rolled back')
  await people.approve('web-production-3')
  await people.live('web-production-3', 'succeeded')
  await workload.restsAt(`${image}:1.5.1@${good}`, { old: 0, new: 10 })
  const report = await inThread('web-production-3 succeeded', 'the report')
  for (const words of ['1 of 10: Ready in', 'never fewer than 10 of 10 Ready', 'downtime 0 s', '✔ errors: 0 %'])
    expect(report.text).toContain(words)
  expect((await chartOf('web-production-3')).alt).toMatch(/errors from 0 % to 0 % \(limit 1 %\)\.$/)
})
