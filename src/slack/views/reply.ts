import type { KnownBlock } from '@slack/types'
import type { Reply } from '../../commands/index.ts'
import type { Messages } from '../../messages/en.ts'
import { clipMarkup } from '../../messages/escape.ts'
import { lines, type Markup, nothing, preformatted } from '../../messages/markup.ts'
import { progressOf } from '../../messages/progress.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import { currentStep, type Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'
import { openQuestion } from './question.ts'

export type Rendered = { text: string; blocks: KnownBlock[] }

/** Characters in one section; a listing spreads over as many as fit in one message. */
const sectionLength = 2_900
const messageLength = 11_000

/** A sub-command's answer as a message for one person. */
export function renderReply(reply: Reply, messages: Messages): Rendered {
  switch (reply.kind) {
    case 'text':
      return rendered(reply.text, section(reply.text))
    case 'listing': {
      const parts = listingParts(reply)
      return rendered(
        lines(...parts),
        parts.flatMap((part) => section(part)),
      )
    }
    case 'table': {
      const chunks = chunked(reply.rows).map(preformatted)
      return rendered(
        lines(reply.title, ...chunks),
        [reply.title, ...chunks].flatMap((part) => section(part)),
      )
    }
    case 'question':
      return questionFor(reply.upgrade, messages)
    case 'meant': {
      const { upgrade, action } = reply
      const text = messages.meant(action, upgrade)
      return rendered(text, [
        ...section(text),
        ...buttons([action], { upgrade, progress: progressOf(upgrade), messages }),
      ])
    }
    default:
      return assertNever(reply)
  }
}

/** A listing as texts that each fit a section. */
export function listingParts({
  title,
  lines: all,
  tail = nothing,
}: Omit<Extract<Reply, { kind: 'listing' }>, 'kind'>): Markup[] {
  const chunks = chunked(all.map(({ mrkdwn: line }) => line)).map((chunk) => ({ mrkdwn: chunk.join('\n') }))
  return [title, ...chunks, tail]
}

export function renderText(text: Markup): Rendered {
  return rendered(text, section(text))
}

/** The open question, or why it is paused, for somebody who typed that they want to go on. */
function questionFor(upgrade: Upgrade, messages: Messages): Rendered {
  const shown: Shown = { upgrade, progress: progressOf(upgrade), messages }
  const step = currentStep(upgrade)
  if (step?.kind === 'ask' && !upgrade.hold) {
    const { text, blocks } = openQuestion(step, shown)
    return rendered(messages.sentences(messages.answers.pressButton, text), [
      ...section(messages.answers.pressButton),
      ...blocks,
    ])
  }
  const state = messages.ofUpgrade(upgrade, messages.state(upgrade, shown.progress))
  return rendered(state, [...section(state), ...buttons(controlsOf(upgrade).live, shown)])
}

function rendered(text: Markup, blocks: KnownBlock[]): Rendered {
  return { text: clipMarkup(text.mrkdwn, 4_000), blocks }
}

/** Lines in pieces that fit a section; what does not fit the message is left out. */
function chunked(all: readonly string[]): string[][] {
  const chunks: string[][] = []
  let length = 0
  let total = 0
  for (const line of all) {
    total += line.length + 1
    if (total > messageLength) break
    const chunk = chunks.at(-1)
    if (chunk && length + line.length + 1 <= sectionLength) {
      chunk.push(line)
      length += line.length + 1
    } else {
      chunks.push([line])
      length = line.length + 1
    }
  }
  return chunks
}
