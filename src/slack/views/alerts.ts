import type { KnownBlock } from '@slack/types'
import type { AlertState } from '../../engine/ports.ts'
import type { Action } from '../../engine/surface.ts'
import { byName } from '../../messages/deciders.ts'
import { lines, type Markup, nothing, sentences } from '../../messages/markup.ts'
import { actedOn, isToldOnly } from '../../upgrade/alerts.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'

/** The stop direction, as far as there is something to stop. */
export function brakes(upgrade: Upgrade): Action[] {
  return upgrade.result ? [] : controlsOf(upgrade).live.filter((one) => one === 'pause' || one === 'rollback')
}

/** Whom alerts call, and those of them who are called by name. */
export function alertCalls({ messages, alerts }: Shown): { whom: Markup; calls: string[] } {
  const called = alerts?.called
  if (!called) return { whom: nothing, calls: [] }
  return { whom: messages.alertCall(called), calls: called.users.slice(0, byName) }
}

/** Which of the two messages about alerts is wanted: the one of those on which nothing follows, while that is so. */
export function wantsNotice(upgrade: Upgrade, { called, alerts }: AlertState): boolean {
  const acted = actedOn(upgrade)
  if (!called || (acted && called.at >= acted.at)) return false
  return acted !== undefined || alerts.some((alert) => isToldOnly(upgrade, alert))
}

/** Of alerts on which nothing follows: they began before the start, or may be of another workload. */
export function alertNotice(shown: Shown, state: AlertState): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages } = shown
  if (actedOn(upgrade)) {
    const below = messages.alertsBelow(upgrade)
    return { text: below, blocks: section(below), calls: [] }
  }
  const { whom, calls } = alertCalls(shown)
  const title = messages.alertsTitle(upgrade, state)
  const all = messages.alertLines(upgrade, state)
  return {
    calls: state.firing > 0 ? calls : [],
    text: lines(sentences(title, whom), all),
    blocks: [
      ...section(sentences({ mrkdwn: `*${title.mrkdwn}*` }, whom)),
      ...section(all),
      ...buttons(brakes(upgrade), shown),
    ],
  }
}
