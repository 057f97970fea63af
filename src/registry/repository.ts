import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { jsonOf } from '../upgrade/modest-json.ts'
import { accepted, type Descriptor, Index, isIndex, isManifest, Manifest, Tags } from './manifest.ts'
import { isDigest } from './reference.ts'
import { invalid, type Session } from './session.ts'

/** Largest answers that are read, bytes. */
const largest = { manifest: 4_194_304, tags: 4_194_304 }
/** How far lists are followed. */
const most = { pages: 20, tags: 10_000, referrers: 500 }

export type Content = { digest: string; mediaType: string; bytes: Buffer } & (
  | { kind: 'manifest'; manifest: Manifest }
  | { kind: 'index'; index: Index }
)

/**
 * One repository of a registry, by the OCI distribution specification 1.1:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 *
 * A digest is always that of the bytes that came. What the registry says about them is not asked for.
 * Every method throws RollcallError REGISTRY_UNAVAILABLE, REGISTRY_FORBIDDEN, REGISTRY_INVALID or REGISTRY_CREDENTIALS.
 */
export type RegistryRepository = {
  /** By tag or digest; `undefined` when there is none. */
  content(reference: string): Promise<Content | undefined>
  /** @param limit largest blob that is read, bytes */
  blob(digest: string, limit: number): Promise<Buffer | undefined>
  /** In the registry's order; `complete` unless there are more than `limit`. */
  tags(limit?: number): Promise<{ tags: string[]; complete: boolean }>
  /**
   * What refers to a digest: signatures, reports. By the API, or by the tag that stands in for it. `complete` unless there
   * are more than anybody looks through.
   */
  referrers(digest: string): Promise<{ referrers: Descriptor[]; complete: boolean }>
}

export function openRepository(session: Session, path: string): RegistryRepository {
  const { host, origin } = session
  const base = `/v2/${path}`

  async function content(reference: string): Promise<Content | undefined> {
    const answer = await session.get(`${base}/manifests/${encodeURIComponent(reference)}`, {
      accept: accepted,
      limit: largest.manifest,
    })
    if (answer.status === 404) return undefined
    const digest = digestOf(answer.body, reference)
    if (isDigest(reference) && digest !== reference) throw lies(host, reference)
    const mediaType = mediaTypeOf(answer.headers['content-type'])
    const json = jsonOf(answer.body)
    // One whose body names another type than its header could be read as either.
    const named = typeof json === 'object' && json !== null ? Reflect.get(json, 'mediaType') : undefined
    if (named !== undefined && named !== mediaType) throw invalid(host, `calls ${reference} two different things`)
    const its = { digest, mediaType, bytes: answer.body }
    if (isIndex(mediaType)) return { ...its, kind: 'index', index: parsed(Index, json, host, reference) }
    if (isManifest(mediaType)) return { ...its, kind: 'manifest', manifest: parsed(Manifest, json, host, reference) }
    throw invalid(host, `has a manifest of ${reference} that is of no known type`)
  }

  /** What an API of lists gives, page by page, until `take` has enough. */
  async function pages(first: string, limit: number, take: (json: unknown) => boolean): Promise<boolean> {
    let next: string | undefined = first
    for (let page = 0; page < most.pages && next !== undefined; page++) {
      const answer = await session.get(next, { limit })
      if (answer.status === 404) return true
      if (take(jsonOf(answer.body))) return false
      next = nextPage(answer.headers.link, new URL(next, origin))
    }
    return next === undefined
  }

  return {
    content,

    async blob(digest, limit) {
      const answer = await session.get(`${base}/blobs/${digest}`, { limit })
      if (answer.status === 404) return undefined
      if (digestOf(answer.body, digest) !== digest) throw lies(host, digest)
      return answer.body
    },

    async tags(limit = most.tags) {
      const tags: string[] = []
      const complete = await pages(`${base}/tags/list?n=1000`, largest.tags, (json) => {
        tags.push(...(parsed(Tags, json, host, path).tags ?? []))
        return tags.length > limit
      })
      return { tags: tags.slice(0, limit), complete: complete && tags.length <= limit }
    },

    async referrers(digest) {
      const found: Descriptor[] = []
      let complete = true
      const take = (json: unknown) => {
        found.push(...parsed(Index, json, host, digest).manifests)
        return found.length > most.referrers
      }
      const first = await session.get(`${base}/referrers/${digest}`, { limit: largest.manifest })
      if (first.status === 404) {
        const standIn = await content(digest.replace(':', '-'))
        if (standIn?.kind === 'index') found.push(...standIn.index.manifests)
      } else if (!take(jsonOf(first.body))) {
        const next = nextPage(first.headers.link, new URL(`${base}/referrers/${digest}`, origin))
        if (next !== undefined) complete = await pages(next, largest.manifest, take)
      }
      return { referrers: found.slice(0, most.referrers), complete: complete && found.length <= most.referrers }
    },
  }
}

/** By the algorithm of the digest that was asked for; SHA-256 where it was a tag. */
function digestOf(bytes: Buffer, reference: string): string {
  const algorithm = isDigest(reference) && reference.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

function lies(host: string, digest: string) {
  return invalid(host, `sends something else than ${digest}`)
}

function mediaTypeOf(header: string | undefined): string {
  return header?.split(';')[0]?.trim().toLowerCase() ?? ''
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, host: string, of: string): T {
  const result = schema.safeParse(json)
  if (!result.success) throw invalid(host, `says what cannot be read about ${of}`)
  return result.data
}

/** RFC 8288. A page of another host is left out by the session. */
function nextPage(link: string | string[] | undefined, from: URL): string | undefined {
  const target = /<([^<>]+)>\s*;[^,]*\brel="?next"?/i.exec([link].flat().join(', '))?.[1]
  return target === undefined ? undefined : (URL.parse(target, from.href)?.href ?? undefined)
}
