import type { RequestRefusal } from '../../../src/engine/surface.ts'
import type { Messages } from '../../../src/messages/en.ts'
import { textModal } from '../../../src/slack/views/input-modal.ts'
import { rejectModal } from '../../../src/slack/views/reject-modal.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import { anUpgrade, anUpgradeIn, noon } from '../../../test/an-upgrade.ts'
import { modal, type Room, said } from '../exhibit.ts'

/** One of each: a new code does not compile until it is shown here. */
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
    permission: 'operate',
    users: ['U0CAROL'],
    groups: ['S0ONCALL'],
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
  OVERRIDE_NOT_ALLOWED: { code: 'OVERRIDE_NOT_ALLOWED', option: 'batches', allowed: ['strategy'] },
  KEY_REUSED: { code: 'KEY_REUSED' },
  QUORUM_UNREACHABLE: { code: 'QUORUM_UNREACHABLE', quorum: 2, people: 1 },
  TARGET_UNAVAILABLE: {
    code: 'TARGET_UNAVAILABLE',
    error: 'TARGET_NOT_FOUND',
    message: 'There is no Deployment web in namespace shop of cluster eu.',
    hint: 'Create it, or correct the target in the configuration.',
  },
}

const strangers = ['bot', 'guest', 'deactivated', 'stranger'] as const

/** What was not done, why, and the way on. */
export function refusalsRoom(messages: Messages): Room {
  return {
    id: 'refusals',
    title: 'Refusals',
    exhibits: [
      ...Object.values(refusals).map((one) => said(one.code, messages.refusal(one, { upgrade: anUpgrade() }))),
      ...strangers.map((why) => said(`NOT_A_MEMBER, ${why}`, messages.refusal({ code: 'NOT_A_MEMBER', why }))),
      ...phases.map((phase) =>
        said(
          `NOT_NOW, ${phase}`,
          messages.refusal({ code: 'NOT_NOW', event: 'approved', phase }, { upgrade: anUpgradeIn(phase) }),
        ),
      ),
      said('a button of another version', messages.answers.unknownAction),
      said('a button that cannot be read', messages.answers.unreadable),
      said('not stored in time', messages.answers.notStored),
      said('a mistake of Rollcall’s own', messages.answers.somethingBroke('3f0c9a7e')),
      modal('Reject', rejectModal('web-production-14', 'token', messages)),
      modal(
        'Reject, refused',
        textModal(messages.refusal(refusals.NOT_ALLOWED, { upgrade: anUpgrade() }), messages.rejectDialog('')),
      ),
    ],
  }
}
