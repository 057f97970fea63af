/** What is answered to a reply in an upgrade's thread. */
export const replies = {
  'reply.meant.rollback':
    'Do you want to roll {id} back to {version}? Nothing was done. Press the button, or reply `rollback` alone, or `rollback: why`.',
  'reply.meant.rollbackUnplanned':
    'Do you want to roll {id} back? Nothing was done. Press the button, or reply `rollback` alone, or `rollback: why`.',
  'reply.meant.pause':
    'Do you want to pause {id}? Nothing was done. Press the button, or reply `hold` alone, or `hold: why`.',
  'reply.ofUpgrade': '{id}: {state}',
  'reply.help.stop':
    'Here you can reply `rollback`, `hold` and `ack`, which act at once, with a reason behind a colon: `rollback: error rate rose`.',
  'reply.help.ask':
    '`continue`, `resume`, `approve` and `reject` show you the question; `status` and `why` tell you how it stands.',
  'reply.acknowledged': 'You are on it, and the thread of {id} says so.',
  'reason.title': 'Why roll back?',
  'reason.intro':
    '{id} is rolling back. What you write here stands in its record and in the audit trail; closing this loses nothing.',
  'reason.label': 'Reason',
  'reason.submit': 'Save',
  'reason.close': 'Not now',
  'reason.blank': 'Say why in a few words.',
} as const
