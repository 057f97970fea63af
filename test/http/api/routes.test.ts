import { Validator } from '@seriousme/openapi-schema-validator'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RequestInput, RequestRefusal } from '../../../src/engine/surface.ts'
import { openApi } from '../../../src/http/api/openapi.ts'
import { apiRoutes } from '../../../src/http/api/routes.ts'
import { Accepted, ErrorBody, State } from '../../../src/http/api/schemas.ts'
import { stateOf } from '../../../src/http/api/state.ts'
import { bearerTokens } from '../../../src/http/bearer-tokens.ts'
import { jsonReader } from '../../../src/http/json-body.ts'
import { type HttpServer, httpServer } from '../../../src/http/server.ts'
import { waitingRoom } from '../../../src/http/waiting-room.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import type { PipelineActor, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, aPolicy, dana, noon } from '../../an-upgrade.ts'

const token = 'token-of-github-0123456789-0123456789'
const pipeline: PipelineActor = { kind: 'pipeline', name: 'github', onBehalfOf: dana }
const policy = aPolicy({ pipelines: ['github'] })

let server: HttpServer
let base: string
let inputs: RequestInput[]
let refusal: RequestRefusal | undefined
let refused: string[]
let left: number

beforeEach(async () => {
  ;[inputs, refused, refusal, left] = [[], [], undefined, 100]
  const upgrade = anUpgrade({ policy, request: { ...anUpgrade().request, by: pipeline } })
  const secret = anUpgrade({ request: { ...anUpgrade().request, service: 'secret' } })
  const lengthsOf = async (ids: string[]) => ids.map(() => upgrade.sequence)
  const routes = apiRoutes({
    readJson: jsonReader(),
    onRefused: (reason) => refused.push(reason),
    log: { error() {}, warn() {} },
    whose: bearerTokens([{ name: 'github', token }]),
    identityOf: () => undefined,
    verify: async () => ({ user: undefined }),
    workspace: async () => 'T0SHOP',
    take: async () => (left-- > 0 ? 0 : 1_500),
    room: waitingRoom(lengthsOf),
    lengthsOf,
    linkTo: async () => 'https://shop.slack.com/archives/C0RELEASES/p1',
    explain: ({ code }) => `because of ${code}`,
    surface: {
      services: () => [
        { name: 'web', environments: ['staging', 'production'] },
        { name: 'secret', environments: ['production'] },
      ],
      policyFor: (service, environment) =>
        service === 'web' && environment === 'production' ? policy : service === 'secret' ? aPolicy() : undefined,
      request: async (input) => {
        inputs.push(input)
        return refusal ? { refused: refusal } : { upgrade }
      },
      find: async (id) => (id === upgrade.id ? upgrade : id === 'secret-production-1' ? secret : undefined),
      observe: () => undefined,
      now: async () => noon,
    },
  })
  server = httpServer(routes, () => {})
  base = `http://127.0.0.1:${await server.listen({ port: 0, host: '127.0.0.1' })}`
})
afterEach(() => server.close())

async function call(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${token}`, ...init.headers }
  const response = await fetch(base + path, { ...init, headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown }
}

function ask(body: unknown, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', 'idempotency-key': 'k', ...headers }
  return call('/api/v1/upgrades', { method: 'POST', headers: all, body: JSON.stringify(body) })
}

async function problemsOf(body: unknown, headers?: Record<string, string>) {
  const { status, body: answer } = await ask(body, headers)
  expect(status).toBe(400)
  return ErrorBody.parse(answer).error.problems?.map(({ path, message }) => `${path}: ${message}`)
}

describe('a request', () => {
  test('is made for the one environment that the pipeline may ask for, and always answered alike', async () => {
    const body = {
      service: 'web',
      version: '1.5.0',
      reason: 'green',
      at: '2026-07-02T12:00:00+02:00',
      batches: [1, '100%'],
    }
    const { status, headers, body: answer } = await ask(body)
    expect([status, headers.get('location')]).toEqual([201, '/api/v1/upgrades/web-production-14'])
    expect(Accepted.parse(answer)).toMatchObject({ requester: { pipeline: 'github', slackUser: 'U0DANA' } })
    expect(inputs).toMatchObject([
      {
        ...{ service: 'web', environment: 'production', version: '1.5.0', reason: 'green', via: 'api' },
        startAt: '2026-07-02T10:00:00.000Z',
        overrides: { batches: [1, '100%'] },
        by: { kind: 'pipeline', name: 'github' },
        call: { key: 'k' },
      },
    ])
  })

  test('says the same, whatever the order of its fields and the quotes around its key', async () => {
    await ask({ service: 'web', version: '1.5.0' })
    await ask({ version: '1.5.0', service: 'web' }, { 'idempotency-key': '"k"' })
    await ask({ service: 'web', version: '1.5.1' })
    const [one, two, three] = inputs.map(({ call: made }) => made)
    expect(two).toEqual(one)
    expect(three?.hash).not.toBe(one?.hash)
  })

  test('is told of every field that is wrong, and which it may have been meant for', async () => {
    expect(await problemsOf({ service: 'web', verison: '1.5.0', breakGlass: true })).toEqual([
      expect.stringContaining('version: '),
      expect.stringMatching(/^verison: unknown field \(did you mean "version"\?\); there are: service, version, /),
      expect.stringMatching(/^breakGlass: unknown field; there are: /),
    ])
    expect(inputs).toEqual([])
    expect(refused).toEqual(['invalid'])
  })

  test.each([
    [{ version: 'not a tag' }, /^version: a tag such as 1\.5\.0/],
    [{ service: 'wbe' }, /^service: unknown service \(did you mean "web"\?\); this pipeline may name: web$/],
    [{ environment: 'productoin' }, /^environment: unknown environment \(did you mean "production"\?\)/],
    [{ at: '2026-06-01T12:00:00Z' }, /^at: needed: a time that lies ahead/],
    [{ at: '2027-07-01T12:00:00Z' }, /^at: needed: a time that lies ahead/],
    [{ batches: [0] }, /^batches/],
    [{ reason: 'x'.repeat(501) }, /^reason/],
  ])('with %o is refused', async (changes, problem) => {
    expect(await problemsOf({ service: 'web', version: '1.5.0', ...changes })).toEqual([expect.stringMatching(problem)])
  })

  test.each(['', 'two words', 'x'.repeat(201)])('with the key %j is refused', async (key) => {
    expect(await problemsOf({ service: 'web', version: '1.5.0' }, { 'idempotency-key': key })).toEqual([
      expect.stringMatching(/idempotency-key/i),
    ])
  })

  test('may name itself in its body, which says nothing else by that', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = { service: 'web', version: '1.5.0' }
    await ask(body)
    const init = { method: 'POST', headers, body: JSON.stringify({ ...body, key: 'k' }) }
    expect((await call('/api/v1/upgrades', init)).status).toBe(201)
    expect(inputs[1]?.call).toEqual(inputs[0]?.call)
    expect(await call('/api/v1/upgrades', { ...init, body: JSON.stringify(body) })).toMatchObject({
      body: { error: { problems: [{ path: 'Idempotency-Key' }] } },
    })
  })

  test.each([[[]], ['text'], [null], [{ __proto__: null, constructor: 1 }]])('that is %o is refused', async (body) => {
    expect((await ask(body)).status).toBe(400)
    expect(inputs).toEqual([])
  })

  test.each([
    [{ code: 'PIPELINE_NOT_ALLOWED', pipeline: 'github' }, 403],
    [{ code: 'ACTIVE', id: 'web-production-13' }, 409],
    [{ code: 'KEY_REUSED' }, 422],
    [{ code: 'BUSY' }, 503],
  ] as const)(
    'that the engine refuses with %o has a status and says which upgrade is in the way',
    async (given, status) => {
      refusal = given
      const answer = await ask({ service: 'web', version: '1.5.0' })
      expect(answer.status).toBe(status)
      expect(ErrorBody.parse(answer.body).error).toMatchObject({
        code: given.code,
        message: `because of ${given.code}`,
        hint: 'This pipeline may ask for: web in production.',
        ...('id' in given && { upgrade: given.id }),
      })
    },
  )

  test('with an identity that the configuration says nothing of is refused', async () => {
    const answer = await ask({ service: 'web', version: '1.5.0' }, { 'x-rollcall-identity': 'a.b.c' })
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'IDENTITY_REFUSED' } } })
    expect(inputs).toEqual([])
  })

  test('too many are put off', async () => {
    left = 0
    const answer = await ask({ service: 'web', version: '1.5.0' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2'])
    expect(refused).toEqual(['throttled'])
  })
})

describe('the state', () => {
  test('is read, at once where there is more than was seen', async () => {
    const { status, body } = await call('/api/v1/upgrades/web-production-14?wait=60s&after=1')
    expect(status).toBe(200)
    expect(State.parse(body)).toMatchObject({ phase: 'awaitingApproval', links: { slack: expect.any(String) } })
  })

  test.each(['secret-production-1', 'web-production-99', '..%2fconfig', '%7Brollcall%7D'])(
    'of %s is not found',
    async (id) => {
      expect(await call(`/api/v1/upgrades/${id}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'NOT_FOUND' } },
      })
    },
  )

  test.each(['wait=61s', 'wait=1m', 'wait=-1s', 'after=x', 'atfer=1', 'wait='])('?%s is refused', async (query) => {
    const { status, body } = await call(`/api/v1/upgrades/web-production-14?${query}`)
    expect(status).toBe(400)
    expect(ErrorBody.parse(body).error.problems).toHaveLength(1)
  })

  test.each(phases)('in the phase %s is as the document says', (phase) => {
    const upgrade: Upgrade = anUpgradeIn(phase, { policy, request: { ...anUpgrade().request, by: pipeline } })
    const state = stateOf(upgrade, {})
    expect(z.strictObject(State.shape).parse(state)).toMatchObject({ phase, over: upgrade.result !== undefined })
  })
})

test('the document is valid OpenAPI 3.1, and served to anybody', async () => {
  const served = (await (await fetch(`${base}/api/v1/openapi.json`)).json()) as Record<string, unknown>
  expect(served).toEqual(JSON.parse(JSON.stringify(openApi())))
  const validator = new Validator()
  expect(await validator.validate(served)).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})
