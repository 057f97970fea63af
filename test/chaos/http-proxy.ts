import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream'
import type { Crossing, Passage, Write } from './crossing.ts'
import { listening } from './listener.ts'

export type HttpRequest = { method: string; url: URL; contentType: string; body: string }

export type HttpTarget = {
  url: string
  /** PEM, for https. */
  ca?: string
  /** What a request writes; `undefined` for one that only reads. */
  classify(request: HttpRequest): Write | undefined
  /** Whether an answer says that the write took effect. */
  tookEffect(status: number, body: string): boolean
}

/** Leads to an HTTP server. A write is forwarded whole and its answer held back until it is complete; reads stream. */
export async function startHttpProxy(target: HttpTarget, crossing: Crossing): Promise<Passage> {
  const agent = target.ca === undefined ? undefined : new Agent({ ca: target.ca, keepAlive: true, maxSockets: 64 })
  const send = agent ? httpsRequest : httpRequest

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = incoming
    const url = new URL(incoming.url ?? '/', target.url)
    const body = await bodyOf(incoming)
    const contentType = headers['content-type'] ?? ''
    const write = target.classify({ method, url, contentType, body: body.toString('utf8') })
    const cut = () => incoming.socket.destroy()
    if (write && !crossing.passes(write, 'before')) return void cut()
    const forwarded = send(url, { method, headers, ...(agent && { agent }) }, (answer) => {
      const status = answer.statusCode ?? 502
      if (!write) {
        outgoing.writeHead(status, answer.headers)
        // A watch has nothing to send at first, and its client waits for the headers.
        outgoing.flushHeaders()
        pipeline(answer, outgoing, () => {})
        return
      }
      bodyOf(answer).then((content) => {
        const happened = target.tookEffect(status, content.toString('utf8'))
        if (happened && !crossing.passes(write, 'after')) return void cut()
        const { 'transfer-encoding': _, ...kept } = answer.headers
        outgoing.writeHead(status, { ...kept, 'content-length': content.length }).end(content)
      }, cut)
    })
    forwarded.on('error', cut)
    // What a dead process had sent is still carried out; what it only reads ends with it.
    if (!write) outgoing.on('close', () => forwarded.destroy())
    forwarded.end(body)
  }

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  server.keepAliveTimeout = 60_000
  const passage = await listening(server)
  return {
    ...passage,
    async stop() {
      await passage.stop()
      agent?.destroy()
    },
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}
