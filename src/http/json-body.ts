import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { jsonOf } from '../upgrade/modest-json.ts'
import { boundedBodies } from './bounded-body.ts'

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

/** Reads JSON bodies, of which there are never more in memory at once than `sum` bytes. */
export function jsonReader(sum = largestSum): ReadJson {
  const read = boundedBodies(sum)

  return async (request, { limits = bodyLimits, types = ['application/json'] } = {}) => {
    if (!isReadable(request, types)) return 'unsupported'
    if (Number(request.headers['content-length']) > limits.bytes) return 'oversized'
    const bytes = await read(request, limits.bytes)
    if (typeof bytes === 'string') return bytes
    const json = isUtf8(bytes) ? jsonOf(bytes, limits) : undefined
    return json === undefined ? 'malformed' : { bytes, json }
  }
}

function isReadable({ headers }: IncomingMessage, types: readonly string[]): boolean {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase())
  const plain = parameters.every((one) => !one.startsWith('charset=') || /^charset="?utf-8"?$/.test(one))
  return types.includes(type) && plain && (headers['content-encoding'] ?? 'identity') === 'identity'
}
