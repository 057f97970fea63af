import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { simpleSignature, tagOf } from '../fakes/registry/cosign.ts'
import { anArtifact, anImage, aReferrer, type Blob, blob } from '../fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../fakes/registry/registry.ts'
import { type Finding, trivyReport } from '../fakes/registry/reports.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { carol, channel, dana, desk, namespace, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

const waitMs = 60_000
const reportType = 'application/vnd.trivy.report+json'

const release = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let registry: FakeRegistry
let rollcall: Rollcall
let people: ReturnType<typeof desk>
/** Each test has a service of its own. */
let service: string
let tests = 0

beforeAll(async () => {
  ;[cluster, redis] = await Promise.all([startCluster(), startRedis()])
})
afterAll(() => Promise.all([cluster.stop(), redis.stop()]))
beforeEach(async () => {
  service = `web${++tests}`
  registry = await startRegistry()
  await start()
})
afterEach(async () => {
  await rollcall.stop()
  await Promise.all([slack.stop(), registry.stop()])
})

/** A real process, a workload that runs 1.4.2 from the registry, and gates that know one key and want no critical finding. */
async function start(): Promise<void> {
  slack = await shopSlack()
  people = desk(slack, waitMs)
  const repository = `${registry.host}/${service}`
  const keys = [release.publicKey.export({ type: 'spki', format: 'pem' }).toString()]
  const gates = [
    { type: 'signature', keys, timeout: '2s' },
    { type: 'scan', maxAge: '365d', limits: { critical: 0 }, timeout: '2s' },
  ]
  const environment = { breakGlass: true, gates }
  const shop = shopConfig({ [service]: { environment, strategy: { batches: ['100%'], continue: 'auto' } } })
  const services = Object.fromEntries(
    Object.entries(shop.services).map(([name, one]) => [name, Object.assign({}, one, { image: repository })]),
  )
  const roles = { ...shop.roles, admins: { users: [nina] } }
  const config = { ...shop, roles, admins: 'admins', services, registries: { [registry.host]: { insecure: true } } }
  const deployment = shopDeployment(service, { replicas: 2 })
  for (const container of deployment.spec.template.spec.containers) container.image = `${repository}:1.4.2`
  cluster.seed([deployment])
  registry.push(service, '1.4.2', anImage({ content: `${service} 1.4.2` }))
  const process = await startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
  rollcall = process
  onTestFailed(() => console.error(process.output().split('\n').slice(-20).join('\n')))
}

const id = () => `${service}-production-1`

function push(): Blob {
  const image = anImage({ content: `${service} 1.5.0` })
  registry.push(service, '1.5.0', image)
  return image.content
}

function sign(image: Blob, privateKey: KeyObject): void {
  registry.push(service, tagOf(image, 'sig'), anArtifact([simpleSignature(image, privateKey)]))
}

function scan(image: Blob, found: Finding[]): void {
  const report = trivyReport(image.digest, new Date().toISOString(), found)
  const part = { blob: blob('application/json', Buffer.from(JSON.stringify(report))) }
  registry.push(service, undefined, aReferrer(image, reportType, [part]))
}

function running(): string | undefined {
  return cluster.store.get('deployments', namespace, service)?.spec.template.spec.containers[0]?.image
}

const withText = (words: string) =>
  slack.waitForMessage((message) => message.text.includes(id()) && message.text.includes(words), { timeoutMs: waitMs })

/** An administrator types the ID; what happens before that, and after the plan. */
async function breakGlass(meanwhile = () => {}): Promise<void> {
  await people.type(nina, `${service} 1.5.0 in production --break-glass --reason "checkout is down"`)
  const question = await people.question(id(), 'start')
  meanwhile()
  const click = await slack.click({ user: nina, channel, ts: question.ts, actionId: 'confirm' })
  const { id: view } = await click.modal()
  await slack.submitView({ view, values: { typed: id() } })
}

describe('an upgrade whose image is judged', { timeout: 3 * waitMs }, () => {
  it('shows the approvers what is known of it, and starts', async () => {
    const image = push()
    sign(image, release.privateKey)
    scan(image, [{ id: 'CVE-2026-2', severity: 'high' }])
    await people.type(dana, `${service} 1.5.0 in production`)
    const question = await people.question(id(), 'start')
    expect(JSON.stringify(question.blocks)).toMatch(/Gate signature: signed by [0-9a-f]{12}\./)
    expect(JSON.stringify(question.blocks)).toContain('Gate scan: 0 critical (limit 0), 1 high; CVE-2026-2; by trivy')
    await people.approve(id())
    await people.live(id(), 'succeeded')
    expect(running()).toBe(`${registry.host}/${service}:1.5.0@${image.digest}`)
  })

  it.each([
    ['nobody signed it', undefined, [], 'nobody has signed this image'],
    ['a stranger signed it', stranger, [], 'its signature is by no key that counts'],
    ['it is full of holes', release, [{ id: 'CVE-2026-1', severity: 'critical' }], '1 critical (limit 0)'],
  ] as const)('is refused before anybody is asked, with break-glass too: %s', async (_, pair, found, words) => {
    const image = push()
    if (pair) sign(image, pair.privateKey)
    scan(image, [...found])
    await people.type(nina, `${service} 1.5.0 in production --break-glass --reason "checkout is down"`)
    await people.live(id(), 'failed')
    await withText(words)
    expect(running()).toBe(`${registry.host}/${service}:1.4.2`)
  })

  it('does not start with break-glass when it is no longer what the plan said', async () => {
    const image = push()
    sign(image, release.privateKey)
    scan(image, [])
    await breakGlass(() => sign(image, stranger.privateKey))
    await people.live(id(), 'failed')
    await withText('Gate signature failed')
    expect(running()).toBe(`${registry.host}/${service}:1.4.2`)
  })

  it('waits, whoever resumes and even with break-glass, until it can be told', async () => {
    const image = push()
    sign(image, release.privateKey)
    registry.misbehave((request) => request.url?.includes('/referrers/') ?? false)
    await breakGlass()
    await withText('and of an image nobody goes on without it')
    await people.live(id(), 'paused')
    expect(told()).toBe(1)
    await resume()
    await expect.poll(told, { timeout: waitMs }).toBe(2)
    expect(running()).toBe(`${registry.host}/${service}:1.4.2`)
    registry.misbehave(undefined)
    scan(image, [])
    await people.live(id(), 'paused')
    await resume()
    await people.live(id(), 'succeeded')
    expect(running()).toBe(`${registry.host}/${service}:1.5.0@${image.digest}`)
  })
})

async function resume(): Promise<void> {
  const asked = await people.type(carol, `resume ${id()}`)
  const { ts } = await asked.reply()
  await slack.click({ user: carol, channel, ts, actionId: 'resume', confirm: true })
}

/** How often it was said that nobody can go on. */
function told(): number {
  return slack.messages(channel).filter(({ text }) => text.includes('nobody goes on without it')).length
}
