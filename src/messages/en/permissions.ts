import { bold, code, group, join, lines, type Markup, mrkdwn, user } from '../markup.ts'

/** What a new configuration changes in who may do what. */
export function permissionsChanged(
  changes: readonly { service: string; environment: string; permission: string; added: string[]; removed: string[] }[],
): Markup {
  const rows = changes.map(({ service, environment, permission, added, removed }) => {
    const parts = [
      ...(removed.length > 0 ? [mrkdwn`without ${join(removed.map(named), ', ')}`] : []),
      ...(added.length > 0 ? [mrkdwn`with ${join(added.map(named), ', ')}`] : []),
    ]
    const place = service === '*' ? mrkdwn`every service` : mrkdwn`${bold(service)} in ${bold(environment)}`
    return mrkdwn`• ${place}, ${permission}: ${join(parts, ', now ')}`
  })
  return lines(mrkdwn`A new configuration is in force. Who may do what has changed:`, ...rows)
}

function named(id: string): Markup {
  if (/^[UW][A-Z0-9]+$/.test(id)) return user(id)
  return /^S[A-Z0-9]+$/.test(id) ? group(id) : code(id)
}
