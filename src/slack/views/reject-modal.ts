import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import type { Markup } from '../../messages/markup.ts'
import { section } from './blocks.ts'

export const rejectCallback = 'reject_upgrade'
export const reasonBlock = 'reason'

/** Asks for the reason; the submission decides. `token` is the value of the button that opened it. */
export function rejectModal(id: string, token: string, messages: Messages): ModalView {
  const dialog = messages.rejectDialog(id)
  return {
    type: 'modal',
    callback_id: rejectCallback,
    private_metadata: token,
    title: { type: 'plain_text', text: dialog.title },
    submit: { type: 'plain_text', text: dialog.submit },
    close: { type: 'plain_text', text: dialog.close },
    blocks: [
      ...section(dialog.intro),
      {
        type: 'input',
        block_id: reasonBlock,
        label: { type: 'plain_text', text: dialog.reason },
        element: { type: 'plain_text_input', action_id: reasonBlock, multiline: true, min_length: 1, max_length: 500 },
      },
    ],
  }
}

/** What a submission answers when it was refused: the modal says so itself. */
export function refusedModal(text: Markup, messages: Messages): ModalView {
  const { title, close } = messages.rejectDialog('')
  return {
    type: 'modal',
    title: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: close },
    blocks: section(text),
  }
}
