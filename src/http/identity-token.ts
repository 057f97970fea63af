import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, type RemoteJWKSet } from 'jose'
import type { PipelineIdentity } from '../engine/ports.ts'
import { own } from '../upgrade/own.ts'
import { fits } from '../upgrade/wildcard.ts'

/** Milliseconds: how long the keys may take to come, are kept, and are not asked for again. */
const times = { fetchMs: 3_000, keptMs: 10 * 60_000, againMs: 30_000 }

/** How far the clocks of the issuer and ours may be apart, and how old a token may be, in seconds. */
const ages = { apart: 60, most: 24 * 3_600 }

/** Issuers have a handful of keys, in bytes. */
const mostBytes = 128_000

/** Whom a token stands for. `user`: nobody in Slack, when the configuration does not name them. */
export type Identified =
  | { user: string | undefined }
  /** `why` is for whoever looks after the pipeline; it holds nothing of the token but what they sent themselves. */
  | { refused: 'identity_refused' | 'identity_unavailable'; why: string }

export type IdentityTokens = (token: string, identity: PipelineIdentity) => Promise<Identified>

/**
 * Verifies tokens that a CI signed (OpenID Connect): signature by the issuer's published keys, issuer, audience, times,
 * and whose pipeline it is. Keys are kept for ten minutes; an unknown one makes us look again, twice a minute at most.
 */
export function identityTokens({ fetchMs = times.fetchMs } = {}): IdentityTokens {
  const sets = new Map<string, RemoteJWKSet>()
  const keysOf = (url: string) => {
    const set = sets.get(url) ?? createRemoteJWKSet(new URL(url), { ...options, timeoutDuration: fetchMs })
    sets.set(url, set)
    return set
  }

  return async (token, identity) => {
    try {
      const { payload } = await jwtVerify(token, keysOf(identity.keys), {
        issuer: identity.issuer,
        audience: identity.audience,
        algorithms: identity.algorithms,
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: ages.apart,
        maxTokenAge: ages.most,
      })
      const other = unfitting(payload, identity)
      if (other)
        return { refused: 'identity_refused', why: `its claim ${other} is not one that this pipeline may have` }
      const { person } = identity
      const name = person && textOf(payload[person.claim])
      return { user: person && name !== undefined ? own(person.people, name) : undefined }
    } catch (error) {
      return isUnavailable(error)
        ? { refused: 'identity_unavailable', why: `the keys of ${identity.issuer} cannot be read` }
        : { refused: 'identity_refused', why: reasonOf(error) }
    }
  }
}

const options = {
  cacheMaxAge: times.keptMs,
  cooldownDuration: times.againMs,
  [customFetch]: async (url: string, init: RequestInit) => {
    const response = await fetch(url, init)
    return new Response(await wholeBody(response), { status: response.status })
  },
}

/** The name of a claim that the configuration does not allow. */
function unfitting(payload: JWTPayload, { subjects, claims }: PipelineIdentity): string | undefined {
  const subject = textOf(payload.sub) ?? ''
  if (!subjects.some((pattern) => fits(pattern, subject))) return 'sub'
  return Object.keys(claims).find((name) => {
    const given = textOf(Object.hasOwn(payload, name) ? payload[name] : undefined)
    return given === undefined || !fits(claims[name] ?? '', given)
  })
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' || typeof claim === 'number' || typeof claim === 'boolean'
    ? String(claim)
    : undefined
}

/** Whether it is not the token's fault. Anything but an error of the library is one of the connection. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true
  // An answer other than 200, or one that is no JSON, has the general code.
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC'
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim ${error.claim} does not hold`
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed in a way that is not allowed'
  return 'its signature or form is not valid'
}

async function wholeBody({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > mostBytes) throw new Error(`more than ${mostBytes} bytes of keys`)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
