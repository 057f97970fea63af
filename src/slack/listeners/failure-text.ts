import type { Messages } from '../../messages/en.ts'
import { type Markup, mrkdwn } from '../../messages/markup.ts'
import { RollcallError } from '../../upgrade/error.ts'

/** What somebody is told whose command or form could not be carried out. */
export function failureText(error: unknown, requestId: string, messages: Messages): Markup {
  if (error instanceof RollcallError) return mrkdwn`${error.message} ${error.hint}`
  return messages.answers.somethingBroke(requestId)
}
