import { en } from '../../src/messages/en.ts'
import type { Stage } from '../world.ts'
import type { Workspace } from './protocol.ts'

/** Who and what there is: people, groups, services with their versions, and the commands that `/upgrade` knows. */
export function describeWorkspace({ slack, channel, people, services, config }: Stage): Workspace {
  const shown = slack.channels().find(({ id }) => id === channel)
  return {
    name: 'The shop',
    channel: { id: channel, name: shown?.name ?? channel },
    bot: slack.botUserId,
    people: Object.values(people).map(({ id, name, realName, role }) => ({ id, name, realName, role })),
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
