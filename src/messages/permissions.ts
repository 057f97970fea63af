import { code, group, lines, type Markup, user } from './markup.ts'
import type { Translator } from './translator.ts'

type Change = { service: string; environment: string; permission: string; added: string[]; removed: string[] }

/** What a new configuration changes in who may do what. */
export function permissionsChanged(t: Translator, changes: readonly Change[]): Markup {
  const rows = changes.map((change) => {
    const { service, environment, permission } = change
    const place =
      service === '*' ? t.say('permissions.everywhere') : t.say('permissions.place', { service, environment })
    return t.say('permissions.line', { place, permission, changes: replaced(t, change) })
  })
  return lines(t.say('permissions.changed'), ...rows)
}

function replaced(t: Translator, change: Change): Markup {
  const removed = t.list(change.removed.map(named))
  const added = t.list(change.added.map(named))
  if (change.added.length === 0) return t.say('permissions.without', { removed })
  return change.removed.length === 0
    ? t.say('permissions.with', { added })
    : t.say('permissions.replaced', { removed, added })
}

function named(id: string): Markup {
  if (/^[UW][A-Z0-9]+$/.test(id)) return user(id)
  return /^S[A-Z0-9]+$/.test(id) ? group(id) : code(id)
}
