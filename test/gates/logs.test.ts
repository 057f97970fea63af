import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { About, PodReport } from '../../src/engine/ports.ts'
import { shapeOf } from '../../src/gates/line-shape.ts'
import { logs } from '../../src/gates/logs.ts'
import type { LogsGate } from '../../src/upgrade/gate.ts'
import { after, anUpgradeIn, noon } from '../an-upgrade.ts'
import { clustersAt } from './a-cluster.ts'
import { serve } from './a-server.ts'

type Answer = string[] | ((response: ServerResponse) => void)
type Asked = { pod: string; query: Record<string, string> }

const verifying = anUpgradeIn('verifying')

/** Asks the gate about new pods and old ones that answer so; tells which logs it asked for, too. */
async function ask(
  { fresh, stable = {} }: { fresh: Record<string, Answer>; stable?: Record<string, Answer> },
  changes: Partial<LogsGate>,
  about: Partial<About> = {},
  signal = AbortSignal.timeout(20_000),
) {
  const asked: Asked[] = []
  const answers: Record<string, Answer> = { ...fresh, ...stable }
  const listener: RequestListener = ({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://cluster')
    const pod = /^\/api\/v1\/namespaces\/shop\/pods\/([^/]+)\/log$/.exec(pathname)?.[1] ?? ''
    asked.push({ pod, query: Object.fromEntries(searchParams) })
    const answer = answers[pod]
    if (typeof answer === 'function') answer(response)
    else response.end(answer?.map((line) => `${line}\n`).join(''))
  }
  const clusters = clustersAt(await serve(listener))
  const times = { intervalMs: 10_000, timeoutMs: 10_000 }
  const gate: LogsGate = { type: 'logs', name: 'logs', during: ['soak'], ...times, pattern: 'ERROR', ...changes }
  const pods = Object.keys(fresh).map((name): PodReport => {
    return { name, ready: true, createdAt: noon, restarts: 0, displaced: false }
  })
  const observation = { total: 10, updated: pods.length, ready: 10, pods, stable: Object.keys(stable) }
  const said = await logs(clusters)(gate, { upgrade: verifying, observation, now: noon, key: 'k', ...about }, signal)
  return { ...said, asked }
}

function refuse(code: number, reason: string) {
  return (response: ServerResponse) => {
    response.writeHead(code, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ kind: 'Status', reason, message: 'ERROR: the node says hunter2' }))
  }
}

describe('lines that match', () => {
  const fresh = { 'web-1': ['INFO a', 'ERROR b'], 'web-2': ['ERROR c', 'ERROR d'] }

  test('pass up to the limit, over all new pods', async () => {
    expect(await ask({ fresh }, { max: 3 })).toMatchObject({
      verdict: 'passed',
      code: 'LOGS_WITHIN_LIMIT',
      detail: { lines: 3, pods: 2, max: 3 },
    })
  })

  test('fail beyond it', async () => {
    const detail = { lines: 3, pods: 2, max: 2 }
    expect(await ask({ fresh }, { max: 2 })).toMatchObject({ verdict: 'failed', code: 'LOGS_ABOVE_LIMIT', detail })
  })

  test('are those of the container, of the window, and of no more than is read', async () => {
    const { asked } = await ask({ fresh, stable: { 'web-0': [] } }, { max: 5, windowMs: 90_500 })
    expect(asked.map(({ pod }) => pod).sort()).toEqual(['web-1', 'web-2'])
    const limitBytes = String(4 * 2 ** 20 + 1)
    for (const { query } of asked) expect(query).toEqual({ container: 'web', limitBytes, sinceSeconds: '91' })
  })

  test('count without a line break at the end, and in pieces', async () => {
    const pieces = (response: ServerResponse) => {
      response.write('INFO a\nERR')
      response.write('OR b\n\xff\nERROR')
      response.end(' c')
    }
    expect(await ask({ fresh: { 'web-1': pieces } }, { max: 2 })).toMatchObject({
      verdict: 'passed',
      detail: { lines: 2 },
    })
  })
})

describe('lines of a kind that no old pod logs', () => {
  const stable = { 'web-0': ['12:00:01 ERROR order 4711 of 9f3c07aa late'] }

  test('pass while the old pods log the same', async () => {
    const fresh = { 'web-1': ['12:03:07 ERROR order 4712 of ab12c9ff late'] }
    const { asked, ...said } = await ask({ fresh, stable }, { maxNew: 0 })
    expect(said).toEqual({
      verdict: 'passed',
      code: 'LOGS_WITHIN_LIMIT',
      detail: { lines: 1, pods: 1, fresh: 0, maxNew: 0 },
    })
    expect(asked.filter(({ pod }) => pod === 'web-0')).toHaveLength(1)
  })

  test('fail beyond the limit', async () => {
    const fresh = { 'web-1': ['12:03:07 ERROR order 4712 of ab12c9ff late', 'ERROR no disk', 'ERROR no disk'] }
    expect(await ask({ fresh, stable }, { maxNew: 1 })).toMatchObject({
      verdict: 'failed',
      code: 'LOGS_NEW_LINES',
      detail: { lines: 3, fresh: 2, maxNew: 1 },
    })
  })

  test('are compared with how the old pods began, and with what they log at the same time', async () => {
    const fresh = { 'web-1': ['ERROR no cache yet', 'ERROR order late'] }
    const long = (response: ServerResponse) => response.end(`ERROR no cache yet\n${'INFO a\n'.repeat(700_000)}`)
    const rounds: Answer[] = [long, ['ERROR order late']]
    const old = (response: ServerResponse) => {
      const answer = rounds.shift()
      if (typeof answer === 'function') answer(response)
      else response.end(answer?.join('\n'))
    }
    const { asked, ...said } = await ask({ fresh, stable: { 'web-0': old } }, { maxNew: 0 })
    expect(said).toMatchObject({ verdict: 'passed', detail: { lines: 2, fresh: 0 } })
    const queries = asked.filter(({ pod }) => pod === 'web-0').map(({ query }) => query.sinceTime)
    expect(queries).toEqual([undefined, noon])
  })

  test('are not looked for in old pods while there is nothing to compare', async () => {
    const { verdict, asked } = await ask({ fresh: { 'web-1': ['INFO a'] }, stable }, { maxNew: 0 })
    expect(verdict).toBe('passed')
    expect(asked.map(({ pod }) => pod)).toEqual(['web-1'])
  })

  test('cannot be told apart where old pods cannot be read', async () => {
    const fresh = { 'web-1': ['ERROR no disk'] }
    const silent = { 'web-0': refuse(500, 'InternalError') }
    const detail = { fresh: 1, unread: 1, of: 1, why: 'InternalError' }
    expect(await ask({ fresh, stable: silent }, { maxNew: 0 })).toMatchObject({
      verdict: 'inconclusive',
      code: 'LOGS_UNREADABLE',
      detail,
    })
  })

  describe('with no old pod left', () => {
    const fresh = { 'web-1': [`${after(1_000)} ERROR order 4711 late`, `${after(9_000)} ERROR order 4712 late`] }

    test('cannot be told if nothing was compared before', async () => {
      expect(await ask({ fresh }, { maxNew: 0 })).toMatchObject({ verdict: 'inconclusive', code: 'LOGS_NO_REFERENCE' })
      expect(await ask({ fresh }, { maxNew: 2 })).toMatchObject({ verdict: 'passed' })
    })

    test('are those that were not there when it last passed', async () => {
      const passed = { gate: 'logs', verdict: 'passed' as const, code: 'LOGS_WITHIN_LIMIT', detail: {}, step: 3 }
      const upgrade = { ...verifying, measured: [{ ...passed, at: after(5_000) }] }
      const { asked, ...said } = await ask({ fresh }, { maxNew: 0 }, { upgrade })
      expect(said).toMatchObject({ verdict: 'passed', detail: { lines: 2, fresh: 0 } })
      expect(asked).toMatchObject([{ query: { timestamps: 'true' } }])
      const worse = { 'web-1': [...fresh['web-1'], `${after(9_000)} ERROR no disk`] }
      expect(await ask({ fresh: worse }, { maxNew: 0 }, { upgrade })).toMatchObject({
        verdict: 'failed',
        code: 'LOGS_NEW_LINES',
        detail: { fresh: 1 },
      })
    })
  })

  test.each([
    ['2026-11-21T22:02:45.123Z ERROR 17 ms', '2026-11-21T22:03:01Z ERROR 9 ms', true],
    ['trace=9f3c07aabbccddee failed', 'trace=deadbeefdeadbeef failed', true],
    ['user 0b5c3d9e-2f7a-4f58-8f3d-6c7c9a0e1b2d', 'user 7d1f0a52-9c7e-4f0b-a7a5-90c3f6f0f3aa', true],
    ['from 10.0.0.7:4711', 'from 10.0.0.130:80', true],
    ['no disk', 'no memory', false],
    ['ошибка 1', 'ошибка 2', true],
  ])('«%s» and «%s» are of one kind: %s', (one, other, same) => {
    expect(shapeOf(one) === shapeOf(other)).toBe(same)
  })
})

describe('cannot tell', () => {
  test.each<[string, Record<string, Answer>, object]>([
    ['without new pods', {}, { code: 'NO_PODS' }],
    ['while nothing was logged', { 'web-1': [], 'web-2': [] }, { code: 'NO_LOGS', detail: { pods: 2 } }],
    [
      'while a container waits to start',
      { 'web-1': ['INFO a'], 'web-2': refuse(400, 'BadRequest') },
      { code: 'LOGS_UNREADABLE', detail: { unread: 1, of: 2, why: 'BadRequest', lines: 0 } },
    ],
    [
      'without the right to',
      { 'web-1': refuse(403, 'Forbidden') },
      { code: 'LOGS_UNREADABLE', detail: { unread: 1, of: 1, why: 'Forbidden' } },
    ],
    [
      'when a pod logs more than is read',
      { 'web-1': (response) => response.end('INFO a\n'.repeat(700_000)) },
      { code: 'LOGS_CUT', detail: { lines: 0 } },
    ],
  ])('%s', async (_, fresh, said) => {
    expect(await ask({ fresh }, { max: 0 })).toMatchObject({ verdict: 'inconclusive', ...said })
  })

  test('but fails when what could be read is too much already', async () => {
    const fresh = { 'web-1': ['ERROR a'], 'web-2': refuse(400, 'BadRequest') }
    expect(await ask({ fresh }, { max: 0 })).toMatchObject({ verdict: 'failed', detail: { lines: 1 } })
  })

  test('and gives up when its time is over', async () => {
    const signal = AbortSignal.timeout(300)
    const fresh = { 'web-1': (response: ServerResponse) => void response.write('INFO a\n') }
    await expect(ask({ fresh }, { max: 0 }, {}, signal)).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })
})

describe('a hostile log', () => {
  /** Without an end, whatever limit was asked for. */
  const endless = (text: string) => (response: ServerResponse) => {
    const more = () => {
      while (!response.destroyed && response.write(text));
    }
    response.on('drain', more)
    more()
  }

  test.each<[string, Answer]>([
    ['one line of 10 MB', [`ERROR ${'x'.repeat(10_000_000)}`]],
    ['one line without an end', endless('a'.repeat(65_536))],
    ['lines without an end', endless('a\n'.repeat(32_768))],
    ['nothing but bytes', endless('\u{1F4A5}\0'.repeat(16_384))],
  ])('costs neither memory nor an answer: %s', async (_, answer) => {
    const names = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5']
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().heapUsed - before)
    }, 5)
    const fresh = Object.fromEntries(names.map((name) => [name, answer]))
    const said = await ask({ fresh }, { pattern: '(x+x+)+y', max: 10 })
    clearInterval(watch)
    expect(said).toMatchObject({ verdict: 'inconclusive', code: 'LOGS_CUT' })
    console.log(`${_}: at most ${Math.round(most / 2 ** 20)} MiB more`)
    expect(most).toBeLessThan(200 * 2 ** 20)
  })

  test('leaves none of its words in what is said', async () => {
    const secret = 'ERROR password=hunter2'
    const fresh = { 'web-1': [secret], 'web-2': refuse(500, 'InternalError') }
    for (const changes of [{ max: 0 }, { max: 1 }, { maxNew: 0 }, { maxNew: 5 }]) {
      const { verdict, code, detail } = await ask({ fresh, stable: { 'web-0': [] } }, changes)
      expect(JSON.stringify({ verdict, code, detail })).not.toMatch(/hunter2|password/)
    }
  })
})
