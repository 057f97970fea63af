import { type ConversationsHistoryResponse, LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeSlack, type SlackOptions, startSlack } from './slack.ts'

const CHANNEL = 'C0RELEASES'

let slack: FakeSlack
let now = Date.now()

beforeEach(async () => {
  await start()
})

afterEach(async () => {
  await slack.stop()
})

async function start(options: SlackOptions = {}): Promise<void> {
  await slack?.stop()
  slack = await startSlack(options)
  slack.addUser({ id: 'U0ALICE', name: 'alice' })
  slack.addUser({ id: 'U0BOB', name: 'bob' })
  slack.addUser({ id: 'U0CAROL', name: 'carol' })
  slack.addUser({ id: 'U0GONE', name: 'gone', deleted: true })
  slack.addUser({ id: 'U0STRANGER', name: 'stranger', isStranger: true })
  slack.addGroup({ id: 'S0ONCALL', handle: 'on-call', users: ['U0BOB', 'U0CAROL'] })
  slack.addChannel({ id: CHANNEL, name: 'releases', members: ['U0ALICE', 'U0BOB'] })
}

function client(token = slack.botToken, options: WebClientOptions = {}): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    logLevel: LogLevel.ERROR,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => LogLevel.ERROR,
      setName() {},
    },
    retryConfig: { retries: 0 },
    ...options,
  })
}

/** A method's answer as Slack sends it, errors included. */
async function call(method: string, args: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}`, ...headers },
    body: JSON.stringify(args),
  })
  return { status: response.status, headers: response.headers, ...((await response.json()) as Record<string, unknown>) }
}

async function post(args: Record<string, unknown> = {}): Promise<string> {
  const answer = await call('chat.postMessage', { channel: CHANNEL, text: 'hello', ...args })
  expect(answer).toMatchObject({ ok: true })
  return String((answer as { ts?: string }).ts)
}

const SECTION = { type: 'section', text: { type: 'mrkdwn', text: 'hello' } }

describe('tokens, scopes and arguments', () => {
  test('without a token nothing is answered, with a wrong one neither', async () => {
    expect(await call('auth.test', {}, { authorization: '' })).toMatchObject({ ok: false, error: 'not_authed' })
    expect(await call('auth.test', {}, { authorization: 'Bearer xoxb-wrong' })).toMatchObject({ error: 'invalid_auth' })
    expect(await call('auth.test')).toMatchObject({ ok: true, user_id: slack.botUserId, team_id: slack.teamId })
  })

  test('a token in a form counts, in a JSON body it does not', async () => {
    const form = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      body: new URLSearchParams({ token: slack.botToken }),
    })
    expect(await form.json()).toMatchObject({ ok: true })
    expect(await call('auth.test', { token: slack.botToken }, { authorization: '' })).toMatchObject({
      error: 'not_authed',
    })
  })

  test.each([
    ['chat.postMessage', 'chat:write', { channel: CHANNEL, text: 'x' }],
    ['usergroups.users.list', 'usergroups:read', { usergroup: 'S0ONCALL' }],
    ['users.info', 'users:read', { user: 'U0BOB' }],
    ['conversations.open', 'im:write', { users: 'U0BOB' }],
  ])('%s needs %s', async (method, scope, args) => {
    expect(await call(method, args)).toMatchObject({ ok: true })
    slack.scopes.delete(scope)
    const answer = await call(method, args)
    expect(answer).toMatchObject({ ok: false, error: 'missing_scope', needed: expect.stringContaining(scope) })
    expect((answer as { provided?: string }).provided?.split(',')).not.toContain(scope)
  })

  test('the history of a private channel needs groups:history, whatever else is granted', async () => {
    slack.addChannel({ id: 'C0PRIVATE', name: 'secret', kind: 'private', members: ['U0ALICE'] })
    expect(await call('conversations.history', { channel: 'C0PRIVATE' })).toMatchObject({ ok: true })
    slack.scopes.delete('groups:history')
    expect(await call('conversations.history', { channel: 'C0PRIVATE' })).toMatchObject({
      error: 'missing_scope',
      needed: 'groups:history',
    })
  })

  test('granted and accepted scopes are told in the headers', async () => {
    const { headers } = await call('chat.postMessage', { channel: CHANNEL, text: 'x' })
    expect(headers.get('x-accepted-oauth-scopes')).toBe('chat:write')
    expect(headers.get('x-oauth-scopes')?.split(',')).toContain('commands')
  })

  test('unknown methods, unknown arguments, missing and malformed ones are refused', async () => {
    expect(await call('chat.shout')).toMatchObject({ ok: false, error: 'unknown_method' })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'x', blokcs: [] })).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] unknown argument: blokcs [json-pointer:/blokcs]'] },
    })
    expect(await call('chat.update', { channel: CHANNEL, text: 'x' })).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: ts [json-pointer:/ts]'] },
    })
    expect(await call('conversations.history', { channel: CHANNEL, limit: 'all' })).toMatchObject({
      response_metadata: { messages: ['[ERROR] must be a valid integer [json-pointer:/limit]'] },
    })
    expect(slack.messages(CHANNEL)).toEqual([])
  })

  test('bodies of other types, and JSON that is none, are refused', async () => {
    const send = async (type: string, body: string) => {
      const headers = { 'content-type': type, authorization: `Bearer ${slack.botToken}` }
      return (await fetch(`${slack.apiUrl}auth.test`, { method: 'POST', headers, body })).json()
    }
    expect(await send('text/xml', '<a/>')).toMatchObject({ error: 'invalid_post_type' })
    expect(await send('application/json', '{')).toMatchObject({ error: 'invalid_json' })
    expect(await send('application/json', '[]')).toMatchObject({ error: 'json_not_object' })
    expect(await send('application/json; charset=latin-9', '{}')).toMatchObject({ error: 'invalid_charset' })
  })

  test('api.test gives back what it got', async () => {
    expect(await call('api.test', { foo: 'bar' }, { authorization: '' })).toMatchObject({
      ok: true,
      args: { foo: 'bar' },
    })
    expect(await call('api.test', { error: 'my_error' })).toMatchObject({ ok: false, error: 'my_error' })
  })
})

describe('messages', () => {
  test("Slack's own client posts, edits and deletes", async () => {
    const web = client()
    const metadata = { event_type: 'rollcall_upgrade', event_payload: { id: 'web-1', sequence: 1 } }
    const posted = await web.chat.postMessage({ channel: CHANNEL, text: 'one', blocks: [SECTION], metadata })
    const ts = String(posted.ts)
    expect(slack.message(CHANNEL, ts)).toMatchObject({ text: 'one', user: slack.botUserId, metadata, edits: [] })
    expect(posted.message).toMatchObject({ text: 'one', bot_id: slack.botId, blocks: [{ type: 'section' }] })

    await web.chat.update({ channel: CHANNEL, ts, text: 'two', blocks: [SECTION] })
    expect(slack.message(CHANNEL, ts)).toMatchObject({
      text: 'two',
      metadata,
      edited: { user: slack.botUserId },
      edits: [{ text: 'one' }],
    })

    await web.chat.update({ channel: CHANNEL, ts, text: 'three', metadata: {} as never })
    const bare = slack.message(CHANNEL, ts)
    expect(bare?.text).toBe('three')
    expect(bare?.blocks).toBeUndefined()
    expect(bare?.metadata).toBeUndefined()

    await web.chat.delete({ channel: CHANNEL, ts })
    expect(slack.message(CHANNEL, ts)?.deleted).toBe(true)
    await expect(web.chat.update({ channel: CHANNEL, ts, text: 'four' })).rejects.toThrow('message_not_found')
  })

  test('timestamps are unique and increase, however fast messages come', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => post()))
    expect(new Set(all).size).toBe(50)
    const stored = slack.messages(CHANNEL).map((one) => one.ts)
    expect(stored).toEqual([...stored].sort())
    expect(stored.every((ts) => /^\d{10}\.\d{6}$/.test(ts))).toBe(true)
  })

  test('blocks and elements without an ID get one', async () => {
    const ts = await post({
      blocks: [SECTION, { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Go' } }] }],
    })
    const [first, second] = slack.message(CHANNEL, ts)?.blocks ?? []
    expect(first?.block_id).toMatch(/^\w+$/)
    expect(second?.block_id).not.toBe(first?.block_id)
    expect(second).toMatchObject({ elements: [{ action_id: expect.stringMatching(/^\w+$/) }] })
  })

  test.each([
    ['an unknown channel', { channel: 'C0NOWHERE' }, 'channel_not_found'],
    ['a channel by name', { channel: '#releases' }, 'channel_not_found'],
    ['a deactivated user', { channel: 'U0GONE' }, 'user_disabled'],
    ['a bot', { channel: 'U0BOT' }, 'cannot_dm_bot'],
    ['no text', { text: '' }, 'no_text'],
    ['blocks without a text', { text: undefined, blocks: [SECTION] }, 'no_text'],
    ['40,001 characters', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['blocks that are no list', { blocks: SECTION }, 'invalid_blocks_format'],
    ['blocks that are no JSON', { blocks: '[{' }, 'invalid_blocks_format'],
    [
      'blocks of more than 13,000 characters',
      {
        blocks: Array.from({ length: 5 }, () => ({
          type: 'section',
          text: { type: 'mrkdwn', text: 'x'.repeat(2600) },
        })),
      },
      'msg_blocks_too_long',
    ],
    ['metadata without a payload', { metadata: { event_type: 'a' } }, 'invalid_metadata_format'],
    [
      'metadata with a dot in its type',
      { metadata: { event_type: 'a.b', event_payload: {} } },
      'invalid_metadata_format',
    ],
    [
      'metadata of more than 16 KiB',
      { metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(16_384) } } },
      'metadata_too_large',
    ],
    ['a thread that is not there', { thread_ts: '1234567890.123456' }, 'thread_not_found'],
  ])('%s cannot be posted', async (_what, args, error) => {
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'hello', ...args })).toMatchObject({
      ok: false,
      error,
    })
    expect(slack.messages()).toEqual([])
  })

  test('40,000 characters can be posted, 4,000 by an edit', async () => {
    const ts = await post({ text: 'x'.repeat(40_000) })
    const update = (length: number) => call('chat.update', { channel: CHANNEL, ts, text: 'y'.repeat(length) })
    expect(await update(4_001)).toMatchObject({ error: 'msg_too_long' })
    expect(await update(4_000)).toMatchObject({ ok: true })
  })

  test('invalid blocks are answered with every problem and its place', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }]
    const problem = 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'x', blocks })).toMatchObject({
      error: 'invalid_blocks',
      errors: [problem],
      response_metadata: { messages: [`[ERROR] ${problem}`] },
    })
  })

  test('only its own messages can the app edit or delete', async () => {
    const { message } = await slack.say({ user: 'U0ALICE', channel: CHANNEL, text: 'mine' })
    const target = { channel: CHANNEL, ts: message.ts }
    expect(await call('chat.update', { ...target, text: 'yours' })).toMatchObject({ error: 'cant_update_message' })
    expect(await call('chat.delete', target)).toMatchObject({ error: 'cant_delete_message' })
  })

  test('posting needs membership, and a channel that is not archived', async () => {
    slack.addChannel({ id: 'C0OTHER', name: 'other', members: ['U0ALICE'], bot: false })
    slack.addChannel({ id: 'C0HIDDEN', name: 'hidden', kind: 'private', members: ['U0ALICE'], bot: false })
    const ts = await post()
    expect(await call('chat.postMessage', { channel: 'C0OTHER', text: 'x' })).toMatchObject({ error: 'not_in_channel' })
    expect(await call('chat.postMessage', { channel: 'C0HIDDEN', text: 'x' })).toMatchObject({
      error: 'channel_not_found',
    })
    expect(await call('conversations.history', { channel: 'C0OTHER' })).toMatchObject({ error: 'not_in_channel' })
    slack.scopes.add('chat:write.public')
    expect(await call('chat.postMessage', { channel: 'C0OTHER', text: 'x' })).toMatchObject({ ok: true })
    slack.modifyChannel(CHANNEL, { isArchived: true })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'x' })).toMatchObject({ error: 'is_archived' })
    expect(await call('chat.update', { channel: CHANNEL, ts, text: 'x' })).toMatchObject({ error: 'is_inactive' })
  })

  test('an ephemeral message reaches a member and nobody else', async () => {
    expect(await call('chat.postEphemeral', { channel: CHANNEL, user: 'U0ALICE', text: 'psst' })).toMatchObject({
      ok: true,
    })
    expect(await call('chat.postEphemeral', { channel: CHANNEL, user: 'U0CAROL', text: 'psst' })).toMatchObject({
      error: 'user_not_in_channel',
    })
    expect(slack.ephemerals('U0ALICE').map((one) => one.text)).toEqual(['psst'])
    expect(slack.ephemerals('U0BOB')).toEqual([])
    expect(slack.messages()).toEqual([])
  })

  test('a message to a user ID is a direct message, and so is one to the opened conversation', async () => {
    const opened = await client().conversations.open({ users: 'U0CAROL' })
    await post({ channel: 'U0CAROL', text: 'one' })
    await post({ channel: opened.channel?.id, text: 'two' })
    expect(slack.directMessages('U0CAROL')).toMatchObject([
      { text: 'one', notified: ['U0CAROL'] },
      { text: 'two', notified: ['U0CAROL'] },
    ])
    expect(await call('conversations.open', { users: 'U0NOBODY' })).toMatchObject({ error: 'user_not_found' })
  })

  test('a permalink leads to the message, within its thread', async () => {
    const ts = await post()
    const reply = await post({ thread_ts: ts })
    expect(await call('chat.getPermalink', { channel: CHANNEL, message_ts: reply })).toMatchObject({
      permalink: `https://acme.slack.com/archives/${CHANNEL}/p${reply.replace('.', '')}?thread_ts=${ts}&cid=${CHANNEL}`,
    })
    expect(await call('chat.getPermalink', { channel: CHANNEL, message_ts: '1.2' })).toMatchObject({
      error: 'message_not_found',
    })
  })

  test('a reaction is added once', async () => {
    slack.scopes.add('reactions:write')
    const ts = await post()
    const react = () => call('reactions.add', { channel: CHANNEL, timestamp: ts, name: 'eyes' })
    expect(await react()).toMatchObject({ ok: true })
    expect(await react()).toMatchObject({ error: 'already_reacted' })
    expect(slack.message(CHANNEL, ts)?.reactions).toEqual([{ name: 'eyes', users: [slack.botUserId] }])
  })
})

describe('history', () => {
  test('the newest come first, replies are left out, metadata only when asked for', async () => {
    const metadata = { event_type: 'a', event_payload: { n: 1 } }
    const first = await post({ text: 'first', metadata })
    await post({ text: 'reply', thread_ts: first })
    await post({ text: 'broadcast', thread_ts: first, reply_broadcast: true })
    await post({ text: 'second' })
    const { messages } = await client().conversations.history({ channel: CHANNEL })
    expect(messages?.map((one) => one.text)).toEqual(['second', 'broadcast', 'first'])
    expect(messages?.at(-1)).toMatchObject({ reply_count: 2, thread_ts: first })
    expect(messages?.at(-1)).not.toHaveProperty('metadata')
    const withMetadata = await client().conversations.history({ channel: CHANNEL, include_all_metadata: true })
    expect(withMetadata.messages?.at(-1)).toMatchObject({ metadata })
  })

  test('a range is exclusive unless inclusive is asked for', async () => {
    const [a, b, c] = [await post({ text: 'a' }), await post({ text: 'b' }), await post({ text: 'c' })]
    const texts = async (args: object) => {
      const { messages } = await client().conversations.history({ channel: CHANNEL, ...args })
      return messages?.map((one) => one.text)
    }
    expect(await texts({ oldest: a, latest: c })).toEqual(['b'])
    expect(await texts({ oldest: a, latest: c, inclusive: true })).toEqual(['c', 'b', 'a'])
    expect(await texts({ latest: b, inclusive: true, limit: 1 })).toEqual(['b'])
    expect(await call('conversations.history', { channel: CHANNEL, oldest: 'yesterday' })).toMatchObject({
      error: 'invalid_ts_oldest',
    })
  })

  test('pages follow one another', async () => {
    for (const text of ['a', 'b', 'c', 'd', 'e']) await post({ text })
    const texts: unknown[] = []
    for await (const page of client().paginate('conversations.history', { channel: CHANNEL, limit: 2 })) {
      const { messages } = page as ConversationsHistoryResponse
      texts.push(...(messages ?? []).map((one) => one.text))
    }
    expect(texts).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await call('conversations.history', { channel: CHANNEL, limit: 1001 })).toMatchObject({
      error: 'invalid_limit',
    })
    expect(await call('conversations.history', { channel: CHANNEL, cursor: 'x' })).toMatchObject({
      error: 'invalid_cursor',
    })
  })

  test('a thread starts with its parent, also when asked for by a reply', async () => {
    const parent = await post({ text: 'parent' })
    const reply = await post({ text: 'one', thread_ts: parent })
    await post({ text: 'two', thread_ts: parent })
    for (const ts of [parent, reply]) {
      const { messages } = await client().conversations.replies({ channel: CHANNEL, ts })
      expect(messages?.map((one) => one.text)).toEqual(['parent', 'one', 'two'])
    }
    expect(await call('conversations.replies', { channel: CHANNEL, ts: '1234567890.000001' })).toMatchObject({
      error: 'thread_not_found',
    })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'x', thread_ts: reply })).toMatchObject({
      error: 'cannot_reply_to_message',
    })
  })

  test('a deleted message is gone, but stands as a tombstone while it has replies', async () => {
    const alone = await post()
    const parent = await post()
    await post({ text: 'reply', thread_ts: parent })
    slack.deleteMessage(CHANNEL, alone)
    slack.deleteMessage(CHANNEL, parent)
    const { messages } = await client().conversations.history({ channel: CHANNEL })
    expect(messages).toMatchObject([{ ts: parent, subtype: 'tombstone' }])
    expect(await call('conversations.replies', { channel: CHANNEL, ts: alone })).toMatchObject({
      error: 'thread_not_found',
    })
    expect(await call('chat.postMessage', { channel: CHANNEL, text: 'x', thread_ts: alone })).toMatchObject({
      error: 'thread_not_found',
    })
  })
})

describe('people and channels', () => {
  test('users tell whether they are gone, guests or of another workspace', async () => {
    slack.modifyUser('U0BOB', { isRestricted: true })
    const info = async (user: string) => (await client().users.info({ user })).user
    expect(await info('U0BOB')).toMatchObject({
      team_id: slack.teamId,
      deleted: false,
      is_restricted: true,
      is_bot: false,
    })
    expect(await info('U0GONE')).toMatchObject({ deleted: true })
    expect(await info('U0STRANGER')).toMatchObject({ is_stranger: true, team_id: 'T0OTHER' })
    expect(await info(slack.botUserId)).toMatchObject({ is_bot: true })
    expect(await info('U0BOB')).not.toHaveProperty('locale')
    expect((await client().users.info({ user: 'U0BOB', include_locale: true })).user).toHaveProperty('locale', 'en-US')
    expect(await call('users.info', { user: 'U0NOBODY' })).toMatchObject({ error: 'user_not_found' })
    const { members } = await client().users.list({ limit: 200 })
    expect(members?.map((one) => one.id)).toContain('U0CAROL')
  })

  test('user groups are listed with their members, disabled ones left out', async () => {
    slack.addGroup({ id: 'S0OLD', handle: 'old', users: [], disabled: true })
    const { usergroups } = await client().usergroups.list({ include_users: true })
    expect(usergroups).toMatchObject([{ id: 'S0ONCALL', handle: 'on-call', users: ['U0BOB', 'U0CAROL'] }])
    const { users } = await client().usergroups.users.list({ usergroup: 'S0ONCALL' })
    expect(users).toEqual(['U0BOB', 'U0CAROL'])
    expect(await call('usergroups.users.list', { usergroup: 'S0OLD' })).toMatchObject({ error: 'no_such_subteam' })
  })

  test('channels tell what they are and who is in them', async () => {
    slack.addChannel({ id: 'C0OTHER', name: 'other', members: ['U0ALICE'], bot: false })
    const info = await client().conversations.info({ channel: CHANNEL, include_num_members: true })
    expect(info.channel).toMatchObject({
      name: 'releases',
      is_archived: false,
      is_ext_shared: false,
      is_member: true,
      num_members: 3,
    })
    const { members } = await client().conversations.members({ channel: CHANNEL })
    expect(members).toEqual(['U0ALICE', 'U0BOB', slack.botUserId])
    const mine = async () => (await client().users.conversations({})).channels?.map((one) => one.id)
    expect(await mine()).toEqual([CHANNEL])
    slack.scopes.add('channels:join')
    await client().conversations.join({ channel: 'C0OTHER' })
    expect(await mine()).toEqual([CHANNEL, 'C0OTHER'])
  })
})

describe('who is notified', () => {
  test.each([
    ['a mention in the text', { text: 'hi <@U0ALICE>' }, ['U0ALICE']],
    ['a group: those of it who are in the channel', { text: '<!subteam^S0ONCALL>' }, ['U0BOB']],
    ['nobody outside the channel', { text: '<@U0CAROL> <@U0GONE>' }, []],
    ['everybody by a broadcast', { text: '<!channel>' }, ['U0ALICE', 'U0BOB']],
    ['nobody by escaped markup', { text: '&lt;!channel&gt; &lt;@U0ALICE&gt; @here' }, []],
    ['nobody by a text that the blocks hide', { text: '<@U0ALICE>', blocks: [SECTION] }, []],
    [
      'mentions in blocks',
      { text: 'x', blocks: [{ type: 'section', fields: [{ type: 'mrkdwn', text: '<@U0BOB|bob>' }] }] },
      ['U0BOB'],
    ],
    [
      'nobody by plain text',
      { text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: '<@U0BOB>' } }] },
      [],
    ],
    [
      'mentions in rich text',
      {
        text: 'x',
        blocks: [
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'user', user_id: 'U0ALICE' }] }],
          },
        ],
      },
      ['U0ALICE'],
    ],
  ])('%s', async (_what, args, notified) => {
    const ts = await post(args)
    expect(slack.message(CHANNEL, ts)?.notified).toEqual(notified)
  })

  test('whoever was mentioned in a thread is notified of each later line, by edits nobody is', async () => {
    const parent = await post({ text: 'plan' })
    const question = await post({ text: '<@U0BOB>?', thread_ts: parent })
    const line = await post({ text: 'result', thread_ts: parent })
    expect(slack.message(CHANNEL, line)?.notified).toEqual(['U0BOB'])
    await call('chat.update', { channel: CHANNEL, ts: question, text: 'decided <@U0ALICE>' })
    expect(slack.message(CHANNEL, question)).toMatchObject({ notified: ['U0BOB'], mentions: { users: ['U0BOB'] } })
    const after = await post({ text: 'more', thread_ts: parent })
    expect(slack.message(CHANNEL, after)?.notified).toEqual(['U0BOB'])
  })

  test('mentions tell also of those who were named but not notified', async () => {
    const ts = await post({ text: '<@U0CAROL> <!here>', blocks: [SECTION] })
    expect(slack.message(CHANNEL, ts)).toMatchObject({
      notified: [],
      mentions: { users: ['U0CAROL'], broadcasts: ['here'] },
    })
  })
})

describe('faults', () => {
  test('a 429 is honoured by the client after Retry-After, and the post arrives once', async () => {
    const fault = slack.fault({ method: 'chat.postMessage', kind: 'rate_limited', retryAfterSeconds: 1 })
    const startedAt = performance.now()
    await client(slack.botToken, { retryConfig: { retries: 1, minTimeout: 0 } }).chat.postMessage({
      channel: CHANNEL,
      text: 'x',
    })
    expect(performance.now() - startedAt).toBeGreaterThan(990)
    expect(fault.hits).toBe(1)
    expect(slack.messages(CHANNEL)).toHaveLength(1)
    expect(slack.calls.map((one) => one.status)).toEqual([429, 200])
  })

  test('an answer that is lost after the post leads a retry to a double', async () => {
    slack.fault({ method: 'chat.postMessage', kind: 'connection_reset', applyFirst: true })
    const retrying = client(slack.botToken, { retryConfig: { retries: 1, minTimeout: 0 } })
    await retrying.chat.postMessage({ channel: CHANNEL, text: 'x' })
    expect(slack.messages(CHANNEL)).toHaveLength(2)
  })

  test.each(['connection_reset', 'server_error'] as const)('%s without applyFirst posts nothing', async (kind) => {
    slack.fault({ kind, times: 2 })
    const failing = client()
    await expect(failing.chat.postMessage({ channel: CHANNEL, text: 'x' })).rejects.toThrow()
    await expect(failing.chat.postMessage({ channel: CHANNEL, text: 'x' })).rejects.toThrow()
    expect(slack.messages(CHANNEL)).toEqual([])
    await post()
  })

  test('a time-out leaves the client waiting until it gives up', async () => {
    slack.fault({ method: 'auth.test', kind: 'timeout' })
    await expect(client(slack.botToken, { timeout: 50 }).auth.test()).rejects.toThrow()
    expect(slack.calls).toMatchObject([{ method: 'auth.test', fault: 'timeout' }])
    expect(slack.calls[0]).not.toHaveProperty('answer')
  })

  test('an outage lasts until it is cleared, and spares other methods', async () => {
    const outage = slack.fault({
      method: 'chat.update',
      kind: 'platform_error',
      error: 'internal_error',
      times: Infinity,
    })
    const ts = await post()
    const update = () => call('chat.update', { channel: CHANNEL, ts, text: 'y' })
    expect(await update()).toMatchObject({ error: 'internal_error' })
    expect(await update()).toMatchObject({ error: 'internal_error' })
    outage.clear()
    expect(await update()).toMatchObject({ ok: true })
  })

  test('a slow answer is a right one', async () => {
    slack.fault({ kind: 'slow', delayMs: 80 })
    const startedAt = performance.now()
    expect(await call('auth.test')).toMatchObject({ ok: true })
    expect(performance.now() - startedAt).toBeGreaterThan(75)
  })
})

describe('rate limits', () => {
  beforeEach(async () => {
    now = Date.now()
    await start({ rateLimits: 'slack', clock: () => now })
  })

  /** How many of these calls go through before the first 429, and what that says. */
  async function until429(method: string, args: object, most = 200) {
    for (let count = 0; count < most; count += 1) {
      const answer = await call(method, { ...args })
      if (answer.status === 429) return { count, retryAfter: answer.headers.get('retry-after'), answer }
    }
    throw new Error(`${method} was never limited`)
  }

  test('posts: a short burst, then one a second in each channel', async () => {
    slack.addChannel({ id: 'C0OTHER', name: 'other', members: [] })
    const limited = await until429('chat.postMessage', { channel: CHANNEL, text: 'x' })
    expect(limited).toMatchObject({ count: 4, retryAfter: '1', answer: { ok: false, error: 'ratelimited' } })
    expect(await call('chat.postMessage', { channel: 'C0OTHER', text: 'x' })).toMatchObject({ ok: true })
    now += 1000
    expect(await until429('chat.postMessage', { channel: CHANNEL, text: 'x' })).toMatchObject({ count: 1 })
  })

  test('edits: 50 a minute for the whole workspace', async () => {
    const ts = await post()
    expect(await until429('chat.update', { channel: CHANNEL, ts, text: 'x' })).toMatchObject({
      count: 50,
      retryAfter: '2',
    })
    now += 60_000
    expect(await until429('chat.update', { channel: CHANNEL, ts, text: 'x' })).toMatchObject({ count: 50 })
  })

  test('user groups: 20 a minute', async () => {
    expect(await until429('usergroups.users.list', { usergroup: 'S0ONCALL' })).toMatchObject({
      count: 20,
      retryAfter: '3',
    })
  })
})

describe('watching', () => {
  test('waiting ends with the change that brings it', async () => {
    const waiting = slack.waitForMessage((one) => one.text === 'there')
    await post({ text: 'here' })
    const ts = await post({ text: 'there' })
    expect((await waiting).ts).toBe(ts)
  })

  test('waiting in vain says what there is', async () => {
    await post({ text: 'something else' })
    const waiting = slack.waitForMessage(() => false, { timeoutMs: 20, what: 'the question' })
    await expect(waiting).rejects.toThrow(/the question did not come within 20 ms\n.*something else/)
  })

  test('changes are told in their order, until one looks away', async () => {
    const seen: string[] = []
    const unsubscribe = slack.onChange((change) =>
      seen.push('what' in change ? `${change.kind} ${change.what}` : change.kind),
    )
    const ts = await post()
    await call('chat.update', { channel: CHANNEL, ts, text: 'y' })
    unsubscribe()
    await call('chat.delete', { channel: CHANNEL, ts })
    expect(seen).toEqual(['message posted', 'call', 'message edited', 'call'])
  })

  test('the log of calls tells arguments and answers, not tokens', async () => {
    await client().chat.postMessage({ channel: CHANNEL, text: 'x', blocks: [SECTION] })
    expect(slack.calls).toMatchObject([
      { method: 'chat.postMessage', args: { text: 'x', blocks: [SECTION] }, status: 200, answer: { ok: true } },
    ])
    expect(JSON.stringify(slack.calls)).not.toContain(slack.botToken)
  })
})

describe('files', () => {
  const bytes = Buffer.from('a picture')

  /** Where Slack wants it, and its ID. */
  async function wanted(args: Record<string, unknown> = {}) {
    const answer: Record<string, unknown> = await call('files.getUploadURLExternal', {
      filename: 'chart.png',
      length: bytes.length,
      ...args,
    })
    return { ...answer, url: String(answer.upload_url), id: String(answer.file_id) }
  }

  function send(url: string, body: Buffer = bytes) {
    return fetch(url, { method: 'POST', body: new Uint8Array(body) })
  }

  function complete(id: string, args: Record<string, unknown> = {}) {
    return call('files.completeUploadExternal', { files: [{ id, title: 'A chart' }], channel_id: CHANNEL, ...args })
  }

  test("Slack's own client shares one in a thread", async () => {
    const thread_ts = await post()
    const { files } = client()
    const { upload_url = '', file_id = '' } = await files.getUploadURLExternal({
      filename: 'chart.png',
      length: bytes.length,
    })
    await send(upload_url)
    await files.completeUploadExternal({
      files: [{ id: file_id, title: 'A chart' }],
      channel_id: CHANNEL,
      thread_ts,
    })

    const [shared] = slack.replies(CHANNEL, thread_ts)
    expect(shared?.files).toMatchObject([{ name: 'chart.png', title: 'A chart', bytes }])
    const { messages } = (await call('conversations.replies', { channel: CHANNEL, ts: thread_ts })) as {
      messages?: { files?: unknown[] }[]
    }
    expect(messages?.at(-1)?.files).toMatchObject([{ name: 'chart.png', title: 'A chart', size: bytes.length }])
  })

  test('an address takes one file, of the size that was said', async () => {
    const { url, id } = await wanted()
    expect((await send(url, Buffer.from('longer than that'))).status).toBe(400)
    expect((await send(url)).status).toBe(200)
    expect((await send(url)).status).toBe(404)
    expect((await send(`${url}x`)).status).toBe(404)
    expect(await complete(id)).toMatchObject({ ok: true })
  })

  test('nothing is completed without its bytes, nor twice', async () => {
    const { url, id } = await wanted()
    expect(await complete(id)).toMatchObject({ ok: false, error: 'file_not_found' })
    await send(url)
    expect(await complete(id)).toMatchObject({ ok: true })
    expect(await complete(id)).toMatchObject({ ok: false, error: 'file_not_found' })
    expect(slack.messages(CHANNEL)).toHaveLength(1)
  })

  test('a thread that is not there, and a channel that the app is not in, get none', async () => {
    const { url, id } = await wanted()
    await send(url)
    expect(await complete(id, { thread_ts: '1700000000.000001' })).toMatchObject({ error: 'thread_not_found' })
    expect(await complete(id, { channel_id: 'C0NOWHERE' })).toMatchObject({ error: 'channel_not_found' })
    expect(await complete(id)).toMatchObject({ ok: true })
  })

  test('empty files and long descriptions are refused', async () => {
    expect(await wanted({ length: 0 })).toMatchObject({ ok: false, error: 'file_upload_size_restricted' })
    expect(await wanted({ alt_txt: 'x'.repeat(1_001) })).toMatchObject({ ok: false, error: 'alt_txt_too_large' })
  })

  test('files:write is needed for both steps', async () => {
    const { url, id } = await wanted()
    await send(url)
    slack.scopes.delete('files:write')
    expect(await wanted()).toMatchObject({ error: 'missing_scope', needed: 'files:write' })
    expect(await complete(id)).toMatchObject({ error: 'missing_scope' })
  })
})
