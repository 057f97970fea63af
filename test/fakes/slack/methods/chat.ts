import { acceptBlocks, acceptMetadata, acceptText, MAX_UPDATE_TEXT } from '../content.ts'
import { type App, type Argument, type Method, SlackError, writableChannel } from '../method.ts'
import { wireMessage } from '../wire.ts'
import type { Channel, Message } from '../workspace.ts'

const CONTENT: Record<string, Argument> = { text: 'string', blocks: 'json', metadata: 'json' }

/** Taken and not acted upon: texts are kept as they were sent. */
const TEXT_OPTIONS: Record<string, Argument> = { mrkdwn: 'boolean' }

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': {
    scopes: ['chat:write'],
    rate: 'perChannel',
    required: { channel: 'string' },
    optional: {
      ...CONTENT,
      ...TEXT_OPTIONS,
      thread_ts: 'string',
      reply_broadcast: 'boolean',
      unfurl_links: 'boolean',
      unfurl_media: 'boolean',
    },
    run(app, args) {
      const channel = writableChannel(app, args.text('channel'))
      const blocks = acceptBlocks(args.json('blocks'))
      const text = acceptText(args.maybe('text'), blocks)
      const metadata = acceptMetadata(args.json('metadata'))
      const message = app.workspace.post({
        channel,
        user: app.userId,
        text,
        blocks,
        metadata,
        threadTs: acceptThread(app, channel, args.maybe('thread_ts')),
        broadcast: args.flag('reply_broadcast', false),
        unfurlLinks: args.flag('unfurl_links', true),
        unfurlMedia: args.flag('unfurl_media', true),
      })
      return { channel: channel.id, ts: message.ts, message: wireMessage(app, message, true) }
    },
  },

  'chat.update': {
    scopes: ['chat:write'],
    rate: 'tier3',
    required: { channel: 'string', ts: 'string' },
    optional: CONTENT,
    run(app, args) {
      const { channel, message } = ownMessage(app, args.text('channel'), args.text('ts'), 'cant_update_message')
      if (channel.isArchived) throw new SlackError('is_inactive')
      const blocks = acceptBlocks(args.json('blocks'))
      const text = acceptText(args.maybe('text'), blocks, MAX_UPDATE_TEXT)
      // Left out, metadata stays; an empty object removes it.
      const metadata = args.has('metadata') ? acceptMetadata(args.json('metadata')) : message.metadata
      const edited = app.workspace.edit(message, { text, blocks, metadata }, app.userId)
      return { channel: channel.id, ts: edited.ts, text: edited.text, message: wireMessage(app, edited, true) }
    },
  },

  'chat.delete': {
    scopes: ['chat:write'],
    rate: 'tier3',
    required: { channel: 'string', ts: 'string' },
    run(app, args) {
      const { channel, message } = ownMessage(app, args.text('channel'), args.text('ts'), 'cant_delete_message')
      app.workspace.remove(message)
      return { channel: channel.id, ts: message.ts }
    },
  },

  'chat.postEphemeral': {
    scopes: ['chat:write'],
    rate: 'tier4',
    required: { channel: 'string', user: 'string' },
    optional: { text: 'string', blocks: 'json', ...TEXT_OPTIONS, thread_ts: 'string' },
    run(app, args) {
      const channel = writableChannel(app, args.text('channel'))
      const user = args.text('user')
      if (!app.workspace.isMember(channel, user)) throw new SlackError('user_not_in_channel')
      const blocks = acceptBlocks(args.json('blocks'))
      const text = acceptText(args.maybe('text'), blocks)
      const threadTs = acceptThread(app, channel, args.maybe('thread_ts'))
      const shown = app.workspace.show({
        channel: channel.id,
        user,
        text,
        blocks,
        threadTs,
        via: 'chat.postEphemeral',
      })
      return { message_ts: shown.ts }
    },
  },

  'chat.getPermalink': {
    scopes: [],
    rate: 'special',
    required: { channel: 'string', message_ts: 'string' },
    run(app, args) {
      const channel = app.workspace.channels.get(args.text('channel'))
      if (!channel) throw new SlackError('channel_not_found')
      const message = app.workspace.findMessage(channel.id, args.text('message_ts'))
      if (!message || message.deleted) throw new SlackError('message_not_found')
      return { channel: channel.id, permalink: permalink(app.workspace.domain, message) }
    },
  },
}

/** The address of a message in Slack's web client. */
export function permalink(domain: string, message: Message): string {
  const thread = message.threadTs ? `?thread_ts=${message.threadTs}&cid=${message.channel}` : ''
  return `https://${domain}.slack.com/archives/${message.channel}/p${message.ts.replace('.', '')}${thread}`
}

/**
 * The thread to reply in. Slack posts to any well-formed `thread_ts`, where nobody finds it; here it must be a
 * message that is there, and not itself a reply.
 */
export function acceptThread(app: App, channel: Channel, ts: string | undefined): string | undefined {
  if (ts === undefined) return undefined
  const parent = app.workspace.findMessage(channel.id, ts)
  if (!parent) throw new SlackError('thread_not_found')
  if (parent.threadTs) throw new SlackError('cannot_reply_to_message')
  if (parent.deleted && app.workspace.replies(channel.id, ts).length === 0) throw new SlackError('thread_not_found')
  return ts
}

function ownMessage(
  app: App,
  channelId: string,
  ts: string,
  otherwise: string,
): { channel: Channel; message: Message } {
  const channel = app.workspace.channels.get(channelId)
  if (!channel || (channel.kind !== 'public' && !app.workspace.isMember(channel, app.userId))) {
    throw new SlackError('channel_not_found')
  }
  const message = app.workspace.findMessage(channel.id, ts)
  if (!message || message.deleted) throw new SlackError('message_not_found')
  if (message.user !== app.userId) throw new SlackError(otherwise)
  return { channel, message }
}
