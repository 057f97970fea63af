import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { ensureRegistry, type RegistryServer, startRegistry } from '../../scripts/registry.ts'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { anImage } from '../fakes/registry/image.ts'
import type { FakeSlack, Message } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, dana, desk, shopConfig, shopDeployment, shopSlack } from '../shop.ts'
import { push } from './push.ts'

const waitMs = 120_000

let ground: Awaited<ReturnType<typeof controlPlaneForRollcall>>
let redis: RedisServer
let registry: RegistryServer
let slack: FakeSlack
let rollcall: Rollcall

beforeAll(async () => {
  ensureRegistry()
  ;[ground, redis, registry, slack] = await Promise.all([
    controlPlaneForRollcall([100, 400]),
    startRedis(),
    startRegistry(),
    shopSlack(),
  ])
})
afterAll(async () => {
  await rollcall?.stop()
  await Promise.all([ground?.stop(), redis?.stop(), registry?.stop(), slack?.stop()])
})

async function running(): Promise<string> {
  const path = 'jsonpath={.spec.template.spec.containers[0].image}'
  return ground.controlPlane.kubectl(['get', 'deployment', 'web', '--namespace', 'shop', '--output', path])
}

describe('a tag that moves, in a real registry, on a real control plane', () => {
  it('voids the approvals, and what runs in the end is what was approved in the end', async () => {
    const people = desk(slack, waitMs)
    const repository = `${registry.host}/shop/web`
    const shop = shopConfig({ web: { strategy: { batches: ['50%', '100%'], continue: 'auto' } } })
    const services = { web: Object.assign({}, shop.services.web, { image: repository }) }
    const config = { ...shop, services, registries: { [registry.host]: { insecure: true } } }
    const deployment = shopDeployment('web', { replicas: 4 })
    for (const container of deployment.spec.template.spec.containers) container.image = `${repository}:1.4.2`
    await ground.controlPlane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(deployment) })
    await ground.controlPlane.kubectl(['rollout', 'status', 'deployment/web', '--namespace', 'shop', '--timeout=120s'])
    const [old, first, second] = ['old', 'first', 'second'].map((content) => anImage({ content }))
    if (!old || !first || !second) throw new Error('three images were made')
    await push(registry, 'shop/web', '1.4.2', old)
    await push(registry, 'shop/web', '1.5.0', first)

    rollcall = await startRollcall({ config, redisUrl: redis.url, kubeconfig: ground.kubeconfig, slack })
    onTestFailed(() => console.error(rollcall.output().split('\n').slice(-20).join('\n')))
    const id = 'web-production-1'
    await people.type(dana, 'web 1.5.0 in production')
    const question = await people.question(id, 'start')
    await people.press(alice, question, 'approve')
    await push(registry, 'shop/web', '1.5.0', second)
    await people.press(bob, question, 'approve')
    await slack.waitForMessage((one) => one.text.includes('The version stands for another image now'), {
      timeoutMs: waitMs,
    })
    expect(await running()).toBe(`${repository}:1.4.2`)

    const short = second.content.digest.slice('sha256:'.length, 'sha256:'.length + 6)
    const isNewQuestion = (one: Message) =>
      one.metadata?.event_type === 'rollcall_question' &&
      one.metadata.event_payload.open === true &&
      JSON.stringify(one).includes(short)
    const again = await slack.waitForMessage(isNewQuestion, { timeoutMs: waitMs })
    for (const who of [alice, bob]) await people.press(who, again, 'approve')
    await people.live(id, 'succeeded')
    expect(await running()).toBe(`${repository}:1.5.0@${second.content.digest}`)
  })
})
