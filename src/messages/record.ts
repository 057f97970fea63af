import type { Actor, Upgrade } from '../upgrade/upgrade.ts'
import { plainVersion } from './version.ts'

/** The line of an upgrade in the books: `date | version | environment | operator | result | note`. */
export type UpgradeRecord = {
  id: string
  service: string
  /** When it ended, ISO 8601; when it was asked for, while it is under way. */
  date: string
  version: string
  environment: string
  /** Who asked for it. */
  operator: Actor
  /** The outcome; absent while it is under way. */
  result?: NonNullable<Upgrade['result']>['outcome']
  /** What made the result so, as a code. */
  code?: string
  /** What the requester said, and what the one said who ended it. */
  reason?: string
  endReason?: string
}

export function recordOf(upgrade: Upgrade): UpgradeRecord {
  const { id, request, result } = upgrade
  return {
    id,
    service: request.service,
    date: result?.at ?? request.at,
    version: plainVersion(request.image) || request.version,
    environment: request.environment,
    operator: request.by,
    ...(result && { result: result.outcome }),
    ...(result?.code && { code: result.code }),
    ...(request.reason && { reason: request.reason }),
    ...(result?.reason && { endReason: result.reason }),
  }
}
