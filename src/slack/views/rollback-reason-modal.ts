import type { ModalView } from '@slack/types'
import type { Messages } from '../../messages/en.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import { buttonValue } from '../button-value.ts'
import { inputModal } from './input-modal.ts'
import { reasonBlock } from './reject-modal.ts'

export const rollbackReasonCallback = 'rollback_reason'

/** Asks whoever pressed the button why, once it is decided and stored. */
export function rollbackReasonModal(upgrade: Upgrade, messages: Messages): ModalView {
  const { reason: label, ...dialog } = messages.rollbackReasonDialog(upgrade.id)
  const input = { multiline: true, min_length: 1, max_length: 500 }
  return inputModal(rollbackReasonCallback, buttonValue(upgrade), reasonBlock, { ...dialog, label }, input)
}
