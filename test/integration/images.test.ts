import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { requestToken } from '../../src/slack/request-token.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { anImage, type ImageOptions, type Pushable } from '../fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../fakes/registry/registry.ts'
import { type FakeSlack, visibleText } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, channel, dana, desk, namespace, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

const waitMs = 60_000

let cluster: FakeCluster
let slack: FakeSlack
let redis: RedisServer
let store: Redis
let registry: FakeRegistry
let rollcall: Rollcall
let people: ReturnType<typeof desk>
/** Each test has a service of its own. */
let service: string
let tests = 0

beforeAll(async () => {
  ;[cluster, redis] = await Promise.all([startCluster(), startRedis()])
  store = new Redis(redis.url)
})
afterAll(async () => {
  store.disconnect()
  await Promise.all([cluster.stop(), redis.stop()])
})
beforeEach(async () => {
  service = `web${++tests}`
  registry = await startRegistry()
})
afterEach(async () => {
  await rollcall.stop()
  await Promise.all([slack.stop(), registry.stop()])
})

const labels = (revision: string) => ({
  'org.opencontainers.image.source': 'https://github.com/shop/web',
  'org.opencontainers.image.revision': revision,
})

function push(tag: string, options: ImageOptions = {}): Pushable {
  const image = anImage({ content: `${service} ${tag}`, ...options })
  registry.push(service, tag, image)
  return image
}

/** A real process, and a workload that runs 1.4.2 from the registry. */
async function start(imagePolicy: Record<string, unknown> = {}): Promise<void> {
  slack = await shopSlack()
  people = desk(slack, waitMs)
  const repository = `${registry.host}/${service}`
  const environment = { imagePolicy }
  const shop = shopConfig({ [service]: { environment, strategy: { batches: ['100%'], continue: 'auto' } } })
  const services = Object.fromEntries(
    Object.entries(shop.services).map(([name, one]) => [name, Object.assign({}, one, { image: repository })]),
  )
  const config = { ...shop, services, registries: { [registry.host]: { insecure: true } } }
  const deployment = shopDeployment(service, { replicas: 2 })
  for (const container of deployment.spec.template.spec.containers) container.image = `${repository}:1.4.2`
  cluster.seed([deployment])
  const process = await startRollcall({ config, redisUrl: redis.url, kubeconfig: cluster.kubeconfig, slack })
  rollcall = process
  onTestFailed(() => console.error(process.output().split('\n').slice(-20).join('\n')))
}

const id = () => `${service}-production-1`

function running(): string | undefined {
  const deployment = cluster.store.get('deployments', namespace, service)
  return deployment?.spec.template.spec.containers[0]?.image
}

const withText = (words: string) =>
  slack.waitForMessage((message) => message.text.includes(id()) && message.text.includes(words), { timeoutMs: waitMs })

async function trail(): Promise<{ action: string; code?: string; detail?: Record<string, unknown> }[]> {
  const entries = await store.lrange(`{rollcall}:audit:${id()}`, 0, -1)
  return entries.map((entry) => JSON.parse(entry))
}

describe('an upgrade whose registry is known', { timeout: 2 * waitMs }, () => {
  it('is asked for by tag, approved by digest, and runs what was approved', async () => {
    await start()
    push('1.4.2', { labels: labels('0f9e8d7c6b5a') })
    const { content } = push('1.5.0', { labels: labels('1a2b3c4d5e6f') })
    await people.type(dana, `${service} 1.5.0 in production`)
    const question = await people.question(id(), 'start')
    const short = content.digest.slice('sha256:'.length, 'sha256:'.length + 6)
    expect(JSON.stringify(question.blocks)).toContain(`1.5.0 (${short})`)
    expect(JSON.stringify(question.blocks)).toContain('https://github.com/shop/web/compare/0f9e8d7c6b5a...1a2b3c4d5e6f')
    await people.approve(id())
    const live = await people.live(id(), 'succeeded')
    expect(live.metadata?.event_payload).toMatchObject({ version: '1.5.0', previousVersion: '1.4.2' })
    expect(running()).toBe(`${registry.host}/${service}:1.5.0@${content.digest}`)
  })

  it('is asked for anew when the tag moves between the approvals, and runs the image that was approved then', async () => {
    await start()
    push('1.4.2')
    const first = push('1.5.0')
    await people.type(dana, `${service} 1.5.0 in production`)
    const question = await people.question(id(), 'start')
    await people.press(alice, question, 'approve')
    const second = push('1.5.0', { content: 'somebody pushed it again' })
    await people.press(bob, question, 'approve')

    await withText('The version stands for another image now')
    const moved = (await trail()).find(({ action }) => action === 'imageMoved')
    expect(moved).toMatchObject({
      code: 'IMAGE_MOVED',
      detail: { from: first.content.digest, to: second.content.digest },
    })
    expect(running()).toBe(`${registry.host}/${service}:1.4.2`)
    await slack.waitForMessage(
      (one) =>
        one.metadata?.event_type === 'rollcall_question' &&
        one.metadata.event_payload.open === true &&
        JSON.stringify(one.blocks).includes(second.content.digest.slice(7, 13)),
      { timeoutMs: waitMs },
    )
    await people.approve(id())
    await people.live(id(), 'succeeded')
    expect(running()).toBe(`${registry.host}/${service}:1.5.0@${second.content.digest}`)
  })

  it('does not begin when the image is not there, and is told what may have been meant', async () => {
    await start()
    push('1.5.0')
    await people.type(dana, `${service} 1.5.1 in production`)
    await people.live(id(), 'failed')
    const blocked = (await trail()).find(({ action }) => action === 'blocked')
    expect(blocked?.detail?.findings).toContainEqual(
      expect.objectContaining({ code: 'IMAGE_NOT_FOUND', detail: expect.objectContaining({ nearest: '1.5.0' }) }),
    )
  })

  it('does not begin when the image fits none of the nodes', async () => {
    await start()
    push('1.5.0', { architecture: 'arm64' })
    await people.type(dana, `${service} 1.5.0 in production`)
    const live = await people.live(id(), 'failed')
    expect(JSON.stringify(live.blocks)).toContain('The image is built for linux/arm64, and the nodes are linux/amd64')
  })

  it('does not begin while the registry does not answer, unless that is allowed', async () => {
    await start()
    registry.misbehave((_, response) => response.writeHead(503).end() !== undefined)
    await people.type(dana, `${service} 1.5.0 in production`)
    const live = await people.live(id(), 'failed')
    expect(JSON.stringify(live.blocks)).toContain('REGISTRY_UNAVAILABLE')
  })

  it('begins without its registry where that is allowed, with a warning', async () => {
    await start({ resolve: 'optional' })
    registry.misbehave((_, response) => response.writeHead(503).end() !== undefined)
    await people.type(dana, `${service} 1.5.0 in production`)
    await people.question(id(), 'start')
    const live = await people.live(id(), 'awaitingApproval')
    expect(JSON.stringify(live.blocks)).toContain('REGISTRY_UNAVAILABLE')
    await people.approve(id())
    await people.live(id(), 'succeeded')
    expect(running()).toBe(`${registry.host}/${service}:1.5.0`)
  })

  it('to an older version is refused until it is asked for as one', async () => {
    await start({ forbidDowngrade: true, forbidTags: ['latest'] })
    for (const tag of ['1.4.1', '1.4.2', 'latest']) push(tag)
    const planned = await people.type(dana, `plan ${service} 1.4.1 in production`)
    expect(JSON.stringify(await planned.reply())).toContain('--downgrade')
    await people.type(dana, `${service} 1.4.1 in production --downgrade`)
    await people.question(id(), 'start')
    const live = await people.live(id(), 'awaitingApproval')
    expect(JSON.stringify(live.blocks)).toContain('1.4.1 is older than 1.4.2')
  })
})

describe('a request by form', { timeout: 2 * waitMs }, () => {
  const openForm = async (user: string) =>
    (await slack.command({ user, channel, command: '/upgrade', text: '' })).modal(waitMs)
  const offered = async (view: string, actionId: string, text: string) =>
    (await slack.suggest({ view, actionId, text })).options.map(({ value }) => value)

  it('offers the versions of the registry, shows the plan, and is what the command does', async () => {
    await start({ forbidTags: ['latest'] })
    for (const tag of ['1.4.2', '1.5.0', '1.10.0', 'latest']) push(tag)
    const form = await openForm(dana)
    expect(await offered(form.id, 'service', service.slice(0, 3))).toEqual([service])
    await slack.viewAction({ view: form.id, actionId: 'service', choice: service })
    await slack.waitFor(() => JSON.stringify(slack.views(dana)).includes(`version:${service}`), { timeoutMs: waitMs })
    expect(await offered(form.id, 'version', '')).toEqual(['1.10.0', '1.5.0', '1.4.2'])

    const checked = await slack.submitView({ view: form.id, values: { version: '1.5.0', reason: 'fix rounding' } })
    expect([checked.outcome, checked.problems]).toEqual(['acknowledged', []])
    const shown = () => visibleText((slack.views(dana).at(-1)?.view.blocks ?? []) as unknown[])
    await slack.waitFor(() => shown().includes('Nothing stands in the way'), { timeoutMs: waitMs })
    expect(await trail()).toEqual([])

    await slack.submitView({ view: slack.views(dana).at(-1)?.id ?? '' })
    await slack.waitFor(() => shown().includes(`${id()} is being checked`), { timeoutMs: waitMs })
    await people.question(id(), 'start')
    const [requested] = await trail()
    expect(requested).toMatchObject({ action: 'requested', reason: 'fix rounding', detail: { via: 'modal' } })
  })

  it('of somebody who may not offers nothing, is refused when it is sent all the same, and is in the audit trail', async () => {
    await start()
    push('1.5.0')
    const form = await openForm(nina)
    expect(await offered(form.id, 'service', '')).toEqual([])

    const chosen = (value: string) => ({ type: 'external_select', selected_option: { value } })
    const view = {
      ...{ id: form.id, type: 'modal', callback_id: 'request_upgrade', hash: form.hash, blocks: form.view.blocks },
      private_metadata: requestToken({ user: nina, form: { service } }),
      state: {
        values: { service: { service: chosen(service) }, [`version:${service}`]: { version: chosen('1.5.0') } },
      },
    }
    const send = async (what: object) => {
      const who = { user: { id: nina, team_id: slack.teamId }, team: { id: slack.teamId } }
      const payload = JSON.stringify({ ...who, view, ...what })
      return JSON.parse((await slack.send({ body: new URLSearchParams({ payload }).toString() })).body)
    }
    const typing = { type: 'block_suggestion', action_id: 'version', block_id: `version:${service}`, value: '1.' }
    expect((await send(typing)).options).toMatchObject([{ value: '1.' }])
    expect(await send({ type: 'view_submission', response_urls: [] })).toMatchObject({
      response_action: 'errors',
      errors: { service: expect.stringContaining('You may not ask for an upgrade of') },
    })
    const [refusal = ''] = await store.lrange('{rollcall}:audit:refusals', -1, -1)
    expect(JSON.parse(refusal)).toMatchObject({
      ...{ action: 'request', outcome: 'refused', code: 'NOT_ALLOWED', detail: { via: 'modal' } },
      actor: { user: nina },
    })
    expect(await trail()).toEqual([])
  })
})
