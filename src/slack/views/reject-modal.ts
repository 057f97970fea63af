import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import { inputModal } from './input-modal.ts'

export const rejectCallback = 'reject_upgrade'
export const reasonBlock = 'reason'

/** Asks for the reason; the submission decides. `token` is the value of the button that opened it. */
export function rejectModal(id: string, token: string, messages: Messages): ModalView {
  const { reason: label, ...dialog } = messages.rejectDialog(id)
  const input = { multiline: true, min_length: 1, max_length: 500 }
  return inputModal(rejectCallback, token, reasonBlock, { ...dialog, label }, input)
}
