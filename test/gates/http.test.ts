import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { About } from '../../src/engine/ports.ts'
import { http } from '../../src/gates/http.ts'
import type { HttpGate } from '../../src/upgrade/gate.ts'
import { serve } from './a-server.ts'

function ask(url: string, changes: Partial<HttpGate> = {}, signal = AbortSignal.timeout(10_000)) {
  const times = { intervalMs: 10_000, timeoutMs: 10_000 }
  const gate: HttpGate = { type: 'http', name: 'smoke', during: ['soak'], ...times, url, status: [200], ...changes }
  return http(gate, {} as About, signal)
}

test('passes on the wanted status and text', async () => {
  const url = await serve((_, response) => response.end('{"status":"ok"}'))
  expect(await ask(url, { contains: '"ok"' })).toMatchObject({
    verdict: 'passed',
    code: 'HTTP_OK',
    detail: { status: 200 },
  })
})

test('fails on another status', async () => {
  const url = await serve((_, response) => response.writeHead(503).end())
  expect(await ask(url)).toMatchObject({
    verdict: 'failed',
    code: 'HTTP_STATUS',
    detail: { status: 503, wanted: '200' },
  })
  expect(await ask(url, { status: [200, 503] })).toMatchObject({ verdict: 'passed' })
})

test('fails on another text', async () => {
  const url = await serve((_, response) => response.end('not today'))
  expect(await ask(url, { contains: 'ok' })).toMatchObject({ verdict: 'failed', code: 'HTTP_BODY' })
})

test('follows no redirect, and takes it for what it is', async () => {
  const elsewhere = await serve((_, response) => response.end('ok'))
  const url = await serve((_, response) => response.writeHead(302, { location: elsewhere }).end())
  expect(await ask(url)).toMatchObject({ verdict: 'failed', detail: { status: 302 } })
})

describe('cannot tell', () => {
  test('without an answer', async () => {
    await expect(ask(`http://127.0.0.1:${await freePort()}/`)).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
  })

  test.each<[string, RequestListener]>([
    ['no head', () => {}],
    ['no end of the body', (_, response) => void response.write('ok')],
  ])('and gives up when its time is over: %s', async (_, answer) => {
    const signal = AbortSignal.timeout(300)
    await expect(ask(await serve(answer), {}, signal)).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })
})

test('reads a megabyte of an endless answer, and no more', async () => {
  let sent = 0
  const url = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      sent += 65_536
    }
    response.on('drain', more)
    more()
  })
  expect(await ask(url, { contains: 'ok' })).toMatchObject({ verdict: 'failed', code: 'HTTP_BODY' })
  // What the sockets between them hold is on its way already.
  expect(sent).toBeLessThan(20_000_000)
})
