/** What the sub-commands answer, and what is wrong with what was typed. */
export const commands = {
  // ---- what was typed wrong
  'mistake.tooLong': 'That is more than {limit} characters. Say it shorter; the thread has room for the rest.',
  'mistake.unknownCommand': '`{word}` is neither a command nor a service.',
  'mistake.meant': 'Did you mean `{nearest}`?',
  'mistake.unknownService': 'There is no service `{word}`.',
  'mistake.knownServices': 'Rollcall knows {known}.',
  'mistake.unknownEnvironment': '{service} has no environment `{word}`.',
  'mistake.knownEnvironments': 'It has {known}.',
  'mistake.environmentNeeded': '{service} has several environments.',
  'mistake.whichEnvironment': 'Say which: {known}.',
  'mistake.versionNeeded': 'Which version of {service}? A tag of its image, or a digest.',
  'mistake.notPromotable':
    'Nothing of {service} is promoted: no environment of it has `promoteFrom` in the configuration.',
  'mistake.promotable': '{service} is promoted to {known}.',
  'mistake.nothingToPromote': 'Nothing of {service} has succeeded in {environment} yet. Upgrade it there first.',
  'mistake.notAVersion':
    '`{word}` is no version: a tag has letters, digits, `.`, `_` and `-`, at most 128 of them; a digest is `sha256:` and 64 hexadecimal digits.',
  'mistake.breakGlassWhy': 'Breaking the glass needs a reason: somebody else signs it off afterwards.',
  'mistake.unknownOption': 'There is no option `{option}` here.',
  'mistake.allowed': 'There is {known}.',
  'mistake.optionTwice': '`--{option}` stands there twice.',
  'mistake.valueMissing': '`--{option}` needs a value.',
  'mistake.valueUnwanted': '`--{option}` takes no value.',
  'mistake.unknownStrategy': 'There is no strategy `{word}`.',
  'mistake.notBatches':
    '`{text}` is no list of batches: numbers of pods and percentages, each counted from the start, with commas between them.',
  'mistake.time.form':
    '`{text}` is no time: that is `02:00` (the next one), `tomorrow 02:00`, `sat 02:00`, `2026-11-22 02:00` or `2026-11-22T02:00+08:00`, with a zone behind it where it needs one.',
  'mistake.time.zoneNeeded': '`{text}` by which clocks? Name the zone: here no window says so.',
  'mistake.time.unknownZone': 'There is no time zone `{word}`.',
  'mistake.time.skipped': 'The clocks in {zone} never show `{text}`: they are put forward over it.',
  'mistake.time.twice': 'The clocks in {zone} show `{text}` twice, since they are put back.',
  'mistake.time.past': '`{text}` is over.',
  'mistake.time.far':
    '`{text}` is more than {days} days ahead, and nobody else could upgrade it until then. Ask again when it is nearer.',
  'mistake.scopeNeeded': '`/upgrade {command}` what? A service, an environment, or `all`.',
  'mistake.unknownScope': '`{word}` is neither a service nor an environment.',
  'mistake.twoScopes': '`{word}` is a service and an environment.',
  'mistake.tryOneOf': 'Try {works}.',
  'mistake.freezeWhy': 'A freeze needs a reason: everybody whom it stops reads it.',
  'mistake.unknownPlace': 'No service has an environment `{word}`, only {known}.',
  'mistake.notAPeriod': '`{word}` is no period: days or weeks such as 30d or 12w, a year at most.',
  'mistake.tooManyWords': '`{rest}` is too much here.',
  'mistake.idNeeded': '`/upgrade {command}` needs the ID of an upgrade.',
  'mistake.idNeededNone': '`/upgrade {command}` needs the ID of an upgrade, and none is under way.',
  'mistake.unknownUpgrade': 'There is no upgrade `{word}`.',

  // ---- answers
  'answer.asked': '{link} is being checked. The plan and its questions follow in {channel}.',
  'answer.paused': 'Paused.',
  'answer.rolledBack': '{id} is rolling back to {version}.',
  'answer.cancelled': '{id} is cancelled; nothing was changed.',
  'answer.nothingOpen': '{id} has no open question: it is {phase}.',
  'answer.pressButton': 'Going on is decided on what you see, so here is the question.',
  'answer.unknownAction':
    'Rollcall does not know this button, so nothing was done. It may be of another version; look at the newest message.',
  'answer.unreadable': 'This button cannot be read, so nothing was done. Look at the newest message of the upgrade.',
  'answer.notStored':
    "This was not stored in time, so do not count on it. Look at the upgrade's message before you press again.",
  'answer.somethingBroke':
    "Something went wrong on Rollcall's side. Try again; if it stays, tell an administrator this number: `{requestId}`.",
  'answer.frozen': '{frozen}. No upgrade starts there and no further batch begins; rolling back works.',
  'answer.unfrozen': '{scope} is not frozen any more. What waited for that goes on by itself.',
  'answer.noneUnderWay': 'No upgrade is under way.',
  'answer.noneEnded': 'No upgrade has ended yet.',
  'answer.noneEndedOf': 'No upgrade of {service} has ended yet.',
  'answer.neverUpgraded': '{service} has no upgrade yet.',
  'answer.promotedFrom': 'promoted from {id}',

  // ---- listings
  'list.frozen': '❄ {frozen}',
  'list.title': '{count, plural, one {One upgrade is under way.} other {{count} upgrades are under way.}}',
  'list.line': '{link} · {service} → {version} in {environment} · {phase} · {updated}/{total} updated · asked by {by}',
  'list.status': '{link} · *{service}* → {version} in {environment}',
  'list.storeUnknown': 'Freezes and earlier upgrades were not looked at: set REDIS_URL.',

  'history.title': 'Upgrades, newest first',
  'history.titleOf': 'Upgrades of *{service}*, newest first',
  'statistics.title': 'Upgrades that ended in the last {days, plural, one {24 h} other {{days} days}}',
  'statistics.titleOf': 'Upgrades of *{service}* that ended in the last {days, plural, one {24 h} other {{days} days}}',
  'statistics.titleIn':
    'Upgrades in *{environment}* that ended in the last {days, plural, one {24 h} other {{days} days}}',
  'statistics.titleOfIn':
    'Upgrades of *{service}* in *{environment}* that ended in the last {days, plural, one {24 h} other {{days} days}}',
  'statistics.more': 'There were more: these are the newest {counted}, so rates are too low.',
  'statistics.started':
    '• Started: {started}, {perWeek} a week. {succeeded} succeeded, {rolledBack} rolled back, {failed} failed',
  'statistics.startedOthers':
    '• Started: {started}, {perWeek} a week. {succeeded} succeeded, {rolledBack} rolled back, {failed} failed; {others} more ended before the first change',
  'statistics.failureRate': '• Change-failure rate: {share} ({failures} of {started})',
  'statistics.lead': '• Lead time, from request to success: median {median}, p95 {p95} ({count})',
  'statistics.restore': '• Time to restore, from the failure to the old revision: median {median}, p95 {p95} ({count})',
  'statistics.approval': '• Wait for approval: median {median}, p95 {p95} ({count})',

  'trail.title': 'Audit trail of *{id}*: {entries, plural, one {{entries} entry} other {{entries} entries}}',
  'trail.line': '{sequence}. {at} {by} {action}',
  'trail.facts': '({facts})',
  'trail.new': 'new',
  'trail.hash': '· `{hash}`',
  'trail.cut': 'The first {count} are left out here; `rollcall audit export` has them all.',
  'trail.head': 'Head: `{head}`',

  'whoami.you': 'You are {user} (`{id}`) of workspace `{team}`.',
  'whoami.nothing': 'You may look at everything, and decide nothing. An administrator can add you to a role.',
  'whoami.place': '*{service}* in {environment}: {permissions}',
} as const
