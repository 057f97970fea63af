import { createHash, randomUUID } from 'node:crypto'
import type { PipelineIdentity } from '../../engine/ports.ts'
import type { RequestInput, RequestRefusal, Surface } from '../../engine/surface.ts'
import { canonicalJson } from '../../upgrade/audit-chain.ts'
import { nearest } from '../../upgrade/nearest.ts'
import { daysAhead, readTime } from '../../upgrade/start-time.ts'
import type { PipelineActor, Upgrade } from '../../upgrade/upgrade.ts'
import { type Answer, errorAnswer } from '../answer.ts'
import type { WhoseToken } from '../bearer-tokens.ts'
import { type CallParts, callRoute, type NamedCall, refused, withJson, withToken } from '../call-route.ts'
import type { IdentityTokens } from '../identity-token.ts'
import type { Route } from '../server.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import { openApi } from './openapi.ts'
import { type Problem, problemsOf } from './problems.ts'
import { RequestBody, RequestHeaders, StateQuery } from './schemas.ts'
import { acceptedOf, stateOf, upgradesPath } from './state.ts'

/** How often one token may ask for an upgrade, and read one, in a minute. */
const perMinute = { request: 60, read: 600 }

const minuteMs = 60_000

export type ApiParts = CallParts & {
  surface: Pick<Surface, 'request' | 'find' | 'observe' | 'services' | 'policyFor' | 'now'>
  whose: WhoseToken
  identityOf(pipeline: string): PipelineIdentity | undefined
  verify: IdentityTokens
  /** ID of our own Slack workspace. */
  workspace(): Promise<string | undefined>
  /** Counts a call; milliseconds to wait, 0 when it may be. */
  take(window: { name: string; limit: number; windowMs: number }): Promise<number>
  room: WaitingRoom
  /** How many entries the audit chains of these upgrades have. */
  lengthsOf(ids: string[]): Promise<number[]>
  linkTo(upgrade: Upgrade): Promise<string | undefined>
  /** A refusal of the engine in words. */
  explain(refusal: RequestRefusal, about: { service: string; environment: string }): string
  log: CallParts['log'] & { warn(fields: object, message: string): void }
}

/** What pipelines may do: ask for an upgrade, and follow what becomes of it. */
export function apiRoutes(parts: ApiParts): Route[] {
  const { whose } = parts
  return [
    callRoute(parts, {
      method: 'POST',
      path: upgradesPath,
      handle: withToken(
        parts,
        whose,
        limited(
          parts,
          'request',
          withJson(parts, {}, (call) => request(parts, call)),
        ),
      ),
    }),
    callRoute(parts, {
      method: 'GET',
      path: `${upgradesPath}/:id`,
      handle: withToken(
        parts,
        whose,
        limited(parts, 'read', (call) => read(parts, call)),
      ),
    }),
    callRoute(parts, {
      method: 'GET',
      path: '/api/v1/openapi.json',
      handle: async () => ({ status: 200, body: openApi() }),
    }),
  ]
}

function limited<C extends NamedCall>(
  parts: ApiParts,
  what: keyof typeof perMinute,
  handle: (call: C) => Promise<Answer>,
): (call: C) => Promise<Answer> {
  return async (call) => {
    const window = { name: `api:${what}:${call.name}`, limit: perMinute[what], windowMs: minuteMs }
    const waitMs = await parts.take(window)
    if (waitMs === 0) return handle(call)
    return refused(parts, 'throttled', { headers: { 'retry-after': `${Math.ceil(waitMs / 1_000)}` } })
  }
}

async function request(parts: ApiParts, call: NamedCall & { json: unknown }): Promise<Answer> {
  const { name, request, json } = call
  const body = RequestBody.safeParse(json)
  const header = unquoted(request.headers['idempotency-key'])
  const headers = RequestHeaders.pick({ 'idempotency-key': true }).safeParse(
    header === undefined ? {} : { 'idempotency-key': header },
  )
  const problems = [
    ...(body.success ? [] : problemsOf(body.error, Object.keys(RequestBody.shape))),
    ...(headers.success ? [] : problemsOf(headers.error, [])),
  ]
  if (!body.success || !headers.success) return invalid(parts, problems)
  const key = headers.data['idempotency-key'] ?? body.data.key
  if (key === undefined)
    return invalid(parts, [{ path: 'Idempotency-Key', message: 'needed: a new name for each request' }])
  const place = placeFor(parts, name, body.data)
  if ('problem' in place) return invalid(parts, [place.problem])
  const untimely = await untimelinessOf(parts, body.data)
  if (untimely) return invalid(parts, [{ path: 'at', message: untimely }])
  const by = await requesterOf(parts, call)
  if ('answer' in by) return by.answer
  const input = inputOf(body.data, place.environment, by.actor, key)
  const outcome = await parts.surface.request(input)
  if (!('refused' in outcome)) {
    const accepted = acceptedOf(outcome.upgrade)
    return { status: 201, body: accepted, headers: { location: accepted.links.self } }
  }
  const { code } = outcome.refused
  const message = parts.explain(outcome.refused, input)
  const more = code === 'ACTIVE' ? { upgrade: outcome.refused.id } : {}
  return errorAnswer(statusOf(outcome.refused), { code, message, hint: placesHint(parts, name) }, more)
}

async function untimelinessOf({ surface }: ApiParts, { at }: RequestBody): Promise<string | undefined> {
  if (at === undefined) return undefined
  const read = readTime(at, { now: await surface.now(), days: daysAhead })
  return 'at' in read ? undefined : `needed: a time that lies ahead, by at most ${daysAhead} days`
}

/** A header may come in quotes, as its draft standard wants it. */
function unquoted(header: string | string[] | undefined): unknown {
  return typeof header === 'string' ? (/^"(.*)"$/.exec(header)?.[1] ?? header) : header
}

type Place = { environment: string } | { problem: Problem }

/** Only what the pipeline may ask for is guessed at, and told of. */
function placeFor(parts: ApiParts, name: string, { service, environment }: RequestBody): Place {
  const services = placesOf(parts, name)
  const environments = services.get(service)
  // What it may not ask for, the engine refuses and records.
  if (environment !== undefined && parts.surface.policyFor(service, environment)) return { environment }
  if (!environments) return { problem: unknown('service', service, [...services.keys()]) }
  if (environment !== undefined) return { problem: unknown('environment', environment, environments) }
  const [only, ...others] = environments
  if (only !== undefined && others.length === 0) return { environment: only }
  return { problem: { path: 'environment', message: `needed: one of ${environments.join(', ')}` } }
}

function unknown(path: string, given: string, known: readonly string[]): Problem {
  const meant = nearest(given, known)
  const question = meant === undefined ? '' : ` (did you mean ${JSON.stringify(meant)}?)`
  return { path, message: `unknown ${path}${question}; this pipeline may name: ${known.join(', ') || 'none'}` }
}

/** Environments by service for which a pipeline may ask. */
function placesOf({ surface }: ApiParts, name: string): Map<string, string[]> {
  const places = surface.services().map(({ name: service, environments }) => {
    const allowed = environments.filter((environment) => mayAsk(surface, name, service, environment))
    return [service, allowed] as const
  })
  return new Map(places.filter(([, environments]) => environments.length > 0))
}

function placesHint(parts: ApiParts, name: string): string {
  const places = [...placesOf(parts, name)].map(([service, environments]) => `${service} in ${environments.join(', ')}`)
  return places.length > 0
    ? `This pipeline may ask for: ${places.join('; ')}.`
    : 'The configuration lets this pipeline ask for nothing.'
}

function mayAsk(surface: ApiParts['surface'], name: string, service: string, environment: string): boolean {
  return surface.policyFor(service, environment)?.pipelines?.includes(name) ?? false
}

/** Whose request it is, by what the CI has signed; without that, nobody's. */
async function requesterOf(
  parts: ApiParts,
  { name, request }: NamedCall,
): Promise<{ actor: PipelineActor } | { answer: Answer }> {
  const token = request.headers['x-rollcall-identity']
  if (typeof token !== 'string' || token === '') return { actor: { kind: 'pipeline', name } }
  const identity = parts.identityOf(name)
  const identified = identity
    ? await parts.verify(token, identity)
    : { refused: 'identity_refused' as const, why: 'the configuration says of no issuer for this pipeline' }
  if ('refused' in identified) {
    const { refused: reason, why } = identified
    parts.log.warn(
      { part: 'http', pipeline: name, code: reason.toUpperCase() },
      `an identity token was refused: ${why}`,
    )
    return { answer: refused(parts, reason, { more: { problems: [{ path: 'X-Rollcall-Identity', message: why }] } }) }
  }
  const { user } = identified
  if (user === undefined) return { actor: { kind: 'pipeline', name } }
  const team = await parts.workspace()
  if (team === undefined) return { answer: refused(parts, 'failed') }
  return { actor: { kind: 'pipeline', name, onBehalfOf: { kind: 'slack', team, user } } }
}

function inputOf(body: RequestBody, environment: string, by: PipelineActor, key: string): RequestInput {
  const { key: _, ...meant } = body
  const { service, version, strategy, batches, at, ...said } = meant
  const startAt = at === undefined ? {} : { startAt: new Date(at).toISOString() }
  return {
    ...{ service, environment, version, by, via: 'api', requestId: randomUUID() },
    overrides: { ...(strategy && { strategy }), ...(batches && { batches }) },
    ...said,
    ...startAt,
    call: { key, hash: createHash('sha256').update(canonicalJson(meant)).digest('hex') },
  }
}

function statusOf({ code }: RequestRefusal): number {
  switch (code) {
    case 'PIPELINE_NOT_ALLOWED':
    case 'NOT_ALLOWED':
    case 'NOT_A_MEMBER':
    case 'OVERRIDE_NOT_ALLOWED':
      return 403
    case 'UNKNOWN_SERVICE':
      return 404
    case 'KEY_REUSED':
      return 422
    case 'MEMBERSHIP_UNKNOWN':
    case 'CONFIG_OUTDATED':
    case 'BUSY':
    case 'TARGET_UNAVAILABLE':
      return 503
    default:
      return 409
  }
}

async function read(parts: ApiParts, call: NamedCall): Promise<Answer> {
  const { name, parameters, query, gone } = call
  const asked = StateQuery.safeParse(Object.fromEntries(query))
  if (!asked.success) return invalid(parts, problemsOf(asked.error, Object.keys(StateQuery.shape)))
  const { id = '' } = parameters
  const after = Number(asked.data.after ?? 0)
  const waitMs = Number.parseInt(asked.data.wait ?? '0', 10) * 1_000
  const [length = 0] = waitMs > 0 ? await parts.lengthsOf([id]) : []
  const upgrade = await findFor(parts, name, id)
  if (!upgrade) return notFound(parts, name, id)
  if (waitMs === 0 || upgrade.sequence > after || upgrade.result) return answerWith(parts, upgrade)
  if ((await parts.room.wait(id, length, waitMs, gone)) === 'full') {
    return refused(parts, 'crowded', { headers: { 'retry-after': '5' } })
  }
  const changed = await findFor(parts, name, id)
  return changed ? answerWith(parts, changed) : notFound(parts, name, id)
}

const upgradeId = /^[a-z0-9-]{3,80}$/

/** What the pipeline may not ask for, it does not see either. */
async function findFor({ surface }: ApiParts, name: string, id: string): Promise<Upgrade | undefined> {
  const upgrade = upgradeId.test(id) ? await surface.find(id) : undefined
  if (!upgrade) return undefined
  const { service, environment } = upgrade.request
  const policy = surface.policyFor(service, environment) ?? upgrade.policy
  return policy.pipelines?.includes(name) ? upgrade : undefined
}

async function answerWith({ surface, linkTo }: ApiParts, upgrade: Upgrade): Promise<Answer> {
  const slack = await linkTo(upgrade).catch(() => undefined)
  return { status: 200, body: stateOf(upgrade, { observation: surface.observe(upgrade), slack }) }
}

function notFound(parts: ApiParts, name: string, id: string): Answer {
  const message = parts.explain({ code: 'NOT_FOUND', id: id.slice(0, 80) }, { service: '', environment: '' })
  return errorAnswer(404, { code: 'NOT_FOUND', message, hint: placesHint(parts, name) })
}

function invalid(parts: ApiParts, problems: Problem[]): Answer {
  return refused(parts, 'invalid', { more: { problems } })
}
