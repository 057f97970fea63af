import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type Valve = {
  port: number
  /** Cuts every connection and refuses new ones. */
  close(): Promise<void>
  open(): Promise<void>
}

/**
 * A TCP port on loopback that leads to a server, and can be shut: to whoever connects through it, the server is gone,
 * while what it stores stays. It works for a server in Docker, or one that is not ours to stop, just as well.
 */
export async function startValve(to: { host: string; port: number }): Promise<Valve> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('the valve has no port')
  const { port } = address
  return {
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async open() {
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
