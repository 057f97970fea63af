import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bounded, printable } from '../../src/upgrade/printable.ts'
import { anyText } from '../any-text.ts'

describe('text for a terminal', () => {
  it.each([
    ['one\ntwo\tthree', 'one\ntwo\tthree'],
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['a\rb', 'a\\u000db'],
    ['abc\u202edef', 'abc\\u202edef'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['👩‍🚀 ❤️ é ש 文', '👩‍🚀 ❤️ é ש 文'],
  ])('%j is written as %j', (text, written) => {
    expect(printable(text)).toBe(written)
  })

  it('is the same value wherever it is JSON, and is written alike twice', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const json = JSON.stringify({ text: text.toWellFormed() })
        expect(JSON.parse(printable(json))).toEqual(JSON.parse(json))
        expect(printable(printable(json))).toBe(printable(json))
      }),
    )
  })
})

describe('what the world says', () => {
  it('is kept well-formed and no longer than 4,096 characters, wherever in a value it stands', () => {
    const detail = bounded({ pods: [{ message: 'x'.repeat(8_000), ready: 3 }], name: 'half \ud83d', gone: null })
    expect(detail.pods[0]?.message).toHaveLength(4_096)
    expect(detail).toMatchObject({ pods: [{ ready: 3 }], name: 'half \ufffd', gone: null })
    expect(bounded(`${'x'.repeat(4_094)}🚀🚀`)).toMatch(/x\ufffd?…$/)
  })
})
