/** The app's Home tab. */
export const home = {
  'home.request': 'Request an upgrade',
  'home.commands': 'Commands',
  'home.close': 'Close',
  'home.refused': 'Not done',
  'home.open': 'Open it in the channel',

  'home.waiting': 'Waiting for you',
  'home.waiting.none':
    'Nothing waits for your decision. Questions that you can answer appear here, with their buttons.',
  'home.waiting.held': '{id} is paused',

  'home.paged':
    '⚠ On-call was paged {count, plural, one {once} other {{count} times}}, last {at}, and nobody is on it: {sentence}',
  'home.takenOver':
    'Taken over from the workload, since the store had lost what led there: earlier approvals are void.',

  'home.underWay': 'Under way',
  'home.underWay.none': 'No upgrade is under way.',
  'home.underWay.noOther': 'Nothing else is under way.',
  'home.teach.request': 'Ask for one with the button above, or type in any channel: `{command}`.',
  'home.teach.look': 'What there was: `{command}`.',

  'home.still': 'Frozen and closed',
  'home.still.closed': '{services} in {environment}: {closed}',

  'home.ended': 'Recently ended',
  'home.ended.none': 'No upgrade has ended yet. Each one stands here then, with its result and who asked for it.',
  'home.ended.askedBy': 'asked by {actor}',
  'home.ended.all': 'Older ones: `{command}`',

  'home.places': 'What you may do',
  'home.places.none': 'You may look at everything, and decide nothing. To be added to a role, ask {admins}.',
  'home.places.request': 'request',
  'home.places.approve': 'approve',
  'home.places.operate': 'operate',
  'home.places.respond': 'respond',
  'home.places.accept': 'sign off',
  'home.places.line': '{services} in {environment}: {permissions}',

  'home.wrong': 'What looks wrong',
  'home.more': 'and {count} more: `{line}`',
  'home.moreWithout': 'and {count} more',

  'home.breakGlass': 'BREAK-GLASS',
  'home.what': '*{service}* → {version} in *{environment}*',
  'home.anAdministrator': 'an administrator',
  'home.outsider': 'Rollcall answers full members of this workspace. Ask {admins} if you need something of it.',
  'home.oneOfThem': 'one of them',
} as const
