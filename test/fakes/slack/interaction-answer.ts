/** What an app says in answer to a command or click: as the acknowledgement's body, or to the response URL. */

import type { JsonObject } from './block-kit.ts'
import { acceptBlocks, acceptMetadata, acceptText } from './content.ts'
import type { Interaction } from './interactions.ts'
import { type App, parseArguments, refusal, SlackError } from './method.ts'
import type { Content, Ephemeral, Message } from './workspace.ts'

const ANSWER = {
  scopes: [],
  rate: 'unlimited',
  optional: {
    text: 'string',
    blocks: 'json',
    metadata: 'json',
    response_type: 'string',
    replace_original: 'boolean',
    delete_original: 'boolean',
    thread_ts: 'string',
    mrkdwn: 'boolean',
    unfurl_links: 'boolean',
    unfurl_media: 'boolean',
  },
  run: () => ({}),
} as const

/**
 * Shows the answer: to the one person unless `response_type` is `in_channel`, in place of the clicked message with
 * `replace_original`. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 * @throws SlackError when Slack would refuse it
 */
export function showAnswer(
  app: App,
  interaction: Interaction,
  payload: JsonObject,
  via: 'response_url' | 'acknowledgement',
): Ephemeral | Message | undefined {
  const args = parseArguments(ANSWER, payload)
  const { workspace } = app
  const type = args.maybe('response_type') ?? 'ephemeral'
  if (type !== 'ephemeral' && type !== 'in_channel') {
    throw refusal('invalid_arguments', ['must be a valid enum value [json-pointer:/response_type]'])
  }
  if (args.flag('delete_original', false)) return removeOriginal(app, interaction)

  const blocks = acceptBlocks(args.json('blocks'))
  const content: Content = {
    text: acceptText(args.maybe('text'), blocks),
    blocks,
    metadata: acceptMetadata(args.json('metadata')),
  }
  if (args.flag('replace_original', false)) return replaceOriginal(app, interaction, content)

  const channel = workspace.channels.get(interaction.channel ?? '')
  if (!channel) throw new SlackError('channel_not_found')
  if (channel.isArchived) throw new SlackError('is_archived')
  const where = { threadTs: args.maybe('thread_ts'), interaction: interaction.id }
  if (type === 'ephemeral') {
    return workspace.show({ ...content, ...where, channel: channel.id, user: interaction.user, via })
  }
  return workspace.post({
    ...content,
    ...where,
    channel,
    user: app.userId,
    unfurlLinks: args.flag('unfurl_links', true),
    unfurlMedia: args.flag('unfurl_media', true),
  })
}

function original(app: App, interaction: Interaction): { message?: Message; ephemeral?: Ephemeral } {
  const { source } = interaction
  if (!source) throw new SlackError('message_not_found')
  const ephemeral = app.workspace.ephemerals().find((one) => one.ts === source.ts && !one.deleted)
  if (source.ephemeral && ephemeral) return { ephemeral }
  const message = app.workspace.findMessage(source.channel, source.ts)
  if (message && !message.deleted) return { message }
  throw new SlackError('message_not_found')
}

function replaceOriginal(app: App, interaction: Interaction, content: Content): Ephemeral | Message {
  const { message, ephemeral } = original(app, interaction)
  if (ephemeral) return app.workspace.editEphemeral(ephemeral, content, interaction.id)
  if (message)
    return app.workspace.edit(
      message,
      { ...content, metadata: content.metadata ?? message.metadata },
      app.userId,
      interaction.id,
    )
  throw new SlackError('message_not_found')
}

function removeOriginal(app: App, interaction: Interaction): undefined {
  const { message, ephemeral } = original(app, interaction)
  if (ephemeral) app.workspace.removeEphemeral(ephemeral)
  if (message) app.workspace.remove(message)
}
