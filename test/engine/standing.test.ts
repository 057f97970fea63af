import { describe, expect, test } from 'vitest'
import { allowed, standingOf } from '../../src/engine/standing.ts'
import { actions } from '../../src/engine/surface.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import type { SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import {
  alice,
  aMember,
  anUpgrade,
  anUpgradeIn,
  aPolicy,
  bob,
  carol,
  dana,
  nobody,
  noon,
  oscar,
  root,
} from '../an-upgrade.ts'

function parts(membership: (actor: SlackActor) => Membership = aMember, today: Policy | undefined = aPolicy()) {
  return {
    members: { lookup: async (actor: SlackActor) => membership(actor) },
    config: () => ({
      policyFor: () => today,
      admins: () => ({ role: 'admins', users: ['U0ROOT'], groups: [] }),
    }),
  }
}

const may = (actor: SlackActor, upgrade: Upgrade, ...given: Parameters<typeof parts>) =>
  allowed(parts(...given), actor, upgrade, actions)

describe('what somebody has the right to', () => {
  test('is what their roles say, and nothing without one', async () => {
    expect(await may(alice, anUpgrade())).toEqual(['approve', 'reject'])
    expect(await may(carol, anUpgrade())).toEqual([
      'cancel',
      'continue',
      'pause',
      'resume',
      'restore',
      'rollback',
      'explain',
      'acknowledge',
    ])
    expect(await may(oscar, anUpgrade())).toEqual(['pause', 'rollback', 'explain', 'acknowledge'])
    expect(await may(nobody, anUpgrade())).toEqual([])
    expect(await allowed(parts(), alice, anUpgrade(), [])).toEqual([])
  })

  test('is no second approval, but to withdraw the first', async () => {
    const upgrade: Upgrade = { ...anUpgrade(), approvals: [{ by: alice, at: noon, planHash: 'x' }] }
    expect(await may(alice, upgrade)).toEqual(['reject', 'withdraw'])
    expect(await may(bob, upgrade)).toEqual(['approve', 'reject'])
  })

  test('is no approval of one’s own request where somebody else’s is wanted, by today’s policy or that of the request', async () => {
    const own = aPolicy({ permissions: { ...aPolicy().permissions, approve: aPolicy().permissions.request } })
    const loose = { ...own, approval: { ...own.approval, separateRequester: false } }
    expect(await may(dana, anUpgrade({ policy: own }), aMember, own)).not.toContain('approve')
    expect(await may(dana, anUpgrade({ policy: loose }), aMember, own)).not.toContain('approve')
    expect(await may(dana, anUpgrade({ policy: loose }), aMember, loose)).toContain('approve')
  })

  test('leads nowhere forward once the service is gone, or Slack does not say who they are', async () => {
    const held = anUpgradeIn('paused')
    const gone = { ...parts(), config: () => ({ ...parts().config(), policyFor: () => undefined }) }
    expect(await allowed(gone, carol, held, actions)).toEqual(['cancel', 'pause', 'rollback', 'explain', 'acknowledge'])
    const unknown: Membership = { kind: 'unknown', groups: 'unknown', ageMs: 0 }
    expect(await may(carol, held, () => unknown)).toEqual([])
    expect(await may(carol, held, (actor) => aMember(actor, { kind: 'guest' }))).toEqual([])
  })
})

test('who somebody is, and whether they look after Rollcall', async () => {
  expect(await standingOf(parts(), root)).toEqual({ kind: 'member', isAdmin: true })
  expect(await standingOf(parts(), alice)).toEqual({ kind: 'member', isAdmin: false })
  const guest = parts((actor) => aMember(actor, { kind: 'guest' }))
  expect(await standingOf(guest, root)).toEqual({ kind: 'guest', isAdmin: false })
})
