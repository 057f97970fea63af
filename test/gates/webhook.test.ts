import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { About } from '../../src/engine/ports.ts'
import { webhook } from '../../src/gates/webhook.ts'
import type { Moment, WebhookGate } from '../../src/upgrade/gate.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, noon } from '../an-upgrade.ts'
import { serve } from './a-server.ts'

const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const key = 'web-production-14.7.orders.0'
const underWay: About = { upgrade: anUpgradeIn('verifying'), observation: undefined, now: noon, key }

function ask(
  url: string,
  changes: Partial<WebhookGate> = {},
  {
    upgrade = underWay.upgrade,
    signal = AbortSignal.timeout(10_000),
    secrets = { GATE_ORDERS: secret } as object,
  } = {},
) {
  const times = { intervalMs: 10_000, timeoutMs: 10_000 }
  const gate: WebhookGate = {
    ...{ type: 'webhook', name: 'orders', during: ['soak'], ...times, url, secretEnv: 'GATE_ORDERS' },
    ...changes,
  }
  return webhook({ ...secrets })(gate, { ...underWay, upgrade }, signal)
}

function answering(body: string, status = 200): Promise<string> {
  return serve((_, response) => response.writeHead(status).end(body))
}

describe('the verdict', () => {
  test.each([
    ['passed', 'WEBHOOK_PASSED'],
    ['failed', 'WEBHOOK_FAILED'],
    ['inconclusive', 'WEBHOOK_INCONCLUSIVE'],
  ])('is the one that it says: %s', async (verdict, code) => {
    const url = await answering(JSON.stringify({ verdict, message: '3 of 200', more: 1 }), 201)
    expect(await ask(url)).toEqual({ verdict, code, detail: { host: new URL(url).host, message: '3 of 200' } })
  })

  test.each<[string, string, number, string]>([
    ['nothing', '', 204, 'WEBHOOK_NO_VERDICT'],
    ['a page', '<html>passed</html>', 200, 'WEBHOOK_NO_VERDICT'],
    ['another word', '{"verdict":"ok"}', 200, 'WEBHOOK_NO_VERDICT'],
    ['true', '{"verdict":true}', 200, 'WEBHOOK_NO_VERDICT'],
    ['a list', '["passed"]', 200, 'WEBHOOK_NO_VERDICT'],
    ['a verdict that broke down on its way', '{"verdict":"passed"', 200, 'WEBHOOK_NO_VERDICT'],
    ['a verdict with an error', '{"verdict":"passed"}', 500, 'WEBHOOK_STATUS'],
    ['a redirect', '{"verdict":"passed"}', 302, 'WEBHOOK_STATUS'],
  ])('is none: %s', async (_, body, status, code) => {
    expect(await ask(await answering(body, status))).toMatchObject({
      verdict: 'inconclusive',
      code,
      detail: { status },
    })
  })

  test('is none: an answer of 10 MB', async () => {
    const url = await answering(JSON.stringify({ verdict: 'passed', message: 'x'.repeat(10_000_000) }))
    await expect(ask(url)).rejects.toMatchObject({ code: 'GATE_ANSWER_TOO_LONG' })
  })

  test.each<[string, RequestListener]>([
    ['no answer', () => {}],
    ['half an answer', (_, response) => void response.write('{"verdict":"passed"')],
  ])('is none when its time is over: %s', async (_, answer) => {
    const signal = AbortSignal.timeout(300)
    await expect(ask(await serve(answer), {}, { signal })).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })
})

type Sent = { body: string; headers: IncomingHttpHeaders; method: string | undefined }

async function sent(changes: Partial<WebhookGate> = {}, upgrade?: Upgrade): Promise<Sent> {
  const found: Sent[] = []
  const url = await serve(async (request, response) => {
    found.push({ body: await text(request), headers: request.headers, method: request.method })
    response.end('{"verdict":"passed"}')
  })
  await ask(url, changes, { ...(upgrade && { upgrade }) })
  const [first] = found
  if (!first) throw new Error('nothing was asked')
  return first
}

describe('the request', () => {
  test('says what is asked about', async () => {
    const { body, headers, method } = await sent()
    expect(method).toBe('POST')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': key, 'webhook-id': key })
    expect(JSON.parse(body)).toEqual({
      ...{ id: 'web-production-14', gate: 'orders', service: 'web', environment: 'production' },
      ...{ image: underWay.upgrade.request.image, step: underWay.upgrade.at.step, moment: 'soak', key },
    })
  })

  const lastCheck = (upgrade: Upgrade): Upgrade => {
    const step = upgrade.plan?.steps.findLastIndex(({ kind }) => kind === 'check') ?? 0
    return { ...upgrade, at: { ...upgrade.at, step } }
  }

  test.each<[Moment, Moment[], Upgrade]>([
    ['before', ['before', 'soak', 'after'], anUpgrade()],
    ['soak', ['before', 'soak', 'after'], underWay.upgrade],
    ['after', ['before', 'soak', 'after'], lastCheck(underWay.upgrade)],
    ['soak', ['soak'], lastCheck(underWay.upgrade)],
  ])('says of which moment: %s of %j', async (moment, during, upgrade) => {
    expect(JSON.parse((await sent({ during }, upgrade)).body)).toMatchObject({ moment })
  })

  test('is taken for genuine by the code in the guide, and no other one is', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/gates.md'), 'utf8')
    const [, code = ''] = /```js\n(.*?)```/s.exec(guide) ?? []
    const source = `data:text/javascript,${encodeURIComponent(`${code}\nexport { isGenuine }`)}`
    const { isGenuine } = await import(/* @vite-ignore */ source)
    const { body, headers } = await sent()
    expect(isGenuine(headers, body, secret)).toBe(true)
    expect(isGenuine(headers, body.replace('soak', 'after'), secret)).toBe(false)
    expect(isGenuine({ ...headers, 'webhook-id': 'another' }, body, secret)).toBe(false)
    expect(isGenuine(headers, body, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBe(false)
    const old = `${Number(headers['webhook-timestamp']) - 600}`
    expect(isGenuine({ ...headers, 'webhook-timestamp': old }, body, secret)).toBe(false)
  })

  test('is not sent without its secret', async () => {
    const said = await ask('http://127.0.0.1:1', {}, { secrets: {} })
    expect(said).toEqual({ verdict: 'inconclusive', code: 'NO_SECRET', detail: { variable: 'GATE_ORDERS' } })
  })
})
