import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlertInput } from '../../src/engine/alerts.ts'
import { alertWebhooks } from '../../src/http/alert-webhooks.ts'
import { bearerTokens } from '../../src/http/bearer-tokens.ts'
import { jsonReader } from '../../src/http/json-body.ts'
import { type HttpServer, httpServer } from '../../src/http/server.ts'
import { RollcallError } from '../../src/upgrade/error.ts'

const tokens = {
  alertmanager: 'token-of-alertmanager-0123456789abcdef',
  grafana: 'token-of-grafana-0123456789abcdef01234',
  monitor: 'token-of-monitor-0123456789abcdef01234',
  stranger: 'token-of-nobody-0123456789abcdef012345',
}
const firing = { status: 'firing', labels: { alertname: 'HighErrorRate' }, fingerprint: 'f' }
const alertmanager = { version: '4', alerts: [firing] }

let server: HttpServer
let base: string
let refused: string[]
let received: AlertInput[]
let counted: [string, Record<string, number>][]
let fails: Error | undefined

beforeEach(async () => {
  refused = []
  received = []
  counted = []
  fails = undefined
  const { stranger: _, ...known } = tokens
  const route = alertWebhooks({
    readJson: jsonReader(),
    onRefused: (reason) => refused.push(reason),
    log: { error() {} },
    whose: bearerTokens(Object.entries(known).map(([name, token]) => ({ name, token }))),
    mapping: (source) =>
      source === 'monitor' ? { status: { field: 's', firing: ['on'], resolved: [] }, labels: 'l' } : undefined,
    async receive(input) {
      if (fails) throw fails
      received.push(input)
      return { noted: input.alerts.length, unmatched: 0, waiting: 0 }
    },
    onReceived: (source, outcomes) => counted.push([source, outcomes]),
  })
  server = httpServer([route], () => {})
  base = `http://127.0.0.1:${await server.listen({ port: 0, host: '127.0.0.1' })}`
})

afterEach(() => server.close())

async function post(source: string, body: unknown, token = Reflect.get(tokens, source) ?? tokens.stranger) {
  const response = await fetch(`${base}/webhooks/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test.each([
  ['alertmanager', alertmanager],
  ['grafana', { version: '1', alerts: [firing] }],
  ['monitor', { s: 'on', l: { alertname: 'HighErrorRate' } }],
])('alerts of %s are received under its name, and counted', async (source, body) => {
  const answer = await post(source, body)
  expect(answer).toEqual({ status: 200, body: { noted: 1, unmatched: 0, waiting: 0, unreadable: 0 } })
  expect(received).toMatchObject([{ source, alerts: [{ labels: { alertname: 'HighErrorRate' }, state: 'firing' }] }])
  expect(counted).toEqual([[source, { noted: 1, unmatched: 0, waiting: 0, unreadable: 0 }]])
})

describe('nothing is received, and the refusal is counted,', () => {
  test.each([
    ['without a known token', 'alertmanager', tokens.stranger],
    ['with the token of another source', 'alertmanager', tokens.grafana],
    ['for a source that has no token', 'elsewhere', tokens.alertmanager],
    ['for a name that every object has', 'constructor', tokens.alertmanager],
  ])('%s', async (_, source, token) => {
    expect((await post(source, alertmanager, token)).status).toBe(401)
    expect([refused, received]).toEqual([['unauthenticated'], []])
  })

  const bomb = '['.repeat(100_000)
  test.each([
    ['of 10 MB', JSON.stringify({ version: '4', alerts: [], pad: 'x'.repeat(10_000_000) }), 413],
    ['that is nested deeply', `{"version":"4","alerts":${bomb}`, 400],
    ['of too many values', JSON.stringify({ version: '4', alerts: Array(200_001).fill(0) }), 400],
    ['of another version', { version: '3', alerts: [firing] }, 400],
    ['that is no object', 'null', 400],
    ['that is no JSON', 'status=firing', 400],
  ])('of a body %s', async (_, body, status) => {
    expect((await post('alertmanager', body)).status).toBe(status)
    expect([refused.length, received]).toEqual([1, []])
  })
})

test('what was not stored is not acknowledged, so that it comes again', async () => {
  fails = new RollcallError('NOT_STORED', 'Redis does not answer.', { hint: 'Wait.', retryable: true })
  expect((await post('alertmanager', alertmanager)).status).toBe(503)
  fails = new Error('Command timed out')
  expect((await post('alertmanager', alertmanager)).status).toBe(500)
  expect(counted).toEqual([])
})
