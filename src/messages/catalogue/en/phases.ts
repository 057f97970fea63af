/** A phase in a word or two, as in `status` and `list`. */
export const phases = {
  'phase.checking': 'being checked',
  'phase.awaitingApproval': 'waiting for approval',
  'phase.scheduled': 'scheduled',
  'phase.progressing': 'upgrading',
  'phase.verifying': 'verifying',
  'phase.awaitingContinue': 'waiting for a go-ahead',
  'phase.paused': 'paused',
  'phase.rollingBack': 'rolling back',
  'phase.succeeded': 'succeeded',
  'phase.rolledBack': 'rolled back',
  'phase.rejected': 'rejected',
  'phase.expired': 'expired',
  'phase.cancelled': 'cancelled',
  'phase.failed': 'failed',
} as const
