import { expect, test } from 'vitest'
import { possibleApprovers } from '../../src/access/quorum.ts'
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

function naming(...users: string[]): Policy {
  const approve = [{ role: 'one', users, groups: [] }]
  return aPolicy({ permissions: { ...aPolicy().permissions, approve } })
}

const groups = new Map([['S0REVIEW', ['U0ALICE', 'U0EVE', 'U0BOBADMIN']]])

test('people count once, whatever number of roles, groups and accounts names them', () => {
  const alias = policy({ people: [['U0BOB', 'U0BOBADMIN']] })

  expect(possibleApprovers([policy()], dana, groups).people).toEqual([
    ['U0ALICE'],
    ['U0BOB'],
    ['U0EVE'],
    ['U0BOBADMIN'],
  ])
  expect(possibleApprovers([alias], dana, groups).people).toEqual([['U0ALICE'], ['U0BOB', 'U0BOBADMIN'], ['U0EVE']])
})

test('the requester is not one of them where somebody else’s yes is wanted, by whatever account', () => {
  const together = policy({ approval: { ...policy().approval, separateRequester: false } })
  const alias = policy({ people: [['U0ALICE', 'U0BOB']] })

  expect(possibleApprovers([policy()], alice, groups).people).toHaveLength(3)
  expect(possibleApprovers([together], alice, groups).people).toHaveLength(4)
  expect(possibleApprovers([together, policy()], alice, groups).people).toHaveLength(3)
  expect(possibleApprovers([alias], alice, groups).people).toEqual([['U0EVE'], ['U0BOBADMIN']])
})

test('Rollcall itself is nobody’s requester', () => {
  const rollcall = { kind: 'system', reason: 'PIPELINE' } as const

  expect(possibleApprovers([policy()], rollcall, groups).people).toHaveLength(4)
})

test('only those count whom every policy names, and whom none of them takes for another', () => {
  const today = { ...naming('U0BOB', 'U0EVE', 'U0CARL'), people: [['U0EVE', 'U0CARL']] }

  expect(possibleApprovers([today, naming('U0ALICE', 'U0BOB')], dana, groups).people).toEqual([['U0BOB']])
  expect(possibleApprovers([naming('U0EVE', 'U0CARL'), today], dana, groups).people).toEqual([['U0EVE', 'U0CARL']])
})

test('a group that cannot be read leaves open who else there is; one that is not there does not', () => {
  expect(possibleApprovers([policy()], dana, new Map())).toMatchObject({ complete: false })
  expect(possibleApprovers([policy()], dana, new Map([['S0REVIEW', []]]))).toMatchObject({ complete: true })
})
