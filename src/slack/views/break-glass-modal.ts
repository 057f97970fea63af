import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { section } from './blocks.ts'

export const breakGlassCallback = 'confirm_break_glass'
export const typedBlock = 'typed'

/** Asks for the upgrade's ID; the submission decides. `token` is the value of the button that opened it. */
export function breakGlassModal(upgrade: Pick<Upgrade, 'id' | 'plan'>, token: string, messages: Messages): ModalView {
  const dialog = messages.breakGlassDialog(upgrade)
  return {
    type: 'modal',
    callback_id: breakGlassCallback,
    private_metadata: token,
    title: { type: 'plain_text', text: dialog.title },
    submit: { type: 'plain_text', text: dialog.submit },
    close: { type: 'plain_text', text: dialog.close },
    blocks: [
      ...section(dialog.intro),
      {
        type: 'input',
        block_id: typedBlock,
        label: { type: 'plain_text', text: dialog.label },
        element: { type: 'plain_text_input', action_id: typedBlock, min_length: 1, max_length: 200 },
      },
    ],
  }
}
