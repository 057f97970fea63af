import { connect, createServer, type Socket } from 'node:net'
import type { Crossing, Passage, Write } from './crossing.ts'
import { listening } from './listener.ts'
import { endOfReply, readCommand } from './resp.ts'

export type Classify = (command: readonly string[]) => Write | undefined

/**
 * Leads to a Redis server, one command after the other. Whether a write took effect is read off its answer: an error,
 * or a 0 of a compare-and-set, changed nothing.
 */
export async function startRedisProxy(to: { port: number }, classify: Classify, crossing: Crossing): Promise<Passage> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to.port, '127.0.0.1')
    sockets.add(far)
    far.on('close', () => sockets.delete(far))
    /** Commands that wait for their answer, oldest first. */
    const waiting: (Write | undefined)[] = []
    let asked: Buffer = Buffer.alloc(0)
    let answered: Buffer = Buffer.alloc(0)
    const cut = () => {
      near.destroy()
      far.destroy()
    }
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.setNoDelay(true)
      one.on('error', () => {})
      // What a dead process had sent is still carried out.
      one.on('close', () => other.end())
    }
    near.on('data', (chunk: Buffer) => {
      asked = asked.length > 0 ? Buffer.concat([asked, chunk]) : chunk
      for (;;) {
        const found = readCommand(asked)
        if (!found || near.destroyed) return
        const write = classify(found.command)
        if (write && !crossing.passes(write, 'before')) return cut()
        waiting.push(write)
        far.write(asked.subarray(0, found.end))
        asked = asked.subarray(found.end)
      }
    })
    far.on('data', (chunk: Buffer) => {
      answered = answered.length > 0 ? Buffer.concat([answered, chunk]) : chunk
      for (;;) {
        const end = endOfReply(answered, 0)
        if (end < 0) return
        const write = waiting.shift()
        const reply = answered.subarray(0, end)
        if (write && tookEffect(reply) && !crossing.passes(write, 'after')) return cut()
        if (!near.destroyed) near.write(reply)
        answered = answered.subarray(end)
      }
    })
  })
  return listening(server, sockets)
}

function tookEffect(reply: Buffer): boolean {
  const start = reply.toString('latin1', 0, 5)
  return !(start.startsWith('-') || start.startsWith(':0\r') || start.startsWith('$-1') || start.startsWith('*-1'))
}
