/** What one Web API method needs, and how it gets at its arguments. */
import { isObject, type JsonObject } from './block-kit.ts'
import type { Interactions } from './interactions.ts'
import type { Rate } from './rate-limits.ts'
import type { Channel, User, Workspace } from './workspace.ts'

/** An answer with `ok: false`. */
export class SlackError extends Error {
  readonly code: string
  readonly details: JsonObject

  constructor(code: string, details: JsonObject = {}) {
    super(code)
    this.code = code
    this.details = details
  }
}

/** Errors of arguments and blocks, worded and placed as Slack does. */
export function refusal(code: string, problems: string[]): SlackError {
  return new SlackError(code, {
    ...(code === 'invalid_blocks' ? { errors: problems } : {}),
    response_metadata: { messages: problems.map((one) => `[ERROR] ${one}`) },
  })
}

export type Argument = 'string' | 'boolean' | 'integer' | 'json'

export type App = {
  workspace: Workspace
  interactions: Interactions
  scopes: Set<string>
  /** The app's setting: its Home tab is on. */
  homeTab: boolean
  /** The bot's user ID. */
  userId: string
  botId: string
  appId: string
  /** Of the double itself. */
  baseUrl: () => string
}

export type Method = {
  /** Any one of these is enough to call it; what a private channel or DM needs besides is checked per channel. */
  scopes: readonly string[]
  rate: Rate
  required?: Record<string, Argument>
  optional?: Record<string, Argument>
  run(app: App, args: Arguments): JsonObject
}

export type Arguments = {
  has(name: string): boolean
  /** A required string. */
  text(name: string): string
  maybe(name: string): string | undefined
  flag(name: string, otherwise: boolean): boolean
  integer(name: string, otherwise: number): number
  json(name: string): unknown
}

/** Slack's own SDK adds these to every call. */
const COMMON: Record<string, Argument> = { token: 'string', team_id: 'string' }

/** JSON that does not parse has an error of its own for some arguments. */
const MALFORMED: Record<string, string> = { blocks: 'invalid_blocks_format', metadata: 'invalid_metadata_format' }

/** Checks the given arguments against the method's. Real Slack ignores many unknown ones; a typing error shows here. */
export function parseArguments(method: Method, given: JsonObject): Arguments {
  const known: Record<string, Argument> = { ...COMMON, ...method.required, ...method.optional }
  const problems: string[] = []
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined
    if (!kind) problems.push(`unknown argument: ${name} [json-pointer:/${name}]`)
    else if (value !== null && value !== undefined) {
      const parsed = parseArgument(kind, value)
      if (parsed === undefined && MALFORMED[name]) throw new SlackError(MALFORMED[name])
      if (parsed === undefined) problems.push(`must be a valid ${kind} [json-pointer:/${name}]`)
      else values.set(name, parsed)
    }
  }
  for (const name of Object.keys(method.required ?? {})) {
    if (!values.has(name) || values.get(name) === '')
      problems.push(`missing required field: ${name} [json-pointer:/${name}]`)
  }
  if (problems.length > 0) throw refusal('invalid_arguments', problems)

  return {
    has: (name) => values.has(name),
    text: (name) => String(values.get(name)),
    maybe: (name) => (values.has(name) ? String(values.get(name)) : undefined),
    flag: (name, otherwise) => (values.has(name) ? values.get(name) === true : otherwise),
    integer: (name, otherwise) => (values.has(name) ? Number(values.get(name)) : otherwise),
    json: (name) => values.get(name),
  }
}

/** Forms carry everything as text, JSON bodies carry values. `undefined` when it is not of this kind. */
function parseArgument(kind: Argument, value: unknown): unknown {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
    case 'boolean':
      if (typeof value === 'boolean') return value
      return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined
    case 'integer':
      return /^\d+$/.test(String(value)) ? Number(value) : undefined
    case 'json':
      if (typeof value !== 'string') return value
      try {
        return JSON.parse(value)
      } catch {
        return undefined
      }
  }
}

// ---------------------------------------------------------------- channels

const KIND_SCOPE: Record<string, Record<Channel['kind'], string>> = {
  read: { public: 'channels:read', private: 'groups:read', im: 'im:read' },
  history: { public: 'channels:history', private: 'groups:history', im: 'im:history' },
}

/** Scopes of which a conversations method needs at least one. */
export const READ_SCOPES = ['channels:read', 'groups:read', 'im:read', 'mpim:read']
export const HISTORY_SCOPES = ['channels:history', 'groups:history', 'im:history', 'mpim:history']

export function requireScope(app: App, needed: string): void {
  if (!app.scopes.has(needed)) {
    throw new SlackError('missing_scope', { needed, provided: [...app.scopes].join(',') })
  }
}

/** The channel, when the app may read it. A private one that the bot is not in does not exist for it. */
export function readableChannel(app: App, id: string, purpose: 'read' | 'history'): Channel {
  const channel = app.workspace.channels.get(id)
  if (!channel) throw new SlackError('channel_not_found')
  const isMember = app.workspace.isMember(channel, app.userId)
  if (channel.kind !== 'public' && !isMember) throw new SlackError('channel_not_found')
  const scope = KIND_SCOPE[purpose]?.[channel.kind]
  if (scope) requireScope(app, scope)
  if (purpose === 'history' && !isMember) throw new SlackError('not_in_channel')
  return channel
}

/** The channel, when the app may post there. A user ID stands for the direct conversation with that person. */
export function writableChannel(app: App, id: string): Channel {
  const { workspace } = app
  const user = workspace.users.get(id)
  const channel = user ? workspace.directChannel(reachable(user).id) : workspace.channels.get(id)
  // Slack takes names like #releases too, but they change and are no identity: not here.
  if (!channel) throw new SlackError('channel_not_found')
  const isMember = workspace.isMember(channel, app.userId)
  if (channel.kind !== 'public' && !isMember) throw new SlackError('channel_not_found')
  if (channel.isArchived) throw new SlackError('is_archived')
  if (!isMember && !app.scopes.has('chat:write.public')) throw new SlackError('not_in_channel')
  return channel
}

/** A person whom the app can write to. */
export function reachable(user: User): User {
  if (user.deleted) throw new SlackError('user_disabled')
  if (user.isBot) throw new SlackError('cannot_dm_bot')
  return user
}

// ---------------------------------------------------------------- pages

/** One page of a list, with Slack's cursor. */
export function page<T>(items: readonly T[], args: Arguments, otherwise: number): { items: T[]; next: string } {
  const limit = args.integer('limit', otherwise)
  if (limit < 1 || limit > 1000) throw new SlackError('invalid_limit')
  const cursor = args.maybe('cursor')
  const start = cursor ? Number(/^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1]) : 0
  if (Number.isNaN(start)) throw new SlackError('invalid_cursor')
  const end = start + limit
  return {
    items: items.slice(start, end),
    next: end < items.length ? Buffer.from(`next:${end}`).toString('base64') : '',
  }
}

export const PAGE: Record<string, Argument> = { limit: 'integer', cursor: 'string' }

/** Parses a body that should be a JSON object. */
export function parseObject(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
