import { clean, escapeCode, escapeMrkdwn } from './escape.ts'

/**
 * Finished text in Slack's `mrkdwn`. Only this file makes it, so what is not `Markup` has not been escaped yet, and the
 * template tag escapes it.
 */
export type Markup = { readonly mrkdwn: string }

type Part = Markup | string | number

/** `` mrkdwn`*${service}* waits` ``: whatever is not `Markup` already is escaped. */
export function mrkdwn(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return { mrkdwn: strings.reduce((text, string, index) => text + written(parts[index - 1]) + string) }
}

/** The same for `plain_text` (headers, buttons, dialogs): one clean line, nothing is parsed there. */
export function plain(strings: TemplateStringsArray, ...parts: (string | number)[]): string {
  return strings.reduce((text, string, index) => text + clean(String(parts[index - 1] ?? '')) + string)
}

export const nothing: Markup = { mrkdwn: '' }

/** Joins what is there; empty parts leave no separator behind. */
export function join(parts: readonly Markup[], separator: string): Markup {
  return { mrkdwn: parts.flatMap((part) => part.mrkdwn || []).join(separator) }
}

export function sentences(...parts: readonly Markup[]): Markup {
  return join(parts, ' ')
}

export function lines(...parts: readonly Markup[]): Markup {
  return join(parts, '\n')
}

export function bold(text: string): Markup {
  return { mrkdwn: `*${escapeMrkdwn(text)}*` }
}

/** Something to be typed or compared exactly. */
export function code(text: string): Markup {
  return { mrkdwn: `\`${escapeCode(text, 500)}\`` }
}

/** Several lines in one width. */
export function preformatted(rows: readonly string[]): Markup {
  return { mrkdwn: `\`\`\`\n${rows.map((row) => escapeCode(row, 500)).join('\n')}\n\`\`\`` }
}

/** What somebody said, or nothing. Nobody ends the quotation before its end. */
export function quoted(text: string | undefined): Markup {
  return text ? { mrkdwn: `«${escapeMrkdwn(text).replaceAll('«', '‹').replaceAll('»', '›')}»` } : nothing
}

const ids = { user: /^[UW][A-Z0-9]{1,30}$/, group: /^S[A-Z0-9]{1,30}$/, channel: /^[CDG][A-Z0-9]{1,30}$/ }

/** A mention; what is no Slack ID is only shown. */
export function user(userId: string): Markup {
  return { mrkdwn: ids.user.test(userId) ? `<@${userId}>` : escapeMrkdwn(userId) }
}

export function group(groupId: string): Markup {
  return { mrkdwn: ids.group.test(groupId) ? `<!subteam^${groupId}>` : escapeMrkdwn(groupId) }
}

export function channel(channelId: string): Markup {
  return { mrkdwn: ids.channel.test(channelId) ? `<#${channelId}>` : escapeMrkdwn(channelId) }
}

/** A link; without an address only its label. */
export function link(url: string | undefined, label: string): Markup {
  return { mrkdwn: url && /^https?:\/\/[^\s|<>]+$/.test(url) ? `<${url}|${escapeMrkdwn(label)}>` : escapeMrkdwn(label) }
}

/** A time in the reader's own zone; clients that cannot show it so show UTC. */
export function time(iso: string): Markup {
  const seconds = Math.floor(Date.parse(iso) / 1000)
  if (Number.isNaN(seconds)) return { mrkdwn: escapeMrkdwn(iso) }
  const utc = new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')
  return { mrkdwn: `<!date^${seconds}^{date_short_pretty} {time}|${utc} UTC>` }
}

function written(part: Part | undefined): string {
  return typeof part === 'object' ? part.mrkdwn : escapeMrkdwn(String(part ?? ''))
}
