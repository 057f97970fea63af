import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandLine } from '../../src/commands/command-line.ts'
import { parse } from '../../src/commands/parse.ts'
import { anyText } from '../any-text.ts'

describe('a command', () => {
  test.each([
    ['web 1.5.0 in production', ['web', '1.5.0', 'in', 'production'], []],
    ['  web\t 1.5.0\n', ['web', '1.5.0'], []],
    ['pause x --reason "looks odd"', ['pause', 'x'], [{ name: 'reason', value: 'looks odd' }]],
    ['pause x --reason=“looks odd”', ['pause', 'x'], [{ name: 'reason', value: 'looks odd' }]],
    ["pause x --reason 'it's odd'", ['pause', 'x'], [{ name: 'reason', value: "it's odd" }]],
    ['web 1 --irreversible drops a column', ['web', '1'], [{ name: 'irreversible', value: 'drops a column' }]],
    ['pause x —reason odd', ['pause', 'x'], [{ name: 'reason', value: 'odd' }]],
    [
      'web 1 --reason fix the rounding --batches 1,100%',
      ['web', '1'],
      [
        { name: 'reason', value: 'fix the rounding' },
        { name: 'batches', value: '1,100%' },
      ],
    ],
    [
      'web 1 --batches=1,25%,100% in staging',
      ['web', '1', 'in', 'staging'],
      [{ name: 'batches', value: '1,25%,100%' }],
    ],
    ['history --csv web', ['history', 'web'], [{ name: 'csv', value: undefined }]],
    ['pause x --reason', ['pause', 'x'], [{ name: 'reason', value: undefined }]],
    [
      'pause x --reason --force',
      ['pause', 'x'],
      [
        { name: 'reason', value: undefined },
        { name: 'force', value: undefined },
      ],
    ],
    ['pause x --reason "never closed', ['pause', 'x'], [{ name: 'reason', value: 'never closed' }]],
    ['pause x --reason "--force"', ['pause', 'x'], [{ name: 'reason', value: '--force' }]],
    ['pause x --reason "a &amp; b &lt;c&gt;"', ['pause', 'x'], [{ name: 'reason', value: 'a & b <c>' }]],
    ['', [], []],
  ])('%j is read as words and options', (text, words, options) => {
    expect(parse(text)).toEqual({ words, options })
  })

  test('that is offered is read back as itself', () => {
    const word = fc.stringMatching(/^[a-z0-9.:%,/ '-]{1,20}$/).filter((one) => one.trim() === one && one !== '')
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), word, (words, reason) => {
        const line = commandLine(words, [{ name: 'reason', value: reason }])
        expect(parse(line.slice('/upgrade '.length))).toEqual({ words, options: [{ name: 'reason', value: reason }] })
      }),
    )
  })

  test('never makes the parser throw', () => {
    fc.assert(fc.property(anyText(2_000), (text) => void parse(text)))
  })
})

test('an option without a name is a word', () => {
  expect(parse('web --= 1.5.0 --=x')).toEqual({ words: ['web', '--=', '1.5.0', '--=x'], options: [] })
})
