import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bearerTokens } from '../../src/http/bearer-tokens.ts'
import { type CallParts, callRoute, withJson, withToken } from '../../src/http/call-route.ts'
import { jsonReader } from '../../src/http/json-body.ts'
import { type HttpServer, httpServer } from '../../src/http/server.ts'
import { RollcallError } from '../../src/upgrade/error.ts'

const limits = { bytes: 1_000, depth: 4, values: 20 }
const old = 'old-token-of-github-0123456789abcdef'
const recent = 'new-token-of-github-0123456789abcdef'
const other = 'the-token-of-gitlab-0123456789abcdef'

let server: HttpServer
let base: string
let refused: string[]
let heard: unknown[]
let logged: object[]
let thrown: unknown

beforeEach(async () => {
  refused = []
  heard = []
  logged = []
  thrown = undefined
  const parts: CallParts = {
    readJson: jsonReader(2_500),
    onRefused: (reason) => refused.push(reason),
    log: { error: (fields) => logged.push(fields) },
  }
  const whose = bearerTokens([
    { name: 'github', token: old },
    { name: 'github', token: recent },
    { name: 'gitlab', token: other },
  ])
  const said = callRoute(parts, {
    method: 'POST',
    path: '/things/:id/said',
    handle: withToken(
      parts,
      whose,
      withJson(parts, { limits, types: ['application/json', 'application/x+json'] }, async (call) => {
        if (thrown) throw thrown
        const { name, json, parameters } = call
        heard.push({ name, json, parameters, query: call.query.get('wait') })
        return { status: 202, body: { heard: true } }
      }),
    ),
  })
  server = httpServer([said], () => {})
  base = `http://127.0.0.1:${await server.listen({ port: 0, host: '127.0.0.1' })}`
})

afterEach(() => server.close())

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(`${base}/things/1/said`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${recent}`, ...headers },
    body,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : undefined }
}

describe('a call', () => {
  test('is heard with the name of its token, its path, its query and its body', async () => {
    const response = await fetch(`${base}/things/web%2Fa-1/said?wait=5s`, {
      method: 'POST',
      headers: { 'content-type': 'application/x+json; charset=UTF-8', authorization: `bearer ${other}` },
      body: '{"a":[1,"ü"]}',
    })
    expect([response.status, await response.json()]).toEqual([202, { heard: true }])
    expect(heard).toEqual([{ name: 'gitlab', json: { a: [1, 'ü'] }, parameters: { id: 'web/a-1' }, query: '5s' }])
    expect(refused).toEqual([])
  })

  test('is heard with the old and the new token of a name', async () => {
    expect((await post('{}', { authorization: `Bearer ${old}` })).status).toBe(202)
    expect((await post('{}')).status).toBe(202)
    expect(heard).toMatchObject([{ name: 'github' }, { name: 'github' }])
  })

  test.each([
    ['no token', '', 'Bearer realm="rollcall"'],
    ['another scheme', `Basic ${recent}`, 'Bearer realm="rollcall"'],
    ['an unknown token', `Bearer ${recent}x`, 'Bearer realm="rollcall", error="invalid_token"'],
    ['the beginning of a token', `Bearer ${recent.slice(0, -1)}`, 'Bearer realm="rollcall", error="invalid_token"'],
    ['two tokens', `Bearer ${recent}, Bearer ${other}`, 'Bearer realm="rollcall"'],
  ])('with %s is refused, and so is told how', async (_, authorization, challenge) => {
    const { status, headers, body } = await post('{}', { authorization })
    expect([status, headers.get('www-authenticate')]).toEqual([401, challenge])
    expect(body.error).toMatchObject({ code: 'UNAUTHENTICATED', hint: expect.stringContaining('Bearer') })
    expect([refused, heard]).toEqual([['unauthenticated'], []])
  })

  test.each([
    ['is empty', '', 400, 'MALFORMED'],
    ['is no JSON', '{"a":', 400, 'MALFORMED'],
    ['is nested too deep', '[[[[[1]]]]]', 400, 'MALFORMED'],
    ['has too many values', JSON.stringify(Array.from({ length: 30 })), 400, 'MALFORMED'],
    ['is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'MALFORMED'],
    ['is too long', JSON.stringify('x'.repeat(1_001)), 413, 'OVERSIZED'],
  ])('whose body %s is refused with a code and a hint', async (_, bytes, status, code) => {
    const answer = await post(bytes)
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } })
    expect([refused, heard]).toEqual([[code.toLowerCase()], []])
  })

  test.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-encoding': 'gzip' },
  ])('with %o is refused', async (headers) => {
    expect(await post('{}', headers)).toMatchObject({ status: 415, body: { error: { code: 'UNSUPPORTED' } } })
    expect(refused).toEqual(['unsupported'])
  })

  test('of ten megabytes without a length is refused long before its end', async () => {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const head = `POST /things/1/said HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${recent}\r\n`
    socket.write(`${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`)
    socket.write(`${(2_000).toString(16)}\r\n${'x'.repeat(2_000)}\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
    expect(refused).toEqual(['oversized'])
  })

  test('has to come again while others are held that come to too much', async () => {
    const { hostname, port } = new URL(base)
    const head = `POST /things/1/said HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${recent}\r\n`
    const sockets = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect(Number(port), hostname)
        await once(socket, 'connect')
        socket.write(`${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(900)}`)
        return socket
      }),
    )
    const [answer] = await Promise.race(sockets.map((socket) => once(socket, 'data') as Promise<[Buffer]>))
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 .*"CROWDED"/s)
    for (const socket of sockets) socket.destroy()
    // What was held of those that left is free again.
    await expect.poll(async () => (await post('{}')).status).toBe(202)
  })

  test('that fails says so without saying how, and the log says it', async () => {
    thrown = new Error('connect redis://:hush@redis')
    const { status, text } = await post('{}')
    expect([status, JSON.parse(text).error.code]).toEqual([500, 'FAILED'])
    expect(text).not.toContain('hush')
    expect(logged).toMatchObject([{ err: thrown }])
  })

  test('that may succeed later is told to come again', async () => {
    thrown = new RollcallError('NOT_STORED', 'Not stored.', { hint: 'Again.', retryable: true })
    expect(await post('{}')).toMatchObject({ status: 503, body: { error: { code: 'NOT_STORED', hint: 'Again.' } } })
  })
})

test.each(['/things//said', '/things/%zz/said', '/things/1/said/', '/things/1'])('%s is not found', async (path) => {
  expect((await fetch(base + path, { method: 'POST' })).status).toBe(404)
})
