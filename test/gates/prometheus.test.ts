import type { IncomingMessage, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { About, PodReport } from '../../src/engine/ports.ts'
import { prometheus } from '../../src/gates/prometheus.ts'
import type { PrometheusGate } from '../../src/upgrade/gate.ts'
import { anUpgrade, anUpgradeIn, noon } from '../an-upgrade.ts'
import { serve } from './a-server.ts'

const pods = ['web-7c9f-x2v9k', 'web.v2-7c9f-m4t8p'].map((name): PodReport => {
  return { name, ready: true, createdAt: noon, restarts: 0, displaced: false }
})
const observation = { total: 10, updated: 2, ready: 10, pods, stable: [] }
const underWay: About = {
  upgrade: anUpgradeIn('verifying'),
  observation,
  now: noon,
  key: 'web-production-14.7.errors.0',
}

type Asked = { query: string; path: string | undefined; authorization: string | undefined }

async function asked(request: IncomingMessage): Promise<Asked> {
  const form = new URLSearchParams(await text(request))
  return { query: form.get('query') ?? '', path: request.url, authorization: request.headers.authorization }
}

/** A Prometheus that gives these texts for these queries, as vectors of one element; nothing for others. */
function knowing(values: Record<string, string>): Promise<string> {
  return serve(async (request, response) => {
    const value = values[(await asked(request)).query]
    response.end(vector(...(value === undefined ? [] : [value])))
  })
}

function vector(...values: string[]): string {
  return success(
    'vector',
    values.map((value, index) => ({ metric: { pod: `${index}` }, value: [1_700_000_000.123, value] })),
  )
}

function success(resultType: string, result: unknown, more: object = {}): string {
  return JSON.stringify({ status: 'success', data: { resultType, result }, ...more })
}

function ask(
  url: string,
  changes: Partial<PrometheusGate>,
  about: Partial<About> = {},
  { signal = AbortSignal.timeout(10_000), secrets = {} } = {},
) {
  const times = { intervalMs: 10_000, timeoutMs: 10_000 }
  const gate: PrometheusGate = {
    type: 'prometheus',
    name: 'errors',
    during: ['soak'],
    ...times,
    url,
    query: 'errors',
    ...changes,
  }
  return prometheus(secrets)(gate, { ...underWay, ...about }, signal)
}

describe('fixed limits', () => {
  test.each([
    ['0.002', 'passed', 'WITHIN_LIMIT'],
    ['0.01', 'passed', 'WITHIN_LIMIT'],
    ['0.12', 'failed', 'ABOVE_LIMIT'],
    ['1e-05', 'passed', 'WITHIN_LIMIT'],
    ['-0.5', 'failed', 'BELOW_LIMIT'],
  ])('%s %s', async (value, verdict, code) => {
    const url = await knowing({ errors: value })
    const said = await ask(url, { min: 0, max: 0.01, unit: 'ratio' })
    expect(said).toEqual({
      verdict,
      code,
      detail: { value: Number(value), unit: 'ratio', atLeast: 0, atMost: 0.01 },
    })
  })

  test('a scalar counts as the value it is', async () => {
    const url = await serve((_, response) => response.end(success('scalar', [1_700_000_000, '3'])))
    expect(await ask(url, { max: 2 })).toMatchObject({ verdict: 'failed', detail: { value: 3 } })
  })
})

describe('compared with before the first change', () => {
  const before = { gate: 'errors', verdict: 'passed', code: 'BASELINE', detail: { value: 100 } } as const
  const notYet = { upgrade: anUpgrade() }

  test('it only notes the value then, whatever the limits', async () => {
    const url = await knowing({ errors: '100' })
    expect(await ask(url, { maxIncrease: 0.2, max: 1 }, notYet)).toEqual({
      verdict: 'passed',
      code: 'BASELINE',
      detail: { value: 100 },
    })
  })

  test('unless it is to judge then too', async () => {
    const url = await knowing({ errors: '100' })
    const said = await ask(url, { maxIncrease: 0.2, max: 1, during: ['before', 'soak'] }, notYet)
    expect(said).toMatchObject({ verdict: 'failed', detail: { value: 100, atMost: 1 } })
  })

  test.each([
    ['119', 'passed'],
    ['121', 'failed'],
    ['71', 'passed'],
    ['69', 'failed'],
  ])('%s of 100 %s', async (value, verdict) => {
    const url = await knowing({ errors: value })
    const said = await ask(url, { maxIncrease: 0.2, maxDecrease: 0.3 }, { before })
    expect(said).toMatchObject({ verdict, detail: { before: 100, atMost: 120, atLeast: 70 } })
  })

  test('the stricter of two limits counts', async () => {
    const url = await knowing({ errors: '115' })
    expect(await ask(url, { maxIncrease: 0.2, max: 110 }, { before })).toMatchObject({ verdict: 'failed' })
    expect(await ask(url, { maxIncrease: 0.1, max: 200 }, { before })).toMatchObject({ verdict: 'failed' })
  })

  test('without a value from then it cannot tell, unless a fixed limit is broken', async () => {
    const url = await knowing({ errors: '5' })
    expect(await ask(url, { maxIncrease: 0.2 })).toMatchObject({ verdict: 'inconclusive', code: 'NO_BASELINE' })
    expect(await ask(url, { maxIncrease: 0.2, max: 4 })).toMatchObject({ verdict: 'failed', code: 'ABOVE_LIMIT' })
  })

  test('a share of nothing tells nothing, unless nothing got worse', async () => {
    const none = { ...before, detail: { value: 0 } }
    const [some, nothing] = await Promise.all([knowing({ errors: '0.001' }), knowing({ errors: '0' })])
    expect(await ask(some, { maxIncrease: 0.2 }, { before: none })).toMatchObject({ code: 'NO_RATIO' })
    expect(await ask(nothing, { maxIncrease: 0.2 }, { before: none })).toMatchObject({ verdict: 'passed' })
    expect(await ask(some, { maxDecrease: 0.2 }, { before: none })).toMatchObject({ verdict: 'passed' })
  })

  test('what is kept of it stays a number, however large', async () => {
    const url = await knowing({ errors: '1.7e308' })
    const huge = { ...before, detail: { value: 1.7e308 } }
    const { detail } = await ask(url, { maxIncrease: 99 }, { before: huge })
    expect(JSON.parse(JSON.stringify(detail))).toEqual(detail)
  })
})

test('new pods are compared with old ones at the same time', async () => {
  const url = await knowing({ errors: '0.12', stable: '0.01' })
  const [worse, alike] = [{ maxIncrease: 0.2 }, { maxIncrease: 12 }]
  expect(await ask(url, { stable: 'stable', ...worse })).toMatchObject({ verdict: 'failed', detail: { stable: 0.01 } })
  expect(await ask(url, { stable: 'stable', ...alike })).toMatchObject({ verdict: 'passed' })
  expect(await ask(url, { stable: 'gone', ...alike })).toMatchObject({ verdict: 'inconclusive', code: 'NO_DATA' })
})

describe('with too little traffic', () => {
  const samples = { query: 'requests', min: 100 }

  test.each([
    { requests: '12', errors: '0.5' },
    { requests: '12', errors: 'NaN' },
  ])('it cannot tell: %o', async (values) => {
    expect(await ask(await knowing(values), { max: 0.01, samples })).toEqual({
      verdict: 'inconclusive',
      code: 'TOO_FEW_SAMPLES',
      detail: { samples: 12, min: 100 },
    })
  })

  test('and with none at all', async () => {
    expect(await ask(await knowing({}), { max: 0.01, samples })).toMatchObject({
      code: 'TOO_FEW_SAMPLES',
      detail: { samples: 0 },
    })
  })

  test('with enough of it the value is judged', async () => {
    const url = await knowing({ requests: '100', errors: '0.5' })
    expect(await ask(url, { max: 0.01, samples })).toMatchObject({ verdict: 'failed' })
  })
})

describe('the query', () => {
  async function sent(query: string, changes: Partial<PrometheusGate> = {}, secrets = {}): Promise<Asked> {
    const found: Asked[] = []
    const url = await serve(async (request, response) => {
      found.push(await asked(request))
      response.end(vector('0'))
    })
    await ask(`${url}/prometheus/`, { query, max: 1, ...changes }, {}, { secrets })
    const [first] = found
    if (!first) throw new Error('nothing was asked')
    return first
  }

  test('goes to the API below the URL, with its templates filled in', async () => {
    const query = '{{namespace}} {{ workload }} {{container}} {{service}} {{environment}} x{pod=~"{{pods}}"}'
    expect(await sent(query)).toEqual({
      query: 'shop web web web production x{pod=~"web-7c9f-x2v9k|web[.]v2-7c9f-m4t8p"}',
      path: '/prometheus/api/v1/query',
      authorization: undefined,
    })
  })

  test('takes the token from the environment', async () => {
    const { authorization } = await sent('x', { tokenEnv: 'GATE_TOKEN' }, { GATE_TOKEN: 'hush' })
    expect(authorization).toBe('Bearer hush')
  })

  test('is not sent without its token', async () => {
    const said = await ask('http://127.0.0.1:1', { max: 1, tokenEnv: 'GATE_TOKEN' })
    expect(said).toEqual({ verdict: 'inconclusive', code: 'NO_SECRET', detail: { variable: 'GATE_TOKEN' } })
  })

  test.each([undefined, { ...observation, pods: [] }])('is not sent for pods that are not there', async (none) => {
    const said = await ask('http://127.0.0.1:1', { max: 1, query: 'x{pod=~"{{pods}}"}' }, { observation: none })
    expect(said).toMatchObject({ verdict: 'inconclusive', code: 'NO_PODS' })
  })
})

describe('cannot tell from', () => {
  const refusal = JSON.stringify({
    status: 'error',
    errorType: 'bad_data',
    error: 'parse error: unclosed left bracket',
  })
  const bodies: [string, string, string, number?][] = [
    ['nothing', vector(), 'NO_DATA'],
    ['NaN', vector('NaN'), 'NOT_A_NUMBER'],
    ['+Inf', vector('+Inf'), 'NOT_A_NUMBER'],
    ['a number that is too large', vector('1e999'), 'NOT_A_NUMBER'],
    ['an empty text', vector(''), 'NOT_A_NUMBER'],
    ['another way to write a number', vector('0x10'), 'NOT_A_NUMBER'],
    ['a histogram', success('vector', [{ metric: {}, histogram: [1, { count: '1' }] }]), 'NOT_A_NUMBER'],
    ['several values', vector('1', '2'), 'SEVERAL_VALUES'],
    ['a matrix', success('matrix', [{ metric: {}, values: [[1, '0']] }]), 'NOT_A_VECTOR'],
    ['a string', success('string', [1, '0']), 'NOT_A_VECTOR'],
    ['a warning', success('vector', [{ value: [1, '0'] }], { warnings: ['a store is away'] }), 'QUERY_WARNED'],
    ['a refusal', refusal, 'QUERY_REFUSED', 400],
    ['a value with the wrong status', vector('0'), 'NOT_PROMETHEUS', 503],
    ['a page', '<html>log in</html>', 'NOT_PROMETHEUS'],
    ['half an answer', vector('0').slice(0, -5), 'NOT_PROMETHEUS'],
    [
      'another shape',
      '{"status":"success","data":{"resultType":"vector","result":[{"value":[1,0]}]}}',
      'NOT_PROMETHEUS',
    ],
    ['null', 'null', 'NOT_PROMETHEUS'],
    ['nothing at all', '', 'NOT_PROMETHEUS'],
  ]

  test.each(bodies)('%s', async (_, body, code, status = 200) => {
    const url = await serve((_, response) => response.writeHead(status).end(body))
    expect(await ask(url, { max: 1 })).toMatchObject({ verdict: 'inconclusive', code })
  })

  test('a redirect, which is not followed, and gets no token', async () => {
    const visits: (string | undefined)[] = []
    const elsewhere = await serve((request, response) => {
      visits.push(request.headers.authorization)
      response.end(vector('0'))
    })
    const url = await serve((_, response) => response.writeHead(307, { location: elsewhere }).end())
    const said = await ask(url, { max: 1, tokenEnv: 'GATE_TOKEN' }, {}, { secrets: { GATE_TOKEN: 'hush' } })
    expect(said).toMatchObject({ verdict: 'inconclusive', code: 'NOT_PROMETHEUS', detail: { status: 307 } })
    expect(visits).toEqual([])
  })

  test('an answer of 10 MB', async () => {
    let sent = 0
    const url = await serve((_, response) => {
      const piece = Buffer.alloc(65_536, ' ')
      const more = () => {
        while (sent < 10_000_000 && !response.destroyed) {
          sent += piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
        response.end(vector('0'))
      }
      more()
    })
    await expect(ask(url, { max: 1 })).rejects.toMatchObject({ code: 'GATE_ANSWER_TOO_LONG' })
  })

  test.each<[string, RequestListener]>([
    ['no answer', () => {}],
    ['an answer without an end', (_, response) => void response.write(' ')],
  ])('%s, and gives up when its time is over', async (_, answer) => {
    const signal = AbortSignal.timeout(300)
    await expect(ask(await serve(answer), { max: 1 }, {}, { signal })).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })

  test.each<[string, () => Promise<string>]>([
    ['nobody there', async () => `http://127.0.0.1:${await freePort()}`],
    ['a connection that is cut', () => serve((_, response) => void response.write(' ', () => response.destroy()))],
  ])('%s', async (_, url) => {
    await expect(ask(await url(), { max: 1 })).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
  })
})
