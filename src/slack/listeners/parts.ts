import { randomUUID } from 'node:crypto'
import type { WebClient } from '@slack/web-api'
import type { Log } from '../../engine/parts.ts'
import type { Surface } from '../../engine/surface.ts'
import type { SlackActor, Upgrade } from '../../upgrade/upgrade.ts'
import type { HomeTabs } from '../home.ts'
import type { Languages } from '../language.ts'

/** What listeners are made of. */
export type ListenerParts = Languages & {
  surface: Surface
  client: WebClient
  log: Log
  /** Address of an upgrade's live message. */
  linkTo: (upgrade: Upgrade) => Promise<string | undefined>
  /** Absent: nobody has a Home tab. */
  homes?: HomeTabs | undefined
  /** Hears of every request that was refused before it reached the engine, for metrics. */
  onRefused: (reason: RefusedDelivery) => void
}

/** Why a delivery was refused before the engine heard of it. */
export const refusedDeliveries = [
  'forged',
  'stale',
  'future',
  'replayed',
  'repeated',
  'malformed',
  'oversized',
  'unknown',
  'unreadable',
] as const
export type RefusedDelivery = (typeof refusedDeliveries)[number]

/** `performance.now()` when the delivery arrived. */
export function arrivalOf({ arrivedAt }: { [name: string]: unknown }): number {
  return typeof arrivedAt === 'number' ? arrivedAt : performance.now()
}

/**
 * What the audit trail calls this delivery. One that Slack sends again keeps its name, so that what it decided, before a
 * process died over the rest, is recognised.
 */
export function requestIdOf({ deliveryId }: { [name: string]: unknown }): string {
  return typeof deliveryId === 'string' && /^[\w-]{1,64}$/.test(deliveryId) ? deliveryId : randomUUID()
}

/** In a shared channel `team` is our own workspace and `user.team_id` the clicker's. */
export function actorOf(body: { user: { id: string; team_id?: string }; team?: { id: string } | null }): SlackActor {
  return { kind: 'slack', team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id }
}
