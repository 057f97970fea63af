import { isObject } from '../block-kit.ts'
import { type Method, SlackError, writableChannel } from '../method.ts'
import { wireFile } from '../wire.ts'
import { acceptThread } from './chat.ts'

const longestAltText = 1_000

/** https://docs.slack.dev/messaging/working-with-files#uploading_files */
export const filesMethods: Record<string, Method> = {
  'files.getUploadURLExternal': {
    scopes: ['files:write'],
    rate: 'tier4',
    required: { filename: 'string', length: 'integer' },
    optional: { alt_txt: 'string', snippet_type: 'string' },
    run(app, args) {
      const length = args.integer('length', 0)
      if (length === 0) throw new SlackError('file_upload_size_restricted')
      const alt = args.maybe('alt_txt')
      if (alt !== undefined && alt.length > longestAltText) throw new SlackError('alt_txt_too_large')
      const name = args.text('filename')
      if (!/^[\w.-]+$/.test(name)) throw new SlackError('invalid_arguments')
      const { id, address } = app.workspace.uploads.begin({ name, length, ...(alt !== undefined && { alt }) })
      return { file_id: id, upload_url: `${app.baseUrl()}/upload/${address}` }
    },
  },

  'files.completeUploadExternal': {
    scopes: ['files:write'],
    rate: 'tier4',
    required: { files: 'json' },
    optional: { channel_id: 'string', thread_ts: 'string', initial_comment: 'string' },
    run(app, args) {
      const { workspace } = app
      const wanted = args.json('files')
      if (!Array.isArray(wanted) || wanted.length === 0) throw new SlackError('invalid_arguments')
      const channelId = args.maybe('channel_id')
      // Slack keeps it private then, which nobody here means.
      if (channelId === undefined) throw new SlackError('invalid_arguments')
      const channel = writableChannel(app, channelId)
      const threadTs = acceptThread(app, channel, args.maybe('thread_ts'))
      const found = wanted.map((one: unknown) => {
        const { id, title } = isObject(one) ? one : {}
        const file = workspace.uploads.file(String(id))
        // Each is completed once, and only when its bytes are there.
        if (!file?.bytes || file.completed) throw new SlackError('file_not_found')
        return { file, title: typeof title === 'string' ? title : file.name }
      })
      const files = found.map(({ file, title }) => workspace.uploads.complete(file, title))
      workspace.post({ channel, user: app.userId, text: args.maybe('initial_comment') ?? '', threadTs, files })
      return { files: files.map(wireFile) }
    },
  },
}
