import type {
  FakeSlack,
  OpenView,
  Ephemeral as SlackEphemeral,
  SharedFile as SlackFile,
  Message as SlackMessage,
} from '../../test/fakes/slack/slack.ts'
import type { Ephemeral, Json, Message, SharedFile, View } from './protocol.ts'

/** What Slack's double holds, as the page shows it: by key, so that a change names only what is new. */
export function slackEntries(slack: FakeSlack): [key: string, value: Message | Ephemeral | View][] {
  const direct = new Map(
    slack
      .channels()
      .filter(({ kind }) => kind === 'im')
      .map(({ id, members }) => [id, members.find((member) => member !== slack.botUserId)]),
  )
  return [
    ...slack
      .messages()
      .filter(({ deleted }) => !deleted)
      .map((one): [string, Message] => [`message/${one.channel}/${one.ts}`, messageOf(one, direct.get(one.channel))]),
    ...slack.ephemerals().map((one): [string, Ephemeral] => [`ephemeral/${one.ts}`, ephemeralOf(one)]),
    ...slack.views().map((one): [string, View] => [`view/${one.id}`, viewOf(one)]),
  ]
}

function messageOf(
  { channel, ts, user, text, blocks, threadTs, edited, metadata, files, reactions }: SlackMessage,
  direct: string | undefined,
): Message {
  const upgrade = metadata?.event_payload.id
  return {
    kind: 'message',
    channel,
    ts,
    user,
    text,
    blocks: asJson(blocks),
    edited: edited !== undefined,
    ...(files && { files: files.map(fileOf) }),
    ...(reactions.length > 0 && { reactions: reactions.map(({ name }) => name) }),
    ...(threadTs && { threadTs }),
    ...(direct && { direct }),
    ...(typeof upgrade === 'string' && { upgrade }),
  }
}

const pictures = /\.png$/

function fileOf({ id, name, title, alt }: SlackFile): SharedFile {
  return { name, title, url: `/files/${id}`, isPicture: pictures.test(name), ...(alt !== undefined && { alt }) }
}

/** A file that was shared, as a browser may show it: never as anything that it could run. */
export function sharedFile(slack: FakeSlack, id: string): { type: string; body: Buffer } | undefined {
  const file = slack
    .messages()
    .flatMap(({ files = [] }) => files)
    .find((one) => one.id === id)
  return file && { type: pictures.test(file.name) ? 'image/png' : 'text/plain; charset=utf-8', body: file.bytes }
}

function ephemeralOf({ channel, ts, user, text, blocks, threadTs }: SlackEphemeral): Ephemeral {
  return { kind: 'ephemeral', channel, ts, user, text, blocks: asJson(blocks), ...(threadTs && { threadTs }) }
}

function viewOf({ id, user, type, view, errors }: OpenView): View {
  return { id, user, type, view, errors }
}

function asJson(blocks: readonly unknown[] | undefined): Json[] {
  return (blocks ?? []) as Json[]
}
