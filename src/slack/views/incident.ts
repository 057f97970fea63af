import type { KnownBlock } from '@slack/types'
import { calledByName, deciders, reviewers } from '../../messages/deciders.ts'
import { lines, type Markup, mrkdwn, nothing, sentences } from '../../messages/markup.ts'
import { alertCode } from '../../upgrade/alerts.ts'
import { pageCause } from '../../upgrade/paging.ts'
import type { Incident, Upgrade } from '../../upgrade/upgrade.ts'
import { alertCalls, brakes } from './alerts.ts'
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
  if (incident.code === alertCode) return alertMessage(incident, shown)
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

/** The one message about alerts on which something followed: all of them are in it, whenever they came. */
function alertMessage(incident: Incident, shown: Shown): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages, alerts } = shown
  const title = messages.incidentTitle(upgrade, incident)
  const { whom, calls } = alertCalls(shown)
  const open = isOpenIncident(upgrade, incident)
  const state = lines(stateOf(incident, shown), alerts ? messages.alertsResolved(upgrade, alerts) : nothing)
  const all = alerts ? messages.alertLines(upgrade, alerts) : nothing
  const take = upgrade.result || incident.acknowledged ? [] : (['acknowledge'] as const)
  return {
    calls: upgrade.result || incident.acknowledged ? [] : calls,
    text: lines(sentences(title, state, whom), all),
    blocks: [
      ...section(sentences(mrkdwn`*${title}*`, whom)),
      ...section(state),
      ...section(all),
      ...buttons([...(open ? controlsOf(upgrade).alert : brakes(upgrade)), ...take], shown),
    ],
  }
}

function stateOf(incident: Incident, { upgrade, messages }: Shown): Markup {
  const { hold, at, result } = upgrade
  const isUnderWay = !result && at.path === 'steps'
  if (isUnderWay && !hold && incident.detail.action === 'notify') return messages.alertNotified
  if (isUnderWay && hold && hold.since !== incident.at) return messages.alertWhileHeld
  return messages.incidentState(upgrade, incident)
}
