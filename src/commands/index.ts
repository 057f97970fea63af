import { nearest } from '../upgrade/nearest.ts'
import { audit } from './audit.ts'
import { type Command, type Context, type Reply, say } from './command.ts'
import { commandLine } from './command-line.ts'
import { freeze, unfreeze } from './freeze.ts'
import { help } from './help.ts'
import { history } from './history.ts'
import { list } from './list.ts'
import { accept, approve, continueCommand, decline, reject, resume } from './open-question.ts'
import { wrongOption } from './options.ts'
import { longestCommand, type Parsed, parse } from './parse.ts'
import { plan } from './plan.ts'
import { promote } from './promote.ts'
import { request } from './request.ts'
import { status } from './status.ts'
import { cancel, pause, rollback } from './stop.ts'
import { who } from './who.ts'
import { whoami } from './whoami.ts'

export { answerReply, replyDecides } from './answer-reply.ts'
export type { Context, Reply } from './command.ts'
export { strategies } from './place.ts'
export { type FormField, fieldOf, type RequestForm, requestOfForm } from './request-form.ts'
export { longestSuggestion, mostSuggestions, suggestServices, suggestVersions } from './suggestions.ts'
export { readReply, type ThreadReply } from './thread-reply.ts'

/** Sub-commands by the word that follows `/upgrade`; such a word cannot be a service's name. */
export const commands = {
  plan,
  promote,
  approve,
  reject,
  accept,
  decline,
  continue: continueCommand,
  resume,
  pause,
  rollback,
  cancel,
  status,
  list,
  history,
  audit,
  freeze,
  unfreeze,
  who,
  whoami,
  help,
} as const satisfies Record<string, Command>

/** Whether the text changes an upgrade at once, and so is carried out before it is acknowledged. */
export function decides(text: string): boolean {
  return commandIn(parse(text.slice(0, longestCommand)))?.command.decides ?? false
}

/** Whether nothing was typed: a form to be filled in is the better answer, where one can be shown. */
export function wantsForm(text: string): boolean {
  return isEmpty(parse(text.slice(0, longestCommand)))
}

/** Carries out what was typed behind `/upgrade`. Whatever was typed, it answers. */
export async function answer(text: string, context: Context): Promise<Reply> {
  const { messages } = context
  if (text.length > longestCommand) return say(messages.mistakes.tooLong(longestCommand))
  const parsed = parse(text)
  const { name, command, rest } = commandIn(parsed) ?? { name: undefined, command: request, rest: parsed }
  if (isEmpty(parsed)) return help.run(parsed, context)
  const unknown = name ? undefined : unknownWord(parsed, context)
  if (unknown) return unknown
  const wrong = wrongOption(parsed, command.options, messages)
  return wrong ? say(wrong) : command.run(rest, context)
}

function isEmpty({ words, options }: Parsed): boolean {
  return words.length === 0 && options.length === 0
}

function commandIn(parsed: Parsed): { name: string; command: Command; rest: Parsed } | undefined {
  const name = parsed.words[0]?.toLowerCase() ?? ''
  if (!Object.hasOwn(commands, name)) return undefined
  const command: Command = commands[name as keyof typeof commands]
  return { name, command, rest: { ...parsed, words: parsed.words.slice(1) } }
}

/** The first word is neither a command nor a service, and a command may have been meant. */
function unknownWord({ words, options }: Parsed, { surface, messages }: Context): Reply | undefined {
  const [word = '', ...rest] = words
  const services = surface.services().map(({ name }) => name)
  if (services.includes(word.split(':', 1)[0] ?? '')) return undefined
  const names = Object.keys(commands)
  const meant = nearest(word, [...services, ...names])
  if (rest.length > 0 && (meant === undefined || services.includes(meant))) return undefined
  if (meant === undefined || services.includes(meant)) {
    return say(messages.mistakes.unknownCommand(word, meant, commandLine(meant ? ['status', meant] : ['help'])))
  }
  return say(messages.mistakes.unknownCommand(word, meant, commandLine([meant, ...rest], options)))
}
