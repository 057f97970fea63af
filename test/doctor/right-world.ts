/** A set-up in which nothing is wrong, with real parts where there are any; tests put one thing wrong in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { stringify } from 'yaml'
import { type RedisServer, startRedis } from '../../scripts/redis.ts'
import { doctor } from '../../src/cli/doctor.ts'
import type { SetupOptions } from '../../src/doctor/setup.ts'
import { httpServer } from '../../src/http/server.ts'
import { en } from '../../src/messages/en.ts'
import { slackApp } from '../../src/slack/app.ts'
import { InMemorySurface } from '../commands/in-memory-surface.ts'
import { type FakeCluster, startCluster } from '../fakes/cluster/cluster.ts'
import { anImage } from '../fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../fakes/registry/registry.ts'
import { channel, namespace, shopConfig, shopDeployment, shopSlack } from '../shop.ts'
import { inMemoryDeliveries } from '../slack/in-memory-deliveries.ts'
import { InMemoryShown } from '../slack/in-memory-shown.ts'

export type RightWorld = Awaited<ReturnType<typeof rightWorld>>

/** What a run is given: all of it may be changed. */
export type Given = {
  env: NodeJS.ProcessEnv
  config: Written
  /** What stands in the file instead of the configuration. */
  text?: string
  argv: string[]
  world: Pick<SetupOptions, 'now' | 'nodeVersion'>
}

type Written = Omit<ReturnType<typeof shopConfig>, 'clusters' | 'roles' | 'services'> & {
  clusters: Record<string, Record<string, unknown>>
  admins?: string
  audit?: { file: string }
  registries: Record<string, { insecure: boolean }>
  roles: Record<string, { users?: string[]; groups?: string[] }>
  services: { web: { image: string; environments: { production: Record<string, unknown> } } }
}

function rightConfig(registry: string, backends: string, auditFile: string): Written {
  const gates = [
    { type: 'prometheus', query: 'vector(0)', max: 1 },
    { type: 'alerts' },
    { type: 'webhook', url: `${backends}/hook`, secretEnv: 'GATE_HOOK' },
  ]
  const { services, ...rest } = shopConfig({ web: { environment: { gates } } })
  const { environments } = services.web as Written['services']['web']
  return {
    ...rest,
    clusters: { eu: { prometheus: { url: `${backends}/prometheus` }, alertmanager: { url: backends } } },
    admins: 'platform',
    audit: { file: auditFile },
    registries: { [registry]: { insecure: true } },
    services: { web: { image: `${registry}/shop/web`, environments } },
  }
}

/** What the optional and the dangerous rights are, on a cluster that otherwise allows everything but Secrets. */
const rightlyForbidden: [verb: string, resource: string, namespace?: string][] = [
  ['create', 'pods'],
  ['create', 'pods/exec'],
  ['delete', 'deployments'],
  ['create', 'rolebindings'],
  ['create', 'jobs'],
  ['get', 'pods/log'],
  // In every namespace at once.
  ['patch', 'deployments', ''],
]

export async function rightWorld() {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-doctor-'))
  const [redis, slack, socketSlack, cluster, registry] = await Promise.all([
    startRedis({ appendOnly: true }),
    shopSlack(),
    shopSlack({ socketMode: true }),
    startCluster(),
    startRegistry(),
  ])
  const store = new Redis(redis.url)
  registry.push('shop/web', '1.5.0', anImage())
  cluster.seed([shopDeployment('web')])
  const allow = new Map(
    rightlyForbidden.map(([verb, resource, where]) => [`${verb} ${resource}`, cluster.forbid(verb, resource, where)]),
  )
  const backends = await listen(backend)
  const rollcall = await startReceiver(slack)
  const file = join(dir, 'rollcall.yaml')

  function given(): Given {
    return {
      argv: ['--url', rollcall.url],
      config: rightConfig(registry.host, backends.url, join(dir, 'audit.jsonl')),
      world: {},
      env: {
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_SIGNING_SECRET: slack.signingSecret,
        SLACK_API_URL: slack.apiUrl,
        REDIS_URL: redis.url,
        KUBECONFIG: cluster.kubeconfig,
        ROLLCALL_CONFIG: file,
        ROLLCALL_WEBHOOK_TOKEN: `alertmanager=${'w'.repeat(32)}`,
        ROLLCALL_AUDIT_KEY: 'k'.repeat(32),
        GATE_HOOK: `whsec_${'A'.repeat(40)}`,
      },
    }
  }

  return {
    dir,
    redis,
    store,
    slack,
    socketSlack,
    cluster,
    registry,
    backends,
    rollcall,
    given,
    /** Allows a dangerous right after all, until the end of the test that does. */
    allow(right: string): () => void {
      allow.get(right)?.()
      const [verb = '', resource = ''] = right.split(' ')
      const where = rightlyForbidden.find(([one, other]) => one === verb && other === resource)?.[2]
      return () => void allow.set(right, cluster.forbid(verb, resource, where))
    },
    /** As Slack has sent a command and a click. */
    async arrived(): Promise<void> {
      const at = Date.now() - 60_000
      await store.hset('{rollcall}:arrived', { since: at, command: at, block_actions: at })
    },
    async run({ env, config, text, argv, world }: Given) {
      await writeFile(file, text ?? stringify(config))
      const out: string[] = []
      const io = { out: (line: string) => out.push(line), err: (line: string) => out.push(line), env }
      const code = await doctor(argv, io, world)
      return { code, out: out.join('\n') }
    },
    async stop(): Promise<void> {
      store.disconnect()
      await Promise.all([
        redis.stop(),
        slack.stop(),
        socketSlack.stop(),
        cluster.stop(),
        registry.stop(),
        backends.stop(),
        rollcall.stop(),
      ])
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export type { FakeCluster, FakeRegistry, RedisServer }
export { channel, namespace }

/** A Prometheus and an Alertmanager, as far as they are asked whether they are that. */
const backend: RequestListener = (request, response) => {
  const path = request.url?.split('?')[0]
  const answer =
    path === '/prometheus/api/v1/query'
      ? { status: 'success', data: { resultType: 'vector', result: [] } }
      : path === '/api/v2/status'
        ? { versionInfo: { version: '0.28.0' } }
        : undefined
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
}

export async function listen(answer: RequestListener): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What takes Slack's requests in a Rollcall. */
async function startReceiver(slack: { botToken: string; signingSecret: string; apiUrl: string }) {
  const app = slackApp({
    token: slack.botToken,
    transport: { kind: 'http', signingSecret: slack.signingSecret },
    apiUrl: slack.apiUrl,
    surface: new InMemorySurface(),
    messages: en,
    shown: new InMemoryShown(),
    replies: () => 'any' as const,
    deliveries: inMemoryDeliveries(),
    log: { info() {}, warn() {}, error() {} },
  })
  await app.start()
  const server = httpServer(app.routes, () => {})
  const port = await server.listen({ port: 0, host: '127.0.0.1' })
  return {
    url: `http://127.0.0.1:${port}/slack/events`,
    async stop() {
      await Promise.all([server.close(), app.stop()])
    },
  }
}
