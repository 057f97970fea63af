import { expect, test } from 'vitest'
import { countApprovals, policyForRequester, samePerson } from '../../src/upgrade/quorum.ts'
import type { Actor, SlackActor } from '../../src/upgrade/upgrade.ts'
import { alice, aPolicy, bob, dana, noon, slackUser } from '../an-upgrade.ts'

const people = [['U0BOB', 'U0BOBADMIN']]
const bobAdmin = slackUser('U0BOBADMIN')

function yes(by: SlackActor, planHash = 'p1') {
  return { by, at: noon, planHash }
}

test('each person counts once', () => {
  const policy = aPolicy({ people })

  expect(countApprovals(policy, [yes(alice), yes(bob)], dana, 'p1')).toBe(2)
  expect(countApprovals(policy, [yes(bob), yes(bob)], dana, 'p1')).toBe(1)
  expect(countApprovals(policy, [yes(bob), yes(bobAdmin)], dana, 'p1')).toBe(1)
  expect(countApprovals(aPolicy(), [yes(bob), yes(bobAdmin)], dana, 'p1')).toBe(2)
})

test('a yes to another plan does not count', () => {
  expect(countApprovals(aPolicy(), [yes(alice, 'p0'), yes(bob)], dana, 'p1')).toBe(1)
})

test('the requester’s own yes counts only where the policy lets it, by whatever account', () => {
  const policy = aPolicy({ people })
  const together = { ...policy, approval: { ...policy.approval, separateRequester: false } }

  expect(countApprovals(policy, [yes(alice), yes(bobAdmin)], bob, 'p1')).toBe(1)
  expect(countApprovals(together, [yes(alice), yes(bobAdmin)], bob, 'p1')).toBe(2)
})

test('a person is an account of a team, or one of several of that team', () => {
  const policy = { people }

  expect(samePerson(policy, bob, bob)).toBe(true)
  expect(samePerson(policy, bob, bobAdmin)).toBe(true)
  expect(samePerson(policy, bob, alice)).toBe(false)
  expect(samePerson(policy, bob, slackUser('U0BOB', 'T0OTHER'))).toBe(false)
  expect(samePerson(policy, { kind: 'system', reason: 'X' }, { kind: 'system', reason: 'X' })).toBe(false)
})

test('what a pipeline asks for somebody is theirs, and their own yes does not count', () => {
  const pipeline: Actor = { kind: 'pipeline', name: 'github', onBehalfOf: dana }
  expect(samePerson(aPolicy(), pipeline, dana)).toBe(true)
  expect(samePerson(aPolicy(), pipeline, alice)).toBe(false)
  expect(samePerson(aPolicy({ people: [['U0DANA', 'U0BOB']] }), bob, pipeline)).toBe(true)
  const approvals = [dana, alice].map((by) => ({ by, at: noon, planHash: 'p' }))
  expect(countApprovals(aPolicy(), approvals, pipeline, 'p')).toBe(1)
  expect(policyForRequester(aPolicy(), pipeline)).toEqual(aPolicy())
})

test('what a pipeline asks for nobody is nobody’s own, and takes one more', () => {
  const pipeline: Actor = { kind: 'pipeline', name: 'github' }
  expect(samePerson(aPolicy(), pipeline, pipeline)).toBe(false)
  const { quorum, ...rest } = aPolicy().approval
  expect(policyForRequester(aPolicy(), pipeline)).toEqual(aPolicy({ approval: { ...rest, quorum: quorum + 1 } }))
  expect(policyForRequester(aPolicy(), dana)).toEqual(aPolicy())
})
