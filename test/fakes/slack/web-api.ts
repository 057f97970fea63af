/** The HTTP side of the double: `/api/<method>`, `/response/<id>` and `/upload/<address>`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { isObject, type JsonObject } from './block-kit.ts'
import type { Fault, Faults } from './faults.ts'
import { showAnswer } from './interaction-answer.ts'
import { type App, parseArguments, parseObject, SlackError } from './method.ts'
import { METHODS } from './methods/index.ts'
import type { RateLimits } from './rate-limits.ts'
import type { SocketMode } from './socket-mode.ts'

/** One request that the app sent. */
export type Call = {
  /** The Web API method, or `response_url`. */
  method: string
  /** As sent, JSON arguments parsed; without the token. */
  args: JsonObject
  /** Epoch milliseconds. */
  at: number
  status?: number
  answer?: JsonObject
  fault?: Fault['kind']
}

type Answer = { status: number; headers: Record<string, string>; body: JsonObject }

type Parsed = { args: JsonObject; token?: string | undefined; error?: string }

export type WebApi = {
  app: App
  botToken: string
  /** Absent: the app's Socket Mode is off. */
  socketMode?: SocketMode | undefined
  faults: Faults
  /** Absent: no limits. */
  rateLimits?: RateLimits | undefined
  calls: Call[]
}

/** Answers one request of the app. */
export async function answerRequest(api: WebApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, area, name = '', ...rest] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
  const bytes = await readBody(request)
  if (request.method === 'POST' && area === 'upload' && rest.length === 0) return upload(api, name, bytes, response)
  const body = bytes.toString('utf8')
  if (request.method !== 'POST' || (area !== 'api' && area !== 'response') || !name || rest.length > 0) {
    response.writeHead(404).end()
    return
  }
  const method = area === 'api' ? name : 'response_url'
  const parsed = parseBody(request, body)
  const call: Call = { method, args: readable(parsed.args), at: api.app.workspace.clock() }
  api.calls.push(call)

  const fault = api.faults.next(method, String(parsed.args.channel ?? ''))
  if (fault) call.fault = fault.kind
  const isCarriedOut = !fault || fault.kind === 'slow' || fault.applyFirst === true
  const answer = isCarriedOut ? evaluate(api, area, name, parsed, request.headers.host ?? '') : undefined
  if (answer && (!fault || fault.kind === 'slow')) {
    if (fault) await delay(fault.delayMs, undefined, { ref: false })
    send(api, call, response, answer)
  } else if (fault) {
    fail(api, call, request, response, fault)
  }
}

/** Slack takes a form with the file in it, too; here it is the bytes alone. */
function upload(api: WebApi, address: string, bytes: Buffer, response: ServerResponse): void {
  const call: Call = { method: 'upload', args: { length: bytes.length }, at: api.app.workspace.clock() }
  api.calls.push(call)
  const fault = api.faults.next('upload', '')
  if (fault) call.fault = fault.kind
  if (fault?.kind === 'connection_reset') {
    response.destroy()
    return
  }
  call.status = fault ? 500 : api.app.workspace.uploads.receive(address, bytes)
  response
    .writeHead(call.status, { 'content-type': 'text/plain' })
    .end(call.status === 200 ? `OK - ${bytes.length}` : '')
  api.app.workspace.emit({ kind: 'call' })
}

function evaluate(api: WebApi, area: string | undefined, name: string, parsed: Parsed, host: string): Answer {
  try {
    return area === 'api' ? callMethod(api, name, parsed, host) : respond(api, name, parsed)
  } catch (error) {
    if (!(error instanceof SlackError)) throw error
    // The Web API answers 200 to everything; a response URL says it by the status too.
    const status = area === 'api' ? 200 : /_url$/.test(error.code) ? 404 : 400
    return { status, headers: {}, body: { ok: false, error: error.code, ...error.details } }
  }
}

function callMethod(api: WebApi, name: string, parsed: Parsed, host: string): Answer {
  const { app } = api
  if (name === 'api.test') return echo(parsed.args)
  // The one method of the app-level token alone.
  if (name === 'apps.connections.open' && api.socketMode) {
    return { status: 200, headers: {}, body: { ok: true, ...api.socketMode.open(parsed.token, host) } }
  }
  const appLevel = name === 'auth.test' ? api.socketMode?.identify(parsed.token) : undefined
  if (appLevel) return { status: 200, headers: {}, body: { ok: true, ...appLevel } }
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!method) throw new SlackError('unknown_method')
  if (parsed.error) throw new SlackError(parsed.error)
  if (!parsed.token) throw new SlackError('not_authed')
  if (parsed.token !== api.botToken) throw new SlackError('invalid_auth')

  const seconds = api.rateLimits?.take(name, method.rate, String(parsed.args.channel ?? '')) ?? 0
  if (seconds > 0) return rateLimited(seconds)

  const headers = { 'x-oauth-scopes': [...app.scopes].join(','), 'x-accepted-oauth-scopes': method.scopes.join(',') }
  if (method.scopes.length > 0 && !method.scopes.some((scope) => app.scopes.has(scope))) {
    const body = { needed: method.scopes.join(','), provided: [...app.scopes].join(',') }
    return { status: 200, headers, body: { ok: false, error: 'missing_scope', ...body } }
  }
  return { status: 200, headers, body: { ok: true, ...method.run(app, parseArguments(method, parsed.args)) } }
}

/** api.test needs no token and gives its arguments back, `error` as an error. */
function echo(args: JsonObject): Answer {
  const body = typeof args.error === 'string' ? { ok: false, error: args.error, args } : { ok: true, args }
  return { status: 200, headers: {}, body }
}

function respond(api: WebApi, id: string, parsed: Parsed): Answer {
  if (parsed.error) throw new SlackError('invalid_payload')
  const interaction = api.app.interactions.respond(id)
  if (typeof interaction === 'string') throw new SlackError(interaction)
  showAnswer(api.app, interaction, parsed.args, 'response_url')
  return { status: 200, headers: {}, body: { ok: true } }
}

function rateLimited(seconds: number): Answer {
  return { status: 429, headers: { 'retry-after': String(seconds) }, body: { ok: false, error: 'ratelimited' } }
}

function fail(api: WebApi, call: Call, request: IncomingMessage, response: ServerResponse, fault: Fault): void {
  switch (fault.kind) {
    case 'rate_limited':
      send(api, call, response, rateLimited(fault.retryAfterSeconds ?? 1))
      return
    case 'server_error':
      call.status = fault.status ?? 500
      response.writeHead(call.status, { 'content-type': 'text/html' }).end('<h1>Something went wrong</h1>')
      break
    case 'platform_error':
      send(api, call, response, { status: 200, headers: {}, body: { ok: false, error: fault.error } })
      return
    case 'connection_reset':
      request.socket.resetAndDestroy()
      break
    case 'timeout':
    case 'slow':
      // Never answered: the app hangs up, or stop() does.
      break
  }
  api.app.workspace.emit({ kind: 'call' })
}

function send(api: WebApi, call: Call, response: ServerResponse, answer: Answer): void {
  call.status = answer.status
  call.answer = answer.body
  response
    .writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers })
    .end(JSON.stringify(answer.body))
  api.app.workspace.emit({ kind: 'call' })
}

// ---------------------------------------------------------------- bodies

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Slack takes forms and JSON, and a token in JSON only as a bearer token. Of files only raw bytes are taken. */
function parseBody(request: IncomingMessage, body: string): Parsed {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const [type, ...parameters] = (request.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const charset = parameters.find((part) => part.startsWith('charset='))?.slice('charset='.length)
  if (charset && charset !== 'utf-8' && charset !== 'iso-8859-1') return { args: {}, error: 'invalid_charset' }
  if (!type) return { args: {}, token: bearer, ...(body ? { error: 'missing_post_type' } : {}) }
  if (type === 'application/json') {
    const args = parseObject(body)
    if (args) return { args, token: bearer }
    return { args: {}, error: isJson(body) ? 'json_not_object' : 'invalid_json' }
  }
  if (type === 'application/x-www-form-urlencoded') {
    const { token, ...args }: Record<string, string> = Object.fromEntries(new URLSearchParams(body))
    return { args, token: bearer ?? token }
  }
  return { args: {}, error: 'invalid_post_type' }
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body)
    return true
  } catch {
    return false
  }
}

/** For the log: JSON arguments parsed, no token. */
function readable(args: JsonObject): JsonObject {
  const entries = Object.entries(args).filter(([name]) => name !== 'token')
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== 'string' || !/^[[{]/.test(value)) return [name, value]
      const parsed: unknown = isJson(value) ? JSON.parse(value) : value
      return [name, isObject(parsed) || Array.isArray(parsed) ? parsed : value]
    }),
  )
}
