import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Access, authorize, deciders, groupsToAsk } from '../../src/access/authorize.ts'
import { actions } from '../../src/upgrade/actions.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import type { Grant, Policy } from '../../src/upgrade/policy.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import {
  alice,
  aMember,
  anAcceptance,
  anUpgrade,
  aPolicy,
  bob,
  carol,
  dana,
  nobody,
  oscar,
  slackUser,
} from '../an-upgrade.ts'

/** Confirming break-glass is for its requester alone; every-role-action-phase.test.ts has its table. */
const everything = (['request', ...actions] as const).filter((action) => action !== 'confirm')
const forward = ['request', 'approve', 'accept', 'continue', 'resume', 'restore'] as const
const brakes = ['pause', 'rollback'] as const

/** Somebody who holds every permission, and is not the requester. */
const chief = slackUser('U0CHIEF')
const chiefs: Grant[] = [{ role: 'chiefs', users: ['U0CHIEF'], groups: [] }]
const chiefPolicy = aPolicy({
  permissions: { request: chiefs, approve: chiefs, operate: chiefs, respond: chiefs },
  admins: chiefs,
  gates: { ...aPolicy().gates, acceptance: [anAcceptance({ by: chiefs })] },
})

function access(changes: Partial<Access> & Pick<Access, 'action'>): Access {
  const actor = changes.actor ?? chief
  const policy = chiefPolicy
  const upgrade = changes.action === 'request' ? {} : { upgrade: anUpgrade({ policy }) }
  return { actor, today: policy, membership: aMember(actor), ...upgrade, ...changes }
}

function codeOf(outcome: ReturnType<typeof authorize>) {
  return isRefusal(outcome) ? outcome.refused.code : 'allowed'
}

describe('who somebody is', () => {
  const kinds = ['bot', 'guest', 'deactivated', 'stranger'] as const
  const rows = everything.flatMap((action) => kinds.map((kind) => ({ action, kind })))

  test.each(rows)('a $kind may not $action, whatever roles they hold', ({ action, kind }) => {
    const membership = aMember(chief, { kind })

    expect(authorize(access({ action, membership }))).toEqual({ refused: { code: 'NOT_A_MEMBER', why: kind } })
  })

  test.each(everything)('whom Slack has never told about may not %s', (action) => {
    const membership = aMember(chief, { kind: 'unknown' })

    expect(codeOf(authorize(access({ action, membership })))).toBe('MEMBERSHIP_UNKNOWN')
  })

  test.each(everything)('%s works on what Slack said a minute ago', (action) => {
    expect(codeOf(authorize(access({ action, membership: aMember(chief, { ageMs: 60_000 }) })))).toBe('allowed')
  })

  test.each(everything.filter((action) => !['pause', 'rollback', 'explain'].includes(action)))(
    '%s does not work on anything older',
    (action) => {
      const membership = aMember(chief, { ageMs: 60_001 })

      expect(codeOf(authorize(access({ action, membership })))).toBe('MEMBERSHIP_UNKNOWN')
    },
  )

  test.each(brakes)('%s works on what Slack said an hour ago, and no longer', (action) => {
    const at = (ageMs: number) => codeOf(authorize(access({ action, membership: aMember(chief, { ageMs }) })))

    expect([at(3_600_000), at(3_600_001), at(Number.NaN)]).toEqual([
      'allowed',
      'MEMBERSHIP_UNKNOWN',
      'MEMBERSHIP_UNKNOWN',
    ])
  })

  test('whom the file lists by ID needs no word of Slack about groups', () => {
    const membership = aMember(chief, { groups: 'unknown' })

    expect(codeOf(authorize(access({ action: 'continue', membership })))).toBe('allowed')
  })

  test('a group that Slack cannot be asked about is no plain no', () => {
    const outcome = (action: 'pause' | 'continue') => {
      const upgrade = anUpgrade()
      const membership = aMember(oscar, { groups: 'unknown' })
      return codeOf(authorize({ action, actor: oscar, upgrade, today: upgrade.policy, membership }))
    }

    expect(outcome('pause')).toBe('MEMBERSHIP_UNKNOWN')
    // Only carol by her ID may continue, so there the answer is known.
    expect(outcome('continue')).toBe('NOT_ALLOWED')
  })

  test('a group of the answer that the policy does not name gives nothing', () => {
    const membership = aMember(nobody, { groups: ['S0OTHER'] })

    expect(
      codeOf(authorize({ action: 'pause', actor: nobody, upgrade: anUpgrade(), today: aPolicy(), membership })),
    ).toBe('NOT_ALLOWED')
  })
})

describe('two policies', () => {
  const nobodys = {
    permissions: { request: [], approve: [], operate: [], respond: [] },
    admins: [],
    gates: aPolicy().gates,
  }
  const without: Policy = { ...chiefPolicy, ...nobodys }
  const onUpgrades = actions
    .filter((action) => action !== 'confirm')
    .map((action) => ({ action, isForward: forward.some((one) => one === action) }))

  test.each(onUpgrades)('$action by somebody who lost the role since', ({ action }) => {
    expect(codeOf(authorize(access({ action, today: without })))).toBe('NOT_ALLOWED')
  })

  test.each(onUpgrades)('$action by somebody who got the role since', ({ action, isForward }) => {
    const outcome = authorize(access({ action, upgrade: anUpgrade({ policy: without }) }))

    expect(codeOf(outcome)).toBe(isForward ? 'NOT_ALLOWED' : 'allowed')
  })

  test.each(onUpgrades)('$action once the service is out of the file', ({ action, isForward }) => {
    expect(codeOf(authorize(access({ action, today: undefined })))).toBe(isForward ? 'SERVICE_REMOVED' : 'allowed')
  })

  test('with neither policy nothing is allowed', () => {
    for (const action of everything) {
      const { upgrade: _, ...bare } = access({ action, today: undefined })
      expect(codeOf(authorize(bare))).toBe('SERVICE_REMOVED')
    }
  })

  test('all groups of both are asked about, each once', () => {
    const today = aPolicy()
    today.permissions.respond = [{ role: 'new', users: [], groups: ['S0NEW', 'S0DEVS'] }]

    const by = [{ role: 'testers', users: [], groups: ['S0TESTERS'] }]
    today.gates.acceptance = [anAcceptance({ by })]

    expect(groupsToAsk(aPolicy(), today)).toEqual(['S0DEVS', 'S0ONCALL', 'S0NEW', 'S0TESTERS'])
    expect(groupsToAsk(undefined, undefined)).toEqual([])
  })
})

describe('the requester', () => {
  /** dana asks, and may approve as well. */
  const grant: Grant[] = [{ role: 'all', users: ['U0DANA', 'U0DANA2', 'U0ALICE'], groups: [] }]
  const loose = aPolicy({
    permissions: { request: grant, approve: grant, operate: [], respond: [] },
    approval: { quorum: 1, separateRequester: false, expiresAfterMs: 1 },
  })
  const strict = { ...loose, approval: { ...loose.approval, separateRequester: true } }
  const approve = (pinned: Policy, today: Policy, actor = dana) => {
    const upgrade = anUpgrade({ policy: pinned })
    return codeOf(authorize({ action: 'approve', actor, upgrade, today, membership: aMember(actor) }))
  }

  test('their own yes does not count where either policy wants somebody else’s', () => {
    expect(approve(loose, loose)).toBe('allowed')
    expect(approve(strict, loose)).toBe('OWN_REQUEST')
    expect(approve(loose, strict)).toBe('OWN_REQUEST')
    expect(approve(strict, strict, alice)).toBe('allowed')
  })

  test('neither does that of another account of theirs', () => {
    const people = [['U0DANA', 'U0DANA2']]

    expect(approve({ ...strict, people }, strict, slackUser('U0DANA2'))).toBe('OWN_REQUEST')
    expect(approve(strict, { ...strict, people }, slackUser('U0DANA2'))).toBe('OWN_REQUEST')
  })

  test('whoever may not approve at all hears that, and not that it is their own', () => {
    expect(approve(aPolicy(), aPolicy())).toBe('NOT_ALLOWED')
  })

  const cancel = (actor: typeof dana, membership = aMember(actor), upgrade = anUpgrade()) =>
    authorize({ action: 'cancel', actor, upgrade, today: aPolicy(), membership })

  test('they cancel what is their own while they may still ask', () => {
    expect(cancel(dana)).toEqual({ allowed: true, roles: ['developers'] })
    expect(codeOf(cancel(dana, aMember(dana, { groups: [] })))).toBe('NOT_ALLOWED')
    expect(codeOf(cancel(dana, aMember(dana, { groups: 'unknown' })))).toBe('MEMBERSHIP_UNKNOWN')
  })

  test('they cancel nobody else’s', () => {
    const request = { ...anUpgrade().request, by: bob }

    expect(codeOf(cancel(dana, aMember(dana), anUpgrade({ request })))).toBe('NOT_ALLOWED')
  })

  test('the same user ID in another team is another person', () => {
    const stranger = slackUser('U0DANA', 'T0OTHER')

    expect(codeOf(cancel(stranger, aMember(dana)))).toBe('NOT_ALLOWED')
  })
})

describe('what is said', () => {
  test('an allowed action names the roles by which it is', () => {
    const upgrade = anUpgrade()
    const outcome = authorize({ action: 'pause', actor: carol, upgrade, today: aPolicy(), membership: aMember(carol) })

    expect(outcome).toEqual({ allowed: true, roles: ['platform'] })
  })

  test('a refusal says who could have done it', () => {
    const upgrade = anUpgrade()
    const outcome = authorize({
      action: 'pause',
      actor: nobody,
      upgrade,
      today: aPolicy(),
      membership: aMember(nobody),
    })

    expect(outcome).toEqual({
      refused: {
        code: 'NOT_ALLOWED',
        permission: 'operate',
        users: ['U0CAROL'],
        groups: ['S0ONCALL'],
        roles: ['platform', 'on-call'],
      },
    })
  })

  test('what was declared irreversible is rolled back by an operator only, and paused by whoever may pause', () => {
    const { request } = anUpgrade()
    const upgrade = anUpgrade({ request: { ...request, irreversible: 'drops a column' } })
    const by = (actor: typeof oscar, action: 'rollback' | 'pause') =>
      authorize({ action, actor, upgrade, today: aPolicy(), membership: aMember(actor) })

    expect(by(carol, 'rollback')).toEqual({ allowed: true, roles: ['platform'] })
    expect(by(oscar, 'rollback')).toEqual({
      refused: { code: 'IRREVERSIBLE', reason: 'drops a column', users: ['U0CAROL'], groups: [], roles: ['platform'] },
    })
    expect(by(oscar, 'pause')).toMatchObject({ allowed: true })
  })

  test('deciders are named once, whatever number of roles they hold', () => {
    const policy = aPolicy()
    policy.permissions.approve = [
      { role: 'a', users: ['U1', 'U2'], groups: ['S1'] },
      { role: 'b', users: ['U2', 'U3'], groups: ['S1', 'S2'] },
    ]

    expect(deciders(policy, 'approve')).toEqual({ users: ['U1', 'U2', 'U3'], groups: ['S1', 'S2'], roles: ['a', 'b'] })
  })
})

describe('whatever the policies are', () => {
  const user = fc.constantFrom('U1', 'U2', 'U3')
  const group = fc.constantFrom('S1', 'S2')
  const grants = fc.array(
    fc.record({ role: fc.constantFrom('a', 'b'), users: fc.uniqueArray(user), groups: fc.uniqueArray(group) }),
    { maxLength: 2 },
  )
  const policy = fc
    .record({ request: grants, approve: grants, operate: grants, respond: grants })
    .map((permissions) => aPolicy({ permissions }))
  const membership: fc.Arbitrary<Membership> = fc.record({
    kind: fc.constantFrom('member', 'guest', 'unknown'),
    groups: fc.oneof(fc.constant('unknown' as const), fc.uniqueArray(group)),
    ageMs: fc.constantFrom(0, 60_000, 60_001, 3_600_000, 3_600_001),
  })

  test('nobody goes forward without being named by both of them, fresh', () => {
    const needed = { approve: 'approve', continue: 'operate', resume: 'operate', restore: 'operate' } as const
    const action = fc.constantFrom('approve', 'continue', 'resume', 'restore')
    fc.assert(
      fc.property(action, user, policy, fc.option(policy), membership, (action, actor, pinned, now, who) => {
        const today = now ?? undefined
        const upgrade = anUpgrade({ policy: pinned })
        const outcome = authorize({ action, actor: slackUser(actor), upgrade, today, membership: who })
        const namedBy = (one: Policy | undefined) =>
          one?.permissions[needed[action]].some(
            ({ users, groups }) => users.includes(actor) || groups.some((group) => who.groups.includes(group)),
          ) ?? false
        const expected = who.kind === 'member' && who.ageMs <= 60_000 && namedBy(pinned) && namedBy(today)
        expect(!isRefusal(outcome)).toBe(expected)
      }),
    )
  })
})
