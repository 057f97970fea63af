import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { jsonOf } from '../upgrade/modest-json.ts'

/** A body as it came, for whoever has to check a signature over it, and what it says. */
export type JsonBody = { bytes: Buffer; json: unknown }

export type RefusedBody = 'malformed' | 'oversized' | 'unsupported' | 'crowded'

export type BodyLimits = {
  bytes: number
  /** Levels of lists and objects within each other. */
  depth: number
  /** Members of all lists and objects together. */
  values: number
}

/** Far more than anything that is said here needs. */
export const bodyLimits: BodyLimits = { bytes: 256_000, depth: 16, values: 20_000 }

/** What callers may have us hold at the same time, in bytes. */
const largestSum = 16_000_000

export type ReadJson = (
  request: IncomingMessage,
  options?: { limits?: BodyLimits; types?: readonly string[] },
) => Promise<JsonBody | RefusedBody | 'gone'>

/**
 * Reads JSON bodies, of which there are never more in memory at once than `sum` bytes. How long one may take is for the
 * server to say, which closes the connection then; `gone` is when nobody is there any more to hear an answer.
 */
export function jsonReader(sum = largestSum): ReadJson {
  let held = 0

  return async (request, { limits = bodyLimits, types = ['application/json'] } = {}) => {
    if (!isReadable(request, types)) return 'unsupported'
    if (Number(request.headers['content-length']) > limits.bytes) return 'oversized'
    const bytes = await read(request, limits.bytes)
    if (typeof bytes === 'string') return bytes
    const json = isUtf8(bytes) ? jsonOf(bytes, limits) : undefined
    return json === undefined ? 'malformed' : { bytes, json }
  }

  function read(request: IncomingMessage, most: number) {
    return new Promise<Buffer | 'oversized' | 'crowded' | 'gone'>((resolve) => {
      const chunks: Buffer[] = []
      let size = 0
      const finish = (result: Buffer | 'oversized' | 'crowded' | 'gone') => {
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
}

function isReadable({ headers }: IncomingMessage, types: readonly string[]): boolean {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase())
  const plain = parameters.every((one) => !one.startsWith('charset=') || /^charset="?utf-8"?$/.test(one))
  return types.includes(type) && plain && (headers['content-encoding'] ?? 'identity') === 'identity'
}
