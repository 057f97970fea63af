import type { Surface } from '../engine/surface.ts'
import type { Messages } from '../messages/en.ts'
import type { Markup } from '../messages/markup.ts'
import type { SlackActor, Upgrade } from '../upgrade/upgrade.ts'
import type { Parsed } from './parse.ts'

/** What a sub-command answers, for its asker only. How it looks is the surface's affair. */
export type Reply =
  | { kind: 'text'; text: Markup }
  /** As many lines as there is room for, and what stands below them. */
  | { kind: 'listing'; title: Markup; lines: Markup[]; tail?: Markup }
  /** Lines to be copied as they are. */
  | { kind: 'table'; title: Markup; rows: string[] }
  /** The open question with its buttons: a forward decision is made on what is seen. */
  | { kind: 'question'; upgrade: Upgrade }
  /** Whether this is meant, with the button that does it. */
  | { kind: 'meant'; upgrade: Upgrade; action: 'rollback' | 'pause' }

/** Who asks, and of whom. */
export type Context = {
  surface: Surface
  messages: Messages
  by: SlackActor
  /** One per delivery. */
  requestId: string
  /** `performance.now()` when it arrived. */
  arrivedAt?: number
  /** Address of the upgrade's message, when it has been posted. */
  linkTo: (upgrade: Upgrade) => Promise<string | undefined>
}

export type Command = {
  /** Names of the options it takes, without dashes. */
  options: readonly string[]
  /** Whether it changes an upgrade at once: what it decides is stored before the command is acknowledged. */
  decides?: true
  /** @param parsed what follows the sub-command's name; its options have been checked */
  run(parsed: Parsed, context: Context): Promise<Reply>
}

/** Found, or the answer that says what is wrong with what was typed. */
export type Found<T> = { found: T } | { mistake: Markup }

export function say(text: Markup): Reply {
  return { kind: 'text', text }
}

export function optionOf(parsed: Parsed, name: string): string | undefined {
  return parsed.options.find((option) => option.name === name)?.value
}
