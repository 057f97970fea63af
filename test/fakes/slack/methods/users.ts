import { type Method, PAGE, page, READ_SCOPES, SlackError } from '../method.ts'
import { wireChannel, wireGroup, wireUser } from '../wire.ts'
import type { Channel } from '../workspace.ts'

export const usersMethods: Record<string, Method> = {
  'users.info': {
    scopes: ['users:read'],
    rate: 'tier4',
    required: { user: 'string' },
    optional: { include_locale: 'boolean' },
    run(app, args) {
      const user = app.workspace.users.get(args.text('user'))
      if (!user) throw new SlackError('user_not_found')
      return { user: { ...wireUser(user), ...(args.flag('include_locale', false) && { locale: user.locale }) } }
    },
  },

  'users.lookupByEmail': {
    scopes: ['users:read.email'],
    rate: 'tier3',
    required: { email: 'string' },
    run(app, args) {
      const email = args.text('email').toLowerCase()
      const user = [...app.workspace.users.values()].find((one) => one.email?.toLowerCase() === email && !one.deleted)
      if (!user) throw new SlackError('users_not_found')
      return { user: wireUser(user) }
    },
  },

  'bots.info': {
    scopes: ['users:read'],
    rate: 'tier3',
    optional: { bot: 'string' },
    run(app, args) {
      if (args.maybe('bot') !== app.botId) throw new SlackError('bot_not_found')
      const name = app.workspace.users.get(app.userId)?.name
      return { bot: { id: app.botId, deleted: false, name, updated: 0, app_id: app.appId, user_id: app.userId } }
    },
  },

  'users.list': {
    scopes: ['users:read'],
    rate: 'tier2',
    optional: { ...PAGE, include_locale: 'boolean' },
    run(app, args) {
      const { items, next } = page([...app.workspace.users.values()], args, 1000)
      return {
        members: items.map(wireUser),
        cache_ts: Math.floor(app.workspace.clock() / 1000),
        response_metadata: { next_cursor: next },
      }
    },
  },

  'users.conversations': {
    scopes: READ_SCOPES,
    rate: 'tier3',
    optional: { ...PAGE, user: 'string', types: 'string', exclude_archived: 'boolean' },
    run(app, args) {
      const user = args.maybe('user') ?? app.userId
      if (!app.workspace.users.has(user)) throw new SlackError('user_not_found')
      const kinds = (args.maybe('types') ?? 'public_channel').split(',').map(kindOf)
      const shown = [...app.workspace.channels.values()].filter(
        (channel) =>
          kinds.includes(channel.kind) &&
          channel.members.includes(user) &&
          // A private conversation that the app is not in stays unknown to it.
          (channel.kind === 'public' || channel.members.includes(app.userId)) &&
          !(channel.isArchived && args.flag('exclude_archived', false)),
      )
      const { items, next } = page(shown, args, 100)
      return { channels: items.map((one) => wireChannel(app, one)), response_metadata: { next_cursor: next } }
    },
  },

  'usergroups.list': {
    scopes: ['usergroups:read'],
    rate: 'tier2',
    optional: { include_users: 'boolean', include_count: 'boolean', include_disabled: 'boolean' },
    run(app, args) {
      const shown = [...app.workspace.groups.values()].filter(
        (group) => !group.disabled || args.flag('include_disabled', false),
      )
      return { usergroups: shown.map((group) => wireGroup(app, group, args.flag('include_users', false))) }
    },
  },

  'usergroups.users.list': {
    scopes: ['usergroups:read'],
    rate: 'tier2',
    required: { usergroup: 'string' },
    optional: { include_disabled: 'boolean' },
    run(app, args) {
      const group = app.workspace.groups.get(args.text('usergroup'))
      if (!group || (group.disabled && !args.flag('include_disabled', false))) throw new SlackError('no_such_subteam')
      return { users: group.users }
    },
  },
}

function kindOf(type: string): Channel['kind'] {
  switch (type) {
    case 'public_channel':
      return 'public'
    case 'private_channel':
      return 'private'
    case 'im':
      return 'im'
    default:
      throw new SlackError('invalid_types')
  }
}
