import { progressOf } from '../messages/progress.ts'
import { type Command, say } from './command.ts'

export const list: Command = {
  options: [],
  async run(_parsed, { surface, messages, linkTo }) {
    const active = await surface.active()
    if (active.length === 0) return say(messages.answers.noneUnderWay)
    const lines = active.map(async (upgrade) =>
      messages.listLine(upgrade, progressOf(upgrade, surface.observe(upgrade)), await linkTo(upgrade)),
    )
    return { kind: 'listing', title: messages.listTitle(active.length), lines: await Promise.all(lines) }
  },
}
