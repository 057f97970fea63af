import type { Button, KnownBlock, MrkdwnElement } from '@slack/types'
import type { AlertState } from '../../engine/ports.ts'
import type { Action } from '../../engine/surface.ts'
import type { Messages } from '../../messages/en.ts'
import { clean, clipMarkup } from '../../messages/escape.ts'
import type { Markup } from '../../messages/markup.ts'
import type { Progress } from '../../messages/progress.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { buttonValue } from '../button-value.ts'

/** Slack's limits, in characters. https://docs.slack.dev/reference/block-kit */
const limits = { section: 3_000, header: 150, button: 75, confirmTitle: 100, confirmText: 300, confirmButton: 30 }

/** What a renderer needs to know beside the upgrade. */
export type Shown = {
  upgrade: Upgrade
  progress: Progress
  messages: Messages
  /** Absent: nobody sends any. */
  alerts?: AlertState | undefined
}

/** No block for no text. */
export function section(text: Markup, limit = limits.section): KnownBlock[] {
  return text.mrkdwn === '' ? [] : [{ type: 'section', text: mrkdwnText(text, limit) }]
}

export function context(text: Markup, limit = limits.section): KnownBlock[] {
  return text.mrkdwn === '' ? [] : [{ type: 'context', elements: [mrkdwnText(text, limit)] }]
}

export function header(text: string): KnownBlock[] {
  return [{ type: 'header', text: { type: 'plain_text', text: clean(text, limits.header), emoji: false } }]
}

export function buttons(actions: readonly Action[], shown: Shown): KnownBlock[] {
  return actions.length === 0 ? [] : [{ type: 'actions', elements: actions.map((action) => button(action, shown)) }]
}

/** Marks a message as ours in its first block, which Slack gives back when the message is looked for. */
export function named(blocks: KnownBlock[], name: string): KnownBlock[] {
  return blocks.map((block, index) => (index === 0 ? { ...block, block_id: name } : block))
}

function button(action: Action, { upgrade, progress, messages }: Shown): Button {
  const dialog = messages.confirmation(action, upgrade, progress)
  const style = styles[action]
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: clean(messages.buttonLabel(action, upgrade), limits.button) },
    value: buttonValue(upgrade),
    ...(style && { style }),
    ...(dialog && {
      confirm: {
        title: { type: 'plain_text', text: clean(dialog.title, limits.confirmTitle) },
        text: { type: 'plain_text', text: clean(dialog.text, limits.confirmText) },
        confirm: { type: 'plain_text', text: clean(dialog.confirm, limits.confirmButton) },
        deny: { type: 'plain_text', text: clean(dialog.deny, limits.confirmButton) },
        ...(style && { style }),
      },
    }),
  }
}

const styles: Partial<Record<Action, 'primary' | 'danger'>> = {
  approve: 'primary',
  accept: 'primary',
  continue: 'primary',
  resume: 'primary',
  rollback: 'danger',
}

/** `verbatim`: Slack links and mentions only what is marked as such, never what merely looks like it. */
function mrkdwnText(text: Markup, limit: number): MrkdwnElement {
  return { type: 'mrkdwn', text: clipMarkup(text.mrkdwn, limit), verbatim: true }
}
