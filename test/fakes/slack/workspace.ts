/** What the double knows: people, groups, channels, messages, views, and whom each message notified. */
import type { KnownBlock } from '@slack/types'
import { interactiveElements, type JsonObject, withIds } from './block-kit.ts'
import { type Mentions, mentionsInBlocks, mentionsInText, mergeMentions } from './mentions.ts'
import { createUploads, type SharedFile } from './uploads.ts'

export type User = {
  id: string
  name: string
  realName: string
  /** Another workspace's ID for somebody met through a shared channel. */
  teamId: string
  isBot: boolean
  deleted: boolean
  isAdmin: boolean
  /** A guest of several channels. */
  isRestricted: boolean
  /** A guest of one channel. */
  isUltraRestricted: boolean
  /** Of another workspace, seen in a shared channel. */
  isStranger: boolean
  /** As Slack names it (`zh-CN`); told only to who asks for it. */
  locale: string
  /** Shown only to apps that may look people up by it. */
  email?: string
}

export type Group = { id: string; handle: string; name: string; users: string[]; disabled: boolean }

export type Channel = {
  id: string
  name: string
  kind: 'public' | 'private' | 'im'
  members: string[]
  isArchived: boolean
  /** Shared with another workspace (Slack Connect). */
  isShared: boolean
}

export type Metadata = { event_type: string; event_payload: JsonObject }

export type Content = {
  text: string
  blocks?: KnownBlock[] | undefined
  metadata?: Metadata | undefined
}

export type Message = Content & {
  channel: string
  ts: string
  /** Who wrote it; the bot's user ID for the app. */
  user: string
  threadTs?: string
  /** A reply that is shown in the channel too. */
  broadcast: boolean
  edited?: { user: string; ts: string }
  /** What it said before each edit, oldest first. */
  edits: Content[]
  deleted: boolean
  reactions: { name: string; users: string[] }[]
  /** Shared with it. */
  files?: readonly SharedFile[]
  unfurlLinks: boolean
  unfurlMedia: boolean
  /**
   * Who got a notification when it was posted: the people mentioned in what it shows (its blocks, else its text),
   * everyone of a direct message, and for a reply those who follow the thread. Edits notify nobody.
   */
  notified: string[]
  /** Everybody whom text or blocks named when it was posted, in the channel or not. */
  mentions: Mentions
  /** The slash command or click whose `response_url` or acknowledgement posted it, or last replaced it. */
  interaction?: string
}

export type Ephemeral = Content & {
  channel: string
  ts: string
  /** The only person who sees it. */
  user: string
  threadTs?: string
  deleted: boolean
  edits: Content[]
  via: 'chat.postEphemeral' | 'response_url' | 'acknowledgement'
  interaction?: string
}

export type Entered = Record<string, Record<string, JsonObject>>

export type OpenView = {
  id: string
  user: string
  type: 'modal' | 'home'
  /** As the app sent it, with block and action IDs filled in. */
  view: JsonObject
  hash: string
  state: 'open' | 'closed'
  rootViewId: string
  previousViewId?: string
  /** What the person has entered, by block and action ID. An update keeps it where both stay the same. */
  entered: Entered
  /** What `response_action: errors` shows at the inputs, by block ID. */
  errors: Record<string, string>
  interaction?: string
}

export type Change =
  | { kind: 'message'; what: 'posted' | 'edited' | 'deleted' | 'reacted'; message: Message }
  | { kind: 'ephemeral'; what: 'posted' | 'edited' | 'deleted'; ephemeral: Ephemeral }
  | { kind: 'view'; what: 'opened' | 'updated' | 'closed'; view: OpenView }
  | { kind: 'people' }
  /** A request of the app was answered, or left without an answer. */
  | { kind: 'call' }
  /** The app answered a request, or failed to. */
  | { kind: 'delivery' }

export type Clock = () => number

type NewMessage = Content & {
  channel: Channel
  user: string
  threadTs?: string | undefined
  broadcast?: boolean | undefined
  files?: readonly SharedFile[] | undefined
  unfurlLinks?: boolean | undefined
  unfurlMedia?: boolean | undefined
  interaction?: string | undefined
}

type NewEphemeral = Content & {
  channel: string
  user: string
  threadTs?: string | undefined
  via: Ephemeral['via']
  interaction?: string | undefined
}

export type Workspace = ReturnType<typeof createWorkspace>

/** An empty workspace with the app's bot user in it. Messages and views are values: an edit makes a new one. */
export function createWorkspace(identity: { teamId: string; botUserId: string; domain: string }, clock: Clock) {
  const users = new Map<string, User>()
  const groups = new Map<string, Group>()
  const channels = new Map<string, Channel>()
  const messages = new Map<string, Message[]>()
  const views = new Map<string, OpenView>()
  const homes = new Map<string, string>()
  const listeners = new Set<(change: Change) => void>()
  let ephemerals: Ephemeral[] = []
  let lastMicroseconds = 0
  let ids = 0

  function emit(change: Change): void {
    for (const listener of [...listeners]) listener(change)
  }

  /** Unique and increasing, as everything in Slack is ordered by it. */
  function nextTs(): string {
    lastMicroseconds = Math.max(lastMicroseconds + 1, Math.floor(clock() * 1000))
    const seconds = Math.floor(lastMicroseconds / 1_000_000)
    return `${seconds}.${String(lastMicroseconds % 1_000_000).padStart(6, '0')}`
  }

  function nextId(prefix = ''): string {
    ids += 1
    return `${prefix}${ids.toString(36).toUpperCase().padStart(8, '0')}`
  }

  function prepared(content: Content): Content {
    return {
      text: content.text,
      ...(content.blocks?.length ? { blocks: withIds(content.blocks, nextId) as unknown as KnownBlock[] } : {}),
      ...(content.metadata ? { metadata: structuredClone(content.metadata) } : {}),
    }
  }

  function isPerson(userId: string): boolean {
    const user = users.get(userId)
    return user !== undefined && !user.isBot && !user.deleted
  }

  function named(mentions: Mentions, channel: Channel): string[] {
    const ofGroups = mentions.groups.flatMap((id) => groups.get(id)?.users ?? [])
    // Slack does not spread a broadcast within a thread; here it does, so that a quiet thread is a proven one.
    return [...mentions.users, ...ofGroups, ...(mentions.broadcasts.length > 0 ? channel.members : [])]
  }

  /** Its author, whoever replied and whoever was mentioned in it follows a thread. */
  function followers(channel: Channel, threadTs: string): string[] {
    return listMessages(channel.id)
      .filter((one) => one.ts === threadTs || one.threadTs === threadTs)
      .flatMap((one) => [
        one.user,
        ...one.mentions.users,
        ...one.mentions.groups.flatMap((id) => groups.get(id)?.users ?? []),
      ])
  }

  function listMessages(channel: string): Message[] {
    return messages.get(channel) ?? []
  }

  function findMessage(channel: string, ts: string): Message | undefined {
    return listMessages(channel).find((one) => one.ts === ts)
  }

  function replaceMessage(message: Message, what: 'edited' | 'deleted' | 'reacted'): Message {
    const list = listMessages(message.channel)
    messages.set(
      message.channel,
      list.map((one) => (one.ts === message.ts ? message : one)),
    )
    emit({ kind: 'message', what, message })
    return message
  }

  function replaceEphemeral(ephemeral: Ephemeral, what: 'edited' | 'deleted'): Ephemeral {
    ephemerals = ephemerals.map((one) => (one.ts === ephemeral.ts ? ephemeral : one))
    emit({ kind: 'ephemeral', what, ephemeral })
    return ephemeral
  }

  return {
    ...identity,
    clock,
    users,
    groups,
    channels,
    uploads: createUploads(nextId),
    emit,
    nextTs,
    nextId,

    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    isMember(channel: Channel, user: string): boolean {
      return channel.members.includes(user)
    },

    /** The direct conversation between the app and a person, made when it does not exist yet. */
    directChannel(user: string): Channel {
      const existing = [...channels.values()].find((one) => one.kind === 'im' && one.members.includes(user))
      if (existing) return existing
      const channel: Channel = {
        id: nextId('D'),
        name: '',
        kind: 'im',
        members: [identity.botUserId, user],
        isArchived: false,
        isShared: false,
      }
      channels.set(channel.id, channel)
      return channel
    },

    // ---- messages

    messages: listMessages,
    findMessage,

    post(draft: NewMessage): Message {
      const { channel, user, threadTs } = draft
      const content = prepared(draft)
      const inText = mentionsInText(draft.text)
      const inBlocks = mentionsInBlocks(content.blocks ?? [])
      const shown = content.blocks ? inBlocks : inText
      const told = [
        ...named(shown, channel),
        ...(channel.kind === 'im' ? channel.members : []),
        ...(threadTs ? followers(channel, threadTs) : []),
      ]
      const message: Message = {
        ...content,
        channel: channel.id,
        ts: nextTs(),
        user,
        ...(threadTs ? { threadTs } : {}),
        broadcast: draft.broadcast ?? false,
        edits: [],
        deleted: false,
        reactions: [],
        ...(draft.files ? { files: draft.files } : {}),
        unfurlLinks: draft.unfurlLinks ?? true,
        unfurlMedia: draft.unfurlMedia ?? true,
        notified: [...new Set(told)].filter((id) => id !== user && isPerson(id) && channel.members.includes(id)),
        mentions: mergeMentions(inText, inBlocks),
        ...(draft.interaction ? { interaction: draft.interaction } : {}),
      }
      messages.set(channel.id, [...listMessages(channel.id), message])
      emit({ kind: 'message', what: 'posted', message })
      return message
    },

    /** Text without blocks takes the blocks away, as in Slack. */
    edit(message: Message, content: Content, user: string, interaction?: string): Message {
      const { blocks: _blocks, metadata: _metadata, ...rest } = message
      return replaceMessage(
        {
          ...rest,
          ...prepared(content),
          edited: { user, ts: nextTs() },
          edits: [...message.edits, contentOf(message)],
          ...(interaction ? { interaction } : {}),
        },
        'edited',
      )
    },

    remove(message: Message): Message {
      return replaceMessage({ ...message, deleted: true }, 'deleted')
    },

    react(message: Message, name: string, user: string): Message {
      const others = message.reactions.filter((one) => one.name !== name)
      const by = message.reactions.find((one) => one.name === name)?.users ?? []
      return replaceMessage({ ...message, reactions: [...others, { name, users: [...by, user] }] }, 'reacted')
    },

    replies(channel: string, threadTs: string): Message[] {
      return listMessages(channel).filter((one) => one.threadTs === threadTs && !one.deleted)
    },

    // ---- ephemerals

    ephemerals(): Ephemeral[] {
      return ephemerals
    },

    show(draft: NewEphemeral): Ephemeral {
      const ephemeral: Ephemeral = {
        ...prepared(draft),
        channel: draft.channel,
        user: draft.user,
        ts: nextTs(),
        ...(draft.threadTs ? { threadTs: draft.threadTs } : {}),
        deleted: false,
        edits: [],
        via: draft.via,
        ...(draft.interaction ? { interaction: draft.interaction } : {}),
      }
      ephemerals = [...ephemerals, ephemeral]
      emit({ kind: 'ephemeral', what: 'posted', ephemeral })
      return ephemeral
    },

    editEphemeral(ephemeral: Ephemeral, content: Content, interaction: string): Ephemeral {
      const { blocks: _blocks, metadata: _metadata, ...rest } = ephemeral
      const edited = { ...rest, ...prepared(content), edits: [...ephemeral.edits, contentOf(ephemeral)], interaction }
      return replaceEphemeral(edited, 'edited')
    },

    removeEphemeral(ephemeral: Ephemeral): Ephemeral {
      return replaceEphemeral({ ...ephemeral, deleted: true }, 'deleted')
    },

    // ---- views

    views(): OpenView[] {
      return [...views.values()]
    },

    findView(match: { id?: string | undefined; externalId?: string | undefined }): OpenView | undefined {
      return [...views.values()].find(
        (one) =>
          one.state === 'open' &&
          (match.id === undefined ? one.view.external_id === match.externalId : one.id === match.id),
      )
    },

    open(user: string, view: JsonObject, on?: OpenView, interaction?: string): OpenView {
      const id = nextId('V')
      const opened: OpenView = {
        id,
        user,
        type: view.type === 'home' ? 'home' : 'modal',
        view: { ...view, blocks: withIds(Array.isArray(view.blocks) ? view.blocks : [], nextId) },
        hash: `${nextTs()}.${nextId()}`,
        state: 'open',
        rootViewId: on?.rootViewId ?? id,
        ...(on ? { previousViewId: on.id } : {}),
        entered: {},
        errors: {},
        ...(interaction ? { interaction } : {}),
      }
      views.set(id, opened)
      if (opened.type === 'home') homes.set(user, id)
      emit({ kind: 'view', what: 'opened', view: opened })
      return opened
    },

    homeOf(user: string): OpenView | undefined {
      return views.get(homes.get(user) ?? '')
    },

    updateView(current: OpenView, view: JsonObject): OpenView {
      const blocks = withIds(Array.isArray(view.blocks) ? view.blocks : [], nextId)
      const updated: OpenView = {
        ...current,
        view: { ...view, blocks },
        hash: `${nextTs()}.${nextId()}`,
        entered: keptOf(current.entered, blocks),
        errors: {},
      }
      views.set(current.id, updated)
      emit({ kind: 'view', what: 'updated', view: updated })
      return updated
    },

    /** Somebody enters something; nobody hears of it yet. */
    enter(current: OpenView, entered: Entered): OpenView {
      const updated = { ...current, entered }
      views.set(current.id, updated)
      return updated
    },

    showErrors(current: OpenView, errors: Record<string, string>): OpenView {
      const updated = { ...current, errors }
      views.set(current.id, updated)
      emit({ kind: 'view', what: 'updated', view: updated })
      return updated
    },

    /** Closes this view, or with `all` the whole stack it stands in. */
    close(view: OpenView, all = false): void {
      for (const one of views.values()) {
        if (one.state !== 'open' || (all ? one.rootViewId !== view.rootViewId : one.id !== view.id)) continue
        const closed: OpenView = { ...one, state: 'closed' }
        views.set(one.id, closed)
        emit({ kind: 'view', what: 'closed', view: closed })
      }
    },
  }
}

/** https://docs.slack.dev/surfaces/modals#preserving_input */
function keptOf(entered: Entered, blocks: readonly unknown[]): Entered {
  const kept: Entered = {}
  for (const { blockId, actionId, element } of interactiveElements(blocks)) {
    const answer = entered[blockId]?.[actionId]
    if (answer && answer.type === element.type) kept[blockId] = { ...kept[blockId], [actionId]: answer }
  }
  return kept
}

function contentOf(one: Content): Content {
  return {
    text: one.text,
    ...(one.blocks ? { blocks: one.blocks } : {}),
    ...(one.metadata ? { metadata: one.metadata } : {}),
  }
}
