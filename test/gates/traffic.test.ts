import { expect, test } from 'vitest'
import { trafficHistory } from '../../src/gates/traffic.ts'
import { aPolicy } from '../an-upgrade.ts'
import { serve } from './a-server.ts'

const now = '2026-07-01T12:10:00.000Z'
const dayMs = 86_400_000

function ask(url: string, changes: { query?: string; tokenEnv?: string } = {}, secrets = {}) {
  return trafficHistory(secrets)(aPolicy(), { query: 'requests', lookbackMs: 7 * dayMs, url, ...changes }, now)
}

function matrix(...series: [number, string][][]): string {
  return JSON.stringify({
    status: 'success',
    data: { resultType: 'matrix', result: series.map((values) => ({ metric: {}, values })) },
  })
}

const at = Date.parse('2026-07-01T12:00:00.000Z') / 1_000

test('Prometheus is asked for each half hour, on the half hour, with the templates filled in', async () => {
  let asked = new URLSearchParams()
  let path: string | undefined
  let authorization: string | undefined
  const url = await serve(async (request, response) => {
    path = request.url
    authorization = request.headers.authorization
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked = new URLSearchParams(Buffer.concat(chunks).toString())
    response.end(matrix([[at, '12.5']]))
  })
  const query = 'sum(rate(requests{namespace="{{namespace}}"}[30m]))'
  const secrets = { GATE_TOKEN: 'secret' }
  expect(await ask(`${url}/prom/`, { query, tokenEnv: 'GATE_TOKEN' }, secrets)).toEqual({
    points: [{ at: at * 1_000, value: 12.5 }],
  })
  expect(path).toBe('/prom/api/v1/query_range')
  expect(authorization).toBe('Bearer secret')
  expect(Object.fromEntries(asked)).toEqual({
    query: 'sum(rate(requests{namespace="shop"}[30m]))',
    start: String(at - 7 * 86_400),
    end: String(at),
    step: '1800',
    timeout: '5000ms',
  })
})

test('what is no number is left out', async () => {
  const url = await serve(
    (_, response) =>
      void response.end(
        matrix([
          [at, 'NaN'],
          [at + 1_800, '3'],
          [at + 3_600, '+Inf'],
        ]),
      ),
  )
  expect(await ask(url)).toEqual({ points: [{ at: (at + 1_800) * 1_000, value: 3 }] })
})

test.each([
  ['nothing', matrix(), { code: 'NO_DATA' }],
  ['nothing but NaN', matrix([[at, 'NaN']]), { code: 'NO_DATA' }],
  ['two series', matrix([[at, '1']], [[at, '2']]), { code: 'SEVERAL_VALUES', detail: { count: 2 } }],
  ['a vector', '{"status":"success","data":{"resultType":"vector","result":[]}}', { code: 'NOT_PROMETHEUS' }],
  ['an error', '{"status":"error","errorType":"bad_data","error":"parse error"}', { code: 'QUERY_REFUSED' }],
  ['something else', '<html>', { code: 'NOT_PROMETHEUS' }],
])('%s is no history, and says why', async (_, body, expected) => {
  expect(await ask(await serve((__, response) => void response.end(body)))).toMatchObject(expected)
})

test('an endless answer is not read to its end', async () => {
  let sent = 0
  const url = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  await expect(ask(url)).rejects.toMatchObject({ code: 'GATE_ANSWER_TOO_LONG' })
  expect(sent).toBeLessThan(20_000_000)
})

test('nobody there is said as such', async () => {
  await expect(ask('http://127.0.0.1:9')).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
})
