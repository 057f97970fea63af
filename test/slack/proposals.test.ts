import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import { slackClient } from '../../src/slack/client.ts'
import { createProposals } from '../../src/slack/proposals.ts'
import { proposalMessage, readProposed } from '../../src/slack/views/proposal.ts'
import type { Offer, Offers } from '../../src/upgrade/proposals.ts'
import { after, aPolicy, dana, noon } from '../an-upgrade.ts'
import { type FakeSlack, type Message, startSlack } from '../fakes/slack/slack.ts'
import { InMemoryProposals } from '../in-memory-proposals.ts'
import { aDigest } from '../pushes.ts'
import { doomed } from './crash.ts'
import { InMemoryShown } from './in-memory-shown.ts'

const channel = 'C0RELEASES'
const place = { service: 'web', environment: 'production' }
const silent = { info() {}, warn() {}, error() {} }
const policy = aPolicy()

let slack: FakeSlack
let shown: InMemoryShown
let proposals: InMemoryProposals

beforeEach(async () => {
  slack = await startSlack({ clock: () => Date.parse(noon) })
  slack.addUser({ id: dana.user, name: 'dana' })
  slack.addChannel({ id: channel, name: 'releases', members: [dana.user] })
  shown = new InMemoryShown()
  proposals = new InMemoryProposals()
})

afterEach(() => slack.stop())

function anOffer(version: string, state: Offer['state'] = { is: 'open', since: noon, runs: '1.4.2' }): Offer {
  return { version, digest: aDigest, source: 'distribution', at: noon, state }
}

async function offer(...offers: Offers): Promise<void> {
  const { mark } = await proposals.of(place)
  await proposals.replace(place, mark, offers)
}

/** As one process brings Slack into line. */
function show(process = doomed()) {
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log: silent })
  const { chat, conversations } = process.outside({ chat: client.chat, conversations: client.conversations })
  const surface = { now: async () => noon, policyFor: () => policy }
  const budget = { take: async () => 0, pause: async () => {} }
  const parts = {
    client: Object.assign(client, { chat, conversations }),
    surface,
    shown: process.outside(shown),
    budget,
    proposals,
    messages: en,
    log: silent,
  }
  return Promise.race([createProposals(parts)(place), process.died])
}

function posted(): Message[] {
  return slack.messages(channel).filter(({ deleted }) => !deleted)
}

describe('a version that was pushed', () => {
  test('is one message that asks, says what runs and who may, and mentions nobody', async () => {
    await offer(anOffer('2.4.0'))
    await show()
    await show()
    const [message, ...more] = posted()
    expect(more).toEqual([])
    expect(message?.text).toBe(
      '*web 2.4.0 (aaaaaa)* was pushed. Upgrade production?\n1.4.2 runs now · developers may request it',
    )
    expect(message?.mentions).toEqual({ users: [], groups: [], broadcasts: [] })
    expect(message?.metadata).toEqual({
      event_type: 'rollcall_proposal',
      event_payload: { id: 'proposal:web-production', ...place, version: '2.4.0', state: 'open' },
    })
  })

  test('is not shown while it waits', async () => {
    await offer(anOffer('2.4.0', { is: 'waiting' }))
    await show()
    expect(posted()).toEqual([])
  })

  test('says what became of it, and its buttons go', async () => {
    await offer(anOffer('2.4.0'))
    await show()
    await offer(
      anOffer('2.4.0', { is: 'superseded', by: '2.5.0' }),
      anOffer('2.5.0', { is: 'requested', id: 'web-production-14', by: dana }),
      anOffer('2.6.0', { is: 'dismissed', by: dana }),
    )
    await show()
    expect(posted().map(({ text }) => text)).toEqual([
      'web 2.4.0 for production: superseded by 2.5.0.',
      expect.any(String),
      expect.any(String),
    ])
    const texts = posted().map(({ text }) => text)
    expect(texts).toContain('web 2.5.0 for production: requested by <@U0DANA>, web-production-14.')
    expect(texts).toContain('web 2.6.0 for production: dismissed by <@U0DANA>.')
    expect(
      posted()
        .flatMap(({ blocks }) => blocks ?? [])
        .filter(({ type }) => type === 'actions'),
    ).toEqual([])
  })

  test('says what its tag points to now, once that has moved', async () => {
    await offer(anOffer('2.4.0'))
    await show()
    await offer({ ...anOffer('2.4.0'), digest: `sha256:${'b'.repeat(64)}` })
    await show()
    expect(posted().map(({ text }) => text)).toEqual([expect.stringContaining('2.4.0 (bbbbbb)')])
  })

  test('stays deleted when somebody deletes it', async () => {
    await offer(anOffer('2.4.0'))
    await show()
    const [message] = posted()
    slack.deleteMessage(channel, message?.ts ?? '')
    await offer(anOffer('2.4.0', { is: 'superseded', by: '2.5.0' }))
    await show()
    expect(posted()).toEqual([])
  })

  test('is one message whenever the process dies, before and after every call', async () => {
    for (let moment = 1; ; moment++) {
      await slack.stop()
      slack = await startSlack({ clock: () => Date.parse(noon) })
      slack.addUser({ id: dana.user, name: 'dana' })
      slack.addChannel({ id: channel, name: 'releases', members: [dana.user] })
      shown = new InMemoryShown()
      await offer(anOffer('2.4.0'), anOffer('2.5.0', { is: 'open', since: after(60_000) }))
      const process = doomed(moment)
      const outcome = await show(process)
      await show()
      await show()
      expect(
        posted()
          .map(({ metadata }) => metadata?.event_payload?.version)
          .toSorted(),
        `${moment}`,
      ).toEqual(['2.4.0', '2.5.0'])
      if (outcome !== 'died') break
    }
  })
})

test('its button says what it is about, and nothing that anybody else wrote is read', () => {
  const { blocks = [] } = proposalMessage(anOffer('2.4.0'), policy, en) ?? {}
  const [request] = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))
  const value = request && 'value' in request ? request.value : undefined
  expect(readProposed(value)).toEqual({ ...place, version: '2.4.0' })
  for (const forged of [undefined, '', 'null', '{"s":"web"}', '{"s":"web","e":"production","v":"1","x":1}']) {
    expect(readProposed(forged)).toBeUndefined()
  }
})

test('in Chinese it says the same', () => {
  const { text } = proposalMessage(anOffer('2.4.0'), policy, messagesIn('zh')) ?? {}
  expect(text).toBe('*web 2.4.0 (aaaaaa)* 已推送。是否升级 production？\n当前运行 1.4.2 · developers 可以申请')
})
