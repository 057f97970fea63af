import { en } from '../../src/messages/en.ts'
import { localeOf } from '../../src/upgrade/locale.ts'
import type { Stage } from '../world.ts'
import type { Workspace } from './protocol.ts'

/** Who and what there is: people, groups, services with their versions, and the commands that `/upgrade` knows. */
export function describeWorkspace({ slack, channel, people, services, config }: Stage): Workspace {
  const locales = new Map(slack.users().map(({ id, locale }) => [id, locale]))
  const shown = slack.channels().find(({ id }) => id === channel)
  return {
    name: 'The shop',
    channel: { id: channel, name: shown?.name ?? channel, locale: config.slack.locale },
    bot: slack.botUserId,
    people: Object.values(people).map(({ id, name, realName, role }) => ({
      ...{ id, name, realName, role },
      locale: localeOf(locales.get(id)) ?? config.slack.locale,
    })),
    groups: slack.groups().map(({ id, handle, users }) => ({ id, handle, members: users })),
    services: services.map(({ name, runs, versions }) => ({
      name,
      runs,
      versions,
      environments: Object.keys(config.services[name]?.environments ?? {}),
    })),
    commands: Object.values(en.help).map(({ usage, what }) => ({ usage, what })),
  }
}
