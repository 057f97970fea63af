import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { Slot } from './fleet.ts'

export type FrontDoor = { url: string; stop(): Promise<void> }

/** Slack's way in, as a Service makes it: to one process after the other, of those that are ready. */
export async function startFrontDoor(slots: readonly Slot[]): Promise<FrontDoor> {
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const ready = slots.filter(({ life }) => life?.ready)
    const slot = ready[turn++ % Math.max(1, ready.length)]
    if (!slot) {
      outgoing.writeHead(503).end()
      return
    }
    const { method, headers, url } = incoming
    const forwarded = request({ host: '127.0.0.1', port: slot.port, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => outgoing.destroy())
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()))
    outgoing.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/slack/events`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
