import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiClient } from '../../src/cli/api-client.ts'
import { request } from '../../src/cli/request.ts'
import { acceptedOf, stateOf } from '../../src/http/api/state.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import type { Phase } from '../../src/upgrade/phase.ts'
import { anUpgrade, anUpgradeIn } from '../an-upgrade.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

let server: Server
let base: string
let answers: Answer[]
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
let out: string[]
let err: string[]

const says = (status: number, body: object, headers: Record<string, string> = {}): Answer => {
  return (response) => response.writeHead(status, headers).end(JSON.stringify(body))
}
const asked = says(201, acceptedOf(anUpgrade()))
const stands = (phase: Phase) => says(200, stateOf(anUpgradeIn(phase), {}))
const hangsUp: Answer = (response) => response.destroy()

beforeEach(async () => {
  ;[answers, seen, out, err] = [[], [], [], []]
  server = createServer((incoming, response) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      seen.push({ method, url, headers, body })
      const answer = answers.shift()
      if (answer) answer(response, incoming)
      else response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function io(env: Record<string, string> = {}) {
  return {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    env: { ROLLCALL_URL: base, ROLLCALL_API_TOKEN: 'the-token', ...env },
  }
}

async function errorOf(run: Promise<unknown>): Promise<RollcallError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof RollcallError) return error
  throw error ?? new Error('nothing was thrown')
}

describe('rollcall request', () => {
  test('asks with its token, its key and what it is told', async () => {
    answers = [asked]
    const args = ['web', '1.5.0', '--environment', 'production', '--reason', 'green', '--batches', '1,100%', '--major']
    expect(await request(args, io({ CI_JOB_ID: '77', ROLLCALL_OIDC_TOKEN: 'signed' }))).toBe(0)
    expect(seen).toMatchObject([
      {
        ...{ method: 'POST', url: '/api/v1/upgrades' },
        headers: {
          authorization: 'Bearer the-token',
          'idempotency-key': '77/web/production/1.5.0',
          'x-rollcall-identity': 'signed',
        },
      },
    ])
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      ...{ service: 'web', version: '1.5.0', environment: 'production', reason: 'green' },
      ...{ batches: [1, '100%'], major: true },
    })
    expect(out).toEqual(['web-production-14: asked for for U0DANA'])
  })

  test('follows the upgrade until its end, by what it saw last, and prints each change once', async () => {
    answers = [
      asked,
      stands('awaitingApproval'),
      stands('awaitingApproval'),
      stands('progressing'),
      stands('succeeded'),
    ]
    expect(await request(['web', '1.5.0', '--wait'], io())).toBe(0)
    expect(seen.slice(1).map(({ url }) => url)).toEqual([
      '/api/v1/upgrades/web-production-14?wait=30s&after=0',
      '/api/v1/upgrades/web-production-14?wait=30s&after=2',
      '/api/v1/upgrades/web-production-14?wait=30s&after=2',
      '/api/v1/upgrades/web-production-14?wait=30s&after=4',
    ])
    expect(out).toEqual([
      'web-production-14: asked for for U0DANA',
      'web-production-14: awaitingApproval · 0 of 2 approvals',
      'web-production-14: progressing · batch 1 of 4 · 0/10 updated',
      'web-production-14: succeeded · 10/10 updated · 10/10 ready · by rollcall',
    ])
  })

  test.each([
    ['succeeded', 0],
    ['rolledBack', 3],
    ['failed', 4],
    ['rejected', 5],
    ['expired', 6],
    ['cancelled', 7],
  ] as const)('ends with a code of its own when it has %s', async (phase, code) => {
    answers = [asked, stands(phase)]
    expect(await request(['web', '1.5.0', '--wait', '--json'], io())).toBe(code)
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ phase, result: { outcome: phase } })
    expect(err.join()).toContain(phase)
  })

  test('ends by itself when the time is over, and the upgrade goes on', async () => {
    answers = [asked, () => {}]
    expect(await request(['web', '1.5.0', '--wait', '--timeout', '300ms'], io())).toBe(8)
  })

  test('what is refused is not tried again, and says what is wrong', async () => {
    const problems = [{ path: 'verison', message: 'unknown field' }]
    answers = [says(400, { error: { code: 'INVALID', message: 'Not so.', hint: 'But so.', problems } })]
    const { code, message, hint } = await errorOf(request(['web', '1.5.0'], io()))
    expect(code).toBe('API_REFUSED')
    expect(message).toBe('Rollcall refuses this (INVALID): Not so.\n  verison: unknown field')
    expect(hint).toBe('But so.')
    expect(seen).toHaveLength(1)
  })

  test('its token goes to nobody else', async () => {
    answers = [says(307, {}, { location: 'http://elsewhere.example.com/' })]
    expect((await errorOf(request(['web', '1.5.0'], io()))).message).toContain('HTTP 307')
  })

  test.each([
    [{ ROLLCALL_URL: '' }, 'ROLLCALL_URL'],
    [{ ROLLCALL_URL: 'rollcall.example.com' }, 'ROLLCALL_URL'],
    [{ ROLLCALL_API_TOKEN: '' }, 'ROLLCALL_API_TOKEN'],
  ])('without %o it says what is needed', async (env, name) => {
    const error = await errorOf(request(['web', '1.5.0'], io(env)))
    expect([error.code, error.message.includes(name)]).toEqual(['ENVIRONMENT_INVALID', true])
  })

  test('GitHub is asked for the identity token, for our audience', async () => {
    answers = [says(200, { value: 'from-github' }), asked]
    const url = `${base}/token?api-version=2`
    await request(['web', '1.5.0'], io({ ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner' }))
    expect(seen[0]).toMatchObject({
      url: '/token?api-version=2&audience=rollcall',
      headers: { authorization: 'Bearer runner' },
    })
    expect(seen[1]?.headers['x-rollcall-identity']).toBe('from-github')
  })

  test.each([
    [{ GITHUB_RUN_ID: '5', GITHUB_RUN_ATTEMPT: '2', GITHUB_JOB: 'deploy' }, '5.2.deploy/web//1.5.0'],
    [{ BUILD_TAG: 'jenkins-shop/web-7' }, 'jenkins-shop/web-7/web//1.5.0'],
    [{}, expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ])('the key of a job (%o) is %s', async (env, key) => {
    answers = [asked]
    await request(['web', '1.5.0'], io(env))
    expect(seen[0]?.headers['idempotency-key']).toEqual(key)
  })
})

test('the client goes on through lost connections, restarts, other answers and a wish for patience', async () => {
  const busy = says(503, { error: { code: 'BUSY', message: '', hint: '' } })
  answers = [hangsUp, busy, says(429, {}, { 'retry-after': '0' }), says(200, { no: 'state' }), says(502, {}), asked]
  const client = apiClient(io(), { untilMs: Date.now() + 30_000, firstPauseMs: 1 })
  const accepted = await client.ask({ service: 'web', version: '1.5.0' }, { key: 'k', identity: undefined })
  expect(accepted).toMatchObject({ id: 'web-production-14' })
  expect(new Set(seen.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['k']))
  expect(err.map((line) => line.replace(/127[^ ]+/, 'it'))).toEqual([
    expect.stringMatching(/^it does not answer \((ECONNRESET|UND_ERR_SOCKET)\); trying again in 1 s$/),
    'it answers 503 (BUSY); trying again in 1 s',
    'it answers 429; trying again in 0 s',
    'it answers something else than Rollcall; trying again in 1 s',
    'it answers 502; trying again in 1 s',
  ])
})
