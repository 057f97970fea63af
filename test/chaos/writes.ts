/** Which write is which, judged by what goes over the wire. */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import * as storeScripts from '../../src/store/scripts.ts'
import type { Write } from './crossing.ts'
import type { HttpRequest } from './http-proxy.ts'

const queueScripts: Record<string, { name: string; content: string }> = createRequire(import.meta.url)(
  'bullmq/dist/cjs/scripts/index.js',
)

/** Scripts by the digest that Redis knows them by; their names are all that is taken from there. */
const scriptNames = new Map<string, string>([
  ...Object.entries(storeScripts).map(([name, lua]): [string, string] => [sha1(lua), name]),
  ...Object.values(queueScripts).map(({ name, content }): [string, string] => [sha1(content), `queue ${name}`]),
])

/** Scripts and commands that only read, or that belong to the connection. */
const reading = new Set([
  ...['load', 'queue getCounts', 'queue isFinished', 'queue getState', 'queue getRanges'],
  ...['GET', 'MGET', 'HGET', 'HMGET', 'HGETALL', 'LRANGE', 'LINDEX', 'LLEN', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE'],
  ...['ZCARD', 'ZSCORE', 'EXISTS', 'SCAN', 'TIME', 'PING', 'INFO', 'CLIENT', 'SELECT', 'AUTH', 'HELLO', 'COMMAND'],
  ...['MULTI', 'EXEC', 'SCRIPT', 'CONFIG', 'QUIT', 'WAIT', 'TYPE', 'PTTL'],
])

/** @param command as it goes to Redis */
export function redisWrite(command: readonly string[]): Write | undefined {
  const [verb = '', subject = ''] = command
  const name = verb.toUpperCase()
  if (name === 'EVALSHA' || name === 'EVAL') {
    const digest = name === 'EVAL' ? sha1(subject) : subject
    const script = scriptNames.get(digest) ?? `script ${digest.slice(0, 8)}`
    if (reading.has(script)) return undefined
    return `redis ${script}${script === 'commit' ? ` ${actionIn(command)}` : ''}`
  }
  return reading.has(name) ? undefined : `redis ${name} ${keyClass(subject)}`
}

/** The name of the event that a commit stores, off its audit entry. */
function actionIn(command: readonly string[]): string {
  const entry = command.find((text) => text.startsWith('{') && text.includes('"previousHash"'))
  return (entry && /"action":"(\w+)"/.exec(entry)?.[1]) ?? '?'
}

/** `shown` of `{rollcall}:shown:web-production-1`, `lock:show` of `{rollcall}:lock:show:web-production-1`. */
function keyClass(key: string): string {
  const [, kind = key, of = ''] = key.split(':')
  return kind === 'lock' || kind === 'bull' ? `${kind}:${of}` : kind
}

/** A request to the Kubernetes API. A dry run and an access review change nothing. */
export function clusterWrite({ method, url, body }: HttpRequest): Write | undefined {
  if (method === 'GET' || url.searchParams.has('dryRun')) return undefined
  const [, kind = ''] = /^\/apis?\/(?:[^/]+\/)?v\w+\/(?:namespaces\/[^/]+\/)?([^/]+)/.exec(url.pathname) ?? []
  if (kind.endsWith('reviews')) return undefined
  const what = method === 'PATCH' && kind === 'deployments' ? ` ${patchIn(body)}` : ''
  return `cluster ${method} ${kind}${what}`
}

type Operation = { op: string; path: string; value?: unknown }

/** What a patch of a Deployment is for, judged by the fields it changes. */
function patchIn(body: string): string {
  const operations = (JSON.parse(body) as Operation[]).filter(({ op }) => op !== 'test')
  const changes = (path: string) => operations.find((one) => one.path.startsWith(path))
  const paused = changes('/spec/paused')?.value
  if (operations.some(({ op, path }) => op === 'remove' && path.includes('rollcall.dev'))) return 'release'
  if (changes('/spec/template/spec/containers/')) return 'start'
  if (changes('/spec/template')) return 'back'
  if (paused === true) return changes('/spec/minReadySeconds') ? 'rest' : 'pause'
  if (paused === false) return 'unpause'
  if (changes('/spec/minReadySeconds')) return 'barrier'
  return changes('/spec/strategy') ? 'move' : 'other'
}

const slackWrites = /^(chat\.(postMessage|update|postEphemeral|delete)|views\.\w+|conversations\.open)$/

/** A call of Slack's Web API. */
export function slackWrite({ url, contentType, body }: HttpRequest): Write | undefined {
  const method = url.pathname.split('/').at(-1) ?? ''
  if (!slackWrites.test(method)) return undefined
  const type = /"event_type":"(\w+)"/.exec(contentType.includes('json') ? body : decodeURIComponent(body))?.[1]
  return `slack ${method}${type ? ` ${type.replace('rollcall_', '')}` : ''}`
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
