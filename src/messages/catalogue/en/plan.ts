/** What an upgrade would do, before anybody asks for it. */
export const plan = {
  'plan.title': 'Plan for *{service}* in *{environment}*: {from} → {to}',
  'plan.blocked': 'It could not start as things are.',
  'plan.free': 'Nothing stands in the way.',
  'plan.toStart': 'To start {startAt}.',
  'plan.irreversible': 'Declared irreversible {reason}: only an operator can roll it back.',
  'plan.risks': '*Risks*',
  'plan.noRisks': '*Risks:* none that Rollcall knows of.',
  'plan.steps': '*Steps*',

  'risk.DOWNGRADE': 'An older version: {from} → {to}.',
  'risk.MAJOR_JUMP': 'Another major version: {from} → {to}.',
  'risk.FIRST_TIME': 'The first upgrade of this workload through Rollcall.',
  'risk.MORE_THAN_IMAGE':
    'More of the pod template changes than its image: admission adds {changes, plural, one {something} other {{changes} things}}.',
  'risk.LAST_DID_NOT_STAY':
    'The last one, {id}, {outcome, select, succeeded {succeeded} rolledBack {was rolled back} rejected {was rejected} expired {expired} cancelled {was cancelled} other {failed}}.',
  'risk.ONE_BATCH': 'All {pods} in one batch: it never rests at a part of them.',
  'risk.NO_SOAK': 'No soak: what shows only after a while is not waited for.',

  'plan.timeUnknown': 'How long it takes is not known: there is no history yet.',
  'plan.time':
    'Moves and soaks take about {time}, going by {batches, plural, one {one batch before} other {{batches} batches before}}; the time to decide comes on top.',
  'plan.before': '0. before anything is changed: check {gates}',
  'plan.step': '{number}. {batch}',
  'plan.lastStep': '{number}. the workload gets its own settings back',
  'plan.batch': '{parts}',
  'plan.batch.asked': 'when somebody continues: {parts}',
  'plan.batchOf': '{count} of {pods}',
  'plan.batchTakes': '{count} of {pods} (about {time})',
  'plan.soak': 'soak {time}',
  'plan.check': 'check {gates}',

  'quiet.unknown': '*Least traffic:* not known: {measured}.',
  'quiet.now': '*Least traffic:* about now.',
  'quiet.at': '*Least traffic:* {at}. `{command}` starts then.',
  'quiet.share': '*Least traffic:* {at}, about {share} % of now’s. `{command}` starts then.',

  'template.changes': '*Pod template:* {changes}.',
  'template.onlyChange': '*Pod template:* {changes}, and nothing else.',
  'template.fromTo': '`{path}` from `{from}` to `{to}`',
  'template.change': '`{path}` {change, select, added {added} removed {removed} other {changed}}',
  'template.more': 'and {count} more',

  'back.template': '*Way back:* the old pod template ({version}) in one patch.',
  'back.downtime': '*Way back:* the old pod template ({version}) in one patch, with downtime.',
  'back.ready': '*Way back:* the old pod template ({version}) in one patch, never below {replicas} Ready.',
  'back.missing': '*Way back:* the old pod template ({version}) in one patch, with up to {pods} missing.',
  'back.last': 'It took {time} last time ({id}).',
  'back.about': 'It takes about {time} once all are new.',
  'back.alone': 'Without Rollcall it begins with `{command}`',
} as const
