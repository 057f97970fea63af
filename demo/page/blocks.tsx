import type { JSX } from 'preact'
import type { Json } from '../server/protocol.ts'
import { Element, ImageElement } from './elements.tsx'
import { list, textOf } from './interaction.ts'
import { RichText } from './rich-text.tsx'
import { Mrkdwn } from './text.tsx'

/** Block Kit. https://docs.slack.dev/reference/block-kit/blocks */
export function Blocks({ blocks, errors = {} }: { blocks: Json[]; errors?: Record<string, string> }): JSX.Element {
  return (
    <div class="blocks">
      {/* By place: an edit brings new block IDs, and a dialog that somebody reads must survive it. Inputs keep theirs. */}
      {blocks.map((block, index) => (
        <BlockOf
          key={block.type === 'input' ? String(block.block_id) : index}
          block={block}
          error={errors[String(block.block_id)]}
        />
      ))}
    </div>
  )
}

function BlockOf({ block, error }: { block: Json; error: string | undefined }): JSX.Element {
  const blockId = typeof block.block_id === 'string' ? block.block_id : undefined
  switch (block.type) {
    case 'header':
      return <h3 class="block block-header">{textOf(block.text)}</h3>
    case 'section':
      return (
        <div class="block block-section">
          <div class="block-section-text">
            {block.text !== undefined && <TextObject text={block.text as Json} />}
            {list(block.fields).length > 0 && (
              <div class="fields">
                {list(block.fields).map((field, index) => (
                  <div key={index}>
                    <TextObject text={field} />
                  </div>
                ))}
              </div>
            )}
          </div>
          {block.accessory !== undefined && <Element element={block.accessory as Json} blockId={blockId} />}
        </div>
      )
    case 'context':
      return (
        <div class="block block-context">
          {list(block.elements).map((element, index) =>
            element.type === 'image' ? (
              <ImageElement key={index} image={element} />
            ) : (
              <div key={index}>
                <TextObject text={element} />
              </div>
            ),
          )}
        </div>
      )
    case 'actions':
      return (
        <div class="block block-actions">
          {list(block.elements).map((element) => (
            <Element key={String(element.action_id)} element={element} blockId={blockId} />
          ))}
        </div>
      )
    case 'divider':
      return <hr class="block" />
    case 'image':
      return (
        <figure class="block">
          <ImageElement image={block} />
          {block.title !== undefined && <figcaption>{textOf(block.title)}</figcaption>}
        </figure>
      )
    case 'input':
      return <InputBlock block={block} error={error} />
    case 'rich_text':
      return <RichText elements={list(block.elements)} />
    default:
      return <p class="block unknown">{`The playground does not show blocks of type ${String(block.type)}.`}</p>
  }
}

function TextObject({ text }: { text: Json }): JSX.Element {
  return text.type === 'mrkdwn' ? <Mrkdwn text={String(text.text)} /> : <p>{String(text.text)}</p>
}

function InputBlock({ block, error }: { block: Json; error: string | undefined }): JSX.Element {
  const label = textOf(block.label)
  return (
    <div class={error ? 'block block-input has-error' : 'block block-input'}>
      <div class="label" aria-hidden="true">
        {label}
        {block.optional === true && <span class="optional"> (optional)</span>}
      </div>
      <Element element={block.element as Json} blockId={String(block.block_id)} label={label} />
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {block.hint !== undefined && <p class="hint">{textOf(block.hint)}</p>}
    </div>
  )
}
