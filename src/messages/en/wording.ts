import { bound } from '../bound.ts'
import { english } from '../english.ts'
import { code, type Markup, mrkdwn, nothing } from '../markup.ts'
import * as wording from '../wording.ts'

export { text } from '../wording.ts'

const { text: _, ...words } = wording

/** For what is said in English alone so far. */
export const { pods, duration, listed, actor, who, bare } = bound(english, words)

export function approvals(count: number): string {
  return english.plain('word.approvals', { count })
}

export function attempt(command: string | undefined, introduction = 'Try'): Markup {
  return command === undefined ? nothing : mrkdwn`${introduction} ${code(command)}.`
}
