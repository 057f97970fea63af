import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort, startRedis } from '../../scripts/redis.ts'
import { type DoctorCode, doctorCodes } from '../../src/doctor/codes.ts'
import { Report } from '../../src/doctor/report.ts'
import { keys } from '../../src/store/keys.ts'
import { redisUpgrades } from '../../src/store/upgrades.ts'
import { auditKey } from '../../src/upgrade/audit-chain.ts'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { startRegistry } from '../fakes/registry/registry.ts'
import { alice, carol, channel, namespace, shopDeployment, shopSlack } from '../shop.ts'
import { type Given, listen, type RightWorld, rightWorld } from './right-world.ts'

/*
 * Each of these is a set-up in which everything is right but for one thing. Doctor must name that, with its remedy, and
 * nothing else.
 */

let world: RightWorld

beforeAll(async () => {
  world = await rightWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  await world.store.flushdb()
  await world.arrived()
})

/** What is found, as `CODE: remedy`. */
async function found(given: Given): Promise<{ code: number; findings: Report['findings']; report: Report }> {
  const { code, out } = await world.run({ ...given, argv: [...given.argv, '--json'] })
  for (const name of secret) {
    const value = given.env[name]?.split('=').at(-1)
    if (value !== undefined && value.length > 3) expect(out, `${name} is shown`).not.toContain(value)
  }
  const report = Report.parse(JSON.parse(out))
  return { code, findings: report.findings, report }
}

/** What no report may show, whatever is wrong with it. */
const secret = [
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'ROLLCALL_AUDIT_KEY',
  'ROLLCALL_WEBHOOK_TOKEN',
  'ROLLCALL_REGISTRY_SECRET',
  'ROLLCALL_API_TOKEN',
  'GATE_HOOK',
] as const

/** Undone when the test is over. */
function undo(after: () => unknown): void {
  onTestFinished(async () => void (await after()))
}

test('on a right set-up nothing is found', async () => {
  const { code, report } = await found(world.given())

  expect(report.findings).toEqual([])
  expect(report.skipped).toEqual([])
  expect(report.checks).toBeGreaterThan(25)
  expect(code).toBe(0)
})

test('people read it in 80 columns, warnings fail it on demand, and what is skipped is said', async () => {
  const given = world.given()
  withoutScope('files:write')
  const friendly = await world.run(given)
  expect(friendly.out).toContain('warning SLACK_SCOPES_OPTIONAL')
  expect(friendly.out).toMatch(/\d+ checks: 1 warning\.$/)
  expect(friendly.out.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(friendly.code).toBe(0)
  expect((await world.run({ ...given, argv: [...given.argv, '--strict'] })).code).toBe(1)

  const { report, code } = await found({ ...given, text: 'version: 2' })
  expect(report.skipped.map(({ because }) => because)).toContain('CONFIG_WRONG')
  expect(report.skipped.map(({ whether }) => whether)).toContain('Rollcall is in its channels')
  expect(code).toBe(1)
})

test('another configuration is named by --config, and what doctor does not know is bad usage', async () => {
  const { findings } = await found({ ...world.given(), argv: ['--config', '/nowhere/rollcall.yaml'] })
  expect(findings.map(({ code }) => code)).toContain('CONFIG_UNREADABLE')
  await expect(world.run({ ...world.given(), argv: ['everything'] })).rejects.toMatchObject({ code: 'USAGE' })
})

type Seed = [
  what: string,
  /** Puts it wrong, here or in the world, until the test is over. */
  seed: (given: Given) => unknown,
  /** Each code that is found, and what its remedy must name. */
  expected: Partial<Record<DoctorCode, RegExp>>,
]

function overSocket({ env }: Given, slack = world.socketSlack): void {
  env.SLACK_BOT_TOKEN = slack.botToken
  env.SLACK_API_URL = slack.apiUrl
  env.SLACK_APP_TOKEN = slack.socketMode?.appToken
  delete env.SLACK_SIGNING_SECRET
}

function production({ config }: Given): Record<string, unknown> {
  return config.services.web.environments.production
}

function member(user: string, changes: Parameters<RightWorld['slack']['modifyUser']>[1]): void {
  const before = { ...world.slack.users().find(({ id }) => id === user) }
  world.slack.modifyUser(user, changes)
  undo(() => world.slack.modifyUser(user, before))
}

function inChannel(changes: Parameters<RightWorld['slack']['modifyChannel']>[1]): void {
  const before = { ...world.slack.channels().find(({ id }) => id === channel) }
  world.slack.modifyChannel(channel, changes)
  undo(() => world.slack.modifyChannel(channel, before))
}

function group(changes: Parameters<RightWorld['slack']['modifyGroup']>[1]): void {
  const before = { ...world.slack.groups().find(({ id }) => id === 'S0DEVS') }
  world.slack.modifyGroup('S0DEVS', changes)
  undo(() => world.slack.modifyGroup('S0DEVS', before))
}

function withoutScope(scope: string): void {
  world.slack.scopes.delete(scope)
  undo(() => world.slack.scopes.add(scope))
}

async function redisSetting(name: string, value: string): Promise<void> {
  const [, before = ''] = (await world.store.config('GET', name)) as string[]
  await world.store.config('SET', name, value)
  undo(() => world.store.config('SET', name, before))
}

/** As a user of this name, who may do what the rules say. */
async function redisUser({ env }: Given, ...rules: string[]): Promise<void> {
  await world.store.acl('SETUSER', 'rollcall', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...rules)
  undo(() => world.store.acl('DELUSER', 'rollcall'))
  env.REDIS_URL = world.redis.url.replace('//', '//rollcall:secret@')
}

/** Between Rollcall and Redis: changes what Redis says, and when. */
async function redisBehind({ env }: Given, change: (chunk: Buffer) => Buffer, delayMs = 0): Promise<void> {
  const { port } = new URL(world.redis.url)
  const sockets = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(Number(port), '127.0.0.1')
    for (const one of [from, to]) {
      sockets.add(one)
      one.on('error', () => {})
    }
    from.pipe(to)
    to.on('data', (chunk) => setTimeout(() => from.write(change(chunk)), delayMs))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo(() => {
    for (const one of sockets) one.destroy()
    server.close()
  })
  const address = server.address()
  env.REDIS_URL = `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

function forbid(verb: string, resource: string, where?: string): void {
  undo(world.cluster.forbid(verb, resource, where))
}

function annotate(annotations: Record<string, string>): void {
  const write = (wanted: Record<string, string>) => {
    const live = world.cluster.store.get('deployments', namespace, 'web')
    if (!live) throw new Error('the cluster has no Deployment web')
    world.cluster.store.update('deployments', { ...live, metadata: { ...live.metadata, annotations: wanted } })
  }
  write(annotations)
  undo(() => write({}))
}

async function backend({ config }: Given, name: 'prometheus' | 'alertmanager', url: string): Promise<void> {
  config.clusters.eu = { ...config.clusters.eu, [name]: { url } }
}

const tokens: Seed[] = [
  [
    'a user token in SLACK_BOT_TOKEN',
    ({ env }) => Object.assign(env, { SLACK_BOT_TOKEN: 'xoxp-1-2-3' }),
    { SLACK_TOKEN_KIND: /OAuth & Permissions → Bot User OAuth Token/ },
  ],
  [
    'a token that expires every twelve hours',
    ({ env }) => Object.assign(env, { SLACK_BOT_TOKEN: 'xoxe.xoxb-1-2-3' }),
    { SLACK_TOKEN_KIND: /token rotation off/ },
  ],
  [
    'a bot token in SLACK_APP_TOKEN',
    ({ env }) => Object.assign(env, { SLACK_APP_TOKEN: env.SLACK_BOT_TOKEN }),
    { SLACK_TOKEN_KIND: /Basic Information → App-Level Tokens/ },
  ],
  [
    'a token in place of the signing secret',
    ({ env }) => Object.assign(env, { SLACK_SIGNING_SECRET: env.SLACK_BOT_TOKEN }),
    { SLACK_TOKEN_KIND: /Basic Information → Signing Secret/, SLACK_SIGNING_SECRET_DIFFERS: /Signing Secret/ },
  ],
  ['no signing secret', ({ env }) => void delete env.SLACK_SIGNING_SECRET, { VARIABLE_INVALID: /Basic Information/ }],
  [
    'a bot token that was revoked',
    () => undo(world.slack.fault({ kind: 'platform_error', error: 'token_revoked', times: Infinity }).clear),
    { SLACK_TOKEN_REFUSED: /install it to the workspace again/ },
  ],
  [
    'Slack behind a firewall',
    () => undo(world.slack.fault({ kind: 'connection_reset', times: Infinity }).clear),
    { SLACK_UNREACHABLE: /proxy/ },
  ],
  [
    'no scope commands',
    () => withoutScope('commands'),
    { SLACK_SCOPES_MISSING: /add commands; then Install App → Reinstall/ },
  ],
  ['no scope files:write', () => withoutScope('files:write'), { SLACK_SCOPES_OPTIONAL: /add files:write/ }],
  [
    'no scope to tell people directly, who want to be told',
    ({ config }) => {
      config.services.web.environments.production.notify = [{ user: carol, on: ['result'] }]
      withoutScope('im:write')
    },
    { SLACK_SCOPES_OPTIONAL: /add im:write/ },
  ],
  [
    'no scope to find what people were told directly',
    ({ config }) => {
      config.services.web.environments.production.notify = [{ user: carol, on: ['result'] }]
      withoutScope('im:history')
    },
    { SLACK_SCOPES_OPTIONAL: /add im:history/ },
  ],
]

const socket: Seed[] = [
  [
    'an app-level token that was revoked',
    (given) => {
      overSocket(given)
      world.socketSlack.socketMode?.revokeToken()
      undo(() => world.socketSlack.socketMode?.restoreToken())
    },
    { SLACK_APP_TOKEN_REFUSED: /App-Level Tokens/ },
  ],
  [
    'an app-level token without connections:write',
    (given) => {
      overSocket(given)
      world.socketSlack.socketMode?.mayConnect(false)
      undo(() => world.socketSlack.socketMode?.mayConnect(true))
    },
    { SLACK_APP_TOKEN_SCOPE: /make a new one/ },
  ],
  [
    'Socket Mode turned off',
    (given) => {
      overSocket(given)
      world.socketSlack.socketMode?.disable()
      undo(() => world.socketSlack.socketMode?.enable())
    },
    { SLACK_APP_TOKEN_REFUSED: /Socket Mode → Enable/ },
  ],
  [
    'tokens of two apps',
    async (given) => {
      const other = await shopSlack({ socketMode: true, appId: 'A0OTHER', botToken: world.socketSlack.botToken })
      undo(() => other.stop())
      overSocket(given, other)
      given.env.SLACK_API_URL = await ofTwoApps(world.socketSlack.apiUrl, other.apiUrl)
    },
    { SLACK_APPS_DIFFER: /api\.slack\.com\/apps\/A0APP/ },
  ],
]

/** One Slack, in which the app-level token is of the other app. */
async function ofTwoApps(one: string, other: string): Promise<string> {
  const proxy = await listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const isAppLevel = `${request.headers.authorization}${body}`.includes('xapp-')
    const method = request.url?.split('/').at(-1) ?? ''
    const { authorization = '', 'content-type': type = '' } = request.headers
    const answer = await fetch(`${isAppLevel ? other : one}${method}`, {
      method: 'POST',
      headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
      body,
    })
    const scopes = answer.headers.get('x-oauth-scopes')
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(scopes && { 'x-oauth-scopes': scopes }),
    })
    response.end(await answer.text())
  })
  undo(proxy.stop)
  return `${proxy.url}/`
}

const ways: Seed[] = [
  [
    'no word of the address',
    (given) => Object.assign(given, { argv: [] }),
    { SLACK_REQUEST_URL_UNTRIED: /tried as Slack would/ },
  ],
  [
    'an address without TLS',
    (given) => Object.assign(given, { argv: ['--url', 'http://rollcall.example.com/slack/events'] }),
    { SLACK_REQUEST_URL_INSECURE: /https:\/\/<your host>\/slack\/events/ },
  ],
  [
    'an address where nobody listens',
    async (given) => Object.assign(given, { argv: ['--url', `http://127.0.0.1:${await freePort()}/slack/events`] }),
    { SLACK_REQUEST_URL_UNREACHABLE: /DNS, the certificate, the Ingress/ },
  ],
  [
    'an address of something else',
    (given) => Object.assign(given, { argv: ['--url', `${world.backends.url}/slack/events`] }),
    { SLACK_REQUEST_URL_ELSEWHERE: /neither redirect nor ask for a login/ },
  ],
  [
    'the signing secret of another app',
    ({ env }) => Object.assign(env, { SLACK_SIGNING_SECRET: '0'.repeat(32) }),
    { SLACK_SIGNING_SECRET_DIFFERS: /Signing Secret/ },
  ],
  [
    'something in front that answers challenges itself',
    async (given) => {
      const parrot = await listen(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        response.end(JSON.stringify({ challenge: JSON.parse(body).challenge }))
      })
      undo(parrot.stop)
      given.argv = ['--url', `${parrot.url}/slack/events`]
    },
    { SLACK_REQUEST_URL_UNVERIFIED: /pass requests on as they are/ },
  ],
  [
    'a slash command that the app does not have',
    () => world.store.del(keys.arrived),
    { SLACK_NOTHING_ARRIVED: /Slash Commands/ },
  ],
  [
    'interactivity turned off',
    async () => {
      await world.store.hdel(keys.arrived, 'block_actions')
      await world.store.zadd(keys.ended, Date.now(), 'web-production-1')
    },
    { SLACK_NO_CLICKS_ARRIVED: /Interactivity & Shortcuts → Interactivity → On/ },
  ],
  [
    'no subscription to the replies in threads',
    async () => {
      await world.store.hset(keys.arrived, 'event:app_home_opened', Date.now())
      await world.store.zadd(keys.ended, Date.now(), 'web-production-1')
    },
    { SLACK_NO_REPLIES_ARRIVED: /message\.channels, message\.groups and app_mention .* Event Subscriptions/ },
  ],
  [
    'no subscription to who opens the Home tab',
    async () => {
      await world.store.hset(keys.arrived, 'event:message', Date.now())
      await world.store.zadd(keys.ended, Date.now(), 'web-production-1')
    },
    { SLACK_NO_HOME_ARRIVED: /App Home → Home Tab on, and subscribe .* app_home_opened .* Event Subscriptions/ },
  ],
  [
    'a clock that is ten minutes fast',
    (given) => {
      overSocket(given)
      given.world = { now: () => Date.now() + 600_000 }
    },
    { CLOCK_WRONG: /NTP/, CLOCK_OFF: /NTP on both machines/ },
  ],
]

const places: Seed[] = [
  [
    'a channel that nobody knows',
    ({ config }) => Object.assign(config.slack, { channel: 'C0NOWHERE' }),
    { SLACK_CHANNEL_UNKNOWN: /ID is another one/ },
  ],
  ['a channel that was archived', () => inChannel({ isArchived: true }), { SLACK_CHANNEL_ARCHIVED: /Unarchive it/ }],
  [
    'a channel that Rollcall was not invited to',
    () => inChannel({ members: [alice] }),
    { SLACK_CHANNEL_NOT_JOINED: /\/invite @Rollcall/ },
  ],
  [
    'a channel shared with a customer',
    () => inChannel({ isShared: true }),
    { SLACK_CHANNEL_SHARED: /your own workspace alone/ },
  ],
  [
    'a private channel, and no scope for it',
    () => {
      inChannel({ kind: 'private' })
      withoutScope('groups:history')
    },
    { SLACK_CHANNEL_SCOPES: /add groups:history/ },
  ],
  [
    'a user group with a mistyped ID',
    ({ config }) => Object.assign(config.roles, { developers: { groups: ['S0DEBS'] } }),
    { SLACK_GROUP_UNKNOWN: /Copy group ID/ },
  ],
  ['a user group that was disabled', () => group({ disabled: true }), { SLACK_GROUP_DISABLED: /Enable it/ }],
  ['a user group without people', () => group({ users: [] }), { SLACK_GROUP_EMPTY: /Edit members/ }],
  ['an operator who left', () => member(carol, { deleted: true }), { SLACK_PERSON_DOES_NOT_COUNT: /Copy member ID/ }],
  [
    'an operator who is a guest',
    () => member(carol, { isRestricted: true }),
    { SLACK_PERSON_DOES_NOT_COUNT: /full member/ },
  ],
  ['an operator who is a bot', () => member(carol, { isBot: true }), { SLACK_PERSON_DOES_NOT_COUNT: /full member/ }],
  [
    'an approver nobody knows, and so too few of them',
    ({ config }) => Object.assign(config.roles, { 'release-managers': { users: [alice, 'U0BOBB'] } }),
    { SLACK_PERSON_DOES_NOT_COUNT: /roles:/, QUORUM_UNREACHABLE: /Name more people/ },
  ],
  [
    'two approvals, by a group of one',
    ({ config }) => Object.assign(config.roles, { 'release-managers': { groups: ['S0ONCALL'] } }),
    { QUORUM_UNREACHABLE: /release-managers/ },
  ],
]

const redis: Seed[] = [
  [
    'no Redis',
    async ({ env }) => Object.assign(env, { REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
    { REDIS_UNREACHABLE: /redis-cli -h 127.0.0.1 -p \d+ PING/ },
  ],
  [
    'a password that is missing',
    async () => {
      await world.store.config('SET', 'requirepass', 'secret')
      undo(() => world.store.config('SET', 'requirepass', ''))
    },
    { REDIS_REFUSES: /redis:\/\/:password@host/ },
  ],
  [
    'an old Redis',
    (given) =>
      redisBehind(given, (chunk) =>
        Buffer.from(chunk.toString('latin1').replace(/redis_version:\d/, 'redis_version:5'), 'latin1'),
      ),
    { REDIS_TOO_OLD: /6\.2 or newer/ },
  ],
  [
    'a Redis that evicts',
    () => redisSetting('maxmemory-policy', 'allkeys-lru'),
    { REDIS_EVICTS: /CONFIG SET maxmemory-policy noeviction/ },
  ],
  ['a Redis in memory only', () => redisSetting('appendonly', 'no'), { REDIS_NOT_PERSISTENT: /appendonly yes/ }],
  [
    'a Redis that writes every second',
    () => redisSetting('appendfsync', 'everysec'),
    { REDIS_FSYNC_LATE: /appendfsync always/ },
  ],
  [
    'a Redis that hides its settings',
    (given) => redisUser(given, '-config'),
    { REDIS_SETTINGS_UNSEEN: /appendfsync must be always/ },
  ],
  [
    'a Redis user without a command',
    (given) => redisUser(given, '-hset', '-bzpopmin'),
    { REDIS_COMMANDS_FORBIDDEN: /ACL SETUSER/ },
  ],
  ['a Redis user without scripts', (given) => redisUser(given, '-eval'), { REDIS_COMMANDS_FORBIDDEN: /ACL SETUSER/ }],
  [
    'a Redis that cannot write its snapshot',
    async ({ env }) => {
      const server = await startRedis({ appendOnly: true })
      const redis = new Redis(server.url)
      undo(async () => {
        redis.disconnect()
        await server.stop()
      })
      const arrived = await world.store.hgetall(keys.arrived)
      await redis.hset(keys.arrived, arrived)
      const [, dir = ''] = (await redis.config('GET', 'dir')) as string[]
      await rm(dir, { recursive: true })
      await redis.bgsave()
      await expect.poll(() => redis.info('persistence'), { timeout: 20_000 }).toContain('rdb_last_bgsave_status:err')
      env.REDIS_URL = server.url
    },
    { REDIS_WRITES_FAIL: /full disk/ },
  ],
  [
    'a Redis that is nearly full',
    async () => {
      const used = /used_memory:(\d+)/.exec(await world.store.info('memory'))?.[1] ?? '0'
      await redisSetting('maxmemory', String(Math.round(Number(used) * 1.15)))
    },
    { REDIS_MEMORY_SHORT: /Raise maxmemory/ },
  ],
  [
    'a Redis Cluster',
    (given) =>
      redisBehind(given, (chunk) =>
        Buffer.from(chunk.toString('latin1').replace('cluster_enabled:0', 'cluster_enabled:1'), 'latin1'),
      ),
    { REDIS_CLUSTER: /Sentinel/ },
  ],
  [
    'a replica',
    async () => {
      await world.store.replicaof('127.0.0.1', await freePort())
      undo(() => world.store.replicaof('NO', 'ONE'))
    },
    { REDIS_READ_ONLY: /Sentinel/ },
  ],
  [
    'what a newer release has written',
    async () => {
      await world.store.set(keys.upgrade('web-production-1'), '{"schema":99}')
      await world.store.zadd(keys.due, 1, 'web-production-1')
    },
    { REDIS_NEWER_STATE: /update this one/ },
  ],
  ['a Redis on another continent', (given) => redisBehind(given, (chunk) => chunk, 150), { REDIS_SLOW: /same region/ }],
]

const clusters: Seed[] = [
  [
    'no kubeconfig',
    ({ env }) => Object.assign(env, { KUBECONFIG: '/nowhere/kubeconfig' }),
    { KUBECONFIG_UNUSABLE: /KUBECONFIG/ },
  ],
  [
    'an API server that is away',
    async () => {
      await world.cluster.down()
      undo(() => world.cluster.up())
    },
    { CLUSTER_UNREACHABLE: /kubectl get --raw \/version/ },
  ],
  [
    'an account that may not even see which cluster it is',
    () => forbid('get', 'namespaces'),
    { CLUSTER_REFUSES: /rollcall-cluster-identity/ },
  ],
  [
    'an old Kubernetes',
    async ({ env }) => {
      const old = await startCluster({ version: 'v1.27.4' })
      undo(() => old.stop())
      old.seed([shopDeployment('web')])
      for (const [verb, resource] of [
        ['create', 'pods'],
        ['create', 'pods/exec'],
        ['delete', 'deployments'],
        ['create', 'rolebindings'],
        ['create', 'jobs'],
        ['get', 'pods/log'],
      ] as const)
        old.forbid(verb, resource)
      old.forbid('patch', 'deployments', '')
      env.KUBECONFIG = old.kubeconfig
    },
    { KUBERNETES_UNTESTED: /conformance tests/ },
  ],
  [
    'no RoleBinding for one verb',
    () => forbid('patch', 'replicasets', namespace),
    { RIGHTS_MISSING: /create rolebinding rollcall --namespace shop --clusterrole rollcall-workloads/ },
  ],
  [
    'a gate on logs, and no right to read them',
    (given) => Object.assign(production(given), { gates: [{ type: 'logs', max: 0 }] }),
    { RIGHTS_MISSING: /--clusterrole rollcall-logs/ },
  ],
  ['no right to write events', () => forbid('create', 'events'), { RIGHTS_TO_LOOK_MISSING: /rollcall-workloads/ }],
  ['no right to see nodes', () => forbid('list', 'nodes'), { RIGHTS_TO_LOOK_MISSING: /rollcall-nodes/ }],
  [
    'the right to create pods',
    () => undo(world.allow('create pods')),
    { RIGHTS_TOO_MANY: /auth can-i --list --namespace shop/ },
  ],
  [
    'the right to create Jobs, without a gate that does',
    () => undo(world.allow('create jobs')),
    { RIGHTS_TOO_MANY: /deploy\/rbac\.yaml/ },
  ],
  [
    'a ClusterRoleBinding in place of a RoleBinding',
    () => undo(world.allow('patch deployments')),
    { RIGHTS_TOO_MANY: /--all-namespaces/ },
  ],
  [
    'a target that is not there',
    (given) => void Object.assign(production(given).target as object, { name: 'wep' }),
    { TARGET_NOT_FOUND: /kubectl get deployments --namespace shop/ },
  ],
  [
    'a container that is not there',
    (given) => void Object.assign(production(given).target as object, { container: 'web' }),
    { CONTAINER_NOT_FOUND: /: app\./ },
  ],
  [
    'a target of Argo CD',
    () => annotate({ 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' }),
    { TARGET_CONTESTED: /MANAGED_BY_ARGO_CD/ },
  ],
]

const rest: Seed[] = [
  [
    'no configuration',
    ({ env }) => Object.assign(env, { ROLLCALL_CONFIG: '/nowhere/rollcall.yaml' }),
    { CONFIG_UNREADABLE: /rollcall\.example\.yaml/ },
  ],
  [
    'a misspelt key',
    (given) => Object.assign(given, { text: 'version: 1\nservises: {}\n' }),
    { CONFIG_WRONG: /rollcall validate/ },
  ],
  [
    'a context that the kubeconfig does not have',
    ({ config }) => Object.assign(config.clusters, { eu: { ...config.clusters.eu, context: 'prod' } }),
    { CONFIG_WRONG: /rollcall validate/ },
  ],
  ['nobody who looks after it', ({ config }) => void delete config.admins, { ADMINS_NOT_NAMED: /admins:/ }],
  ['a gate without its secret', ({ env }) => void delete env.GATE_HOOK, { GATE_SECRET_INVALID: /Set GATE_HOOK/ }],
  [
    'a gate with a secret of another kind',
    ({ env }) => Object.assign(env, { GATE_HOOK: 'hunter2' }),
    { GATE_SECRET_INVALID: /openssl rand -base64 32/ },
  ],
  [
    'nobody who may send alerts',
    ({ env }) => void delete env.ROLLCALL_WEBHOOK_TOKEN,
    { ALERTS_NOT_TAKEN: /alertmanager=…/ },
  ],
  [
    'versions to propose, and nobody who may tell of them',
    ({ config }) => Object.assign(config.services.web.environments.production, { propose: {} }),
    { PUSHES_NOT_TAKEN: /openssl rand|registry-webhooks/ },
  ],
  [
    'registries that may tell what is pushed, and nothing to propose',
    ({ env }) => Object.assign(env, { ROLLCALL_REGISTRY_SECRET: `harbor=${'h'.repeat(32)}` }),
    { PUSHES_NOT_WANTED: /propose/ },
  ],
  [
    'Docker Hub, which signs nothing, and no registry that is asked',
    ({ config, env }) => {
      const imagePolicy = { resolve: 'off' }
      Object.assign(config.services.web.environments.production, { propose: {}, imagePolicy })
      Object.assign(env, { ROLLCALL_REGISTRY_SECRET: `docker-hub=${'h'.repeat(32)}` })
    },
    { PUSHES_NOT_CONFIRMED: /docker\.io/ },
  ],
  [
    'a secret of a registry that nobody knows',
    ({ env }) => Object.assign(env, { ROLLCALL_REGISTRY_SECRET: `quay=${'h'.repeat(32)}` }),
    { VARIABLE_INVALID: /\.env\.example/, PUSHES_NOT_WANTED: /propose/ },
  ],
  [
    'a token for alerts that can be guessed',
    ({ env }) => Object.assign(env, { ROLLCALL_WEBHOOK_TOKEN: 'alertmanager=hunter2' }),
    { VARIABLE_INVALID: /\.env\.example/ },
  ],
  [
    'a token that no pipeline has',
    ({ config, env }) => {
      Object.assign(config, { pipelines: { github: {} } })
      Object.assign(env, { ROLLCALL_API_TOKEN: `github=${'g'.repeat(32)},gitlab=${'l'.repeat(32)}` })
    },
    { API_TOKEN_UNUSED: /`pipelines:` .* or take the token out/ },
  ],
  [
    'a pipeline that has no token',
    ({ config }) => Object.assign(config, { pipelines: { github: {} } }),
    { PIPELINE_WITHOUT_TOKEN: /as github=….* openssl rand -hex 32/ },
  ],
  [
    'a token for a pipeline that can be guessed',
    ({ config, env }) => {
      Object.assign(config, { pipelines: { github: {} } })
      Object.assign(env, { ROLLCALL_API_TOKEN: 'github=hunter2' })
    },
    { VARIABLE_INVALID: /\.env\.example/ },
  ],
  [
    'an on-call schedule that is somewhere else',
    ({ config, env }) => {
      const schedule = { type: 'pagerduty', id: 'PSHOP', url: world.backends.url, tokenEnv: 'GATE_PAGERDUTY' }
      Object.assign(config, { onCall: { schedule } })
      Object.assign(env, { GATE_PAGERDUTY: 'key' })
    },
    { ON_CALL_UNKNOWN: /onCall\.schedule/ },
  ],
  [
    'a registry that is away',
    async ({ config }) => {
      const host = `127.0.0.1:${await freePort()}`
      config.registries = { [host]: { insecure: true } }
      config.services.web.image = `${host}/shop/web`
    },
    { REGISTRY_UNREACHABLE: /registries:/ },
  ],
  [
    'an image that nobody pushed',
    ({ config }) => Object.assign(config.services.web, { image: `${world.registry.host}/shop/wep` }),
    { REGISTRY_NO_TAGS: /correct `image:`/ },
  ],
  [
    'a registry without credentials for it',
    async ({ config }) => {
      const closed = await startRegistry({ auth: { kind: 'basic', login: { user: 'u', password: 'p' } } })
      undo(() => closed.stop())
      config.registries = { [closed.host]: { insecure: true } }
      config.services.web.image = `${closed.host}/shop/web`
    },
    { REGISTRY_REFUSES: /REGISTRY_AUTH_FILE/ },
  ],
  [
    'a Prometheus that is away',
    async (given) => backend(given, 'prometheus', `http://127.0.0.1:${await freePort()}`),
    { PROMETHEUS_UNREACHABLE: /prometheus of its cluster/ },
  ],
  [
    'something else in place of the Alertmanager',
    (given) => backend(given, 'alertmanager', `${world.backends.url}/grafana`),
    { ALERTMANAGER_UNREACHABLE: /alertmanager of its cluster/ },
  ],
  ['no audit key', ({ env }) => void delete env.ROLLCALL_AUDIT_KEY, { AUDIT_KEY_NOT_SET: /openssl rand -hex 32/ }],
  [
    'an audit key that got lost',
    async ({ env }) => {
      const { recordAdmin } = redisUpgrades(world.store, { auditKeys: [auditKey('k'.repeat(32))] })
      await recordAdmin({
        actor: { kind: 'system', reason: 'START' },
        action: 'configured',
        target: 'rollcall.yaml',
        outcome: 'done',
        from: {},
        to: {},
        requestId: 'r1',
      })
      delete env.ROLLCALL_AUDIT_KEY
    },
    { AUDIT_KEY_LOST: /the key that Rollcall ran with/ },
  ],
  [
    'an audit key that is too short',
    ({ env }) => Object.assign(env, { ROLLCALL_AUDIT_KEY: 'short' }),
    { VARIABLE_INVALID: /32 characters/ },
  ],
  ['no second copy of the audit trail', ({ config }) => void delete config.audit, { AUDIT_ONE_COPY: /audit\.file/ }],
  [
    'an audit file in a directory that is not mounted',
    ({ config }) => Object.assign(config, { audit: { file: '/nowhere/audit.jsonl' } }),
    { AUDIT_FILE_UNWRITABLE: /Mount a volume at \/nowhere/ },
  ],
  [
    'an old Node',
    (given) => Object.assign(given, { world: { nodeVersion: '20.20.2' } }),
    { NODE_TOO_OLD: /Node 22\.19 or newer/ },
  ],
]

describe.each([
  ['tokens and scopes', tokens],
  ['Socket Mode', socket],
  ['the way from Slack', ways],
  ['channels, groups and people', places],
  ['Redis', redis],
  ['clusters', clusters],
  ['configuration, environment and audit', rest],
])('%s', (_, seeds) => {
  test.each(seeds)('%s is found, with what to do about it, and nothing else is', async (_, seed, expected) => {
    const given = world.given()
    await seed(given)

    const { code, findings } = await found(given)

    expect(findings.map((one) => one.code).sort()).toEqual(Object.keys(expected).sort())
    for (const { code: one, remedy, command = '' } of findings) {
      expect(`${remedy} ${command}`).toMatch(expected[one as DoctorCode] ?? /never/)
    }
    expect(code).toBe(findings.some(({ severity }) => severity === 'problem') ? 1 : 0)
  })
})

test('whatever doctor can find was put wrong once', () => {
  const seeded = [tokens, socket, ways, places, redis, clusters, rest].flat()
  const codes = new Set(seeded.flatMap(([, , expected]) => Object.keys(expected)))

  // These two are in check.test.ts.
  expect([...codes, 'NOT_CHECKED', 'TIME_ZONES_MISSING'].sort()).toEqual(Object.keys(doctorCodes).sort())
  expect(seeded.length).toBeGreaterThanOrEqual(25)
})
