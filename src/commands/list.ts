import { join } from '../messages/markup.ts'
import { progressOf } from '../messages/progress.ts'
import { type Command, say } from './command.ts'

export const list: Command = {
  options: [],
  async run(_parsed, { surface, messages, linkTo }) {
    const [active, freezes] = await Promise.all([surface.active(), surface.freezes()])
    const frozen = freezes.map(messages.frozenLine)
    if (active.length === 0) return say(join([messages.answers.noneUnderWay, ...frozen], '\n'))
    const lines = active.map(async (upgrade) =>
      messages.listLine(upgrade, progressOf(upgrade, surface.observe(upgrade)), await linkTo(upgrade)),
    )
    const title = messages.listTitle(active.length)
    const tail = frozen.length > 0 ? { tail: join(frozen, '\n') } : {}
    return { kind: 'listing', title, lines: await Promise.all(lines), ...tail }
  },
}
