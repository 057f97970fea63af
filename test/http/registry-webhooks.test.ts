import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PushInput } from '../../src/engine/proposals.ts'
import { jsonReader } from '../../src/http/json-body.ts'
import { registryWebhooks } from '../../src/http/registry-webhooks.ts'
import { type HttpServer, httpServer } from '../../src/http/server.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import { aDigest, distribution, dockerHub, github, harbor } from '../pushes.ts'
import { inMemoryDeliveries } from '../slack/in-memory-deliveries.ts'

const secrets = {
  distribution: 'secret-of-distribution-0123456789abcdef',
  harbor: 'secret-of-harbor-0123456789abcdef012345',
  github: 'secret-of-github-0123456789abcdef012345',
  'docker-hub': 'secret-of-docker-hub-0123456789abcdef',
  generic: `whsec_${Buffer.from('secret-of-anybody-0123456789').toString('base64')}`,
}
const old = 'the-secret-of-yesterday-0123456789abcdef'
const now = Date.parse('2026-07-01T12:00:00.000Z')
const generic = { image: 'registry.example.com/shop/web', tag: '2.4.0', digest: aDigest }

type Format = keyof typeof secrets

let server: HttpServer
let base: string
let refused: string[]
let received: PushInput[]
let fails: Error | undefined

async function start(
  known: [string, string][] = [...Object.entries(secrets), ['github', old], ['harbor', `harbor-${old}`]],
) {
  refused = []
  received = []
  fails = undefined
  const route = registryWebhooks({
    readJson: jsonReader(),
    onRefused: (reason) => refused.push(reason),
    log: { error() {} },
    secrets: known.map(([name, token]) => ({ name, token })),
    deliveries: inMemoryDeliveries(),
    async receive(input) {
      if (fails) throw fails
      received.push(input)
      return { noted: input.pushes.length }
    },
    onLeftOut: () => {},
    now: () => now,
  })
  server = httpServer([route], () => {})
  base = `http://127.0.0.1:${await server.listen({ port: 0, host: '127.0.0.1' })}`
}

beforeEach(() => start())
afterEach(() => server.close())

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${base}/webhooks/registry/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

function byGitHub(body: unknown, secret: string) {
  const hex = createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex')
  return { 'x-hub-signature-256': `sha256=${hex}`, 'x-github-event': 'registry_package' }
}

/** https://github.com/standard-webhooks/standard-webhooks */
function signed(body: unknown, { id = 'msg_1', at = now, secret = secrets.generic } = {}) {
  const timestamp = `${Math.floor(at / 1_000)}`
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  const mac = createHmac('sha256', key)
    .update(`${id}.${timestamp}.${JSON.stringify(body)}`)
    .digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
}

const packaged = github('registry_package', 'shop', 'web', '2.4.0')
const hub = dockerHub('shop/web', '2.4.0')

const right: [Format, string, unknown, Record<string, string>][] = [
  ['distribution', '', distribution('shop/web', '2.4.0'), bearer(secrets.distribution)],
  ['harbor', '', harbor('shop/web', '2.4.0'), bearer(secrets.harbor)],
  ['github', '', packaged, byGitHub(packaged, secrets.github)],
  ['docker-hub', `?token=${secrets['docker-hub']}`, hub, {}],
  ['generic', '', generic, signed(generic)],
]

test.each(right)('what %s tells is received under its name', async (format, query, body, headers) => {
  const answer = await post(`${format}${query}`, body, headers)
  expect(answer).toEqual({ status: 200, body: { noted: 1, ignored: 0, unreadable: 0 } })
  expect(received).toMatchObject([{ source: format, pushes: [{ tag: '2.4.0' }] }])
  expect(refused).toEqual([])
})

test.each([
  ['github', packaged, byGitHub(packaged, old)],
  ['harbor', harbor('shop/web', '2.4.0'), bearer(`harbor-${old}`)],
])('while the secret of %s is changed, the old one is good as well', async (format, body, headers) => {
  expect((await post(format, body, headers)).status).toBe(200)
})

test('a registry may send its own content type, and say in its address how images call it', async () => {
  const type = { 'content-type': 'application/vnd.docker.distribution.events.v1+json' }
  const headers = { ...bearer(secrets.distribution), ...type }
  const body = distribution('shop/web', '2.4.0', { request: { host: 'registry:5000' } })
  expect((await post('distribution?host=registry.example.com', body, headers)).status).toBe(200)
  expect(received).toMatchObject([{ pushes: [{ image: 'registry.example.com/shop/web' }] }])
  expect((await post('distribution?host=%3C!here%3E', body, headers)).status).toBe(400)
})

describe('nothing is received, and the refusal is counted,', () => {
  test.each(right)('of what claims to be from %s and proves nothing', async (format, _, body) => {
    expect((await post(format, body)).status).toBe(401)
    expect(received).toEqual([])
    expect(refused).toEqual([['github', 'generic'].includes(format) ? 'forged' : 'unauthenticated'])
  })

  test.each(right)('of %s where nobody set a secret for it', async (format, query, body, headers) => {
    await server.close()
    await start([])
    expect((await post(`${format}${query}`, body, headers)).status).toBe(401)
    expect(received).toEqual([])
  })

  test.each([
    ['distribution', '', distribution('shop/web', '2.4.0'), bearer(secrets.harbor)],
    ['harbor', '', harbor('shop/web', '2.4.0'), bearer(secrets.distribution)],
    ['github', '', packaged, byGitHub(packaged, secrets.harbor)],
    ['docker-hub', `?token=${secrets.harbor}`, hub, {}],
    ['generic', '', generic, signed(generic, { secret: secrets.github })],
  ] as const)('of %s with the secret of another one', async (format, query, body, headers) => {
    expect((await post(`${format}${query}`, body, headers)).status).toBe(401)
    expect(received).toEqual([])
  })

  test('of a body that was changed after it was signed', async () => {
    const other = { ...packaged, action: 'updated' }
    expect((await post('github', other, byGitHub(packaged, secrets.github))).status).toBe(401)
    expect((await post('generic', { ...generic, tag: '2.5.0' }, signed(generic))).status).toBe(401)
    expect(refused).toEqual(['forged', 'forged'])
  })

  test('of a time or an ID that is not the one that was signed', async () => {
    const headers = signed(generic)
    const later = { ...headers, 'webhook-timestamp': String(now / 1_000 + 1) }
    expect((await post('generic', generic, later)).status).toBe(401)
    expect((await post('generic', generic, { ...headers, 'webhook-id': 'msg_2' })).status).toBe(401)
    expect(refused).toEqual(['forged', 'forged'])
  })

  test.each([
    ['stale', -301_000],
    ['future', 301_000],
  ])('of what was signed at another time (%s)', async (why, ms) => {
    const { status, body } = await post('generic', generic, signed(generic, { at: now + ms }))
    expect({ status, code: (body.error as { code: string }).code }).toEqual({ status: 401, code: why.toUpperCase() })
    expect(refused).toEqual([why])
  })

  test('of a format that nobody knows, and of bodies that nobody can read', async () => {
    expect((await post('quay', {}, bearer(secrets.harbor))).status).toBe(401)
    expect((await post('harbor', 'no JSON', bearer(secrets.harbor))).status).toBe(400)
    expect((await post('harbor', '[]', bearer(secrets.harbor))).status).toBe(400)
    expect((await post('harbor', JSON.stringify('x'.repeat(1_000_001)), bearer(secrets.harbor))).status).toBe(413)
    const form = { ...bearer(secrets.harbor), 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post('harbor', 'payload=1', form)).status).toBe(415)
    expect(received).toEqual([])
  })
})

test('a signed delivery that comes again is acknowledged, counted, and not received again', async () => {
  const headers = signed(generic)
  await post('generic', generic, headers)
  expect(await post('generic', generic, headers)).toEqual({ status: 200, body: { repeated: true } })
  expect(received).toHaveLength(1)
  expect(refused).toEqual(['repeated'])
})

test('what could not be stored is to be sent again, and is received then', async () => {
  fails = new RollcallError('NOT_STORED', 'It was not stored.', { hint: 'Try again.', retryable: true })
  expect((await post('generic', generic, signed(generic))).status).toBe(503)
  fails = undefined
  expect((await post('generic', generic, signed(generic))).status).toBe(200)
  expect(received).toHaveLength(1)
})

test('what GitHub sends to try the webhook out is answered', async () => {
  const ping = { zen: 'Keep it logically awesome.', hook_id: 1, hook: {} }
  expect(await post('github', ping, byGitHub(ping, secrets.github))).toMatchObject({
    status: 200,
    body: { ignored: 1 },
  })
})
