/** How an upgrade that has ended went. */
export const report = {
  'report.batches': '*Batches*',
  'report.back': '• back: {duration}',
  'report.backUnfinished': '• back: not finished',
  'report.batch': '• {pods} of {of}: {parts}',
  'report.ready': 'Ready in {duration}',
  'report.unfinished': 'not finished',
  'report.soaked': 'soaked {duration}',
  'report.accepted': 'signed off after {duration}',
  'report.gatesTook': 'gates {duration}',
  'report.continued': 'continued after {duration} by {by}{said} ({at})',
  'report.capacityKept': '*Capacity* never fewer than {wanted} of {wanted} Ready · downtime {down}',
  'report.capacityMissed':
    '*Capacity* at least {least} of {wanted} Ready, fewer than wanted for {below} · downtime {down}',
  'report.gates': '*Gates*',
  'report.before': '{line}, {before} before',
  'report.more': '• and {count} more',

  'report.filesTitle': '{id}: how it went, in full',
  'report.scopeWanted':
    'Reports of upgrades go without their chart and other files: the Slack app lacks the scope `{scope}`. Add it on the app’s page «OAuth & Permissions», then install the app to the workspace again.',
  'report.chartTitle': 'What the gates measured',
  'report.configurationTitle': 'Pod template before and after',
  'report.timelineTitle': 'Every step',
} as const
