/** What the double uses of `ws`, whose own types are a package of their own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export class WebSocket extends EventEmitter {
    static readonly OPEN: number
    readonly readyState: number
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    on(event: 'close', listener: (code: number) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'pong', listener: () => void): this
    send(data: string): void
    ping(): void
    /** Reads no more, and so answers no ping. */
    pause(): void
    close(code?: number): void
    terminate(): void
  }

  export class WebSocketServer {
    constructor(options: { noServer: true })
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WebSocket) => void): void
  }
}
