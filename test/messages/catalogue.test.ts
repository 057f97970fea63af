import { describe, expect, test } from 'vitest'
import { commands } from '../../src/commands/index.ts'
import type { RequestRefusal } from '../../src/engine/surface.ts'
import { en } from '../../src/messages/en.ts'
import { findingCodes, waitingCodes } from '../../src/targets/deployment/finding-codes.ts'
import { dependencyFindingCodes } from '../../src/upgrade/dependencies.ts'
import { imageFindingCodes } from '../../src/upgrade/image-findings.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { promotionFindingCodes } from '../../src/upgrade/promotion.ts'
import { restrictionFindings } from '../../src/upgrade/restrictions.ts'
import { alice, anUpgrade, anUpgradeIn, aPolicy, carol, noon } from '../an-upgrade.ts'

const people = { permission: 'operate', users: ['U0CAROL'], groups: ['S0ONCALL'], roles: ['platform'] } as const

/** One of each, so that a new code without a sentence does not compile. */
const refusals: { [C in RequestRefusal['code']]: Extract<RequestRefusal, { code: C }> } = {
  NOT_NOW: { code: 'NOT_NOW', event: 'continued', phase: 'progressing' },
  ALREADY_DECIDED: { code: 'ALREADY_DECIDED' },
  PAUSED: { code: 'PAUSED' },
  NOT_AS_APPROVED: { code: 'NOT_AS_APPROVED' },
  SOAKING: { code: 'SOAKING', remainingMs: 80_000 },
  ALREADY_APPROVED: { code: 'ALREADY_APPROVED' },
  NO_APPROVAL: { code: 'NO_APPROVAL' },
  EXPIRED: { code: 'EXPIRED' },
  STARTED: { code: 'STARTED' },
  NOT_STARTED: { code: 'NOT_STARTED' },
  NOT_ALLOWED: {
    code: 'NOT_ALLOWED',
    ...people,
    users: [...people.users],
    groups: [...people.groups],
    roles: ['platform'],
  },
  PIPELINE_NOT_ALLOWED: { code: 'PIPELINE_NOT_ALLOWED', pipeline: 'github' },
  BREAK_GLASS_FORBIDDEN: { code: 'BREAK_GLASS_FORBIDDEN' },
  IRREVERSIBLE: {
    code: 'IRREVERSIBLE',
    reason: 'drops a column',
    users: ['U0CAROL'],
    groups: [],
    roles: ['platform'],
  },
  OWN_REQUEST: { code: 'OWN_REQUEST' },
  NOT_A_MEMBER: { code: 'NOT_A_MEMBER', why: 'guest' },
  MEMBERSHIP_UNKNOWN: { code: 'MEMBERSHIP_UNKNOWN' },
  WINDOW_CLOSED: { code: 'WINDOW_CLOSED', opensAt: '2026-07-05T17:00:00.000Z' },
  FROZEN: {
    code: 'FROZEN',
    scope: 'environment:production',
    by: 'U0ROOT',
    reason: 'the summer sale',
    since: noon,
    until: '2026-07-06T08:00:00.000Z',
  },
  NOT_FROZEN: { code: 'NOT_FROZEN', scope: 'service:web' },
  ADMINS_ONLY: { code: 'ADMINS_ONLY', users: ['U0ROOT'], groups: [], roles: ['admins'] },
  SERVICE_REMOVED: { code: 'SERVICE_REMOVED' },
  NOT_FOUND: { code: 'NOT_FOUND', id: 'web-production-99' },
  CONFIG_OUTDATED: { code: 'CONFIG_OUTDATED' },
  BUSY: { code: 'BUSY' },
  TARGET_CHANGED: { code: 'TARGET_CHANGED' },
  OLD_REVISION_GONE: { code: 'OLD_REVISION_GONE' },
  ACTIVE: { code: 'ACTIVE', id: 'web-production-13' },
  UNKNOWN_SERVICE: { code: 'UNKNOWN_SERVICE', service: 'web', environment: 'moon' },
  OVERRIDE_NOT_ALLOWED: { code: 'OVERRIDE_NOT_ALLOWED', option: 'batches', allowed: [] },
  KEY_REUSED: { code: 'KEY_REUSED' },
  QUORUM_UNREACHABLE: { code: 'QUORUM_UNREACHABLE', quorum: 2, people: 1 },
  TARGET_UNAVAILABLE: {
    code: 'TARGET_UNAVAILABLE',
    error: 'TARGET_NOT_FOUND',
    message: 'No such Deployment.',
    hint: 'Look.',
  },
}

describe('refusals', () => {
  test.each(Object.values(refusals))('$code says what, why and the way on', (refusal) => {
    expect(en.refusal(refusal, { upgrade: anUpgrade() }).mrkdwn).toMatchSnapshot()
  })

  test.each(Object.values(refusals))('$code makes a whole sentence without an upgrade', (refusal) => {
    const { mrkdwn } = en.refusal(refusal)
    expect(mrkdwn).toMatch(/[.»]$/)
    expect(mrkdwn).not.toMatch(/undefined|\[object| {2}| ,/)
  })

  test('the requester’s own yes is refused with who can give one', () => {
    const upgrade = anUpgrade()
    const approvals = [{ by: alice, at: noon, planHash: upgrade.plan?.hash ?? '' }]
    expect(en.refusal({ code: 'OWN_REQUEST' }, { upgrade: { ...upgrade, approvals } }).mrkdwn).toBe(
      "web-production-14 still needs one more approval from release-managers (<@U0BOB>). You asked for this upgrade yourself, and web wants somebody else's yes.",
    )
  })

  test.each(phases)('what has no meaning while it is %s leads on', (phase) => {
    const refusal = { code: 'NOT_NOW', event: 'approved', phase } as const
    expect(en.refusal(refusal, { upgrade: anUpgradeIn(phase) }).mrkdwn).toMatchSnapshot()
  })
})

describe('the catalogue is complete', () => {
  test('every finding of the pre-flight has a sentence, and no sentence has lost its finding', () => {
    const ofPlace = { ...promotionFindingCodes, ...restrictionFindings, ...dependencyFindingCodes }
    const codes = { ...findingCodes, ...imageFindingCodes, ...ofPlace }
    expect(Object.keys(en.findings).sort()).toEqual(Object.keys(codes).sort())
  })

  test.each(Object.entries(en.findings))('%s fills its sentence from the detail', (_, sentence) => {
    const detail = new Proxy({}, { get: (_target, key) => `<${String(key)}>`, has: () => true })
    expect(sentence(detail).mrkdwn).toMatch(/[.»]$/)
    expect(sentence(detail).mrkdwn).not.toMatch(/<|\?|undefined/)
  })

  test('every reason why a batch waits has a sentence and a few words', () => {
    const gateCodes = ['OOM_KILLED', 'RESTARTED', 'READINESS_LOST', 'CRASH_LOOP', 'IMAGE_PULL', 'CONTAINER_CONFIG']
    for (const code of [...waitingCodes, ...gateCodes]) {
      expect(en.incidents, code).toHaveProperty(code)
      expect(en.causes, code).toHaveProperty(code)
    }
  })

  test('every sentence about an incident has its few words', () => {
    expect(Object.keys(en.causes).sort()).toEqual(Object.keys(en.incidents).sort())
  })

  test('every command is in the help, and the help has no other', () => {
    expect(Object.keys(en.help).sort()).toEqual([...Object.keys(commands), 'request'].sort())
    expect(en.overview().mrkdwn).not.toMatch(/undo/)
  })

  test('a code without a sentence is shown as it is', () => {
    expect(en.finding({ severity: 'warn', code: 'NEWER', detail: { pod: 'a<b' } }).mrkdwn).toBe('`NEWER` (pod a&lt;b)')
    expect(en.incident({ code: 'NEWER', detail: {} }).mrkdwn).toBe('`NEWER`.')
  })
})

describe('who can decide', () => {
  test('is at most five by name, then how many more, then the groups', () => {
    const users = Array.from({ length: 8 }, (_, index) => `U0X${index}`)
    const policy = aPolicy({
      permissions: { ...aPolicy().permissions, approve: [{ role: 'all', users, groups: ['S0ALL'] }] },
    })
    const { mrkdwn } = en.refusal({ code: 'ALREADY_APPROVED' }, { upgrade: anUpgrade({ policy }) })
    expect(mrkdwn).toContain('from all (<@U0X0>, <@U0X1>, <@U0X2>, <@U0X3>, <@U0X4>, 3 more, <!subteam^S0ALL>)')
  })

  test('leaves out every account of those who have approved', () => {
    const policy = aPolicy({ people: [['U0BOB', 'U0CAROL', 'U0ALICE']] })
    const upgrade = anUpgrade({ policy })
    const approvals = [{ by: carol, at: noon, planHash: upgrade.plan?.hash ?? '' }]
    const { mrkdwn } = en.refusal({ code: 'ALREADY_APPROVED' }, { upgrade: { ...upgrade, approvals } })
    expect(mrkdwn).toContain('one more approval from release-managers.')
  })
})
