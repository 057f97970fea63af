import { nearest } from '../upgrade/nearest.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Context, Found } from './command.ts'
import { commandLine } from './command-line.ts'
import type { Parsed } from './parse.ts'

const id = /^[\w.-]{1,200}$/

/** How many ended upgrades a misspelt ID is compared with. */
const remembered = 50

/** `<command> <id>`: the upgrade, or what is wrong with the ID and which one may be meant. */
export async function upgradeOf(name: string, { words, options }: Parsed, context: Context): Promise<Found<Upgrade>> {
  const { surface, messages } = context
  const [word, ...rest] = words
  if (word === undefined) {
    const active = await surface.active()
    return {
      mistake: messages.mistakes.idNeeded(
        name,
        active.map((upgrade) => upgrade.id),
      ),
    }
  }
  const upgrade = id.test(word) ? await surface.find(word) : undefined
  if (!upgrade) {
    const meant = await likely(word, context)
    return { mistake: messages.mistakes.unknownUpgrade(word, meant && commandLine([name, meant], options)) }
  }
  if (rest.length > 0) {
    return { mistake: messages.mistakes.tooManyWords(rest.join(' '), commandLine([name, word], options)) }
  }
  return { found: upgrade }
}

/** A service stands for its upgrade under way. */
async function likely(word: string, { surface }: Context): Promise<string | undefined> {
  const [active, ended] = await Promise.all([surface.active(), surface.ended({ limit: remembered })])
  const ofService = active.find(({ request }) => request.service === word)
  return (
    ofService?.id ??
    nearest(
      word,
      [...active, ...ended].map((upgrade) => upgrade.id),
    )
  )
}
