import { type Method, SlackError, writableChannel } from '../method.ts'
import { chatMethods } from './chat.ts'
import { conversationsMethods } from './conversations.ts'
import { filesMethods } from './files.ts'
import { usersMethods } from './users.ts'
import { viewsMethods } from './views.ts'

/** Every Web API method that the double knows; any other is an `unknown_method`. */
export const METHODS: Record<string, Method> = {
  'auth.test': {
    scopes: [],
    rate: 'special',
    run(app) {
      const { workspace } = app
      return {
        url: `https://${workspace.domain}.slack.com/`,
        team: workspace.domain,
        user: workspace.users.get(app.userId)?.name,
        team_id: workspace.teamId,
        user_id: app.userId,
        bot_id: app.botId,
        is_enterprise_install: false,
      }
    },
  },

  'reactions.add': {
    scopes: ['reactions:write'],
    rate: 'tier3',
    required: { channel: 'string', name: 'string', timestamp: 'string' },
    run(app, args) {
      const channel = writableChannel(app, args.text('channel'))
      const name = args.text('name')
      if (!/^[a-z0-9_+'-]+$/.test(name)) throw new SlackError('invalid_name')
      const message = app.workspace.findMessage(channel.id, args.text('timestamp'))
      if (!message || message.deleted) throw new SlackError('message_not_found')
      const by = message.reactions.find((one) => one.name === name)?.users ?? []
      if (by.includes(app.userId)) throw new SlackError('already_reacted')
      app.workspace.react(message, name, app.userId)
      return {}
    },
  },

  ...chatMethods,
  ...conversationsMethods,
  ...filesMethods,
  ...usersMethods,
  ...viewsMethods,
}
