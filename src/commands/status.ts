import { join, type Markup } from '../messages/markup.ts'
import { progressOf } from '../messages/progress.ts'
import { appliesTo, type Freeze } from '../upgrade/freezes.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { type Command, type Context, say } from './command.ts'
import { list } from './list.ts'
import { upgradeOf } from './upgrade-id.ts'

export const status: Command = {
  options: [],
  async run(parsed, context) {
    const { surface, messages } = context
    const [word, ...rest] = parsed.words
    if (word === undefined) return list.run(parsed, context)
    if (rest.length > 0 || !surface.services().some(({ name }) => name === word)) {
      const outcome = await upgradeOf('status', parsed, context)
      return say('mistake' in outcome ? outcome.mistake : await standing(outcome.found, context))
    }
    const active = (await surface.active()).filter(({ request }) => request.service === word)
    const shown = active.length > 0 ? active : await surface.ended({ service: word, limit: 1 })
    const [first, ...others] = await Promise.all(shown.map((upgrade) => standing(upgrade, context)))
    const environments = surface.services().find(({ name }) => name === word)?.environments ?? []
    const applies = (freeze: Freeze) =>
      environments.some((environment) => appliesTo(freeze, { service: word, environment }))
    const frozen = (await surface.freezes()).filter(applies).map(messages.frozenLine)
    if (!first) return say(join([messages.answers.neverUpgraded(word), ...frozen], '\n'))
    return others.length + frozen.length === 0
      ? say(first)
      : { kind: 'listing', title: first, lines: [...others, ...frozen] }
  },
}

export async function standing(upgrade: Upgrade, { surface, messages, linkTo }: Context): Promise<Markup> {
  const observation = upgrade.result ? undefined : surface.observe(upgrade)
  return messages.status(upgrade, progressOf(upgrade, observation), await linkTo(upgrade))
}
