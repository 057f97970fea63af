import {
  type App,
  type Argument,
  type Arguments,
  HISTORY_SCOPES,
  type Method,
  PAGE,
  page,
  READ_SCOPES,
  reachable,
  readableChannel,
  requireScope,
  SlackError,
} from '../method.ts'
import { wireChannel, wireMessage } from '../wire.ts'
import type { Channel, Message } from '../workspace.ts'

const TIMELINE: Record<string, Argument> = {
  ...PAGE,
  oldest: 'string',
  latest: 'string',
  inclusive: 'boolean',
  include_all_metadata: 'boolean',
}

export const conversationsMethods: Record<string, Method> = {
  'conversations.info': {
    scopes: READ_SCOPES,
    rate: 'tier3',
    required: { channel: 'string' },
    optional: { include_num_members: 'boolean', include_locale: 'boolean' },
    run(app, args) {
      const channel = readableChannel(app, args.text('channel'), 'read')
      const members = args.flag('include_num_members', false) ? { num_members: channel.members.length } : {}
      return { channel: { ...wireChannel(app, channel), ...members } }
    },
  },

  'conversations.history': {
    scopes: HISTORY_SCOPES,
    rate: 'tier3',
    required: { channel: 'string' },
    optional: TIMELINE,
    run(app, args) {
      const channel = readableChannel(app, args.text('channel'), 'history')
      const shown = app.workspace
        .messages(channel.id)
        .filter((one) => (!one.threadTs || one.broadcast) && isLeft(app, one) && within(args, one.ts))
        .reverse()
      return timeline(app, args, shown)
    },
  },

  'conversations.replies': {
    scopes: HISTORY_SCOPES,
    rate: 'tier3',
    required: { channel: 'string', ts: 'string' },
    optional: TIMELINE,
    run(app, args) {
      const channel = readableChannel(app, args.text('channel'), 'history')
      const asked = app.workspace.findMessage(channel.id, args.text('ts'))
      const parent = asked?.threadTs ? app.workspace.findMessage(channel.id, asked.threadTs) : asked
      if (!parent || !isLeft(app, parent)) throw new SlackError('thread_not_found')
      // The parent is there whatever the range.
      const replies = app.workspace.replies(channel.id, parent.ts).filter((one) => within(args, one.ts))
      return timeline(app, args, [parent, ...replies])
    },
  },

  'conversations.open': {
    scopes: ['im:write', 'channels:manage', 'groups:write', 'mpim:write'],
    rate: 'tier3',
    optional: { users: 'string', channel: 'string', return_im: 'boolean', prevent_creation: 'boolean' },
    run(app, args) {
      const channel = openDirect(app, args)
      return { channel: args.flag('return_im', false) ? wireChannel(app, channel) : { id: channel.id } }
    },
  },

  'conversations.members': {
    scopes: READ_SCOPES,
    rate: 'tier4',
    required: { channel: 'string' },
    optional: PAGE,
    run(app, args) {
      const channel = readableChannel(app, args.text('channel'), 'read')
      const { items, next } = page(channel.members, args, 100)
      return { members: items, response_metadata: { next_cursor: next } }
    },
  },

  'conversations.join': {
    scopes: ['channels:join'],
    rate: 'tier3',
    required: { channel: 'string' },
    run(app, args) {
      const channel = app.workspace.channels.get(args.text('channel'))
      if (channel?.kind !== 'public') throw new SlackError('channel_not_found')
      if (channel.isArchived) throw new SlackError('is_archived')
      const already = app.workspace.isMember(channel, app.userId)
      if (!already) {
        channel.members.push(app.userId)
        app.workspace.emit({ kind: 'people' })
      }
      return { channel: wireChannel(app, channel), ...(already ? { warning: 'already_in_channel' } : {}) }
    },
  },
}

function openDirect(app: App, args: Arguments): Channel {
  const { workspace } = app
  const users = args.maybe('users')
  const id = args.maybe('channel')
  if (id) {
    const channel = workspace.channels.get(id)
    if (!channel || !workspace.isMember(channel, app.userId)) throw new SlackError('channel_not_found')
    return channel
  }
  if (!users) throw new SlackError('users_list_not_supplied')
  // Group conversations are not modelled: one person only.
  if (users.includes(',')) throw new SlackError('too_many_users')
  const user = workspace.users.get(users)
  if (!user) throw new SlackError('user_not_found')
  requireScope(app, 'im:write')
  const existing = [...workspace.channels.values()].find((one) => one.kind === 'im' && one.members.includes(user.id))
  if (!existing && args.flag('prevent_creation', false)) throw new SlackError('channel_not_found')
  return existing ?? workspace.directChannel(reachable(user).id)
}

/** A deleted message stays as a tombstone only while it has replies. */
function isLeft(app: App, message: Message): boolean {
  return !message.deleted || app.workspace.replies(message.channel, message.ts).length > 0
}

/** Timestamps have the same width, so they compare as text. */
function within(args: Arguments, ts: string): boolean {
  const oldest = bound(args, 'oldest')
  const latest = bound(args, 'latest')
  const inclusive = args.flag('inclusive', false)
  const fromOldest = oldest === undefined || ts > oldest || (inclusive && ts === oldest)
  const toLatest = latest === undefined || ts < latest || (inclusive && ts === latest)
  return fromOldest && toLatest
}

function bound(args: Arguments, name: 'oldest' | 'latest'): string | undefined {
  const value = args.maybe(name)
  if (value === undefined || value === '0') return undefined
  if (!/^\d{10}(\.\d{1,6})?$/.test(value)) throw new SlackError(`invalid_ts_${name}`)
  const [seconds, fraction = ''] = value.split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

function timeline(app: App, args: Arguments, messages: Message[]) {
  const { items, next } = page(messages, args, 100)
  const withMetadata = args.flag('include_all_metadata', false)
  return {
    messages: items.map((one) => wireMessage(app, one, withMetadata)),
    has_more: next !== '',
    ...(next ? { response_metadata: { next_cursor: next } } : {}),
  }
}
