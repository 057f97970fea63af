import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ActiveConfig } from '../../src/engine/ports.ts'
import { en } from '../../src/messages/en.ts'
import { tellOfChannel, tellOfOrphan } from '../../src/slack/admins.ts'
import { type Channels, slackChannels } from '../../src/slack/channels.ts'
import { slackClient } from '../../src/slack/client.ts'
import type { ChannelTrouble } from '../../src/upgrade/events.ts'
import { noAlerting } from '../an-alert.ts'
import { type Channel, type FakeSlack, type Fault, startSlack } from '../fakes/slack/slack.ts'

const channel = 'C0RELEASES'
const silent = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let now: number
let heard: (ChannelTrouble | undefined)[]
let channels: Channels

beforeEach(async () => {
  now = 1_000_000
  heard = []
  slack = await startSlack()
  slack.addUser({ id: 'U0ROOT', name: 'root' })
  slack.addUser({ id: 'U0RITA', name: 'rita' })
  slack.addChannel({ id: channel, name: 'releases', members: ['U0ROOT'] })
  const onKnown = async (_: string, trouble: ChannelTrouble | undefined) => void heard.push(trouble)
  channels = slackChannels({ client: client(), onKnown, now: () => now })
})

afterEach(() => slack.stop())

function client() {
  return slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
}

describe('a channel', () => {
  test.each<[string, Partial<Channel>, ChannelTrouble | undefined]>([
    ['as it should be', {}, undefined],
    ['that was archived', { isArchived: true }, 'CHANNEL_ARCHIVED'],
    ['that the app was removed from', { members: ['U0ROOT'] }, 'CHANNEL_LEFT'],
    ['that is private and was left', { members: ['U0ROOT'], kind: 'private' }, 'CHANNEL_LEFT'],
    ['that is shared with another workspace', { isShared: true }, 'CHANNEL_SHARED'],
  ])('%s is told apart', async (_, changes, trouble) => {
    slack.modifyChannel(channel, changes)
    await channels.suspect(channel)
    expect(await channels.trouble(channel)).toBe(trouble)
    expect(heard[0]).toBe(trouble)
  })

  test('is asked for once a minute, and nobody waits for the answer', async () => {
    expect(await channels.trouble(channel)).toBeUndefined()
    await vi.waitFor(() => expect(heard).toHaveLength(1))
    slack.modifyChannel(channel, { isArchived: true })
    now += 59_999
    expect(await channels.trouble(channel)).toBeUndefined()
    expect(slack.calls).toHaveLength(1)
    now += 1
    expect(await channels.trouble(channel)).toBeUndefined()
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    expect(await channels.trouble(channel)).toBe('CHANNEL_ARCHIVED')
  })

  test('that was lost is asked for before anything is stopped because of it', async () => {
    slack.modifyChannel(channel, { isArchived: true })
    await channels.suspect(channel)
    slack.modifyChannel(channel, { isArchived: false })
    expect(await channels.trouble(channel)).toBeUndefined()
    expect(heard).toEqual(['CHANNEL_ARCHIVED', undefined])
  })

  test.each<Fault>([
    { kind: 'server_error' },
    { kind: 'rate_limited' },
    { kind: 'platform_error', error: 'missing_scope' },
  ])('stays what it was while Slack does not say: $kind', async (fault) => {
    slack.modifyChannel(channel, { isArchived: true })
    await channels.suspect(channel)
    slack.fault(fault)
    await channels.suspect(channel)
    expect(await channels.trouble(channel)).toBe('CHANNEL_ARCHIVED')
    expect(heard).not.toContain(undefined)
  })
})

describe('the admins', () => {
  const admins = { role: 'admins', users: ['U0ROOT'], groups: ['S0ADMINS'] }
  const marks = new Set<string>()
  const told = {
    first: async (_: string, what: string) => !marks.has(what) && Boolean(marks.add(what)),
    forget: async (_: string, what: string) => void marks.delete(what),
    clear: async () => marks.clear(),
  }

  beforeEach(() => marks.clear())

  function tell(trouble: ChannelTrouble | undefined, role: () => ReturnType<ActiveConfig['admins']> = () => admins) {
    const config = () => ({
      ...noAlerting,
      wishes: () => [],
      policyFor: () => undefined,
      services: () => [],
      identityOf: () => undefined,
      admins: role,
      hash: 'h',
    })
    const members = { inGroup: async () => ['U0RITA', 'U0ROOT'] }
    const underWay = async () => ['web-production-14', 'api-production-3']
    return tellOfChannel(
      { client: client(), members, config, underWay, told, messages: en, log: silent },
      channel,
      trouble,
    )
  }

  test('are told directly, each of them once, what is lost and what holds', async () => {
    await Promise.all([tell('CHANNEL_ARCHIVED'), tell('CHANNEL_ARCHIVED')])
    await tell('CHANNEL_ARCHIVED')
    for (const user of ['U0ROOT', 'U0RITA']) {
      const messages = slack.directMessages(user)
      expect(messages.map(({ text }) => text)).toEqual([
        `<#${channel}>: this channel was archived, and upgrades are shown there. Unarchive it, or name another one in rollcall.yaml. Under way there, and held: web-production-14, api-production-3.`,
      ])
    }
  })

  test.each([
    [true, '`rollcall restore deployment/web --namespace shop`'],
    [false, '`kubectl replace --namespace shop --filename &lt;manifest of web&gt;`'],
  ])(
    'are told once of a workload that nobody can account for, with what helps (a record: %s)',
    async (hasRecord, way) => {
      const config = () => ({
        ...noAlerting,
        wishes: () => [],
        policyFor: () => undefined,
        services: () => [],
        identityOf: () => undefined,
        admins: () => admins,
        hash: 'h',
      })
      const members = { inGroup: async () => [] }
      const ref = { kind: 'Deployment', cluster: 'eu', namespace: 'shop', name: 'web', container: 'web' } as const
      const parts = { client: client(), members, config, told, messages: en, log: silent }
      for (const _ of ['once', 'again']) await tellOfOrphan(parts, 'web-production-14', ref, hasRecord)
      const [message, ...more] = slack.directMessages('U0ROOT')
      expect(message?.text).toContain('web-production-14 holds Deployment shop/web on eu')
      expect(message?.text).toContain(way)
      expect(more).toEqual([])
    },
  )

  test('are told again when it is lost again, or in another way', async () => {
    await tell('CHANNEL_ARCHIVED')
    await tell('CHANNEL_LEFT')
    await tell(undefined)
    await tell('CHANNEL_LEFT')
    expect(slack.directMessages('U0ROOT')).toHaveLength(3)
  })

  test('whom Slack does not let us write to keep nobody else from hearing it, and are not tried again', async () => {
    slack.modifyUser('U0ROOT', { deleted: true })
    await tell('CHANNEL_SHARED')
    const calls = slack.calls.length
    await tell('CHANNEL_SHARED')
    expect(slack.directMessages('U0RITA')).toHaveLength(1)
    expect(slack.calls).toHaveLength(calls)
  })

  test('are told later when Slack was in trouble', async () => {
    slack.fault({ kind: 'rate_limited', channel: 'U0ROOT' })
    await tell('CHANNEL_LEFT')
    expect(slack.directMessages('U0ROOT')).toEqual([])
    await tell('CHANNEL_LEFT')
    expect(slack.directMessages('U0ROOT')).toHaveLength(1)
    expect(slack.directMessages('U0RITA')).toHaveLength(1)
  })

  test('that nobody named are not told', async () => {
    await tell('CHANNEL_LEFT', () => undefined)
    expect(slack.calls).toEqual([])
  })
})
