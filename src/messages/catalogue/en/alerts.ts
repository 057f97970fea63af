/** Alerts of other people's monitoring, and who is called for them. */
export const alerts = {
  'alert.noSeverity': 'no severity',
  'alert.firing': '• *{name}* ({severity}) · {count, plural, one {fires} other {{count} fire}} since {since}{why}',
  'alert.resolved': '• *{name}* ({severity}) · resolved{why}',
  'alert.resolvedAt': '• *{name}* ({severity}) · resolved {at}{why}',
  'alert.why': ' · {why}',
  'alert.standing.milder': 'milder than what counts',
  'alert.standing.older': 'began before the start',
  'alert.standing.shared': 'may be of another workload',
  'alert.more': 'and {count} more fire',
  'alert.line': '{count, plural, one {1 alert fires} other {{count} alerts fire}}: {names}',
  'alert.name': '{name} ({severity})',
  'alert.title': '{id}: {count, plural, one {an alert fires} other {{count} alerts fire}}, and it goes on.',
  'alert.titleOver': '{id}: no alert fires any more.',
  'alert.below': '{id}: alerts are shown below.',
  'alert.belowSince': '{id}: alerts are shown below since {at}.',
  'alert.notified': 'It goes on, because it is configured to only tell you of alerts. Pause it, or roll it back.',
  'alert.whileHeld': 'It is on hold already, and stays so until somebody resumes it or rolls it back.',
  'alert.over': 'None of its alerts fires any more.',
  'alert.overHeld': 'That does not resume it: somebody has to.',

  'onCall.instead': '({trouble}.)',
  'onCall.SCHEDULE_UNREACHABLE': 'The on-call schedule does not answer, so you are called instead',
  'onCall.SCHEDULE_UNREADABLE':
    'The on-call schedule refuses to answer, or says what nobody can read, so you are called instead',
  'onCall.SCHEDULE_EMPTY': 'The on-call schedule names nobody now, so you are called instead',
  'onCall.NOT_IN_SLACK': 'Nobody of the on-call schedule was found in Slack, so you are called instead',
  'onCall.EMAIL_SCOPE_MISSING':
    'This app may not look people up by e-mail, so you are called instead of those on the schedule',
} as const
