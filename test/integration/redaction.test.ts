import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { everythingStored } from '../everything-stored.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, carol, dana, desk, nina, shopConfig, shopDeployment, shopSlack } from '../shop.ts'

let cluster: FakeCluster
let server: RedisServer
let redis: Redis
let slack: FakeSlack
let rollcall: Rollcall

const auditKey = 'canary-audit-key-0123456789abcdef0123'
const redisPassword = 'canary-redis-password'

beforeAll(async () => {
  cluster = await startCluster()
  server = await startRedis()
  redis = new Redis(server.url)
  slack = await shopSlack()
  await redis.call('ACL', 'SETUSER', 'canary', 'on', `>${redisPassword}`, '~*', '&*', '+@all')
  rollcall = await startRollcall({
    config: shopConfig({ web: {}, api: {}, bad: { strategy: { readyTimeout: '2s' } } }),
    redisUrl: server.url.replace('redis://', `redis://canary:${redisPassword}@`),
    kubeconfig: cluster.kubeconfig,
    slack,
    env: { ROLLCALL_AUDIT_KEY: auditKey, LOG_LEVEL: 'trace' },
  })
}, 90_000)
afterAll(async () => {
  await rollcall.stop()
  redis.disconnect()
  await slack.stop()
  await server.stop()
  await cluster.stop()
})

/** A Deployment with a secret in every place where people put one. */
function withSecrets(name: string) {
  const metadata = {
    annotations: {
      'canary/annotation': 'canary-annotation',
      'kubectl.kubernetes.io/last-applied-configuration': '{"env":"canary-last-applied"}',
    },
  }
  const manifest = shopDeployment(name, {}, metadata)
  const { template } = manifest.spec
  const [container] = template.spec.containers
  const env = [
    { name: 'PASSWORD', value: 'canary-env-value' },
    { name: 'FROM', valueFrom: { secretKeyRef: { name: 'canary-secret-name', key: 'k' } } },
  ]
  const secret = { args: ['--token=canary-argument'], command: ['run', 'canary-command'], env }
  return {
    ...manifest,
    spec: {
      ...manifest.spec,
      template: {
        metadata: { ...template.metadata, annotations: { canary: 'canary-template-annotation' } },
        spec: { ...template.spec, containers: [{ ...container, ...secret }] },
      },
    },
  }
}

it('no secret reaches the trail, the state, the queues, a log line, Slack or a Kubernetes Event', async () => {
  cluster.seed([withSecrets('web'), withSecrets('api'), withSecrets('bad')])
  const people = desk(slack)

  // One that succeeds, one that is rejected by the dialog, one that fails and is taken back; and refusals of each kind.
  await people.type(dana, 'web 1.5.0 --reason "because"')
  await people.type(nina, 'api 1.5.0')
  await people.type(dana, 'api 1.5.0')
  await people.type(dana, 'bad 2.0.0-bad')
  const asked = await (await people.press(alice, await people.question('api-production-1', 'start'), 'reject')).modal()
  await slack.submitView({ view: asked.id, values: { reason: 'not today' } })
  await people.approve('bad-production-1')
  await people.approve('web-production-1')
  for (const step of [3, 6, 9]) {
    await people.press(nina, await people.question('web-production-1', 'continue', step), 'continue')
    await people.continue('web-production-1', step)
  }
  await people.live('web-production-1', 'succeeded')
  await people.live('bad-production-1', 'rolledBack')
  const broken = slack.fault({ kind: 'platform_error', error: 'fatal_error', times: 2 })
  await people.type(carol, 'status web-production-1')
  await people.type(carol, 'audit web-production-1')
  broken.clear()
  const forged = { headers: { authorization: 'Bearer canary-header', 'x-slack-signature': 'v0=canary-signature' } }
  await slack.send({ body: 'text=canary-forged-body&token=canary-forged-token', ...forged })
  await slack.send({ body: 'payload={"trigger_id":"canary-malformed"' })
  await fetch(`${rollcall.url}/readyz`, { headers: { authorization: 'Bearer canary-bearer' } })

  const opened = slack.calls.find(({ method }) => method === 'views.open')?.args.trigger_id
  expect(opened).toBeTypeOf('string')
  const clusterToken = /token: (\S+)/.exec(cluster.kubeconfigYaml)?.[1] ?? 'the kubeconfig has no token'
  const secrets = [
    'canary-',
    auditKey,
    redisPassword,
    slack.botToken,
    slack.signingSecret,
    clusterToken.replaceAll('"', ''),
    '/response/',
    String(opened),
    'legacy-verification-token',
  ]
  const places = {
    redis: await everythingStored(redis),
    log: rollcall.output(),
    slack: JSON.stringify(slack.calls.map(({ args: { trigger_id: _, ...args } }) => args)),
    answers: JSON.stringify(slack.deliveries.map(({ headers, body }) => ({ headers, body }))),
    events: JSON.stringify(cluster.store.list('events')),
  }
  expect(places.redis).toContain('web-production-1')
  expect(places.log).toContain('web-production-1')
  expect(places.events).toContain('web-production-1')
  const leaks = Object.entries(places).flatMap(([place, text]) =>
    secrets.flatMap((secret) => {
      const at = text.indexOf(secret)
      return at < 0 ? [] : [`${place}: …${text.slice(Math.max(0, at - 80), at + 80)}…`]
    }),
  )
  expect(leaks).toEqual([])
}, 60_000)
