import type { IncomingMessage } from 'node:http'

/** The bytes; `oversized`, `crowded` when too much is held of others; `gone` when nobody is there to hear an answer. */
export type BoundedBody = Buffer | 'oversized' | 'crowded' | 'gone'

/**
 * Reads bodies, of which there are never more in memory at once than `sum` bytes: nobody is known before the whole body is
 * there. How long one may take is for the server to say, which closes the connection then.
 *
 * @returns reads one body of `most` bytes at most
 */
export function boundedBodies(sum: number): (request: IncomingMessage, most: number) => Promise<BoundedBody> {
  let held = 0
  return (request, most) =>
    new Promise((resolve) => {
      const chunks: Buffer[] = []
      let size = 0
      const finish = (result: BoundedBody) => {
        held -= size
        size = 0
        request.off('data', take)
        // The rest is thrown away, so that the answer can be read.
        request.resume()
        resolve(result)
      }
      const take = (chunk: Buffer) => {
        size += chunk.length
        held += chunk.length
        chunks.push(chunk)
        if (size > most) finish('oversized')
        else if (held > sum) finish('crowded')
      }
      request.on('data', take)
      request.once('end', () => finish(Buffer.concat(chunks)))
      request.once('error', () => finish('gone'))
      request.once('close', () => finish('gone'))
    })
}
