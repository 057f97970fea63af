import { assertNever } from '../upgrade/assert-never.ts'
import type { Actor } from '../upgrade/upgrade.ts'

/** An actor in one word or two, for tables and files: Slack IDs and names as they are. */
export function plainActor(by: Actor): string {
  switch (by.kind) {
    case 'slack':
      return by.user
    case 'kubernetes':
      return by.user ?? by.manager ?? ''
    case 'pipeline':
      return by.onBehalfOf ? `${by.onBehalfOf.user} (pipeline ${by.name})` : `pipeline ${by.name}`
    case 'system':
      return 'rollcall'
    default:
      return assertNever(by)
  }
}
