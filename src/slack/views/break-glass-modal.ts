import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { inputModal } from './input-modal.ts'

export const breakGlassCallback = 'confirm_break_glass'
export const typedBlock = 'typed'

/** Asks for the upgrade's ID; the submission decides. `token` is the value of the button that opened it. */
export function breakGlassModal(upgrade: Pick<Upgrade, 'id' | 'plan'>, token: string, messages: Messages): ModalView {
  const dialog = messages.breakGlassDialog(upgrade)
  return inputModal(breakGlassCallback, token, typedBlock, dialog, { min_length: 1, max_length: 200 })
}
