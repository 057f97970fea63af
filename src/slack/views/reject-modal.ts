import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import type { Markup } from '../../messages/markup.ts'
import { section } from './blocks.ts'
import { inputModal } from './input-modal.ts'

export const rejectCallback = 'reject_upgrade'
export const reasonBlock = 'reason'

/** Asks for the reason; the submission decides. `token` is the value of the button that opened it. */
export function rejectModal(id: string, token: string, messages: Messages): ModalView {
  const { reason: label, ...dialog } = messages.rejectDialog(id)
  const input = { multiline: true, min_length: 1, max_length: 500 }
  return inputModal(rejectCallback, token, reasonBlock, { ...dialog, label }, input)
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
