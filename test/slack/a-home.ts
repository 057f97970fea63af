/** Somebody's Home tab for tests: empty as it comes, and filled where a test says so. */
import { progressOf } from '../../src/messages/progress.ts'
import type { Home, HomeItem } from '../../src/slack/views/home.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'

export type MemberHome = Extract<Home, { for: 'member' }>

/** Of a developer who may request upgrades of web, and whom nothing concerns. */
export function aHome(changes: Partial<MemberHome> = {}): MemberHome {
  return {
    for: 'member',
    admins: { roles: ['admins'], users: ['U0ROOT'], groups: [] },
    waiting: [],
    underWay: [],
    freezes: [],
    closed: [],
    ended: [],
    places: [
      { service: 'web', environment: 'production', permissions: ['request'] },
      { service: 'web', environment: 'staging', permissions: ['request'] },
    ],
    services: [{ name: 'web', environments: ['production', 'staging'] }],
    ...changes,
  }
}

export function anItem(upgrade: Upgrade, actions: HomeItem['actions'] = []): HomeItem {
  const url = `https://acme.slack.com/archives/C0RELEASES/p1`
  return { upgrade, actions, url, progress: progressOf(upgrade) }
}
