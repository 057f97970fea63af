import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import { ensureRegistry, type RegistryServer, startRegistry } from '../../scripts/registry.ts'
import { eventually } from '../conformance/workbench.ts'
import { push } from '../e2e/push.ts'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { anImage } from '../fakes/registry/image.ts'
import { type Message, visibleText } from '../fakes/slack/slack.ts'
import { aDigest, distribution, dockerHub, github, harbor } from '../pushes.ts'
import { startRollcall } from '../rollcall.ts'
import { channel, dana, namespace, nina, repository, shopConfig, shopDeployment } from '../shop.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const waitMs = 30_000
const secrets = {
  distribution: 'secret-of-distribution-0123456789abcdef',
  harbor: 'secret-of-harbor-0123456789abcdef012345',
  github: 'secret-of-github-0123456789abcdef012345',
  'docker-hub': 'secret-of-docker-hub-0123456789abcdef',
  generic: 'secret-of-anybody-0123456789abcdef01234',
}
const secretsVariable = Object.entries(secrets)
  .map((pair) => pair.join('='))
  .join()

let registry: RegistryServer
let shop: Shop

beforeEach(() => {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
})

const propose = { range: '^1', prereleases: false }
const unresolved = { imagePolicy: { resolve: 'off' }, propose }

function services() {
  return {
    // In the registry that really is there.
    web: { image: `${registry.host}/shop/web`, environment: { propose } },
    asked: { image: `${registry.host}/shop/asked`, environment: { propose } },
    api: { environment: unresolved },
    hub: { image: 'octocat/hub', environment: unresolved },
    cart: { image: 'ghcr.io/shop/cart', environment: unresolved },
    mail: { environment: unresolved },
    storm: { environment: unresolved },
    twice: { environment: unresolved },
  }
}

beforeAll(async () => {
  ensureRegistry()
  const port = await freePort()
  registry = await startRegistry({
    notifications: {
      endpoints: [
        {
          name: 'rollcall',
          url: `http://127.0.0.1:${port}/webhooks/registry/distribution`,
          headers: { Authorization: [`Bearer ${secrets.distribution}`] },
          timeout: '10s',
          threshold: 5,
          backoff: '100ms',
        },
      ],
    },
  })
  shop = await openShop(simulatedCluster, services(), waitMs, {
    env: { PORT: String(port), ROLLCALL_REGISTRY_SECRET: secretsVariable },
    config: { registries: { [registry.host]: { insecure: true } } },
  })
}, 120_000)

afterAll(async () => {
  await shop?.close()
  await registry?.stop()
})

async function simulatedCluster() {
  const cluster = await startCluster({ readyDelayMs: [10, 40] })
  cluster.seed([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  cluster.seed(['web', 'asked', 'api', 'storm', 'twice'].map((name) => shopDeployment(name)))
  return { kubeconfig: cluster.kubeconfig, adminKubeconfig: cluster.kubeconfig, stop: () => cluster.stop() }
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}, url = shop.rollcall.url) {
  const response = await fetch(`${url}/webhooks/registry/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const bearer = (format: keyof typeof secrets) => ({ authorization: `Bearer ${secrets[format]}` })

function toHarbor(service: string, tag: string, url?: string) {
  return post('harbor', harbor(`shop/${service}`, tag), bearer('harbor'), url)
}

function signed(body: unknown, id: string, at = Date.now()) {
  const timestamp = `${Math.floor(at / 1_000)}`
  const mac = createHmac('sha256', secrets.generic).update(`${id}.${timestamp}.${JSON.stringify(body)}`)
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac.digest('base64')}` }
}

function proposals(service: string): Message[] {
  return shop.slack
    .messages(channel)
    .filter(({ metadata }) => metadata?.event_type === 'rollcall_proposal')
    .filter(({ metadata }) => metadata?.event_payload?.service === service)
}

function proposed(service: string, version: string, state = 'open'): Promise<Message> {
  return shop.slack.waitForMessage(
    ({ metadata }) =>
      metadata?.event_type === 'rollcall_proposal' &&
      metadata.event_payload?.service === service &&
      metadata.event_payload.version === version &&
      metadata.event_payload.state === state,
    { timeoutMs: waitMs, what: `${service} ${version} ${state}` },
  )
}

async function upgradesStored(): Promise<string[]> {
  return (await shop.redis.keys('{rollcall}:upgrade:*')).toSorted()
}

async function metric(source: string, outcome: string): Promise<number> {
  const text = await (await fetch(`${shop.rollcall.url}/metrics`)).text()
  const found = new RegExp(`rollcall_pushes_total\\{source="${source}",outcome="${outcome}"\\} (\\d+)`).exec(text)
  return Number(found?.[1] ?? 0)
}

describe('a real registry', () => {
  test('has a version proposed that is pushed there, once, and nothing starts', async () => {
    const image = anImage()
    const pushedAt = performance.now()
    await push(registry, 'shop/web', '1.5.0', image)
    const message = await proposed('web', '1.5.0')
    console.log(`  pushed → proposed ${(performance.now() - pushedAt).toFixed(0)} ms`)
    const digest = image.content.digest.slice('sha256:'.length, 'sha256:'.length + 6)
    expect(message.text).toBe(
      `*web 1.5.0 (${digest})* was pushed. Upgrade production?\n1.4.2 runs now · developers may request it`,
    )
    expect(message.mentions).toEqual({ users: [], groups: [], broadcasts: [] })
    // Pushed again, and a tag that is no version, a pre-release, an older one, one that is out of range.
    for (const tag of ['1.5.0', 'latest', '1.6.0-rc.1', '1.4.1', '2.0.0']) await push(registry, 'shop/web', tag, image)
    await eventually('all of them heard', async () => (await metric('distribution', 'outOfRange')) === 1 || undefined)
    expect(await metric('distribution', 'repeated')).toBe(1)
    expect(await metric('distribution', 'notSemver')).toBe(1)
    expect(await metric('distribution', 'prerelease')).toBe(1)
    expect(proposals('web')).toHaveLength(1)
    expect(await upgradesStored()).toEqual([])
  })

  test('has it requested by a person, in the form of /upgrade, and says so then', async () => {
    await push(registry, 'shop/asked', '1.5.0', anImage())
    const { ts } = await proposed('asked', '1.5.0')
    const pressed = await shop.slack.click({ user: dana, channel, ts, actionId: 'request_proposed' })
    const form = await pressed.modal(waitMs)
    expect(await upgradesStored()).toEqual([])
    await shop.slack.submitView({ view: form.id })
    const plan = await shop.slack.waitFor(
      () => shop.slack.views(dana).find(({ view }) => view.callback_id === 'request_upgrade_plan'),
      { timeoutMs: waitMs, what: 'the plan' },
    )
    expect(visibleText(plan.view.blocks as unknown[])).toContain('Plan for *asked* in *production*')
    expect(await upgradesStored()).toEqual([])
    await shop.slack.submitView({ view: plan.id })
    await shop.people.live('asked-production-1')
    const message = await proposed('asked', '1.5.0', 'requested')
    expect(message.text).toBe('asked 1.5.0 for production: requested by <@U0DANA>, asked-production-1.')
    // It starts no more than any other request.
    await shop.people.question('asked-production-1', 'start')
    const [first] = await shop.redis.lrange('{rollcall}:audit:asked-production-1', 0, 0)
    expect(JSON.parse(first ?? '{}')).toMatchObject({ action: 'requested', actor: { user: dana } })
    await shop.trailIsIntact()
  })

  test('is asked whether it has what others say was pushed there', async () => {
    const body = { image: `${registry.host}/shop/asked`, tag: '1.9.9', digest: aDigest }
    expect((await post('generic', body, signed(body, 'missing'))).body).toMatchObject({ noted: 1 })
    await eventually('it is looked at', async () => (await metric('generic', 'missing')) === 1 || undefined)
    expect(proposals('asked')).toHaveLength(1)
  })
})

test('whoever has no right to request it is refused in the form, and cannot dismiss it', async () => {
  await toHarbor('api', '1.5.0')
  const { ts } = await proposed('api', '1.5.0')
  const dismissed = await shop.slack.click({ user: nina, channel, ts, actionId: 'dismiss_proposed' })
  expect((await dismissed.reply(waitMs)).text).toContain('developers')
  const pressed = await shop.slack.click({ user: nina, channel, ts, actionId: 'request_proposed' })
  const form = await pressed.modal(waitMs)
  await shop.slack.submitView({ view: form.id })
  expect(await upgradesStored()).toEqual(['{rollcall}:upgrade:asked-production-1'])
  await shop.slack.click({ user: dana, channel, ts, actionId: 'dismiss_proposed' })
  expect((await proposed('api', '1.5.0', 'dismissed')).text).toBe('api 1.5.0 for production: dismissed by <@U0DANA>.')
})

test('of every format one message is proposed, or none where nobody signs and nobody confirms', async () => {
  const packaged = github('registry_package', 'shop', 'cart', '1.5.0')
  const mac = createHmac('sha256', secrets.github).update(JSON.stringify(packaged)).digest('hex')
  expect((await post('github', packaged, { 'x-hub-signature-256': `sha256=${mac}` })).status).toBe(200)
  const mail = { image: repository('mail'), tag: '1.5.0' }
  expect((await post('generic', mail, signed(mail, 'mail'))).status).toBe(200)
  const hub = dockerHub('octocat/hub', '1.5.0')
  expect((await post(`docker-hub?token=${secrets['docker-hub']}`, hub)).status).toBe(200)
  expect((await proposed('cart', '1.5.0')).text).toContain('what runs now is not known')
  await proposed('mail', '1.5.0')
  await eventually('it is looked at', async () => (await metric('docker-hub', 'unconfirmed')) === 1 || undefined)
  expect(proposals('hub')).toEqual([])
})

test('what is forged, stale or replayed proposes nothing, and is counted', async () => {
  const before = shop.slack.messages(channel).length
  const body = { image: repository('storm'), tag: '1.5.0' }
  expect((await post('generic', body, signed({ ...body, tag: '1.6.0' }, 'forged'))).status).toBe(401)
  expect((await post('generic', body, signed(body, 'stale', Date.now() - 600_000))).status).toBe(401)
  expect((await post('harbor', harbor('shop/storm', '1.5.0'), bearer('distribution'))).status).toBe(401)
  const own = { image: repository('mail'), tag: '1.5.0' }
  expect((await post('generic', own, signed(own, 'mail'))).body).toEqual({ repeated: true })
  const text = await (await fetch(`${shop.rollcall.url}/metrics`)).text()
  for (const code of ['FORGED', 'STALE', 'UNAUTHENTICATED', 'REPEATED']) {
    expect(text).toContain(`rollcall_refusals_total{code="${code}"} 1`)
  }
  expect(shop.slack.messages(channel)).toHaveLength(before)
  for (const secret of Object.values(secrets)) expect(shop.rollcall.output()).not.toContain(secret)
})

test('of a thousand tags the channel hears of two at most, and the newest is what is proposed', async () => {
  const events = Array.from({ length: 1_000 }, (_, n) => distribution('shop/storm', `1.5.${(n * 7) % 1_000}`).events)
  for (let from = 0; from < events.length; from += 50) {
    const sent = events
      .slice(from, from + 50)
      .map((one) => post('distribution', { events: one }, bearer('distribution')))
    for (const { status } of await Promise.all(sent)) expect(status).toBe(200)
  }
  const [stored] = await shop.redis.hvals('{rollcall}:proposals:storm:production')
  const offers = JSON.parse(stored ?? '[]') as { version: string; state: { is: string } }[]
  expect(offers.at(-1)?.version).toBe('1.5.999')
  await eventually('something is proposed', async () => proposals('storm')[0])
  expect(proposals('storm').length).toBeLessThanOrEqual(2)
  expect(await upgradesStored()).toEqual(['{rollcall}:upgrade:asked-production-1'])
})

test('two processes that hear of it at once propose it once, and one that died over it is made up for', async () => {
  const second = await startRollcall({
    config: { ...shopConfig(services()), registries: { [registry.host]: { insecure: true } } },
    redisUrl: shop.redisServer.url,
    kubeconfig: shop.cluster.kubeconfig,
    slack: { ...shop.slack, connect: () => {} },
    env: { ROLLCALL_REGISTRY_SECRET: secretsVariable },
  })
  try {
    const urls = [shop.rollcall.url, second.url, shop.rollcall.url, second.url]
    await Promise.all(urls.map((url) => toHarbor('twice', '1.5.0', url)))
    // It is stored by now, and may not have been posted.
    await second.stop('SIGKILL')
    await proposed('twice', '1.5.0')
    await toHarbor('twice', '1.5.0')
    expect(proposals('twice')).toHaveLength(1)
  } finally {
    await second.stop('SIGKILL')
  }
})
