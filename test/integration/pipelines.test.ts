import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { V1Deployment } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { Accepted, State } from '../../src/http/api/schemas.ts'
import { type OidcIssuer, startOidcIssuer } from '../oidc-issuer.ts'
import { type Rollcall, startRollcall } from '../rollcall.ts'
import { alice, bob, carol, namespace, shopConfig, shopDeployment } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const waitMs = 20_000
const github = 'token-of-github-0123456789-0123456789'
const gitlab = 'token-of-gitlab-0123456789-0123456789'
const permissions = {
  request: ['release-managers', 'developers'],
  approve: ['release-managers'],
  operate: ['platform'],
}
const strategy = { batches: ['100%'], soak: '0s', continue: 'auto', readyTimeout: '1m' }
const place = {
  strategy,
  environment: { permissions: { ...permissions, pipelines: ['github'] }, approval: { quorum: 1 } },
}
const services = { web: place, api: place, cart: place, lost: place, other: {} }

let shop: Shop
let issuer: OidcIssuer
let env: Record<string, string>
let config: object
let rollcall: Rollcall

beforeAll(async () => {
  issuer = await startOidcIssuer()
  const port = `${await freePort()}`
  env = { PORT: port, ROLLCALL_API_TOKEN: `github=${github},gitlab=${gitlab}` }
  const pipelines = { github: { identity: issuer.identity() }, gitlab: {} }
  config = { ...shopConfig(services), pipelines }
  shop = await openShop(simulatedCluster, services, waitMs, { env, config: { pipelines } })
  rollcall = shop.rollcall
  for (const name of Object.keys(services)) {
    await shop.bench.apps.createNamespacedDeployment({ namespace, body: shopDeployment(name) as V1Deployment })
  }
}, 60_000)

afterAll(async () => {
  await rollcall?.stop()
  await shop?.close()
  await issuer?.stop()
})

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${rollcall.url}/api/v1/upgrades`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${github}`,
      'idempotency-key': randomUUID(),
      ...headers,
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

async function read(id: string, query = '', token = github) {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${rollcall.url}/api/v1/upgrades/${id}${query}`, { headers })
  return { status: response.status, body: (await response.json()) as State }
}

/** The client as a pipeline runs it. */
function client(args: string[], more: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['src/main.ts', 'request', ...args], {
    env: { PATH: process.env.PATH, ROLLCALL_URL: rollcall.url, ROLLCALL_API_TOKEN: github, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  return { out: () => out, err: () => err, code: exited(child) }
}

function exited(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve))
}

test('a pipeline asks for whom its CI names, somebody else approves in Slack, and it waits for the result', async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-30).join('\n')))
  const identity = await issuer.token({ actor: 'alice-dev' })
  const pipeline = client(['web', '1.5.0', '--reason', 'main is green', '--wait', '--timeout', '1m'], {
    ROLLCALL_OIDC_TOKEN: identity,
  })
  const start = await shop.people.question('web-production-1', 'start')
  expect(JSON.stringify(await shop.people.live('web-production-1'))).toContain(`pipeline github (for <@${alice}>)`)
  await shop.people.press(alice, start, 'approve')
  await shop.slack.waitForEphemeral(
    ({ user, text }) => user === alice && text.includes('asked for this upgrade yourself'),
    {
      timeoutMs: waitMs,
    },
  )
  await expect
    .poll(pipeline.out, { timeout: waitMs })
    .toMatch(/^web-production-1: awaitingApproval · 0 of 1 approvals/m)
  await shop.people.press(bob, start, 'approve')

  expect(await pipeline.code, pipeline.err()).toBe(0)
  expect(pipeline.out()).toContain(`web-production-1: asked for by pipeline github for ${alice}\n`)
  expect(pipeline.out()).toMatch(/^web-production-1: succeeded · 10\/10 updated · 10\/10 ready · by rollcall/m)
  const { body } = await read('web-production-1')
  expect(body).toMatchObject({
    ...{ phase: 'succeeded', over: true, version: '1.5.0', reason: 'main is green' },
    requester: { pipeline: 'github', slackUser: alice },
    approvals: { needed: 1, given: 1 },
    result: { outcome: 'succeeded' },
    links: { slack: expect.stringContaining('/archives/') },
  })
  await shop.trailIsIntact()
})

test('without a word of the CI, or when it names nobody, one more has to approve; a no has its own exit code', async () => {
  const unnamed = await issuer.token({ actor: 'somebody-else' })
  const pipeline = client(['api', '1.5.0', '--wait', '--timeout', '1m', '--json'], { ROLLCALL_OIDC_TOKEN: unnamed })
  await shop.people.question('api-production-1', 'start')
  const { body } = await read('api-production-1')
  expect(body).toMatchObject({ approvals: { needed: 2, given: 0 }, requester: { pipeline: 'github' } })
  await shop.people.type(carol, 'cancel api-production-1 --reason "not today"')
  expect(await pipeline.code).toBe(7)
  const last = JSON.parse(pipeline.out().trim().split('\n').at(-1) ?? '') as State
  expect(last).toMatchObject({ id: 'api-production-1', phase: 'cancelled', result: { by: carol, reason: 'not today' } })
})

test('one key is one upgrade: sent many times at once, with the process killed over it, and after that', async () => {
  onTestFailed(() => console.error(rollcall.output().split('\n').slice(-30).join('\n')))
  const body = { service: 'lost', version: '1.5.0' }
  const key = { 'idempotency-key': '"the-one"' }
  const first = [1, 2, 3, 4, 5].map(() => post(body, key).catch(() => undefined))
  await Promise.race(first)
  await rollcall.stop('SIGKILL')
  const pipeline = client(['lost', '1.5.0', '--key', 'the-one', '--wait', '--timeout', '1m'])
  const answered = (await Promise.all(first)).filter((answer) => answer !== undefined)
  await expect.poll(pipeline.err, { timeout: waitMs }).toMatch(/does not answer \(ECONNREFUSED\); trying again in/)
  rollcall = await startRollcall({
    ...{ config, env, redisUrl: shop.redisServer.url, kubeconfig: shop.cluster.kubeconfig, slack: shop.slack },
  })
  answered.push(await post(body, key), await post(body, key))
  expect(new Set(answered.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(JSON.parse(answered[0]?.text ?? '') as Accepted).toMatchObject({ id: 'lost-production-1' })

  expect((await post({ ...body, version: '1.6.0' }, key)).status).toBe(422)
  expect((await read('lost-production-2')).status).toBe(404)
  const start = await shop.people.question('lost-production-1', 'start')
  await shop.people.press(alice, start, 'approve')
  await shop.people.press(bob, start, 'approve')
  expect(await pipeline.code, pipeline.err()).toBe(0)
  await shop.trailIsIntact()
})

test('a pipeline that waits is answered by a commit, and by the end of the process', async () => {
  const { id } = JSON.parse((await post({ service: 'cart', version: '1.5.0' })).text) as Accepted
  const start = await shop.people.question(id, 'start')
  const { body: before } = await read(id)
  const waiting = read(id, `?wait=60s&after=${before.sequence}`)
  await shop.people.press(bob, start, 'approve')
  expect((await waiting).body).toMatchObject({ approvals: { needed: 2, given: 1 }, sequence: before.sequence + 1 })

  const last = read(id, `?wait=60s&after=${before.sequence + 1}`)
  await expect.poll(async () => (await read(id)).status).toBe(200)
  await rollcall.stop()
  expect((await last).body).toMatchObject({ sequence: before.sequence + 1 })
  rollcall = await startRollcall({
    ...{ config, env, redisUrl: shop.redisServer.url, kubeconfig: shop.cluster.kubeconfig, slack: shop.slack },
  })
})

test('what a pipeline may not is refused, counted, recorded with its name, and never with its token', async () => {
  expect(await post({ service: 'other', environment: 'production', version: '1.5.0' })).toMatchObject({
    status: 403,
    text: expect.stringContaining('PIPELINE_NOT_ALLOWED'),
  })
  const other = { authorization: `Bearer ${gitlab}` }
  expect((await post({ service: 'web', environment: 'production', version: '1.6.0' }, other)).status).toBe(403)
  expect((await read('web-production-1', '', gitlab)).status).toBe(404)
  expect((await post({ service: 'web', version: '1.6.0' }, { authorization: 'Bearer forged' })).status).toBe(401)
  const forged = `${(await issuer.token()).slice(0, -10)}AAAAAAAAAA`
  const refused = await post({ service: 'web', version: '1.6.0' }, { 'x-rollcall-identity': forged })
  expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('IDENTITY_REFUSED') })

  const metrics = await (await fetch(`${rollcall.url}/metrics`)).text()
  expect(metrics).toMatch(/rollcall_refusals_total\{code="PIPELINE_NOT_ALLOWED"\} 2/)
  expect(metrics).toMatch(/rollcall_refusals_total\{code="UNAUTHENTICATED"\} 1/)
  expect(metrics).toMatch(/rollcall_refusals_total\{code="IDENTITY_REFUSED"\} 1/)
  const stored = (await shop.redis.lrange('{rollcall}:audit:refusals', 0, -1)).join('\n')
  expect(stored).toContain('"actor":{"kind":"pipeline","name":"gitlab"}')
  for (const secret of [github, gitlab, forged]) expect(stored + rollcall.output()).not.toContain(secret)
})
