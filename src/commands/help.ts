import type { Messages } from '../messages/en.ts'
import { nearest } from '../upgrade/nearest.ts'
import { type Command, say } from './command.ts'
import { commandLine } from './command-line.ts'

export const help: Command = {
  options: [],
  async run({ words }, { messages }) {
    const [word] = words
    if (word === undefined) return say(messages.overview())
    const known = keysOf(messages.help)
    const name = known.find((one) => one === word.toLowerCase())
    if (name) return say(messages.explain(name))
    const meant = nearest(word, known)
    return say(messages.mistakes.unknownCommand(word, meant, commandLine(meant ? ['help', meant] : ['help'])))
  },
}

function keysOf(help: Messages['help']) {
  return Object.keys(help) as (keyof Messages['help'])[]
}
