import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** A secret and whose it is. Several of one name are valid at once, so that each can be replaced without a gap. */
export type NamedToken = { name: string; token: string }

/** @returns the name of the token that a request bears, if any; `absent`: it bears none at all */
export type WhoseToken = (request: IncomingMessage) => { name: string } | 'absent' | 'unknown'

/**
 * Tells whose bearer token a request has. Only hashes are kept, and every one is compared to its end, so that the time
 * it takes says nothing about any of them.
 */
export function bearerTokens(tokens: readonly NamedToken[]): WhoseToken {
  const known = tokens.map(({ name, token }) => ({ name, hash: sha256(token) }))
  return ({ headers }) => {
    const given = /^bearer +([\w.~+/=-]+) *$/i.exec(headers.authorization ?? '')?.[1]
    if (given === undefined) return 'absent'
    const hash = sha256(given)
    const matching = known.filter((one) => timingSafeEqual(one.hash, hash))
    return matching[0] ? { name: matching[0].name } : 'unknown'
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
