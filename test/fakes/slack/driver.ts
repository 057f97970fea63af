/**
 * What people do in Slack, and what Slack then sends to the app. A person can only do what Slack would let them:
 * anything else throws, and `rawAction` or `send` is there to forge it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  describeFinding,
  type Interactive,
  interactiveElements,
  isObject,
  type JsonObject,
  offeredOptions,
  validateSuggestions,
} from './block-kit.ts'
import { type Choice, describeChoice, isEmptyAnswer, untouched } from './choices.ts'
import type { Courier, Delivery, Dispatch, Transport } from './delivery.ts'
import { showAnswer } from './interaction-answer.ts'
import type { Interaction, Source } from './interactions.ts'
import { type App, parseObject, SlackError } from './method.ts'
import { acceptView, pushView } from './methods/views.ts'
import { wireMessage, wireView } from './wire.ts'
import type { Channel, Ephemeral, Message, OpenView, User } from './workspace.ts'

export type CommandInput = { user: string; channel: string; command: string; text?: string }

export type ClickInput = {
  user: string
  channel: string
  ts: string
  actionId: string
  /** Needed when several blocks use the same action ID. */
  blockId?: string
  /** What to do with the confirm dialog; required when the element has one. False closes it: nothing is sent. */
  confirm?: boolean
  /** For menus and other inputs. */
  choice?: Choice
}

export type RawActionInput = {
  user: string
  channel: string
  /** The message it claims to be from; it need not show such an element. */
  ts: string
  /** Sent as it is, e.g. `{ action_id: 'approve', value: 'forged' }`; type, block_id and action_ts are filled in. */
  action: JsonObject
  /** Merged over the payload. */
  payload?: JsonObject
}

export type SubmitInput = {
  view: string
  /** By action ID. Untouched inputs report their initial value. */
  values?: Record<string, Choice>
}

/** A delivered command or click, and the ways to what came of it. */
export type Interacted = Delivery & {
  /** Found again in `interaction` of the messages, ephemerals and views it led to. */
  interaction: string
  /** What Slack would refuse in the acknowledgement's body; empty when all is well. */
  problems: string[]
  /** The first answer to this person: the acknowledgement's, the response URL's, or an ephemeral. */
  reply(timeoutMs?: number): Promise<Ephemeral | Message>
  /** The modal that was opened with this trigger. */
  modal(timeoutMs?: number): Promise<OpenView>
}

export type EventDelivery = { eventId: string; attempts: Delivery[] }

export type DriverOptions = {
  app: App
  /** Where deliveries go: over HTTP or Socket Mode. */
  transport: Transport
  /** Forged requests go over HTTP. */
  courier: Courier
  baseUrl: string
  verificationToken: string
  eventRetryDelaysMs: readonly number[]
  stopped: AbortSignal
  waitFor<T>(find: () => T | false | undefined, options?: { timeoutMs?: number | undefined; what?: string }): Promise<T>
}

export type Driver = ReturnType<typeof createDriver>

export function createDriver(options: DriverOptions) {
  const { app, transport, courier, waitFor } = options
  const { workspace, interactions } = app
  const team = { id: workspace.teamId, domain: workspace.domain }
  /** What was offered so far, by view and action ID. */
  const suggestions = new Map<string, JsonObject[]>()

  function person(id: string): User {
    const user = workspace.users.get(id)
    if (!user) throw new Error(`there is no user ${id}`)
    if (user.deleted) throw new Error(`${id} is deactivated and can do nothing in Slack`)
    return user
  }

  function human(id: string): User {
    const user = person(id)
    if (user.isBot) throw new Error(`${id} is a bot: it can only say something`)
    return user
  }

  function channelOf(id: string, user: string): Channel {
    const channel = workspace.channels.get(id)
    if (!channel) throw new Error(`there is no channel ${id}`)
    if (!workspace.isMember(channel, user)) throw new Error(`${user} is not in ${id}`)
    return channel
  }

  /** In a channel that is shared, `team` is ours and `user.team_id` the person's own workspace. */
  function payloadUser(user: User): JsonObject {
    return { id: user.id, username: user.name, name: user.name, team_id: user.teamId }
  }

  function channelName(channel: Channel): string {
    return channel.kind === 'im' ? 'directmessage' : channel.kind === 'private' ? 'privategroup' : channel.name
  }

  function responseUrl(interaction: Interaction): string {
    return `${options.baseUrl}/response/${interaction.id}`
  }

  function common(user: User): JsonObject {
    return {
      user: payloadUser(user),
      team,
      enterprise: null,
      is_enterprise_install: false,
      api_app_id: app.appId,
      token: options.verificationToken,
    }
  }

  /** What Slack sends when nobody here would: of a kind that came later, or went, or that the app never asked for. */
  function raw(input: { user: string; kind: string; type: Dispatch['type']; payload: JsonObject }): Promise<Delivery> {
    const { kind, type } = input
    return transport.deliver({ kind, type, payload: { ...common(person(input.user)), ...input.payload } })
  }

  function sendPayload(payload: JsonObject): Promise<Delivery> {
    return transport.deliver({ kind: String(payload.type), type: 'interactive', payload })
  }

  function outcomes(delivery: Delivery, interaction: Interaction, problems: string[]): Interacted {
    const { id, user, channel, beganAt } = interaction
    // An ephemeral by chat.postEphemeral does not say which click it answers: the first after it is taken.
    return {
      ...delivery,
      interaction: id,
      problems,
      reply: (timeoutMs) =>
        waitFor(
          () =>
            workspace
              .ephemerals()
              .find(
                (one) =>
                  one.interaction === id ||
                  (one.via === 'chat.postEphemeral' &&
                    one.user === user &&
                    one.channel === channel &&
                    one.ts > beganAt),
              ) ?? [...workspace.channels.keys()].flatMap(workspace.messages).find((one) => one.interaction === id),
          { timeoutMs, what: `an answer to ${user}` },
        ),
      modal: (timeoutMs) =>
        waitFor(() => workspace.views().find((one) => one.interaction === id), {
          timeoutMs,
          what: `a modal for ${user}`,
        }),
    }
  }

  // ---------------------------------------------------------------- slash commands

  /** Slack offers the app's commands to its own workspace; somebody of another one may try it here. */
  async function command(input: CommandInput): Promise<Interacted> {
    const user = human(input.user)
    const channel = channelOf(input.channel, user.id)
    if (channel.isArchived) throw new Error(`${channel.id} is archived`)
    if (!input.command.startsWith('/')) throw new Error('a slash command starts with a slash')
    if (!app.scopes.has('commands')) throw new Error('without the scope commands the app has no slash commands')
    const interaction = interactions.begin({ user: user.id, channel: channel.id })
    const payload = {
      token: options.verificationToken,
      team_id: user.teamId,
      team_domain: workspace.domain,
      channel_id: channel.id,
      channel_name: channelName(channel),
      user_id: user.id,
      user_name: user.name,
      command: input.command,
      text: (input.text ?? '').trim(),
      api_app_id: app.appId,
      is_enterprise_install: 'false',
      response_url: responseUrl(interaction),
      trigger_id: interaction.triggerId,
    }
    const delivery = await transport.deliver({ kind: 'command', type: 'slash_commands', payload })
    return outcomes(delivery, interaction, showAcknowledgement(delivery, interaction))
  }

  /** The body of a command's acknowledgement is an answer: text, or a message as JSON. */
  function showAcknowledgement(delivery: Delivery, interaction: Interaction): string[] {
    if (delivery.outcome !== 'acknowledged' || delivery.body === '') return []
    const isJson = String(delivery.headers['content-type'] ?? '').startsWith('application/json')
    const payload = isJson ? parseObject(delivery.body) : { text: delivery.body }
    if (!payload) return ['the acknowledgement is no JSON object']
    return problemsOf(() => showAnswer(app, interaction, payload, 'acknowledgement'))
  }

  // ---------------------------------------------------------------- clicks in messages

  async function click(input: ClickInput): Promise<Interacted> {
    const user = human(input.user)
    const channel = channelOf(input.channel, user.id)
    const { message, ephemeral } = shownTo(user.id, input.channel, input.ts)
    const shown = message ?? ephemeral
    const target = elementIn(shown?.blocks ?? [], input.actionId, input.blockId, `message ${input.ts} «${shown?.text}»`)
    requireConfirmation(target, input.confirm)
    const answer = describeChoice(target, input.choice)
    const source = { channel: channel.id, ts: input.ts, ephemeral: ephemeral !== undefined }
    const interaction = interactions.begin({ user: user.id, channel: channel.id, source })
    if (input.confirm === false) return outcomes(notSent('block_actions'), interaction, [])
    const delivery = await sendPayload(
      messageAction(user, channel, interaction, source, message, actionOf(target, answer)),
    )
    return outcomes(delivery, interaction, [])
  }

  /** A click that no Slack client would make: a stale or forged value, a message that is gone, a stranger. */
  async function rawAction(input: RawActionInput): Promise<Interacted> {
    const user = workspace.users.get(input.user)
    const channel = workspace.channels.get(input.channel)
    if (!user || !channel)
      throw new Error(`rawAction needs a known user and channel, not ${input.user}, ${input.channel}`)
    const ephemeral = workspace.ephemerals().some((one) => one.ts === input.ts)
    const source = { channel: channel.id, ts: input.ts, ephemeral }
    const interaction = interactions.begin({ user: user.id, channel: channel.id, source })
    const action = { type: 'button', block_id: 'forged', action_ts: workspace.nextTs(), ...input.action }
    const message = workspace.findMessage(channel.id, input.ts)
    const payload = messageAction(user, channel, interaction, source, message, action)
    return outcomes(await sendPayload({ ...payload, ...input.payload }), interaction, [])
  }

  function shownTo(user: string, channel: string, ts: string): { message?: Message; ephemeral?: Ephemeral } {
    const message = workspace.findMessage(channel, ts)
    if (message && !message.deleted) return { message }
    const ephemeral = workspace
      .ephemerals()
      .find((one) => one.ts === ts && one.channel === channel && one.user === user && !one.deleted)
    if (ephemeral) return { ephemeral }
    throw new Error(`${user} sees no message ${ts} in ${channel}`)
  }

  function messageAction(
    user: User,
    channel: Channel,
    interaction: Interaction,
    source: Source,
    message: Message | undefined,
    action: JsonObject,
  ): JsonObject {
    return {
      type: 'block_actions',
      ...common(user),
      container: {
        type: 'message',
        message_ts: source.ts,
        channel_id: channel.id,
        is_ephemeral: source.ephemeral,
        ...(message?.threadTs ? { thread_ts: message.threadTs } : {}),
      },
      trigger_id: interaction.triggerId,
      channel: { id: channel.id, name: channelName(channel) },
      // Slack leaves the message out when it was an ephemeral one.
      ...(source.ephemeral
        ? {}
        : { message: message ? wireMessage(app, message, true) : { type: 'message', ts: source.ts } }),
      state: { values: {} },
      response_url: responseUrl(interaction),
      actions: [action],
    }
  }

  function actionOf(target: Interactive, answer: JsonObject): JsonObject {
    return {
      type: target.element.type,
      action_id: target.actionId,
      block_id: target.blockId,
      ...answer,
      ...(target.element.style === undefined ? {} : { style: target.element.style }),
      ...(target.element.confirm === undefined ? {} : { confirm: target.element.confirm }),
      action_ts: workspace.nextTs(),
    }
  }

  // ---------------------------------------------------------------- modals and home tabs

  function openView(id: string): OpenView {
    const view = workspace.findView({ id })
    if (!view) throw new Error(`no view ${id} is open`)
    return view
  }

  function blocksOf(view: OpenView): unknown[] {
    return Array.isArray(view.view.blocks) ? view.view.blocks : []
  }

  /** Enters these values and gives the view with all that it holds. */
  function entering(view: OpenView, values: Record<string, Choice>): OpenView {
    const entered = structuredClone(view.entered)
    for (const [actionId, choice] of Object.entries(values)) {
      const target = elementIn(blocksOf(view), actionId, undefined, `view ${view.id}`)
      const answer = describeChoice(target, choice, suggestions.get(`${view.id} ${actionId}`))
      entered[target.blockId] = { ...entered[target.blockId], [actionId]: { type: target.element.type, ...answer } }
    }
    return workspace.enter(view, entered)
  }

  /** What every input reports. @throws when Slack's client would not let it be submitted */
  function stateOf(view: OpenView, mustBeComplete: boolean): JsonObject {
    const state: Record<string, JsonObject> = {}
    for (const target of interactiveElements(blocksOf(view))) {
      const { blockId, actionId, element, input } = target
      if (element.type === 'button' || element.type === 'overflow') continue
      const answer = view.entered[blockId]?.[actionId] ?? { type: element.type, ...untouched(target) }
      const { type: _, ...said } = answer
      if (mustBeComplete && input && !input.optional && isEmptyAnswer(said)) {
        throw new Error(`Slack does not submit: ${actionId} is required`)
      }
      state[blockId] = { ...state[blockId], [actionId]: answer }
    }
    return state
  }

  async function submitView(input: SubmitInput): Promise<Interacted> {
    const opened = openView(input.view)
    const user = person(opened.user)
    if (opened.view.submit === undefined) throw new Error(`view ${opened.id} has no submit button`)
    const view = entering(opened, input.values ?? {})
    const state = stateOf(view, true)
    const interaction = interactions.begin({ user: user.id, view: view.id })
    const delivery = await sendPayload({
      type: 'view_submission',
      ...common(user),
      trigger_id: interaction.triggerId,
      view: wireView(app, view, state),
      response_urls: [],
    })
    return outcomes(
      delivery,
      interaction,
      problemsOf(() => applySubmission(delivery, view, interaction)),
    )
  }

  /** https://docs.slack.dev/surfaces/modals#updating_response */
  function applySubmission(delivery: Delivery, view: OpenView, interaction: Interaction): void {
    // Without an acknowledgement the modal stays, with "We had some trouble connecting".
    if (delivery.outcome !== 'acknowledged') return
    if (delivery.body === '') {
      workspace.close(view)
      return
    }
    const answer = parseObject(delivery.body)
    if (!answer) throw new Error('the acknowledgement is no JSON object')
    switch (answer.response_action) {
      case 'clear':
        workspace.close(view, true)
        return
      case 'errors':
        workspace.showErrors(view, acceptErrors(view, answer.errors))
        return
      case 'update':
        workspace.updateView(view, acceptView(app, answer.view, 'modal', view))
        return
      case 'push':
        pushView(app, view.user, acceptView(app, answer.view, 'modal'), view, interaction.id)
        return
      default:
        throw new Error(`Slack knows no response_action ${String(answer.response_action)}`)
    }
  }

  function acceptErrors(view: OpenView, errors: unknown): Record<string, string> {
    if (!isObject(errors) || Object.keys(errors).length === 0) throw new Error('errors must name at least one block')
    const inputs = interactiveElements(blocksOf(view)).flatMap((one) => (one.input ? [one.blockId] : []))
    for (const [blockId, text] of Object.entries(errors)) {
      if (!inputs.includes(blockId)) throw new Error(`the view has no input block ${blockId} to show an error at`)
      if (typeof text !== 'string' || text === '') throw new Error(`the error of ${blockId} must be a text`)
    }
    return errors as Record<string, string>
  }

  /** Closes a modal with its X or Cancel. Sends view_closed when the view asked for it. */
  async function closeView(input: { view: string }): Promise<Delivery | undefined> {
    const view = openView(input.view)
    workspace.close(view, view.view.clear_on_close === true)
    if (view.view.notify_on_close !== true) return undefined
    const user = person(view.user)
    return sendPayload({ type: 'view_closed', ...common(user), view: wireView(app, view), is_cleared: false })
  }

  /** A click or a choice in a modal or home tab. */
  async function viewAction(input: {
    view: string
    actionId: string
    /** Needed when several blocks of a Home tab use the same action ID. */
    blockId?: string
    choice?: Choice
    confirm?: boolean
    /** What the other inputs hold. */
    values?: Record<string, Choice>
  }): Promise<Interacted> {
    const opened = openView(input.view)
    const user = person(opened.user)
    const target = elementIn(blocksOf(opened), input.actionId, input.blockId, `view ${opened.id}`)
    if (target.input && !target.input.dispatchAction) throw new Error(`${input.actionId} does not dispatch actions`)
    requireConfirmation(target, input.confirm)
    const answer = describeChoice(target, input.choice, suggestions.get(`${opened.id} ${target.actionId}`))
    const interaction = interactions.begin({ user: user.id, view: opened.id })
    if (input.confirm === false) return outcomes(notSent('block_actions'), interaction, [])
    const chosen = input.choice === undefined ? {} : { [target.actionId]: input.choice }
    const view = entering(opened, { ...input.values, ...chosen })
    const delivery = await sendPayload({
      type: 'block_actions',
      ...common(user),
      container: { type: 'view', view_id: view.id },
      trigger_id: interaction.triggerId,
      view: wireView(app, view, stateOf(view, false)),
      actions: [actionOf(target, answer)],
    })
    return outcomes(delivery, interaction, [])
  }

  /**
   * Types into an external_select of a modal; the options the app offers can then be chosen. What it says of the other
   * fields is what they held when the view was sent, not what was entered since:
   * https://github.com/slackapi/bolt-js/issues/1146
   */
  async function suggest(input: {
    view: string
    actionId: string
    text: string
  }): Promise<Delivery & { options: JsonObject[]; problems: string[] }> {
    const view = openView(input.view)
    const user = person(view.user)
    const target = elementIn(blocksOf(view), input.actionId, undefined, `view ${view.id}`)
    if (target.element.type !== 'external_select') throw new Error(`${input.actionId} asks the app for nothing`)
    // Slack waits for three characters where the element does not say how many.
    const least = typeof target.element.min_query_length === 'number' ? target.element.min_query_length : 3
    if (input.text.length < least) throw new Error(`${input.actionId} asks from ${least} characters on`)
    const delivery = await sendPayload({
      type: 'block_suggestion',
      ...common(user),
      container: { type: 'view', view_id: view.id },
      view: wireView(app, view),
      action_id: target.actionId,
      block_id: target.blockId,
      value: input.text,
    })
    const answer = delivery.outcome === 'acknowledged' ? parseObject(delivery.body) : {}
    const problems = answer ? validateSuggestions(answer).map(describeFinding) : ['the answer is no JSON object']
    // Slack shows none of them when one is wrong.
    const offered = problems.length === 0 && answer ? offeredOptions(answer) : []
    // What was chosen from an earlier answer stays chosen.
    const earlier = suggestions.get(`${view.id} ${target.actionId}`) ?? []
    const isNew = ({ value }: JsonObject) => !offered.some((one) => one.value === value)
    suggestions.set(`${view.id} ${target.actionId}`, [...earlier.filter(isNew), ...offered])
    return { ...delivery, options: offered, problems }
  }

  // ---------------------------------------------------------------- shortcuts

  /** A global shortcut, from the search or from the composer's menu: it happens in no channel. */
  async function shortcut(input: { user: string; callbackId: string }): Promise<Interacted> {
    const user = human(input.user)
    if (!app.scopes.has('commands')) throw new Error('without the scope commands the app has no shortcuts')
    const interaction = interactions.begin({ user: user.id })
    const delivery = await sendPayload({
      type: 'shortcut',
      ...common(user),
      callback_id: input.callbackId,
      trigger_id: interaction.triggerId,
      action_ts: workspace.nextTs(),
    })
    return outcomes(delivery, interaction, [])
  }

  /** A shortcut in the menu of a message: https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload */
  async function messageShortcut(input: {
    user: string
    channel: string
    ts: string
    callbackId: string
  }): Promise<Interacted> {
    const user = human(input.user)
    const channel = channelOf(input.channel, user.id)
    if (!app.scopes.has('commands')) throw new Error('without the scope commands the app has no shortcuts')
    const message = workspace.findMessage(channel.id, input.ts)
    // Slack offers none on what only one person sees.
    if (!message || message.deleted) throw new Error(`${user.id} finds no message ${input.ts} in ${channel.id}`)
    const source = { channel: channel.id, ts: message.ts, ephemeral: false }
    const interaction = interactions.begin({ user: user.id, channel: channel.id, source })
    const delivery = await sendPayload({
      type: 'message_action',
      ...common(user),
      callback_id: input.callbackId,
      trigger_id: interaction.triggerId,
      response_url: responseUrl(interaction),
      message_ts: message.ts,
      channel: { id: channel.id, name: channelName(channel) },
      message: wireMessage(app, message, false),
      action_ts: workspace.nextTs(),
    })
    return outcomes(delivery, interaction, [])
  }

  // ---------------------------------------------------------------- events

  /** Sends an event, again after each delay while it is not acknowledged. https://docs.slack.dev/apis/events-api#retries */
  async function event(payload: JsonObject, eventId = workspace.nextId('Ev')): Promise<EventDelivery> {
    const attempts: Delivery[] = []
    const envelope = {
      token: options.verificationToken,
      team_id: workspace.teamId,
      context_team_id: workspace.teamId,
      context_enterprise_id: null,
      api_app_id: app.appId,
      event: { event_ts: workspace.nextTs(), ...payload },
      type: 'event_callback',
      event_id: eventId,
      event_time: Math.floor(workspace.clock() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: workspace.teamId,
          user_id: app.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: workspace.channels.get(String(payload.channel))?.isShared ?? false,
    }
    for (const waitMs of [0, ...options.eventRetryDelaysMs]) {
      const last = attempts.at(-1)
      if (last && !(await pause(waitMs))) break
      const retry = last && { attempt: attempts.length, reason: retryReason(last) }
      const kind = String(payload.type)
      const attempt = await transport.deliver({ kind, type: 'events_api', payload: envelope, ...(retry && { retry }) })
      attempts.push(attempt)
      if (attempt.outcome === 'acknowledged' || attempt.headers['x-slack-no-retry'] === '1') break
    }
    return { eventId, attempts }
  }

  /** False when the double was stopped meanwhile. */
  async function pause(ms: number): Promise<boolean> {
    await delay(ms, undefined, { signal: options.stopped, ref: false }).catch(() => undefined)
    return !options.stopped.aborted
  }

  /** Somebody, or another app's bot, writes in a channel or thread. The app hears of it as far as its scopes and memberships go. */
  async function say(input: {
    user: string
    channel: string
    text: string
    threadTs?: string
    /** A reply that is also sent to the channel, or one with a file. */
    as?: 'thread_broadcast' | 'file_share'
  }): Promise<{ message: Message; events: EventDelivery[] }> {
    const user = person(input.user)
    const channel = channelOf(input.channel, user.id)
    if (channel.isArchived) throw new Error(`${channel.id} is archived`)
    const parent = input.threadTs === undefined ? undefined : workspace.findMessage(channel.id, input.threadTs)
    if (input.threadTs !== undefined && (!parent || parent.threadTs)) {
      throw new Error(`${input.threadTs} starts no thread in ${channel.id}`)
    }
    const broadcast = input.as === 'thread_broadcast'
    const message = workspace.post({ channel, user: user.id, text: input.text, threadTs: input.threadTs, broadcast })
    return { message, events: await announce(user, channel, message, input.as) }
  }

  async function announce(
    user: User,
    channel: Channel,
    message: Message,
    subtype?: 'thread_broadcast' | 'file_share',
  ): Promise<EventDelivery[]> {
    const fields = { ...wireReply(user, channel, message), event_ts: message.ts, ...(subtype && { subtype }) }
    return Promise.all([tellOfMessage(channel, fields), tellOfMention(channel, message, fields)].flat())
  }

  function wireReply(user: User, channel: Channel, message: Message): JsonObject {
    return {
      ...wireMessage(app, message, false),
      channel: channel.id,
      team: user.teamId,
      ...(user.isBot ? { bot_id: `B${user.id.slice(1)}`, app_id: 'A0OTHER' } : {}),
      ...(user.teamId === workspace.teamId ? {} : { user_team: user.teamId, source_team: user.teamId }),
      client_msg_id: workspace.nextId(),
    }
  }

  /** https://docs.slack.dev/reference/events/message */
  function tellOfMessage(channel: Channel, fields: JsonObject): Promise<EventDelivery>[] {
    const kind = channel.kind === 'public' ? 'channel' : channel.kind === 'private' ? 'group' : 'im'
    const scope = kind === 'channel' ? 'channels:history' : kind === 'group' ? 'groups:history' : 'im:history'
    const hears = transport.isConnected() && workspace.isMember(channel, app.userId) && app.scopes.has(scope)
    return hears ? [event({ ...fields, type: 'message', channel: channel.id, channel_type: kind })] : []
  }

  /** https://docs.slack.dev/reference/events/app_mention: whose thread it is, is not said there. */
  function tellOfMention(
    channel: Channel,
    message: Message,
    { parent_user_id: _, ...fields }: JsonObject,
  ): Promise<EventDelivery>[] {
    const isNamed = workspace.isMember(channel, app.userId) && message.text.includes(`<@${app.userId}>`)
    const hears = transport.isConnected() && isNamed && app.scopes.has('app_mentions:read')
    return hears ? [event({ ...fields, type: 'app_mention' })] : []
  }

  /** Somebody edits what they wrote; a mention that comes in by that is told of as one. */
  async function rewrite(input: { user: string; channel: string; ts: string; text: string }): Promise<EventDelivery[]> {
    const { user, channel, message } = own(input)
    const edited = workspace.edit(message, { text: input.text }, user.id)
    const changed = {
      subtype: 'message_changed',
      hidden: true,
      message: wireReply(user, channel, edited),
      previous_message: wireReply(user, channel, message),
      ts: workspace.nextTs(),
    }
    const told = tellOfMessage(channel, changed)
    const isNew = !message.text.includes(`<@${app.userId}>`)
    return Promise.all([...told, ...(isNew ? tellOfMention(channel, edited, wireReply(user, channel, edited)) : [])])
  }

  /** Somebody takes back what they wrote. */
  async function unsay(input: { user: string; channel: string; ts: string }): Promise<EventDelivery[]> {
    const { user, channel, message } = own(input)
    const gone = { deleted_ts: message.ts, previous_message: wireReply(user, channel, message), hidden: true }
    workspace.remove(message)
    return Promise.all(tellOfMessage(channel, { subtype: 'message_deleted', ...gone, ts: workspace.nextTs() }))
  }

  function own(input: { user: string; channel: string; ts: string }) {
    const user = person(input.user)
    const channel = channelOf(input.channel, user.id)
    const message = workspace.findMessage(channel.id, input.ts)
    if (!message || message.deleted || message.user !== user.id) throw new Error(`${input.ts} is not ${user.id}’s`)
    return { user, channel, message }
  }

  /**
   * Somebody goes to one of the app's tabs. Slack tells the app each time, and what the Home tab shows once that was
   * published. https://docs.slack.dev/reference/events/app_home_opened
   *
   * @param eventId of an event that Slack sends once more
   */
  function openHome(input: { user: string; tab?: 'home' | 'messages'; eventId?: string }): Promise<EventDelivery> {
    const user = person(input.user)
    const { tab = 'home' } = input
    if (tab === 'home' && !app.homeTab) throw new Error('the app has no Home tab')
    const home = workspace.homeOf(user.id)
    const payload = {
      type: 'app_home_opened',
      user: user.id,
      channel: workspace.directChannel(user.id).id,
      tab,
      ...(tab === 'home' && home ? { view: wireView(app, home) } : {}),
    }
    return event(payload, input.eventId)
  }

  return {
    command,
    click,
    rawAction,
    submitView,
    closeView,
    viewAction,
    suggest,
    shortcut,
    event,
    say,
    rewrite,
    unsay,
    messageShortcut,
    openHome,
    raw,
    repeat: transport.repeat,
    replay: courier.replay,
    send: courier.send,
    sign: courier.sign,
    connect: (to: { requestUrl: string }) => courier.connect(to.requestUrl),
  }
}

function notSent(kind: string): Delivery {
  return { kind, headers: {}, body: '', ms: 0, outcome: 'acknowledged' }
}

function retryReason(last: Delivery): string {
  if (last.outcome === 'operation_timeout') return 'http_timeout'
  return last.status === undefined ? 'connection_failed' : 'http_error'
}

function requireConfirmation({ actionId, element }: Interactive, confirm: boolean | undefined): void {
  if (element.confirm !== undefined && confirm === undefined) {
    throw new Error(`${actionId} has a confirm dialog: say confirm: true, or false to close it`)
  }
  if (element.confirm === undefined && confirm !== undefined) throw new Error(`${actionId} has no confirm dialog`)
}

function elementIn(
  blocks: readonly unknown[],
  actionId: string,
  blockId: string | undefined,
  where: string,
): Interactive {
  const shown = interactiveElements(blocks)
  const found = shown.find((one) => one.actionId === actionId && (blockId === undefined || one.blockId === blockId))
  if (!found)
    throw new Error(`${where} shows no ${actionId}, only ${shown.map((one) => one.actionId).join(', ') || 'text'}`)
  return found
}

function problemsOf(apply: () => unknown): string[] {
  try {
    apply()
    return []
  } catch (error) {
    if (!(error instanceof SlackError)) return [String(error instanceof Error ? error.message : error)]
    return [`${error.code} ${JSON.stringify(error.details)}`]
  }
}
