import { isObject } from './block-kit.ts'

/** Whom a text or its blocks name: user IDs, user-group IDs, and `here`, `channel` or `everyone`. */
export type Mentions = { users: string[]; groups: string[]; broadcasts: string[] }

const USER = /<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g
const GROUP = /<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>/g
const BROADCAST = /<!(here|channel|everyone)(?:\|[^>]*)?>/g

/** Mentions in mrkdwn; escaped ones (`&lt;!channel&gt;`) are plain text. */
export function mentionsInText(text: string): Mentions {
  return collect([mrkdwn(text)])
}

/** Mentions in what blocks show: mrkdwn, markdown and rich text. A plain_text names nobody. */
export function mentionsInBlocks(blocks: readonly unknown[]): Mentions {
  return collect(blocks.map(walk))
}

export function mergeMentions(...all: Mentions[]): Mentions {
  return collect(all)
}

function walk(value: unknown): Mentions {
  if (Array.isArray(value)) return collect(value.map(walk))
  if (!isObject(value)) return collect([])
  const { type, text } = value
  if (type === 'user' && typeof value.user_id === 'string')
    return { users: [value.user_id], groups: [], broadcasts: [] }
  if (type === 'usergroup' && typeof value.usergroup_id === 'string') {
    return { users: [], groups: [value.usergroup_id], broadcasts: [] }
  }
  if (type === 'broadcast' && typeof value.range === 'string') {
    return { users: [], groups: [], broadcasts: [value.range] }
  }
  if ((type === 'mrkdwn' || type === 'markdown') && typeof text === 'string') return mrkdwn(text)
  // What a confirm dialog says is shown on a click, to one person.
  const parts = Object.entries(value).filter(([name]) => name !== 'confirm')
  return collect(parts.map(([, part]) => walk(part)))
}

function mrkdwn(text: string): Mentions {
  const ids = (pattern: RegExp) => [...text.matchAll(pattern)].flatMap((match) => match[1] ?? [])
  return { users: ids(USER), groups: ids(GROUP), broadcasts: ids(BROADCAST) }
}

function collect(all: Mentions[]): Mentions {
  return {
    users: [...new Set(all.flatMap((one) => one.users))],
    groups: [...new Set(all.flatMap((one) => one.groups))],
    broadcasts: [...new Set(all.flatMap((one) => one.broadcasts))],
  }
}
