import { describe, expect, test } from 'vitest'
import { reachQuorum } from '../../src/engine/reach-quorum.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import type { SlackActor } from '../../src/upgrade/upgrade.ts'
import { aMember, aPolicy, dana } from '../an-upgrade.ts'

/** Two approvals are wanted, of alice, bob or somebody in the group. */
const approve = [{ role: 'release-managers', users: ['U0ALICE', 'U0BOB'], groups: ['S0REVIEW'] }]
const policy = aPolicy({ permissions: { ...aPolicy().permissions, approve } })

function reach(
  kinds: Record<string, Membership['kind']>,
  group: string[] | 'unreadable' = [],
  policies: Policy[] = [policy],
) {
  const asked: string[] = []
  const members = {
    lookup: async (actor: SlackActor) => {
      asked.push(actor.user)
      return aMember(actor, { kind: kinds[actor.user] ?? 'member' })
    },
    inGroup: async () => (group === 'unreadable' ? undefined : group),
    workspace: async () => 'T0SHOP',
  }
  return reachQuorum({ members }, policies, dana).then((answer) => ({ answer, asked }))
}

describe('a quorum', () => {
  test('is within reach as soon as enough people are found', async () => {
    expect(await reach({}, ['U0EVE'])).toEqual({ answer: { enough: true }, asked: ['U0ALICE', 'U0BOB'] })
  })

  test.each(['deactivated', 'guest', 'bot', 'stranger'] as const)('does not count on whoever is %s', async (kind) => {
    expect((await reach({ U0BOB: kind })).answer).toEqual({ enough: false, people: 1 })
    expect((await reach({ U0BOB: kind }, ['U0EVE'])).answer).toEqual({ enough: true })
  })

  test('is met by people whom Slack knows, whatever it does not know of others', async () => {
    expect((await reach({}, 'unreadable')).answer).toEqual({ enough: true })
  })

  test('is neither refused nor promised while Slack does not know a group or a person that it needs', async () => {
    const three = aPolicy({ ...policy, approval: { ...policy.approval, quorum: 3 } })

    expect((await reach({}, 'unreadable', [three])).answer).toBe('unknown')
    expect((await reach({ U0BOB: 'unknown' })).answer).toBe('unknown')
  })

  test('is the higher one of two policies, among those whom both name', async () => {
    const today = aPolicy({ approval: { ...policy.approval, quorum: 3 } })

    expect((await reach({}, ['U0EVE'], [today, policy])).answer).toEqual({ enough: false, people: 2 })
  })
})
