/** What waits too long is said once more. */
export const reminders = {
  'reminder.paused': '{id} is paused: go on or back?',
  'reminder.what': '{service} in {environment}: {fromTo}.',
  'reminder.since': 'Waits since {at}.',
  'reminder.last': 'This is the last reminder.',
  'reminder.over': '{id}: reminded {at}. Nobody needs to answer this any more.',
  'reminder.expires': 'Without an answer it expires {until}, and nothing is changed.',
  'reminder.held': 'Without an answer it is held from {until}.',
  'reminder.rolledBack': 'Without an answer it is rolled back {until}.',
  'reminder.stays': 'Without an answer it stays as it is.',
} as const
