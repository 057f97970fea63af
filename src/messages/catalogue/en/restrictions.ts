/** Windows and freezes. */
export const restrictions = {
  'freeze.scope':
    '{kind, select, all {everything} environment {everything in {name}} service {{name} in every environment} other {{name}}}',
  'freeze.scopeFirst':
    '{kind, select, all {Everything} environment {Everything in {name}} service {{name} in every environment} other {{name}}}',
  'freeze.until': '{scope} is frozen by {by} until {until}{said}',
  'freeze.untilLifted': '{scope} is frozen by {by} until somebody lifts it{said}',
  'window.closed': 'No window is open',
  'window.closedUntil': 'No window is open; the next one opens {opensAt}',
} as const
