import { describe, expect, test } from 'vitest'
import { commands } from '../../src/commands/index.ts'
import type { RequestRefusal } from '../../src/engine/surface.ts'
import { en } from '../../src/messages/en.ts'
import { findingCodes, waitingCodes } from '../../src/targets/workload/finding-codes.ts'
import { dependencyFindingCodes } from '../../src/upgrade/dependencies.ts'
import { imageFindingCodes } from '../../src/upgrade/image-findings.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { promotionFindingCodes } from '../../src/upgrade/promotion.ts'
import { restrictionFindings } from '../../src/upgrade/restrictions.ts'
import { alice, anUpgrade, anUpgradeIn, aPolicy, carol, noon } from '../an-upgrade.ts'
import { everyRefusal } from '../every-refusal.ts'

describe('refusals', () => {
  test.each(Object.values(everyRefusal))('$code says what, why and the way on', (refusal) => {
    expect(en.refusal(refusal, { upgrade: anUpgrade() }).mrkdwn).toMatchSnapshot()
  })

  test.each(Object.values(everyRefusal))('$code makes a whole sentence without an upgrade', (refusal) => {
    const { mrkdwn } = en.refusal(refusal)
    expect(mrkdwn).toMatch(/[.»]$/)
    expect(mrkdwn).not.toMatch(/undefined|\[object| {2}| ,/)
  })

  test('where a requester may set nothing, nothing is named that they may', () => {
    const refusal: RequestRefusal = { code: 'OVERRIDE_NOT_ALLOWED', option: 'batches', allowed: [] }
    expect(en.refusal(refusal, { upgrade: anUpgrade() }).mrkdwn).toBe(
      'web-production-14 does not let a requester set `--batches`. Leave it out.',
    )
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
