import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What is served at one path. In `/upgrades/:id` the last segment is a parameter: whatever stands there. */
export type Route = {
  path: string
  method: string
  handler(request: IncomingMessage, response: ServerResponse, parameters: Readonly<Record<string, string>>): void
}

/** Why a connection was closed before a route heard of it. */
export const refusedConnections = ['slow', 'crowded', 'malformed'] as const
export type RefusedConnection = (typeof refusedConnections)[number]

/** Times in milliseconds. */
const limits = {
  /**
   * Whoever sends slower than this is cut off, so that slow connections cannot use up those that there are. Slack sends
   * its requests at once, and waits three seconds for an answer.
   */
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than the proxies in front keep an idle connection: else one is closed just as a click comes through it. */
  keepAliveTimeout: 75_000,
  connections: 1_000,
}

/** A connection that does not end by itself is ended after this, milliseconds. */
const closeWithinMs = 5_000

export type HttpServer = {
  /** @returns the port, when 0 was asked for a free one */
  listen(at: { port: number; host?: string }): Promise<number>
  /** Takes no new requests, and resolves when those that run are answered. */
  close(): Promise<void>
}

/** The one HTTP server of the process. */
export function httpServer(
  routes: readonly Route[],
  onRefused: (reason: RefusedConnection) => void,
  { connections, ...timeouts } = limits,
): HttpServer {
  let closing = false
  const server = createServer(timeouts, (request, response) => {
    // A proxy would keep the connection, and the process would wait for it to end.
    response.once('close', () => closing && server.closeIdleConnections())
    const path = request.url?.split('?', 1)[0] ?? ''
    const here = routes.flatMap((route) => {
      const parameters = parametersOf(route.path, path)
      return parameters ? [{ route, parameters }] : []
    })
    const found = here.find(({ route }) => route.method === request.method)
    if (found) return found.route.handler(request, response, found.parameters)
    const allow = here.map(({ route }) => route.method).join(', ')
    response.writeHead(allow ? 405 : 404, allow ? { allow } : {}).end()
  })
  server.maxConnections = connections
  server.on('drop', () => onRefused('crowded'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    onRefused(slow ? 'slow' : 'malformed')
    socket.end(`HTTP/1.1 ${slow ? '408 Request Timeout' : '400 Bad Request'}\r\nconnection: close\r\n\r\n`)
    // Whoever does not read the answer is not waited for.
    socket.destroySoon()
  })

  return {
    listen: ({ port, host }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port, ...(host && { host }) }, () => {
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : port)
        })
      }),
    async close() {
      closing = true
      const hurry = setTimeout(() => server.closeAllConnections(), closeWithinMs)
      await new Promise<void>((resolve) => server.close(() => resolve()))
      clearTimeout(hurry)
    },
  }
}

/** What stands for the parameters of a pattern, or nothing when the path is another one. */
function parametersOf(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const found = given[index] ?? ''
    if (!segment.startsWith(':')) {
      if (segment !== found) return undefined
    } else {
      const value = decoded(found)
      if (!value) return undefined
      parameters[segment.slice(1)] = value
    }
  }
  return parameters
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
