import type { Redis } from 'ioredis'
import { plainActor } from '../../src/messages/plain-actor.ts'
import { chains, storedChain, verifyTrail } from '../../src/store/audit-trail.ts'
import { AuditEntry } from '../../src/upgrade/audit-chain.ts'
import type { AuditLine, Chain } from './protocol.ts'

/** Reads every audit chain and verifies the whole trail, as `rollcall audit verify` does. */
export async function readAudit(redis: Redis): Promise<Chain[]> {
  const names = await chains(redis)
  const { faults } = await verifyTrail(redis)
  return Promise.all(
    names.map(async (name) => ({
      name,
      entries: await linesOf(redis, name),
      intact: !faults.some(({ chain }) => chain === name),
    })),
  )
}

async function linesOf(redis: Redis, name: string): Promise<AuditLine[]> {
  const lines: AuditLine[] = []
  for await (const stored of storedChain(redis, name)) lines.push(lineOf(stored))
  return lines
}

function lineOf(stored: string): AuditLine {
  const { sequence, at, actor, action, outcome, code, reason, from, to, previousHash, hash } = AuditEntry.parse(
    JSON.parse(stored),
  )
  return {
    sequence,
    at,
    actor: nameOf(actor),
    action,
    outcome,
    previousHash,
    hash,
    ...(code && { code }),
    ...(reason && { reason }),
    ...(from.phase && { fromPhase: from.phase }),
    ...(to.phase && { toPhase: to.phase }),
    ...(to.replicas !== undefined && { replicas: to.replicas }),
  }
}

function nameOf(actor: AuditEntry['actor']): string {
  if (actor.kind === 'system') return 'Rollcall'
  return plainActor(actor) || 'the cluster'
}
