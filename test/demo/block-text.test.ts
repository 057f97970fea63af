import { describe, expect, it } from 'vitest'
import { columns, linesOf, type Names, wrap } from '../../demo/block-text.ts'

const names: Names = { user: (id) => id.toLowerCase(), group: () => 'on-call', channel: () => 'releases' }

function shown(text: string): string[] {
  return linesOf({ text }, names).map((line) => line.map((span) => span.text).join(''))
}

describe('messages in a terminal', () => {
  it('shows names for IDs, labels for links, and what was escaped as it was typed', () => {
    expect(shown('<@U1> and <!subteam^S1> in <#C1>: <https://a.test/x|see>\n*a* &lt;b&gt; `c &amp; d`')).toEqual([
      '@u1 and @on-call in #releases: see',
      'a <b> c & d',
    ])
  })

  it('shows the blocks where there are any, buttons in their colours', () => {
    const lines = linesOf(
      {
        text: 'not this',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: 'web' } },
          {
            type: 'actions',
            elements: [
              { type: 'button', action_id: 'a', style: 'danger', text: { type: 'plain_text', text: 'Roll back' } },
            ],
          },
        ],
      },
      names,
    )
    expect(lines[0]).toEqual([{ text: 'web', style: 'bold' }])
    expect(lines.at(-1)).toContainEqual({ text: '[\u00a0Roll\u00a0back\u00a0]', style: 'danger' })
  })

  it('breaks lines between words, and keeps a full stop with the name before it', () => {
    const [paragraph = []] = linesOf({ text: 'one two <@U1>. three' }, names)
    const lines = wrap(paragraph, 9).map((line) => line.map(({ text }) => text).join(''))
    expect(lines).toEqual(['one two', '@u1.', 'three'])
    expect(Math.max(...wrap(paragraph, 9).map(columns))).toBeLessThanOrEqual(9)
  })
})
