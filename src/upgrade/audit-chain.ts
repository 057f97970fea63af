import { createHash, createHmac } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { Actor } from './upgrade.ts'

/** What the first chain of a target starts from. */
export const genesis = '0'.repeat(64)

const Side = z.strictObject({
  phase: z.exactOptional(z.string()),
  image: z.exactOptional(z.string()),
  /** Replicas on the new revision: what was allowed, or what was found. */
  replicas: z.exactOptional(z.int()),
})

export const AuditEntry = z.strictObject({
  /** Redis's time, never before the entry in front of it. */
  at: z.iso.datetime(),
  actor: Actor,
  /** The event's name, or the refused action's. */
  action: z.string(),
  /** `service/environment` and the object: `Deployment shop/web on eu`. */
  target: z.string(),
  outcome: z.enum(['done', 'refused']),
  code: z.exactOptional(z.string()),
  reason: z.exactOptional(z.string()),
  from: Side,
  to: Side,
  /** What else the event said: counts, gate reports, findings. */
  detail: z.exactOptional(z.record(z.string(), z.unknown())),
  requestId: z.string(),
  /** The upgrade's ID, `refusals` or `admin`. */
  chain: z.string(),
  /** 1, 2, 3 … without gaps, except for those that `missingBefore` tells. */
  sequence: z.int().min(1),
  previousHash: z.string(),
  /** ID of the key, where the hash is keyed. */
  keyed: z.exactOptional(z.string()),
  /** Hex, over the canonical JSON (RFC 8785) of everything above: SHA-256, or HMAC-SHA-256 where it is keyed. */
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** An entry before it bears a hash. */
export type UnsealedEntry = Omit<AuditEntry, 'keyed' | 'hash'>

/** A secret that hashes are keyed with; its ID tells nothing of it and stands in every entry that it sealed. */
export type AuditKey = { id: string; secret: string }

export function auditKey(secret: string): AuditKey {
  const id = createHash('sha256').update(`rollcall audit key\0${secret}`).digest('hex').slice(0, 16)
  return { id, secret }
}

/** Gives an entry its hash; keyed, whoever lacks the key can neither forge an entry nor rewrite one. */
export function seal(entry: UnsealedEntry & { keyed?: string; hash?: string }, key?: AuditKey): AuditEntry {
  const { keyed: _, hash: __, ...unsealed } = entry
  const given = { ...unsealed, ...(key && { keyed: key.id }) }
  return { ...given, hash: hashOf(given, key) }
}

/**
 * Whether an entry is as it was sealed.
 *
 * @returns `unknown` where that takes a key that is not among `keys`
 */
export function soundness({ hash, ...rest }: AuditEntry, keys: readonly AuditKey[]): 'sound' | 'unsound' | 'unknown' {
  const key = keys.find(({ id }) => id === rest.keyed)
  if (rest.keyed !== undefined && !key) return 'unknown'
  return hashOf(rest, key) === hash ? 'sound' : 'unsound'
}

function hashOf(entry: Omit<AuditEntry, 'hash'>, key: AuditKey | undefined): string {
  const hash = key ? createHmac('sha256', key.secret) : createHash('sha256')
  return hash.update(canonicalJson(entry)).digest('hex')
}

/** RFC 8785. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('only JSON values have a canonical form')
  return text
}

/** What is stored as one line, if it is an entry at all. */
export function parseEntry(text: string): AuditEntry | undefined {
  try {
    return AuditEntry.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/**
 * A place where a chain does not hold. `sequence` names the entry; 0 is the chain as a whole.
 * - `unkeyed`: sealed without a key after one that was sealed with a key, as somebody would who has none
 * - `backdated`: older than the entry before it
 */
export type ChainFault = {
  chain: string
  sequence: number
  fault: 'edited' | 'removed' | 'inserted' | 'reordered' | 'unkeyed' | 'backdated'
}

const Range = z.object({ from: z.int().min(1), to: z.int().min(1) })

/** Entries of its chain that an entry says to have been lost already when it was written. */
export function missingBefore({ action, detail }: AuditEntry): { from: number; to: number } | undefined {
  return action === 'adopted' || action === 'rewound' ? Range.safeParse(detail?.missing).data : undefined
}

/** Numbers of upgrades that the first entry of a chain says to have been given out by a store that was lost. */
export function skippedBefore({ action, detail }: AuditEntry): { from: number; to: number } | undefined {
  return action === 'adopted' || action === 'requested' ? Range.safeParse(detail?.skipped).data : undefined
}
