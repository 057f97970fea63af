import type { KnownBlock } from '@slack/types'
import type { Observation } from '../../engine/ports.ts'
import { lines } from '../../messages/markup.ts'
import type { GateReport } from '../../upgrade/upgrade.ts'
import { buttons, context, header, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'

/** The one message per upgrade, edited in place: where it stands, and what can be done about it now. */
export function liveBlocks(shown: Shown, observation: Observation | undefined, reports: GateReport[]): KnownBlock[] {
  const { upgrade, progress, messages, alerts } = shown
  const findings = upgrade.result?.findings ?? upgrade.plan?.findings ?? []
  const worthSaying = findings.filter(({ severity }) => severity !== 'note')
  return [
    ...header(messages.headline(upgrade)),
    ...section(lines(messages.change(upgrade), messages.state(upgrade, progress))),
    ...section(messages.counts(progress)),
    ...context(messages.planLine(upgrade), 1_500),
    ...(upgrade.plan && !upgrade.result ? context(messages.aboutImage(upgrade.plan), 1_500) : []),
    ...(upgrade.result ? [] : context(messages.podsLine(observation), 1_000)),
    ...context(lines(...reports.map(messages.gateLine)), 2_000),
    ...(alerts && !upgrade.result ? context(messages.alertsLine(upgrade, alerts), 1_000) : []),
    ...context(messages.findingLines(worthSaying), 2_000),
    ...buttons(controlsOf(upgrade).live, shown),
  ]
}
