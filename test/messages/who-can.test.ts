import { expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import type { Phase } from '../../src/upgrade/phase.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, awaitingAcceptance, noon } from '../an-upgrade.ts'

const operators = 'platform (<@U0CAROL>)'
const responders = 'platform or on-call (<@U0CAROL>, <!subteam^S0ONCALL>)'

const phases: readonly (readonly [Phase, string])[] = [
  ['checking', `To cancel: ${operators}; or whoever asked for it.`],
  ['scheduled', 'All approvals are there.'],
  ['progressing', `To pause or roll back: ${responders}.`],
  ['awaitingContinue', `To continue: ${operators}.\nTo pause or roll back: ${responders}.`],
  ['paused', `To resume: ${operators}.\nTo roll back: ${responders}.`],
  ['rollingBack', 'Nothing is left to decide.'],
  ['rejected', 'Nothing is left to decide.'],
]

test.each([...phases])('while it is %s it says who can', (phase, said) => {
  expect(en.whoCan(anUpgradeIn(phase)).mrkdwn).toContain(said)
})

test('what was declared irreversible is rolled back by operators only', () => {
  const request = { ...anUpgrade().request, irreversible: 'drops a column' }
  const { mrkdwn } = en.whoCan(anUpgradeIn('progressing', { request }))
  expect(mrkdwn).toContain(`To pause: ${responders}.\nTo roll back: ${operators}.`)
})

test('an acceptance is for its own people, and a success can be taken back for a while', () => {
  expect(en.whoCan(awaitingAcceptance()).mrkdwn).toContain('To accept what is new: testers (<@U0TINA>).')
  const succeeded = anUpgradeIn('succeeded')
  const result = {
    outcome: 'succeeded',
    at: noon,
    by: { kind: 'system', reason: 'DONE' },
    rollbackUntil: noon,
  } as const
  expect(en.whoCan({ ...succeeded, result }).mrkdwn).toContain(`To roll back: ${responders}.`)
})

test('that the own yes does not count is said where there is somebody whose it would be', () => {
  const asked = anUpgrade()
  const alone = anUpgrade({ request: { ...asked.request, by: { kind: 'pipeline', name: 'github' } } })
  const question = (upgrade: Upgrade) => {
    const [step] = upgrade.plan?.steps ?? []
    if (step?.kind !== 'ask') throw new Error('the plan begins with a question')
    return en.questionBody(upgrade, step).mrkdwn
  }
  expect(question(asked)).toContain('A yes by whoever asked does not count.')
  expect(question(alone)).not.toContain('whoever asked')
})

test('it is said in Chinese too', () => {
  expect(messagesIn('zh').whoCan(anUpgrade()).mrkdwn).toContain('还需要 2 个审批')
})
