import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authorize, groupsToAsk } from '../../src/access/authorize.ts'
import { slackClient } from '../../src/slack/client.ts'
import { slackMembers } from '../../src/slack/members.ts'
import { anUpgrade, aPolicy } from '../an-upgrade.ts'
import { type FakeSlack, startSlack, type User } from '../fakes/slack/slack.ts'

const silent = { info() {}, warn() {}, error() {} }

let slack: FakeSlack
let now: number

beforeEach(async () => {
  now = 1_000_000
  slack = await startSlack({ teamId: 'T0SHOP' })
  slack.addUser({ id: 'U0OSCAR', name: 'oscar' })
  slack.addGroup({ id: 'S0ONCALL', handle: 'on-call', users: ['U0OSCAR'] })
  slack.addGroup({ id: 'S0DEVS', handle: 'devs', users: ['U0DANA'] })
})

afterEach(() => slack.stop())

function members(timeoutMs = 5_000) {
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, timeoutMs, log: silent })
  return slackMembers(client, () => now)
}

function actor(user: string, team = 'T0SHOP') {
  return { kind: 'slack', team, user } as const
}

function callsOf(method: string): number {
  return slack.calls.filter((call) => call.method === method).length
}

describe('who somebody is', () => {
  test.each<[string, Partial<User>, string]>([
    ['a full member', {}, 'member'],
    ['an admin', { isAdmin: true }, 'member'],
    ['a bot', { isBot: true }, 'bot'],
    ['a deactivated account', { deleted: true }, 'deactivated'],
    ['a guest of several channels', { isRestricted: true }, 'guest'],
    ['a guest of one channel', { isUltraRestricted: true }, 'guest'],
    ['somebody of another workspace', { isStranger: true, teamId: 'T0OTHER' }, 'stranger'],
    ['an account of another workspace', { teamId: 'T0OTHER' }, 'stranger'],
  ])('%s is found out', async (_, traits, kind) => {
    slack.addUser({ id: 'U0X', name: 'x', ...traits })
    expect(await members().lookup(actor('U0X'), [])).toMatchObject({ kind, groups: [] })
  })

  test('a click that came from another workspace is a stranger’s, whatever the account says', async () => {
    expect(await members().lookup(actor('U0OSCAR', 'T0OTHER'), [])).toMatchObject({ kind: 'stranger' })
  })

  test('an account that Slack does not know is a stranger’s', async () => {
    expect(await members().lookup(actor('U0NOBODY'), [])).toMatchObject({ kind: 'stranger' })
  })
})

describe('somebody’s language', () => {
  test('is what they have set in Slack, asked for once and together with who they are', async () => {
    slack.addUser({ id: 'U0LI', name: 'li', locale: 'zh-CN' })
    const known = members()
    expect(await known.localeOf(actor('U0LI'))).toBe('zh')
    await known.lookup(actor('U0LI'), [])
    now += 3_600_000
    expect(await known.localeOf(actor('U0LI'))).toBe('zh')
    expect(callsOf('users.info')).toBe(1)
  })

  test('is not known of one that Rollcall does not speak, nor while Slack says nothing', async () => {
    slack.addUser({ id: 'U0UWE', name: 'uwe', locale: 'de-DE' })
    expect(await members().localeOf(actor('U0UWE'))).toBeUndefined()
    await slack.stop()
    expect(await members(200).localeOf(actor('U0OSCAR'))).toBeUndefined()
  })
})

describe('groups', () => {
  test('are asked for once for all who want to know, and only those asked for are told', async () => {
    const all = members()
    const answers = await Promise.all([
      all.lookup(actor('U0OSCAR'), ['S0ONCALL', 'S0DEVS']),
      all.lookup(actor('U0OSCAR'), ['S0DEVS']),
      all.inGroup('S0DEVS'),
    ])
    expect(answers).toEqual([
      { kind: 'member', groups: ['S0ONCALL'], ageMs: 0 },
      { kind: 'member', groups: [], ageMs: 0 },
      ['U0DANA'],
    ])
    expect(callsOf('usergroups.list')).toBe(1)
    expect(callsOf('users.info')).toBe(1)
  })

  test('are asked for again after a minute', async () => {
    const all = members()
    await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])
    slack.modifyGroup('S0ONCALL', { users: [] })
    now += 59_999
    expect((await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])).groups).toEqual(['S0ONCALL'])
    now += 1
    expect((await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])).groups).toEqual([])
  })
})

describe('with Slack away', () => {
  test('the last answer is given with its age', async () => {
    const all = members()
    await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])
    slack.fault({ kind: 'server_error', times: Number.POSITIVE_INFINITY })
    now += 600_000
    expect(await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])).toEqual({
      kind: 'member',
      groups: ['S0ONCALL'],
      ageMs: 600_000,
    })
  })

  test('nothing is known of whom nobody asked about before', async () => {
    slack.fault({ kind: 'timeout', times: Number.POSITIVE_INFINITY })
    const all = members(200)
    expect(await all.lookup(actor('U0OSCAR'), ['S0ONCALL'])).toMatchObject({ kind: 'unknown', groups: 'unknown' })
    expect(await all.inGroup('S0ONCALL')).toBeUndefined()
  })

  test('it is asked again as soon as it is back', async () => {
    const all = members()
    const fault = slack.fault({ kind: 'connection_reset', times: Number.POSITIVE_INFINITY })
    await all.lookup(actor('U0OSCAR'), [])
    fault.clear()
    expect(await all.lookup(actor('U0OSCAR'), [])).toMatchObject({ kind: 'member' })
  })
})

describe('with Slack away, somebody whom it knew', () => {
  const minuteMs = 60_000

  /** What somebody in on-call and in the group that operates may do so long after Slack said so. */
  async function decided(action: 'pause' | 'rollback' | 'continue', afterMs: number): Promise<string> {
    const all = members()
    const operate = [{ role: 'on-call', users: [], groups: ['S0ONCALL'] }]
    const policy = aPolicy({ permissions: { ...aPolicy().permissions, operate } })
    const groups = groupsToAsk(policy, policy)
    await all.lookup(actor('U0OSCAR'), groups)
    slack.fault({ kind: 'connection_reset', times: Number.POSITIVE_INFINITY })
    now += afterMs
    const membership = await all.lookup(actor('U0OSCAR'), groups)
    const access = authorize({
      action,
      actor: actor('U0OSCAR'),
      upgrade: anUpgrade({ policy }),
      today: policy,
      membership,
    })
    return 'refused' in access ? access.refused.code : 'allowed'
  }

  test.each([
    ['continue', minuteMs, 'allowed'],
    ['continue', minuteMs + 1, 'MEMBERSHIP_UNKNOWN'],
    ['pause', minuteMs + 1, 'allowed'],
    ['pause', 60 * minuteMs, 'allowed'],
    ['pause', 60 * minuteMs + 1, 'MEMBERSHIP_UNKNOWN'],
    ['rollback', 60 * minuteMs, 'allowed'],
    ['rollback', 60 * minuteMs + 1, 'MEMBERSHIP_UNKNOWN'],
  ] as const)('may %s after %i ms: %s', async (action, afterMs, code) => {
    expect(await decided(action, afterMs)).toBe(code)
  })
})
