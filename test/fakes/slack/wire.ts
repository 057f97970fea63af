/** The workspace's things as Slack sends them. */
import type { JsonObject } from './block-kit.ts'
import type { App } from './method.ts'
import type { SharedFile } from './uploads.ts'
import type { Channel, Group, Message, OpenView, User, Workspace } from './workspace.ts'

export function wireMessage(app: App, message: Message, withMetadata: boolean): JsonObject {
  const { workspace } = app
  if (message.deleted) {
    return {
      type: 'message',
      subtype: 'tombstone',
      user: 'USLACKBOT',
      text: 'This message was deleted.',
      ts: message.ts,
      hidden: true,
      ...threadFields(workspace, message),
    }
  }
  const isOwn = message.user === app.userId
  return {
    type: 'message',
    user: message.user,
    text: message.text,
    ts: message.ts,
    team: workspace.teamId,
    ...(isOwn ? { bot_id: app.botId, app_id: app.appId } : {}),
    ...(message.blocks ? { blocks: message.blocks } : {}),
    ...(message.files ? { files: message.files.map(wireFile), upload: true } : {}),
    ...(message.edited ? { edited: message.edited } : {}),
    ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
    ...(message.reactions.length > 0
      ? { reactions: message.reactions.map((one) => ({ ...one, count: one.users.length })) }
      : {}),
    ...threadFields(workspace, message),
  }
}

export function wireFile({ id, name, title, alt, bytes }: SharedFile): JsonObject {
  return { id, name, title, size: bytes.length, ...(alt === undefined ? {} : { alt_txt: alt }) }
}

function threadFields(workspace: Workspace, message: Message): JsonObject {
  if (message.threadTs) {
    const parent = workspace.findMessage(message.channel, message.threadTs)
    return { thread_ts: message.threadTs, ...(parent ? { parent_user_id: parent.user } : {}) }
  }
  const replies = workspace.replies(message.channel, message.ts)
  const last = replies.at(-1)
  if (!last) return {}
  const users = [...new Set(replies.map((one) => one.user))]
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: users.length,
    reply_users: users.slice(0, 5),
    latest_reply: last.ts,
  }
}

export function wireUser(user: User): JsonObject {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    deleted: user.deleted,
    real_name: user.realName,
    profile: { real_name: user.realName, display_name: user.name },
    is_bot: user.isBot,
    is_app_user: false,
    // Slack leaves these out for people who are gone or of another workspace.
    ...(user.deleted || user.isStranger
      ? {}
      : {
          is_admin: user.isAdmin,
          is_owner: false,
          is_primary_owner: false,
          is_restricted: user.isRestricted,
          is_ultra_restricted: user.isUltraRestricted,
        }),
    ...(user.isStranger ? { is_stranger: true } : {}),
  }
}

export function wireChannel(app: App, channel: Channel): JsonObject {
  if (channel.kind === 'im') {
    return {
      id: channel.id,
      is_im: true,
      is_archived: channel.isArchived,
      user: channel.members.find((id) => id !== app.userId),
    }
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    is_archived: channel.isArchived,
    is_general: false,
    is_shared: channel.isShared,
    is_ext_shared: channel.isShared,
    is_org_shared: false,
    is_member: channel.members.includes(app.userId),
    context_team_id: app.workspace.teamId,
  }
}

export function wireGroup(app: App, group: Group, withUsers: boolean): JsonObject {
  return {
    id: group.id,
    team_id: app.workspace.teamId,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    is_external: false,
    date_delete: group.disabled ? 1 : 0,
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  }
}

export function wireView(app: App, open: OpenView, state: JsonObject = {}): JsonObject {
  const { view } = open
  return {
    id: open.id,
    team_id: app.workspace.teamId,
    app_id: app.appId,
    app_installed_team_id: app.workspace.teamId,
    bot_id: app.botId,
    type: open.type,
    blocks: view.blocks,
    title: view.title ?? null,
    submit: view.submit ?? null,
    close: view.close ?? null,
    private_metadata: view.private_metadata ?? '',
    callback_id: view.callback_id ?? '',
    external_id: view.external_id ?? '',
    clear_on_close: view.clear_on_close ?? false,
    notify_on_close: view.notify_on_close ?? false,
    state: { values: state },
    hash: open.hash,
    root_view_id: open.rootViewId,
    previous_view_id: open.previousViewId ?? null,
  }
}
