/** What a message, wherever it is posted from, may say. */
import type { KnownBlock } from '@slack/types'
import { describeFinding, isObject, MAX_BLOCKS_LENGTH, validateBlocks } from './block-kit.ts'
import { refusal, SlackError } from './method.ts'
import type { Metadata } from './workspace.ts'

/** Longest text of a new message. Slack cuts it there; here it is an error. */
export const MAX_TEXT = 40_000

/** Longest text of chat.update. */
export const MAX_UPDATE_TEXT = 4_000

const MAX_METADATA_BYTES = 16_384

/** Blocks that Slack would take, or the error it answers with. */
export function acceptBlocks(value: unknown): KnownBlock[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new SlackError('invalid_blocks_format')
  const found = validateBlocks(value)
  if (found.length > 0) throw refusal('invalid_blocks', found.map(describeFinding))
  if (JSON.stringify(value).length > MAX_BLOCKS_LENGTH) throw new SlackError('msg_blocks_too_long')
  return value
}

/**
 * Text that Slack would take. Slack only warns about blocks without a text; here that is an error, because phones
 * and screen readers get nothing but the text.
 */
export function acceptText(text: string | undefined, blocks: KnownBlock[] | undefined, max = MAX_TEXT): string {
  if (!text?.trim()) {
    if (!blocks?.length) throw new SlackError('no_text')
    throw refusal('no_text', ['blocks need a text for notifications and screen readers [json-pointer:/text]'])
  }
  if (text.length > max) throw new SlackError('msg_too_long')
  return text
}

/** Message metadata, `undefined` for the empty object that removes it. */
export function acceptMetadata(value: unknown): Metadata | undefined {
  if (value === undefined) return undefined
  if (!isObject(value)) throw new SlackError('invalid_metadata_format')
  if (Object.keys(value).length === 0) return undefined
  const { event_type, event_payload, ...rest } = value
  // Slack drops metadata whose event_type has other characters without a word.
  if (typeof event_type !== 'string' || !/^\w{1,255}$/.test(event_type)) throw new SlackError('invalid_metadata_format')
  if (!isObject(event_payload) || Object.keys(rest).length > 0) throw new SlackError('invalid_metadata_format')
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_METADATA_BYTES) throw new SlackError('metadata_too_large')
  return { event_type, event_payload }
}
