import { expect, test } from 'vitest'
import { reachableQuorum } from '../../src/access/quorum.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import { alice, aPolicy, dana } from '../an-upgrade.ts'

function policy(changes: Partial<Policy> = {}): Policy {
  const { permissions, approval } = aPolicy()
  const approve = [
    { role: 'one', users: ['U0ALICE', 'U0BOB'], groups: [] },
    { role: 'two', users: ['U0BOB'], groups: ['S0REVIEW'] },
  ]
  return aPolicy({ permissions: { ...permissions, approve }, approval, ...changes })
}

test('people count once, whatever number of roles, groups and accounts names them', () => {
  const groups = new Map([['S0REVIEW', ['U0ALICE', 'U0EVE', 'U0BOBADMIN']]])

  expect(reachableQuorum(policy(), dana, groups)).toBe(4)
  expect(reachableQuorum(policy({ people: [['U0BOB', 'U0BOBADMIN']] }), dana, groups)).toBe(3)
})

test('the requester is not one of them where somebody else’s yes is wanted', () => {
  const none = new Map()
  const together = { ...policy().approval, separateRequester: false }

  expect(reachableQuorum(policy(), alice, none)).toBe(1)
  expect(reachableQuorum(policy({ approval: together }), alice, none)).toBe(2)
})

test('Rollcall itself is nobody’s requester', () => {
  expect(reachableQuorum(policy(), { kind: 'system', reason: 'PIPELINE' }, new Map())).toBe(2)
})
