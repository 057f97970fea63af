import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpServer, httpServer, type RefusedConnection, type Route } from '../../src/http/server.ts'

const limits = {
  headersTimeout: 200,
  requestTimeout: 400,
  connectionsCheckingInterval: 20,
  keepAliveTimeout: 60_000,
  connections: 5,
}

let server: HttpServer
let port: number
let refused: RefusedConnection[]
let bodies: string[]
const sockets: Socket[] = []

const routes: Route[] = [
  { path: '/fine', method: 'GET', handler: (_, response) => response.end('fine') },
  {
    path: '/body',
    method: 'POST',
    handler(request, response) {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('error', () => {})
      request.on('end', () => {
        bodies.push(body)
        response.end()
      })
    },
  },
]

beforeEach(async () => {
  refused = []
  bodies = []
  server = httpServer(routes, (reason) => refused.push(reason), limits)
  port = await server.listen({ port: 0, host: '127.0.0.1' })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
})

/** A connection that sends what it is told, and what came back until it was closed. */
async function dial(text: string) {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  let answer = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part
  })
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(answer)))
  await once(socket, 'connect')
  socket.write(text)
  return { socket, closed }
}

test('serves a path by its method, whatever its query', async () => {
  const base = `http://127.0.0.1:${port}`
  expect(await (await fetch(`${base}/fine?a=b`)).text()).toBe('fine')
  expect((await fetch(`${base}/nothing`)).status).toBe(404)
  const wrong = await fetch(`${base}/body`)
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
})

describe('a connection', () => {
  test('that sends its headers drop by drop is cut off and counted', async () => {
    const { socket, closed } = await dial('GET /fine HTTP/1.1\r\n')
    const dripping = setInterval(() => socket.write('x-drop: 1\r\n'), 20)
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(dripping)
    expect(refused).toEqual(['slow'])
  })

  test('that sends nothing is cut off and counted', async () => {
    const { closed } = await dial('')
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /)
    expect(refused).toEqual(['slow'])
  })

  test('that sends its body drop by drop is cut off and counted, and its request is not carried out', async () => {
    const { socket, closed } = await dial('POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n')
    const dripping = setInterval(() => socket.write('x'), 20)
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(dripping)
    expect(refused).toEqual(['slow'])
    expect(bodies).toEqual([])
  })

  test.each([
    ['is no HTTP', 'HELO rollcall\r\n\r\n'],
    ['has two lengths', 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['has headers larger than Node takes', `GET /fine HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('whose request %s is refused and counted', async (_, text) => {
    const { closed } = await dial(text)
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /)
    expect(refused).toEqual(['malformed'])
  })

  test('more than there may be is closed at once and counted, and the others go on', async () => {
    const first = await dial('')
    for (let index = 1; index < limits.connections; index++) await dial('')
    const extra = await dial('GET /fine HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await extra.closed).toBe('')
    expect(refused).toEqual(['crowded'])
    first.socket.write('GET /fine HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await first.closed).toMatch(/^HTTP\/1\.1 200 /)
  })
})

test('a path that is no address is not found', async () => {
  const { closed } = await dial('GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(await closed).toMatch(/^HTTP\/1\.1 404 /)
})

test('closing answers what runs, takes no more, and does not wait for idle connections', async () => {
  const running = Promise.withResolvers<() => void>()
  const slow = httpServer(
    [{ path: '/slow', method: 'GET', handler: (_, response) => running.resolve(() => response.end('done')) }],
    () => {},
  )
  const at = await slow.listen({ port: 0, host: '127.0.0.1' })
  const answer = fetch(`http://127.0.0.1:${at}/slow`)
  const finish = await running.promise
  const began = performance.now()
  const closed = slow.close()
  await expect(fetch(`http://127.0.0.1:${at}/slow`)).rejects.toThrow()
  finish()
  expect(await (await answer).text()).toBe('done')
  await closed
  expect(performance.now() - began).toBeLessThan(4_000)
})
