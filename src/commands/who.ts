import { type Command, say } from './command.ts'
import { upgradeOf } from './upgrade-id.ts'

/** `who <id>`: who has decided and who can. */
export const who: Command = {
  options: [],
  async run(parsed, context) {
    const outcome = await upgradeOf('who', parsed, context)
    return say('mistake' in outcome ? outcome.mistake : context.messages.whoCan(outcome.found))
  },
}
