/**
 * A strict double of Slack: its Web API over HTTP, and people who use the app. It keeps to what Slack documents;
 * where it is stricter, the comment at that place says so. Tests, the benchmarks and the demo start it.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createCourier, type Delivery, type Transport } from './delivery.ts'
import { createDriver } from './driver.ts'
import { createFaults } from './faults.ts'
import { createInteractions } from './interactions.ts'
import type { App } from './method.ts'
import { createRateLimits } from './rate-limits.ts'
import { createSocketMode } from './socket-mode.ts'
import { answerRequest, type Call } from './web-api.ts'
import {
  type Change,
  type Channel,
  type Clock,
  createWorkspace,
  type Ephemeral,
  type Group,
  type Message,
  type OpenView,
  type User,
} from './workspace.ts'

export { interactiveElements, validateBlocks, validateView, visibleText } from './block-kit.ts'
export type { Choice } from './choices.ts'
export type { Delivery, OutgoingRequest } from './delivery.ts'
export type { ClickInput, CommandInput, EventDelivery, Interacted, RawActionInput, SubmitInput } from './driver.ts'
export type { Fault, InjectedFault } from './faults.ts'
export { signatureHeaders } from './signature.ts'
export type { SharedFile } from './uploads.ts'
export type { Call } from './web-api.ts'
export type { Change, Channel, Ephemeral, Group, Message, Metadata, OpenView, User } from './workspace.ts'

/** What Rollcall asks for when it is installed, and a little more; delete from `scopes` to take one away. */
export const DEFAULT_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
  'reactions:write',
  'usergroups:read',
  'users:read',
  'users:read.email',
]

export type SlackOptions = {
  /** 0, the default, takes a free one. */
  port?: number
  signingSecret?: string
  botToken?: string
  /** The app's own ID. */
  appId?: string
  teamId?: string
  /** The workspace's name in its address. */
  domain?: string
  scopes?: readonly string[]
  /** `off`, the default, never answers 429 by itself. */
  rateLimits?: 'slack' | 'off'
  /** Epoch milliseconds: message timestamps, signatures, expiries and rate limits go by it. */
  clock?: Clock
  /** How long Slack waits for an acknowledgement: 3,000 ms. */
  ackTimeoutMs?: number
  /** When Slack sends an event again that was not acknowledged: at once, after 1 and after 5 minutes. */
  eventRetryDelaysMs?: readonly number[]
  /** The app's setting: everything goes over Socket Mode, nothing over HTTP. */
  socketMode?: boolean
  /** The app's setting: it has a Home tab, as is the default. */
  homeTab?: boolean
}

export type UserInput = { id: string; name: string } & Partial<User>
export type GroupInput = { id: string; handle: string; users: string[] } & Partial<Group>
/** The bot is a member unless `bot` is false. */
export type ChannelInput = { id: string; name: string; members: string[]; bot?: boolean } & Partial<Channel>

export type WaitOptions = {
  /** 5,000 when absent. */
  timeoutMs?: number | undefined
  /** Said in the error when it does not come. */
  what?: string
}

export type FakeSlack = Awaited<ReturnType<typeof startSlack>>

/** Starts the double on 127.0.0.1. Give the app `apiUrl`, `botToken` and `signingSecret`, then `connect` to it. */
export async function startSlack(options: SlackOptions = {}) {
  const clock = options.clock ?? Date.now
  const signingSecret = options.signingSecret ?? randomBytes(16).toString('hex')
  const botToken = options.botToken ?? `xoxb-${randomBytes(12).toString('hex')}`
  const teamId = options.teamId ?? 'T0TEAM'
  const botUserId = 'U0BOT'
  const domain = options.domain ?? 'acme'

  const workspace = createWorkspace({ teamId, botUserId, domain }, clock)
  const interactions = createInteractions(clock, workspace.nextId, workspace.nextTs)
  const scopes = new Set(options.scopes ?? DEFAULT_SCOPES)
  let port = options.port ?? 0
  const baseUrl = () => `http://127.0.0.1:${port}`
  const { homeTab = true, appId = 'A0APP' } = options
  const identity = { userId: botUserId, botId: 'B0BOT', appId, baseUrl }
  const app: App = { workspace, interactions, scopes, homeTab, ...identity }
  const faults = createFaults()
  const calls: Call[] = []
  const deliveries: Delivery[] = []
  const stopping = new AbortController()
  const ackTimeoutMs = options.ackTimeoutMs ?? 3_000
  const eventRetryDelaysMs = options.eventRetryDelaysMs ?? [0, 60_000, 300_000]
  const onDelivery = (delivery: Delivery) => {
    deliveries.push(delivery)
    workspace.emit({ kind: 'delivery' })
  }
  const socketMode = options.socketMode
    ? createSocketMode({
        appId: app.appId,
        ackTimeoutMs,
        retryDelaysMs: eventRetryDelaysMs,
        stopped: stopping.signal,
        onDelivery,
        onChange: () => workspace.emit({ kind: 'delivery' }),
      })
    : undefined
  const api = {
    app,
    botToken,
    socketMode,
    faults,
    calls,
    rateLimits: options.rateLimits === 'slack' ? createRateLimits(clock) : undefined,
  }

  const server = createServer((request, response) => {
    answerRequest(api, request, response).catch((error: unknown) => {
      if (!request.complete) return // The app hung up.
      process.emitWarning(error instanceof Error ? error : String(error))
      response.writeHead(500).end(`The double of Slack has a mistake: ${String(error)}`)
    })
  })
  if (socketMode) server.on('upgrade', socketMode.upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0

  const courier = createCourier({ signingSecret, clock, ackTimeoutMs, onDelivery })
  const transport: Transport = socketMode ?? courier
  const driver = createDriver({
    app,
    transport,
    courier,
    baseUrl: baseUrl(),
    verificationToken: 'legacy-verification-token',
    eventRetryDelaysMs,
    stopped: stopping.signal,
    waitFor,
  })

  /** Resolves with what `find` gives as soon as it gives something else than false; looks again at every change. */
  function waitFor<T>(
    find: () => T | false | undefined,
    { timeoutMs = 5_000, what = 'this' }: WaitOptions = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        unsubscribe()
        stopping.signal.removeEventListener('abort', stop)
        settle()
      }
      const look = () => {
        try {
          const found = find()
          if (found !== undefined && found !== false) finish(() => resolve(found))
        } catch (error) {
          finish(() => reject(error))
        }
      }
      const fail = (why: string) => finish(() => reject(new Error(`${what} did not come ${why}\n${describe()}`)))
      const stop = () => fail('before Slack was stopped')
      const timer = setTimeout(() => fail(`within ${timeoutMs} ms`), timeoutMs)
      const unsubscribe = workspace.onChange(look)
      stopping.signal.addEventListener('abort', stop)
      look()
    })
  }

  function allMessages(): Message[] {
    return [...workspace.channels.keys()].flatMap(workspace.messages)
  }

  /** What is there now, for people who read a failed test. */
  function describe(): string {
    const line = (text: string) => text.replaceAll('\n', ' ⏎ ').slice(0, 200)
    return [
      ...allMessages().map(
        (one) =>
          `message ${one.channel} ${one.ts}${one.threadTs ? ` in ${one.threadTs}` : ''}${one.deleted ? ' deleted' : ''}` +
          ` by ${one.user}, ${one.edits.length} edits: ${line(one.text)}`,
      ),
      ...workspace.ephemerals().map((one) => `ephemeral to ${one.user} in ${one.channel} ${one.ts}: ${line(one.text)}`),
      ...workspace
        .views()
        .map((one) => `${one.type} ${one.id} of ${one.user}, ${one.state}: ${line(JSON.stringify(one.view))}`),
      ...deliveries
        .slice(-5)
        .map((one) => `delivery ${one.kind} ${one.status ?? ''} ${one.outcome} ${Math.round(one.ms)} ms`),
      ...calls
        .slice(-10)
        .map((one) => `call ${one.method} ${one.status ?? 'unanswered'} ${line(JSON.stringify(one.answer ?? {}))}`),
    ].join('\n')
  }

  function addUser(input: UserInput): User {
    const user: User = {
      realName: input.name,
      teamId: input.isStranger ? 'T0OTHER' : teamId,
      isBot: false,
      deleted: false,
      isAdmin: false,
      isRestricted: false,
      isUltraRestricted: false,
      isStranger: false,
      locale: 'en-US',
      ...input,
    }
    workspace.users.set(user.id, user)
    workspace.emit({ kind: 'people' })
    return user
  }

  function modify<T extends object>(map: Map<string, T>, id: string, changes: Partial<T>): T {
    const found = map.get(id)
    if (!found) throw new Error(`there is no ${id}`)
    Object.assign(found, changes)
    workspace.emit({ kind: 'people' })
    return found
  }

  addUser({ id: botUserId, name: 'rollcall', isBot: true })

  return {
    /** `SLACK_API_URL` of the app. */
    apiUrl: `${baseUrl()}/api/`,
    port,
    botToken,
    signingSecret,
    teamId,
    botUserId,
    botId: app.botId,
    appId: app.appId,
    /** What the bot token may do; change it at any time. */
    scopes,
    /** Its token, connections, and what befalls them; absent over HTTP. */
    socketMode,

    // ---- the workspace
    addUser,
    modifyUser: (id: string, changes: Partial<User>) => modify(workspace.users, id, changes),
    addGroup(input: GroupInput): Group {
      const group: Group = { name: input.handle, disabled: false, ...input }
      workspace.groups.set(group.id, group)
      workspace.emit({ kind: 'people' })
      return group
    },
    modifyGroup: (id: string, changes: Partial<Group>) => modify(workspace.groups, id, changes),
    addChannel({ bot = true, ...input }: ChannelInput): Channel {
      const channel: Channel = { kind: 'public', isArchived: false, isShared: false, ...input }
      channel.members = [...new Set(bot ? [...input.members, botUserId] : input.members)]
      workspace.channels.set(channel.id, channel)
      workspace.emit({ kind: 'people' })
      return channel
    },
    modifyChannel: (id: string, changes: Partial<Channel>) => modify(workspace.channels, id, changes),
    users: () => [...workspace.users.values()],
    groups: () => [...workspace.groups.values()],
    channels: () => [...workspace.channels.values()],

    // ---- what is shown
    /** Of one channel, or of all; deleted ones too, oldest first. */
    messages: (channel?: string): Message[] => (channel === undefined ? allMessages() : workspace.messages(channel)),
    message: (channel: string, ts: string): Message | undefined => workspace.findMessage(channel, ts),
    /** The replies of a thread that are still there. */
    replies: (channel: string, threadTs: string): Message[] => workspace.replies(channel, threadTs),
    /** What only this person, or anybody, sees. */
    ephemerals: (user?: string): Ephemeral[] =>
      workspace.ephemerals().filter((one) => !one.deleted && (user === undefined || one.user === user)),
    /** The direct messages between the app and this person. */
    directMessages: (user: string): Message[] =>
      [...workspace.channels.values()]
        .filter((one) => one.kind === 'im' && one.members.includes(user))
        .flatMap((one) => workspace.messages(one.id)),
    /** Views that are open for this person, or anybody. */
    views: (user?: string): OpenView[] =>
      workspace.views().filter((one) => one.state === 'open' && (user === undefined || one.user === user)),
    /** Somebody removes a message: an admin, or the app's own author. */
    deleteMessage(channel: string, ts: string): void {
      const message = workspace.findMessage(channel, ts)
      if (!message) throw new Error(`there is no message ${ts} in ${channel}`)
      workspace.remove(message)
    },

    // ---- watching
    onChange: (listener: (change: Change) => void): (() => void) => workspace.onChange(listener),
    waitFor,
    waitForMessage: (matches: (message: Message) => boolean, wait: WaitOptions = {}): Promise<Message> =>
      waitFor(() => allMessages().find((one) => !one.deleted && matches(one)), { what: 'the message', ...wait }),
    waitForEphemeral: (matches: (ephemeral: Ephemeral) => boolean, wait: WaitOptions = {}): Promise<Ephemeral> =>
      waitFor(() => workspace.ephemerals().find((one) => !one.deleted && matches(one)), {
        what: 'the ephemeral message',
        ...wait,
      }),
    waitForView: (matches: (view: OpenView) => boolean, wait: WaitOptions = {}): Promise<OpenView> =>
      waitFor(() => workspace.views().find((one) => one.state === 'open' && matches(one)), {
        what: 'the view',
        ...wait,
      }),
    describe,
    /** Every request of the app, oldest first. */
    calls: calls as readonly Call[],
    /** Every request to the app, oldest first. */
    deliveries: deliveries as readonly Delivery[],

    // ---- trouble
    fault: faults.add,

    // ---- people
    ...driver,

    /** Ends everything: the server, open connections, waits and retries. */
    async stop(): Promise<void> {
      stopping.abort()
      socketMode?.stop()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
