/** Who has decided, and who can. */
export const whoCan = {
  'whoCan.approved': '{person} approved · {time}',
  'whoCan.confirmed': '{person} confirmed break-glass · {time}',
  'whoCan.missing':
    '{count, plural, one {One more approval is needed} other {{count} more approvals are needed}}, from {who}.',
  'whoCan.complete': 'All approvals are there.',
  'whoCan.own': '{person} asked for it, so their own yes does not count.',
  'whoCan.confirm': 'To confirm break-glass: {person}.',
  'whoCan.accept': 'To accept what is new: {who}.',
  'whoCan.continue': 'To continue: {who}.',
  'whoCan.resume': 'To resume: {who}.',
  'whoCan.stop': 'To pause or roll back: {who}.',
  'whoCan.pause': 'To pause: {who}.',
  'whoCan.rollback': 'To roll back: {who}.',
  'whoCan.cancel': 'To cancel: {who}; or whoever asked for it.',
  'whoCan.review': 'To sign off break-glass: {who}.',
  'whoCan.nothing': 'Nothing is left to decide.',
  'whoCan.title': 'Who can decide?',
  'whoCan.close': 'Close',
  'whoCan.noUpgrade':
    'This message is not of an upgrade. Use it on one that is, or in its thread; or type `/upgrade who` with the upgrade’s ID.',
} as const
