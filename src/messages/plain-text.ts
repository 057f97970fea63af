import type { Markup } from './markup.ts'

/** Markup for a terminal: no bold, no code marks, no escapes; mentions stay as Slack IDs. */
export function plainText({ mrkdwn }: Markup): string {
  return mrkdwn
    .replaceAll(/<([@#!]?[^>|]*)(?:\|([^>]*))?>/g, (_, target: string, label?: string) => label ?? target)
    .replaceAll(/(^|[^\w])\*([^*\n]+)\*/g, '$1$2')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
