import { expect, test } from 'vitest'
import { messagesIn } from '../../src/messages/languages.ts'
import { messagesOf } from '../../src/slack/views/messages.ts'
import { renderText } from '../../src/slack/views/reply.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { after, anUpgradeIn } from '../an-upgrade.ts'
import { validateBlocks } from '../fakes/slack/slack.ts'
import { expectChinese, expectNoEnglish } from './in-chinese.ts'

const zh = messagesIn('zh')

test.each(phases)('an upgrade that is %s is shown in Chinese, and within what Slack takes', (phase) => {
  for (const { text, blocks } of messagesOf(anUpgradeIn(phase), { messages: zh })) {
    expect(validateBlocks(blocks)).toEqual([])
    expectChinese(text)
  }
})

test('a rollback that does not get on says who started it, and not that it is done', () => {
  const incidents = [{ at: after(60_000), code: 'ROLLBACK_STUCK', detail: { cause: 'NOT_READY' } }]
  const upgrade = { ...anUpgradeIn('rollingBack'), incidents }
  const { text } = messagesOf(upgrade, { messages: zh }).find(({ key }) => key === 'incident:0') ?? { text: '' }
  expect(text).toContain('回滚由 <@U0CAROL> 发起')
  expect(text).not.toContain('已由')
})

const everything = { ...zh.findings, ...zh.incidents, ...zh.gateWords }

test.each(Object.keys(everything))('%s is said in Chinese, and within what Slack takes', (name) => {
  const facts = new Proxy<Record<string, string>>({}, { get: () => 'X9' })
  const said = everything[name]?.(facts) ?? { mrkdwn: '' }
  expectNoEnglish(said.mrkdwn)
  expect(validateBlocks(renderText(said).blocks)).toEqual([])
})
