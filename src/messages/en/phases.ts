import type { Phase } from '../../upgrade/phase.ts'

/** A phase in a word or two, as in `status` and `list`. */
export const phases: Record<Phase, string> = {
  checking: 'being checked',
  awaitingApproval: 'waiting for approval',
  scheduled: 'scheduled',
  progressing: 'upgrading',
  verifying: 'verifying',
  awaitingContinue: 'waiting for a go-ahead',
  paused: 'paused',
  rollingBack: 'rolling back',
  succeeded: 'succeeded',
  rolledBack: 'rolled back',
  rejected: 'rejected',
  expired: 'expired',
  cancelled: 'cancelled',
  failed: 'failed',
}
