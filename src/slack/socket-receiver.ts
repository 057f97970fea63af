import { setTimeout as delay } from 'node:timers/promises'
import { type App, SocketModeReceiver } from '@slack/bolt'
import { ErrorCode } from '@slack/web-api'
import type { Log } from '../engine/parts.ts'
import { clientOptions } from './client.ts'
import { slackLogger } from './logger.ts'

/** Slack says hello within this, or the connection is given up, milliseconds. */
const helloWithinMs = 10_000

/** A connection that lasted this long was a good one, milliseconds. */
const goodAfterMs = 10_000

/** `apps.connections.open` may be called about once a minute in the long run, milliseconds. */
const longestPauseMs = 30_000

export type SocketReceiver = {
  init(app: App): void
  /** @throws what the Slack SDK throws, when the first connection cannot be made */
  start(): Promise<void>
  stop(): Promise<void>
  isConnected(): boolean
}

/**
 * Slack's requests over Socket Mode. Each connection is a receiver of Bolt's that does not reconnect by itself: doing
 * so it would wait for five seconds first, and end the process when Slack refuses the token. A lost one is replaced at
 * once, and then ever more slowly; a token that stopped working is tried on, since it may work again.
 */
export function socketReceiver(options: { appToken: string; apiUrl?: string; log: Log }): SocketReceiver {
  const { log } = options
  const stopping = new AbortController()
  let app: App | undefined
  let current: Connection | undefined
  let keeping: Promise<void> | undefined
  /** Since the last good connection. */
  let failures = 0

  async function open(): Promise<Connection> {
    if (!app) throw new Error('the receiver has no app')
    current = await connect(app, options, stopping.signal)
    return current
  }

  async function keepConnected(first: Connection): Promise<void> {
    let connection: Connection | undefined = first
    while (connection) {
      const lastedMs = await connection.ended
      failures = lastedMs > goodAfterMs ? 0 : failures + 1
      connection = await reopen()
    }
  }

  /** @returns nothing once the receiver is stopped */
  async function reopen(): Promise<Connection | undefined> {
    for (;;) {
      if (failures > 0) await pause(pauseMs(failures))
      if (stopping.signal.aborted) return undefined
      try {
        return await open()
      } catch (error) {
        failures += 1
        log.warn({ part: 'slack', err: error, failures }, 'Socket Mode is not connected; Rollcall goes on trying')
        await pause(retryAfterMs(error))
      }
    }
  }

  /** Ends at once when the receiver is stopped. */
  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => {})
  }

  return {
    init(its: App) {
      app = its
    },
    async start() {
      keeping = keepConnected(await open())
    },
    async stop() {
      stopping.abort()
      current?.close()
      await keeping
    },
    isConnected: () => current?.isOpen() ?? false,
  }
}

type Connection = {
  isOpen(): boolean
  /** Resolves when it is gone, however that came, with how long it lasted, milliseconds. */
  ended: Promise<number>
  close(): void
}

/** One connection, once Slack has said hello on it. */
async function connect(
  app: App,
  options: { appToken: string; apiUrl?: string; log: Log },
  stopping: AbortSignal,
): Promise<Connection> {
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    logger: slackLogger(options.log),
    installerOptions: { clientOptions: clientOptions(options) },
    customPropertiesExtractor: ({ envelope_id }: { envelope_id: string }) => ({ envelope: envelope_id }),
    // What was not carried out is not acknowledged, and the app has logged why.
    processEventErrorHandler: async () => false,
  })
  receiver.init(app)
  const { client } = receiver
  survive(client, options.log)
  let openSince: number | undefined
  client.once('connected', () => {
    openSince = performance.now()
  })
  const ended = new Promise<number>((resolve) => {
    client.once('disconnected', () => {
      resolve(openSince === undefined ? 0 : performance.now() - openSince)
      openSince = undefined
    })
  })
  const close = () => void client.disconnect()
  const enough = AbortSignal.any([AbortSignal.timeout(helloWithinMs), stopping])
  enough.addEventListener('abort', close)
  try {
    await receiver.start()
  } catch (cause) {
    throw cause ?? new Error('the connection ended before Slack said hello')
  } finally {
    enough.removeEventListener('abort', close)
  }
  // Stopped while Slack was asked for the address, the client goes on to connect.
  if (enough.aborted) close()
  return { isOpen: () => openSince !== undefined, ended, close }
}

/** The SDK reads frames without catching what it stumbles over, which would end the process. */
function survive(client: SocketModeReceiver['client'], log: Log): void {
  const [read] = client.listeners('ws_message')
  if (!read) throw new Error('the Slack SDK reads its connection in another way')
  client.off('ws_message', read)
  client.on('ws_message', (...frame: unknown[]) => {
    Promise.resolve(Reflect.apply(read, client, frame)).catch((error: unknown) => {
      log.warn({ part: 'slack', err: error }, 'a frame of Socket Mode could not be read')
    })
  })
}

/** Half a second, doubled with each failure, and a little unlike that of other processes. */
function pauseMs(failures: number): number {
  return Math.min(longestPauseMs, 250 * 2 ** failures) * (0.8 + 0.4 * Math.random())
}

function retryAfterMs(error: unknown): number {
  const { code, retryAfter } = (error ?? {}) as { code?: unknown; retryAfter?: unknown }
  return code === ErrorCode.RateLimitedError && typeof retryAfter === 'number' ? retryAfter * 1_000 : 0
}
