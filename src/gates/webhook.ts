import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Measure } from '../engine/ports.ts'
import type { WebhookGate } from '../upgrade/gate.ts'
import { own } from '../upgrade/own.ts'
import { momentOf } from '../upgrade/watched-gates.ts'
import { boundedFetch, jsonOf } from './bounded-fetch.ts'
import type { GateSecrets } from './secrets.ts'

/** A verdict and a sentence, bytes. */
const mostBytes = 65_536

const Answer = z.object({
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  message: z.string().optional(),
})

const codes = { passed: 'WEBHOOK_PASSED', failed: 'WEBHOOK_FAILED', inconclusive: 'WEBHOOK_INCONCLUSIVE' } as const

/** Asks a service which knows more than Rollcall does. Only a verdict in so many words counts. */
export function webhook(secrets: GateSecrets): Measure<WebhookGate> {
  return async (gate, { upgrade, key }, signal) => {
    const secret = own(secrets, gate.secretEnv)
    if (secret === undefined)
      return { verdict: 'inconclusive', code: 'NO_SECRET', detail: { variable: gate.secretEnv } }
    const { id, request, at } = upgrade
    const { service, environment, image } = request
    const moment = momentOf(upgrade, gate)
    const body = JSON.stringify({ id, gate: gate.name, service, environment, image, step: at.step, moment, key })
    const fetched = await boundedFetch(gate.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'idempotency-key': key, ...signed(key, body, secret) },
      signal,
      mostBytes,
      whole: true,
    })
    const { host } = new URL(gate.url)
    const { status } = fetched
    if (status < 200 || status > 299)
      return { verdict: 'inconclusive', code: 'WEBHOOK_STATUS', detail: { host, status } }
    const { data: answer } = Answer.safeParse(jsonOf(fetched))
    if (!answer) return { verdict: 'inconclusive', code: 'WEBHOOK_NO_VERDICT', detail: { host, status } }
    const { verdict, message } = answer
    return { verdict, code: codes[verdict], detail: { host, ...(message && { message }) } }
  }
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function signed(id: string, body: string, secret: string): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000)
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': `${timestamp}`, 'webhook-signature': `v1,${signature}` }
}
