import { createHash } from 'node:crypto'
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
  /** 1, 2, 3 … without gaps. */
  sequence: z.int().min(1),
  previousHash: z.string(),
  /** SHA-256, hex, over the canonical JSON (RFC 8785) of everything above. */
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** The hash that an entry should bear. */
export function hashOf(entry: Omit<AuditEntry, 'hash'> & { hash?: string }): string {
  const { hash: _, ...rest } = entry
  return createHash('sha256').update(canonicalJson(rest)).digest('hex')
}

/** Puts an entry at the end of a chain. */
export function seal(entry: Omit<AuditEntry, 'hash'>): AuditEntry {
  return { ...entry, hash: hashOf(entry) }
}

/** RFC 8785. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('only JSON values have a canonical form')
  return text
}

/** A place where a chain does not hold. `sequence` names the entry. */
export type ChainFault = { chain: string; sequence: number; fault: 'edited' | 'removed' | 'inserted' | 'reordered' }
