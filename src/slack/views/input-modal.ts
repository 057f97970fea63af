import type { ModalView, PlainTextInput } from '@slack/types'
import type { Markup } from '../../messages/markup.ts'
import { section } from './blocks.ts'

export type InputDialog = { title: string; intro: Markup; label: string; submit: string; close: string }

/**
 * A modal that asks for one text; the submission decides.
 *
 * @param token the value of the button that opened it
 * @param block both the input's block and its action
 */
export function inputModal(
  callback: string,
  token: string,
  block: string,
  { title, intro, label, submit, close }: InputDialog,
  input: Pick<PlainTextInput, 'multiline' | 'min_length' | 'max_length'>,
): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: token,
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: submit },
    close: { type: 'plain_text', text: close },
    blocks: [
      ...section(intro),
      {
        type: 'input',
        block_id: block,
        label: { type: 'plain_text', text: label },
        element: { type: 'plain_text_input', action_id: block, ...input },
      },
    ],
  }
}

/** A modal that says something and asks for nothing. A submission that was refused is answered so, under its own title. */
export function textModal(text: Markup, { title, close }: Pick<InputDialog, 'title' | 'close'>): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: title },
    close: { type: 'plain_text', text: close },
    blocks: section(text),
  }
}
