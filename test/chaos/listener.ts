import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import type { Passage } from './crossing.ts'

/**
 * Listens on a free port of loopback and knows every connection that it has.
 *
 * @param sockets those that are cut too; the ones that the server accepts join by themselves
 */
export async function listening(server: Server, sockets = new Set<Socket>()): Promise<Passage> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
