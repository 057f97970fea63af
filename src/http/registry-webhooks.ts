import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { PushInput } from '../engine/proposals.ts'
import { assertNever } from '../upgrade/assert-never.ts'
import type { PushOutcome } from '../upgrade/proposals.ts'
import {
  distributionPushes,
  dockerHubPushes,
  genericPushes,
  githubPushes,
  harborPushes,
  type ReadPushes,
  RegistryFormat,
} from '../upgrade/registry-formats.ts'
import type { Answer, RefusedCall } from './answer.ts'
import { bearerTokens, type NamedToken } from './bearer-tokens.ts'
import { type Call, type CallParts, callRoute, refused, withJson } from './call-route.ts'
import type { BodyLimits, JsonBody } from './json-body.ts'
import type { Route } from './server.ts'

/** What GitHub sends has the package's whole description in it. */
const limits: BodyLimits = { bytes: 1_000_000, depth: 20, values: 50_000 }

/** Registries of the CNCF have a content type of their own for what they tell. */
const types = [
  'application/json',
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
]

/** How far the clock of a sender may be off, seconds: as the standard has it. */
const toleranceSeconds = 300

const hostPattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/

/** Which deliveries were here. */
export type Deliveries = {
  claim(id: string): Promise<'mine' | 'underWay' | 'done'>
  done(id: string): Promise<void>
  release(id: string): Promise<void>
}

export type RegistryParts = CallParts & {
  onRefused(reason: RefusedCall | 'repeated'): void
  /** By the format that each is good for; of several of one format any will do. */
  secrets: readonly NamedToken[]
  deliveries: Deliveries
  receive(input: PushInput): Promise<Partial<Record<PushOutcome, number>>>
  /** Hears of what was left out, for metrics. */
  onLeftOut(source: RegistryFormat, outcome: 'ignored' | 'unreadable', count: number): void
  /** Milliseconds; absent: the clock. */
  now?: () => number
}

type Heard = Call & JsonBody & { format: RegistryFormat }

/**
 * `POST /webhooks/registry/<format>`: a registry says what was pushed. It can have a version proposed to people, and
 * nothing else. Nothing is acknowledged that is not stored.
 */
export function registryWebhooks(parts: RegistryParts): Route {
  const whose = bearerTokens(parts.secrets)
  const secretsOf = (format: RegistryFormat) =>
    parts.secrets.flatMap(({ name, token }) => (name === format ? [token] : []))

  const heard = withJson<Call & { format: RegistryFormat }>(parts, { limits, types }, async (call) => {
    const { format } = call
    switch (format) {
      case 'distribution':
      case 'harbor':
      case 'docker-hub':
        return take(parts, call)
      case 'github':
        return isSignedByGitHub(call, secretsOf(format)) ? take(parts, call) : refused(parts, 'forged')
      case 'generic': {
        const delivery = signedDelivery(call, secretsOf(format), parts.now?.() ?? Date.now())
        return 'id' in delivery ? once(parts, call, delivery.id) : refused(parts, delivery.refused)
      }
      default:
        return assertNever(format)
    }
  })

  return callRoute(parts, {
    method: 'POST',
    path: '/webhooks/registry/:format',
    async handle(call) {
      const format = RegistryFormat.safeParse(call.parameters.format).data
      if (!format || secretsOf(format).length === 0) return stranger(parts)
      switch (format) {
        case 'distribution':
        case 'harbor': {
          const who = whose(call.request)
          if (typeof who === 'string' || who.name !== format) return stranger(parts)
          break
        }
        case 'docker-hub':
          // It can send neither a header nor a signature: the address itself is the secret.
          if (!isOneOf(secretsOf(format), call.query.get('token') ?? '')) return refused(parts, 'unauthenticated')
          break
        // Their signatures are over the body.
        case 'github':
        case 'generic':
          break
        default:
          return assertNever(format)
      }
      return heard({ ...call, format })
    },
  })
}

function stranger(parts: RegistryParts): Answer {
  return refused(parts, 'unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="rollcall"' } })
}

/** A delivery that was stored is not taken in again, whoever sends it. */
async function once(parts: RegistryParts, call: Heard, id: string): Promise<Answer> {
  const { deliveries } = parts
  const name = `registry:${createHash('sha256').update(id).digest('hex')}`
  const claimed = await deliveries.claim(name)
  // Its sender may never have had the answer, and is not to try for ever.
  if (claimed === 'done') {
    parts.onRefused('repeated')
    return { status: 200, body: { repeated: true } }
  }
  if (claimed === 'underWay') return refused(parts, 'crowded')
  try {
    const answer = await take(parts, call)
    await (answer.status === 200 ? deliveries.done(name) : deliveries.release(name))
    return answer
  } catch (error) {
    await deliveries.release(name)
    throw error
  }
}

async function take(parts: RegistryParts, call: Heard): Promise<Answer> {
  const { format: source, json, query } = call
  const host = query.get('host') ?? undefined
  if (host !== undefined && !hostPattern.test(host)) return refused(parts, 'malformed')
  const read = readAs(source, json, host)
  if (!read) return refused(parts, 'malformed')
  const { pushes, ignored, unreadable } = read
  const counts = await parts.receive({ source, pushes, requestId: `webhook.${randomUUID()}` })
  parts.onLeftOut(source, 'ignored', ignored)
  parts.onLeftOut(source, 'unreadable', unreadable)
  return { status: 200, body: { ...counts, ignored, unreadable } }
}

function readAs(format: RegistryFormat, json: unknown, host: string | undefined): ReadPushes | undefined {
  switch (format) {
    case 'distribution':
      return distributionPushes(json, host)
    case 'harbor':
      return harborPushes(json, host)
    case 'github':
      return githubPushes(json, host)
    case 'docker-hub':
      return dockerHubPushes(json)
    case 'generic':
      return genericPushes(json)
    default:
      return assertNever(format)
  }
}

/** https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries */
function isSignedByGitHub({ request, bytes }: Heard, secrets: readonly string[]): boolean {
  const given = header(request.headers, 'x-hub-signature-256')
  const right = secrets.map((secret) => `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`)
  return isOneOf(right, given)
}

/**
 * A delivery with the headers of Standard Webhooks, by its ID; its time is part of what is signed.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function signedDelivery(
  { request, bytes }: Heard,
  secrets: readonly string[],
  now: number,
): { id: string } | { refused: 'forged' | 'stale' | 'future' } {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    header(request.headers, name),
  )
  if (!id || id.length > 200 || !timestamp || !/^\d{1,12}$/.test(timestamp)) return { refused: 'forged' }
  const right = secrets.map((secret) => {
    const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`
  })
  const given = (signatures ?? '').split(' ').slice(0, 10)
  // Each to its end, so that the time it takes tells nothing.
  if (given.filter((one) => isOneOf(right, one)).length === 0) return { refused: 'forged' }
  const aheadSeconds = Number(timestamp) - now / 1_000
  if (aheadSeconds < -toleranceSeconds) return { refused: 'stale' }
  return aheadSeconds > toleranceSeconds ? { refused: 'future' } : { id }
}

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/** Only hashes are compared, and every one to its end. */
function isOneOf(right: readonly string[], given: string): boolean {
  const hash = sha256(given)
  return right.filter((one) => timingSafeEqual(sha256(one), hash)).length > 0
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
