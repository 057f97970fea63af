import type { KnownBlock } from '@slack/types'
import { calledByName, deciders, reviewers } from '../../messages/deciders.ts'
import { type Markup, mrkdwn, sentences } from '../../messages/markup.ts'
import { pageCause } from '../../upgrade/paging.ts'
import type { Incident, Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'

/** Whether this incident is why the upgrade holds now. */
export function isOpenIncident(upgrade: Upgrade, incident: Incident): boolean {
  const { hold, result, incidents } = upgrade
  const told = hold && hold.by.kind !== 'slack' && hold.since === incident.at
  return !result && told === true && incidents.at(-1) === incident
}

/** What went wrong or was changed from outside, to those who can act on it. */
export function incidentMessage(
  incident: Incident,
  shown: Shown,
): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages } = shown
  const title = messages.incidentTitle(upgrade, incident)
  const open = isOpenIncident(upgrade, incident)
  const state = messages.incidentState(upgrade, incident)
  const operators = deciders(upgrade.policy, 'operate')
  const responders = deciders(upgrade.policy, 'respond')
  const whom =
    incident.code === 'REVIEW_OVERDUE'
      ? messages.call(reviewers(upgrade))
      : sentences(messages.call(operators), messages.call(responders))
  const pressing =
    open || (!upgrade.result && upgrade.turnedBack?.at === incident.at) || pageCause(upgrade)?.incident === incident
  const take = pressing && !incident.acknowledged ? (['acknowledge'] as const) : []
  return {
    calls: pressing ? calledByName(operators, responders) : [],
    text: sentences(title, state, whom),
    blocks: [
      ...section(sentences(mrkdwn`*${title}*`, whom)),
      ...section(state),
      ...buttons([...(open ? controlsOf(upgrade).alert : []), ...take], shown),
    ],
  }
}
