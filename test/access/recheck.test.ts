import { describe, expect, test } from 'vitest'
import { recheck } from '../../src/access/recheck.ts'
import type { Membership } from '../../src/upgrade/people.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import type { SlackActor, Upgrade } from '../../src/upgrade/upgrade.ts'
import { alice, aMember, anAcceptance, anUpgrade, aPolicy, bob, noon, root, slackUser } from '../an-upgrade.ts'

const pinned = aPolicy()
const carl = slackUser('U0CARL')

/** Approved by alice and bob; with what Slack says of them now, when that is not what it said then. */
function checked(
  today: Policy | undefined,
  now: Record<string, Partial<Membership>> = {},
  changes: Parameters<typeof anUpgrade>[0] = {},
  approvers: SlackActor[] = [alice, bob],
) {
  const upgrade: Upgrade = anUpgrade(changes)
  const approvals = approvers.map((by) => ({ by, at: noon, planHash: upgrade.plan?.hash ?? '' }))
  const asked = approvals.map((approval) => ({
    approval,
    membership: aMember(approval.by, now[approval.by.user]),
  }))
  return recheck({ ...upgrade, approvals }, today, asked)
}

function approving(users: string[]): Policy {
  const approve = [{ role: 'release-managers', users, groups: [] }]
  return aPolicy({ permissions: { ...pinned.permissions, approve } })
}

/** With a gate that asks this person to sign off. */
function accepting(role: string, user: string): Policy {
  const by = [{ role, users: [user], groups: [] }]
  return aPolicy({ gates: { ...pinned.gates, acceptance: [anAcceptance({ by })] } })
}

describe('nothing changed', () => {
  test('it starts, and says on whose word', () => {
    expect(checked(pinned)).toEqual({ type: 'started', approvers: [alice, bob] })
  })

  test.each<[what: string, today: Policy]>([
    ['a lower quorum', aPolicy({ approval: { ...pinned.approval, quorum: 1 } })],
    ['requesters who may approve', aPolicy({ approval: { ...pinned.approval, separateRequester: false } })],
    ['another time to approve', aPolicy({ approval: { ...pinned.approval, expiresAfterMs: 60_000 } })],
    ['another channel', aPolicy({ channel: 'C0OTHER' })],
    ['more approvers', approving(['U0ALICE', 'U0BOB', 'U0CARL'])],
    ['other operators', aPolicy({ permissions: { ...pinned.permissions, operate: [] } })],
    ['more options for requesters', aPolicy({ overrides: ['batches'] })],
  ])('%s voids no approval', (_, today) => {
    expect(checked(today)).toMatchObject({ type: 'started' })
  })
})

describe('the image', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const request = { ...anUpgrade().request, image: `${pinned.image}:1.5.0@${digest}` }

  test('with the digest that its tag was resolved to is still the one that was asked for', () => {
    expect(checked(pinned, {}, { request })).toMatchObject({ type: 'started' })
    const image = 'registry.example.com/fork/web'
    expect(checked(aPolicy({ image }), {}, { request })).toEqual({ type: 'requestVoided', changed: 'image' })
  })

  test('of which something else is asked today voids the approvals, and the new plan goes by today’s rules', () => {
    const imagePolicy = {
      ...{ resolve: 'required' as const, forbidTags: ['latest'], requireSemver: true, allowedRegistries: [] },
      ...{ forbidDowngrade: false, forbidMajorJump: false },
    }
    expect(checked(aPolicy({ imagePolicy }))).toMatchObject({
      type: 'policyChanged',
      changed: ['imagePolicy'],
      policy: { imagePolicy },
    })
    const milder = checked(pinned, {}, { policy: aPolicy({ imagePolicy }) })
    expect(milder).toMatchObject({ type: 'policyChanged', changed: ['imagePolicy'] })
    expect(milder).not.toHaveProperty('policy.imagePolicy')
  })
})

describe('the request', () => {
  const batches = { batches: [1, '100%'] as (number | string)[] }
  const overridden = {
    request: { ...anUpgrade().request, overrides: batches },
    policy: aPolicy({ overrides: ['batches'], strategy: { ...pinned.strategy, ...batches } }),
  }

  test.each([
    ['target', aPolicy({ target: { ...pinned.target, name: 'web-2' } })],
    ['target', aPolicy({ target: { ...pinned.target, cluster: 'us' } })],
    ['image', aPolicy({ image: 'registry.example.com/evil/web' })],
  ])('is void with another %s', (changed, today) => {
    expect(checked(today)).toEqual({ type: 'requestVoided', changed })
  })

  test('is void when the requester’s options are not theirs to set any more', () => {
    expect(checked(pinned, {}, overridden)).toEqual({ type: 'requestVoided', changed: 'overrides' })
    expect(checked(aPolicy({ overrides: ['batches'] }), {}, overridden)).toMatchObject({ type: 'started' })
  })

  test('holds when its service is not configured any more', () => {
    expect(checked(undefined)).toEqual({ type: 'serviceRemoved' })
  })
})

describe('the policy', () => {
  test.each<[part: string, today: Policy]>([
    ['strategy', aPolicy({ strategy: { ...pinned.strategy, batches: ['100%'] } })],
    ['strategy', aPolicy({ strategy: { ...pinned.strategy, soakMs: 0 } })],
    ['strategy', aPolicy({ strategy: { ...pinned.strategy, continue: 'auto' } })],
    ['quorum', aPolicy({ approval: { ...pinned.approval, quorum: 3 } })],
    ['onFailure', aPolicy({ onFailure: 'hold' })],
    ['onAlert', aPolicy({ onAlert: 'notify' })],
    ['gitops', aPolicy({ gitops: 'warn' })],
    ['dependsOn', aPolicy({ dependsOn: ['api'] })],
    ['gates', accepting('testers', 'U0TINA')],
    ['gates', aPolicy({ gates: { rollout: { graceMs: 1 }, measured: [] } })],
  ])('with another %s makes every approval void, and is planned anew', (part, today) => {
    expect(checked(today)).toMatchObject({ type: 'policyChanged', changed: [part] })
  })

  test('that now wants somebody else’s yes voids approvals given without it', () => {
    const together = aPolicy({ approval: { ...pinned.approval, separateRequester: false } })

    expect(checked(pinned, {}, { policy: together })).toMatchObject({ changed: ['separateRequester'] })
  })

  test('is pinned anew with the stricter approval and the roles of the request', () => {
    const today = aPolicy({
      onFailure: 'hold',
      approval: { quorum: 1, separateRequester: false, expiresAfterMs: 60_000 },
      permissions: approving(['U0CARL']).permissions,
      channel: 'C0OTHER',
    })
    const approval = { quorum: 2, separateRequester: true, expiresAfterMs: 60_000 }

    expect(checked(today)).toMatchObject({ policy: { ...pinned, onFailure: 'hold', approval } })
  })
})

test('who signs off is looked up when somebody does; which role that is, was approved', () => {
  const policy = accepting('testers', 'U0TINA')
  expect(checked(accepting('testers', 'U0TOM'), {}, { policy })).toMatchObject({ type: 'started' })
  expect(checked(accepting('product', 'U0TINA'), {}, { policy })).toMatchObject({ changed: ['gates'] })
})

describe('an approver', () => {
  test.each<[what: string, now: Partial<Membership>, code: string]>([
    ['was deactivated', { kind: 'deactivated' }, 'DEACTIVATED'],
    ['became a guest', { kind: 'guest' }, 'GUEST'],
    ['is a bot', { kind: 'bot' }, 'BOT'],
    ['left the workspace', { kind: 'stranger' }, 'STRANGER'],
  ])('who %s does not count, and the other still does', (_, now, code) => {
    expect(checked(pinned, { U0BOB: now })).toEqual({ type: 'approvalsVoided', approvals: [{ by: bob, code }] })
  })

  test('who is in no role of today’s policy does not count', () => {
    expect(checked(approving(['U0ALICE', 'U0CARL']))).toEqual({
      type: 'approvalsVoided',
      approvals: [{ by: bob, code: 'ROLE_LOST' }],
    })
  })

  test('who was in no role when it was asked for does not count', () => {
    expect(checked(approving(['U0ALICE', 'U0CARL']), {}, {}, [alice, carl])).toEqual({
      type: 'approvalsVoided',
      approvals: [{ by: carl, code: 'ROLE_LOST' }],
    })
  })

  test('who left the group that made them one does not count', () => {
    const approve = [{ role: 'release-managers', users: ['U0ALICE'], groups: ['S0RELEASE'] }]
    const policy = aPolicy({ permissions: { ...pinned.permissions, approve } })

    expect(checked(policy, { U0BOB: { groups: ['S0RELEASE'] } }, { policy })).toMatchObject({ type: 'started' })
    expect(checked(policy, { U0BOB: { groups: [] } }, { policy })).toMatchObject({
      approvals: [{ by: bob, code: 'ROLE_LOST' }],
    })
  })

  test('who turns out to be the requester does not count', () => {
    expect(checked(aPolicy({ people: [['U0BOB', 'U0DANA']] }))).toMatchObject({
      approvals: [{ by: bob, code: 'OWN_REQUEST' }],
    })
  })

  test('who turns out to be another approver counts once', () => {
    expect(checked(aPolicy({ people: [['U0BOB', 'U0ALICE']] }))).toMatchObject({
      approvals: [{ by: bob, code: 'SAME_PERSON' }],
    })
  })

  test('does not lose their yes to a twin whose own is void', () => {
    const today = aPolicy({ people: [['U0BOB', 'U0ALICE']] })

    expect(checked(today, { U0ALICE: { kind: 'deactivated' } })).toMatchObject({
      approvals: [{ by: alice, code: 'DEACTIVATED' }],
    })
  })

  test.each<[what: string, now: Partial<Membership>]>([
    ['Slack does not know', { kind: 'unknown' }],
    ['Slack told about more than a minute ago', { ageMs: 60_001 }],
  ])('whom %s starts nothing, and loses nothing', (_, now) => {
    expect(checked(pinned, { U0BOB: now })).toBe('unknown')
  })

  test('known to be gone is void, whatever is unknown of the others', () => {
    expect(checked(pinned, { U0ALICE: { kind: 'unknown' }, U0BOB: { kind: 'deactivated' } })).toMatchObject({
      approvals: [{ by: bob, code: 'DEACTIVATED' }],
    })
  })
})

describe('break-glass', () => {
  const allowed = aPolicy({ breakGlass: true })
  const request = { ...anUpgrade().request, by: root, breakGlass: true as const }
  const confirmed = (today: Policy, now: Partial<Membership> = {}) =>
    checked(today, { U0ROOT: now }, { policy: allowed, request }, [root])

  test('starts on the word of the administrator who asked for it', () => {
    expect(confirmed(allowed)).toEqual({ type: 'started', approvers: [root] })
  })

  test('is void where the configuration does not allow it any more', () => {
    expect(confirmed(aPolicy())).toEqual({ type: 'requestVoided', changed: 'breakGlass' })
  })

  test('is not started by whoever is no administrator any more, was deactivated, or is not known', () => {
    const voided = (code: string) => ({ type: 'approvalsVoided', approvals: [{ by: root, code }] })

    expect(confirmed({ ...allowed, admins: [] })).toEqual(voided('ROLE_LOST'))
    expect(confirmed(allowed, { kind: 'deactivated' })).toEqual(voided('DEACTIVATED'))
    expect(confirmed(allowed, { kind: 'unknown' })).toBe('unknown')
  })
})
