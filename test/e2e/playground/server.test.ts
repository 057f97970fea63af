import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPlayground } from '../../../demo/server/server.ts'
import { type Stand, startStand } from './stand.ts'

describe('the playground’s server', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  /** With headers that `fetch` would not send. */
  function ask(path: string, headers: Record<string, string>, body?: string): Promise<number> {
    const { port } = new URL(stand.playground.url)
    return new Promise((resolve, reject) => {
      const asked = request({ port, path, headers, method: body === undefined ? 'GET' : 'POST' }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }

  const json = { 'content-type': 'application/json' }
  const act = JSON.stringify({ do: 'trouble', trouble: { what: 'startRedis' } })

  it('answers its own page', async () => {
    const { host, origin } = new URL(stand.playground.url)
    expect(await ask('/', { host })).toBe(200)
    expect(await ask('/act', { host, origin, ...json }, act)).toBe(200)
  })

  it.each([
    ['another Host, as DNS rebinding sends it', { host: 'evil.example' }, json],
    ['another Origin', { origin: 'https://evil.example' }, json],
    ['the Origin of a sandboxed frame', { origin: 'null' }, json],
    ['a request that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }, json],
  ])('refuses %s', async (_, headers, type) => {
    const { host } = new URL(stand.playground.url)
    expect(await ask('/act', { host, ...type, ...headers }, act)).toBe(403)
  })

  it('refuses what a form of another site could send', async () => {
    const { host } = new URL(stand.playground.url)
    expect(await ask('/act', { host, 'content-type': 'text/plain' }, act)).toBe(415)
    expect(await ask('/act', { host, ...json }, '{"do":"everything"}')).toBe(400)
    expect(await ask('/../../package.json', { host })).toBe(404)
  })

  it('lets the browser load nothing but its own files', async () => {
    const response = await fetch(stand.playground.url)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    const html = await response.text()
    expect(html).not.toMatch(/<script(?![^>]*\bsrc="\/)|<style|style="|https?:/)
  })

  it('moves on to the next port where one is taken', async () => {
    const taken = Number(new URL(stand.playground.url).port)
    const other = await startPlayground(stand.world, { port: taken })
    expect(Number(new URL(other.url).port)).toBeGreaterThan(taken)
    await other.stop()
  })
})
