import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { OnCallSettings } from '../../src/engine/ports.ts'
import { onCall } from '../../src/on-call/on-call.ts'
import { slackAccounts } from '../../src/slack/accounts.ts'
import { slackClient } from '../../src/slack/client.ts'
import { aPolicy } from '../an-upgrade.ts'
import { type FakeSlack, startSlack } from '../fakes/slack/slack.ts'
import { serve } from '../gates/a-server.ts'

const silent = { info() {}, warn() {}, error() {} }
const key = 'key-of-the-schedule'

let slack: FakeSlack

beforeEach(async () => {
  slack = await startSlack()
  slack.addUser({ id: 'U0OSCAR', name: 'oscar', email: 'oscar@example.com' })
  slack.addUser({ id: 'U0PIA', name: 'pia', email: 'Pia@Example.com' })
  slack.addUser({ id: 'U0GONE', name: 'gone', email: 'gone@example.com', deleted: true })
})

afterEach(() => slack.stop())

const pagerDuty = (...people: [email: string | undefined, level: number][]) => ({
  oncalls: people.map(([email, escalation_level]) => ({ escalation_level, user: { email, summary: 'somebody' } })),
  more: false,
})

/** A server of such a service, and what it was asked. */
async function schedule(answer: unknown, status = 200) {
  const asked: IncomingMessage[] = []
  const url = await serve((request, response) => {
    asked.push(request)
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  return { url, asked }
}

type Schedule = NonNullable<OnCallSettings['schedule']>

function who(schedule: Partial<Schedule> | undefined, others: Partial<OnCallSettings> = {}, now = () => 0) {
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
  const full = schedule && { type: 'pagerduty' as const, id: 'PI7DH85', tokenEnv: 'GATE_PAGER', ...schedule }
  const settings = { users: [], groups: [], ...others, ...(full && { schedule: full }) }
  const named = settings.users.length + settings.groups.length > 0 || full
  const parts = {
    settings: () => (named ? settings : undefined),
    secrets: { GATE_PAGER: key },
    account: slackAccounts(client),
    log: silent,
  }
  return onCall(parts, now)
}

describe('who is on call', () => {
  test('is asked of PagerDuty, with its own headers, whoever is called first in front', async () => {
    const { url, asked } = await schedule(pagerDuty(['pia@example.com', 2], ['OSCAR@example.com', 1], [undefined, 3]))
    expect(await who({ url })(aPolicy())).toEqual({ users: ['U0OSCAR', 'U0PIA'], groups: [], by: 'schedule' })
    const [request] = asked
    expect(new URL(request?.url ?? '', url).searchParams.get('schedule_ids[]')).toBe('PI7DH85')
    expect(request?.url).toMatch(/^\/oncalls\?.*include%5B%5D=users/)
    expect(request?.headers).toMatchObject({
      authorization: `Token token=${key}`,
      accept: 'application/vnd.pagerduty+json;version=2',
    })
  })

  test('is asked of Opsgenie', async () => {
    const { url, asked } = await schedule({ data: { onCallRecipients: ['oscar@example.com'] } })
    expect(await who({ url: `${url}/`, type: 'opsgenie', id: 'web-team' })(aPolicy())).toMatchObject({
      users: ['U0OSCAR'],
      by: 'schedule',
    })
    expect(asked[0]).toMatchObject({
      url: '/v2/schedules/web-team/on-calls?flat=true',
      headers: { authorization: `GenieKey ${key}` },
    })
  })

  test('is asked for once a minute', async () => {
    let now = 0
    const { url, asked } = await schedule(pagerDuty(['oscar@example.com', 1]))
    const ask = who({ url }, {}, () => now)
    await Promise.all([ask(aPolicy()), ask(aPolicy())])
    now += 59_999
    await ask(aPolicy())
    expect(asked).toHaveLength(1)
    now += 1
    await ask(aPolicy())
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['SCHEDULE_UNREADABLE', { error: 'no' }, 403],
    ['SCHEDULE_UNREADABLE', '<html>', 200],
    ['SCHEDULE_UNREADABLE', { oncalls: 'all of them' }, 200],
    ['SCHEDULE_EMPTY', pagerDuty(), 200],
    ['NOT_IN_SLACK', pagerDuty(['nobody@example.com', 1], ['gone@example.com', 1]), 200],
  ])('%s: whom the configuration names is called instead', async (trouble, answer, status) => {
    const { url } = await schedule(answer, status)
    const named = { groups: ['S0ONCALL'] }
    expect(await who({ url }, named)(aPolicy())).toEqual({ users: [], ...named, by: 'configuration', trouble })
  })

  test('without an answer whoever may respond is called, and the schedule is asked again the next time', async () => {
    const away = who({ url: `http://127.0.0.1:${await freePort()}` })
    const instead = { users: [], groups: ['S0ONCALL'], by: 'role', trouble: 'SCHEDULE_UNREACHABLE' }
    expect(await away(aPolicy())).toEqual(instead)
    expect(await away(aPolicy())).toEqual(instead)
  })

  test('without the scope that it takes, it says so', async () => {
    const { url } = await schedule(pagerDuty(['oscar@example.com', 1]))
    slack.scopes.delete('users:read.email')
    expect(await who({ url })(aPolicy())).toMatchObject({ by: 'role', trouble: 'EMAIL_SCOPE_MISSING' })
  })

  test('without any settings is whoever may respond, or else operate', async () => {
    expect(await who(undefined)(aPolicy())).toEqual({ users: [], groups: ['S0ONCALL'], by: 'role' })
    const { permissions } = aPolicy()
    const nobody = aPolicy({ permissions: { ...permissions, respond: [] } })
    expect((await who(undefined)(nobody)).users).toEqual(permissions.operate.flatMap(({ users }) => users))
  })
})
