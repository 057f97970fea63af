import { type Command, say } from './command.ts'

export const whoami: Command = {
  options: [],
  async run(_parsed, { surface, messages, by }) {
    return say(messages.whoami(by.user, by.team, await surface.permissionsOf(by)))
  },
}
