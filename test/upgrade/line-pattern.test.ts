import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linePattern, PatternError } from '../../src/upgrade/line-pattern.ts'

test.each<[string, string, boolean]>([
  ['ERROR|FATAL', '12:00 FATAL no disk', true],
  ['ERROR|FATAL', '12:00 error', false],
  ['(?i)error', '12:00 Error', true],
  ['^E\\d{4} ', 'E1121 22:02 no disk', true],
  ['^E\\d{4} ', ' E1121 22:02', false],
  ['timeout after [0-9]+ms$', 'timeout after 250ms', true],
  ['timeout after [0-9]+ms$', 'timeout after 250ms!', false],
  ['\\bpanic\\b', 'no panic: here', true],
  ['\\bpanic\\b', 'panicked', false],
  ['a\\Bb', 'ab', true],
  ['"level":"(error|fatal)"', '{"level":"error","msg":"x"}', true],
  ['status=5\\d{2}', 'status=503', true],
  ['[^\\]a-c]x', 'ax', false],
  ['[\\]]x', ']x', true],
  ['(?:ab){2,3}c', 'ababc', true],
  ['(?:ab){2,3}c', 'abc', false],
  ['x*?y', 'y', true],
  ['\\u{1F4A5}|💣.', 'es macht 💣💣', true],
  ['^.$', '💥', true],
  ['ошибка', '12:00 ошибка диска', true],
  ['\\p{Lu}\\.', 'x Ä.', true],
  ['', 'anything', true],
  ['^$', '', true],
  ['^$', 'x', false],
  ['(a*)*b', 'aaac', false],
])('%s in «%s»: %s', (source, line, expected) => {
  expect(linePattern(source)(line)).toBe(expected)
})

test('it says what JavaScript says', () => {
  // Without pairs of surrogates, between whose halves V8 finds a \B.
  const character = fc.constantFrom('a', 'b', '_', ' ', 'ä', '€')
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\s', '\\b', '\\B', '^', '$', 'ä', '€')
  const repeats = fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?')
  const { pattern } = fc.letrec((tie) => ({
    pattern: fc.oneof({ maxDepth: 3 }, tie('piece'), tie('sequence'), tie('choice')),
    piece: fc.tuple(atom, repeats).map(([one, often]) => (/^(\\b|\\B|\^|\$)$/.test(one) ? one : one + often)),
    sequence: fc.array(tie('pattern'), { maxLength: 3 }).map((parts) => parts.join('')),
    choice: fc
      .tuple(fc.array(tie('pattern'), { minLength: 1, maxLength: 3 }), repeats)
      .map(([parts, often]) => `(${parts.join('|')})${often}`),
  }))
  fc.assert(
    fc.property(pattern, fc.array(fc.array(character, { maxLength: 6 }), { maxLength: 4 }), (source, lines) => {
      const matches = linePattern(source as string)
      for (const line of lines.map((characters) => characters.join(''))) {
        expect(matches(line)).toBe(new RegExp(source as string, 'u').test(line))
      }
    }),
    { numRuns: 1_000 },
  )
})

describe('what takes a backtracking engine years', () => {
  test.each(['(a+)+$', '^(a|a)*$', '(a|aa)+$', '(.*a){20}$', '.*a.*a.*a.*a.*b$', '(a?){50}a{50}$'])('%s', (source) => {
    const matches = linePattern(source)
    const started = performance.now()
    expect(matches(`${'a'.repeat(100_000)}!`)).toBe(false)
    // A millisecond on an idle machine, where backtracking would not end before the sun does.
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test('a pattern of many states is answered with few of them kept', () => {
    const matches = linePattern('(a|b)*a(a|b){12}c')
    const line = Array.from({ length: 20_000 }, (_, index) => ((index * index * 7) % 11 < 5 ? 'a' : 'b')).join('')
    expect(matches(line)).toBe(false)
    expect(matches(`${line}a${'b'.repeat(12)}c`)).toBe(true)
  })
})

test.each(['(', '[z-a]', 'a{2,1}', '(a)\\1', '(?=a)b', '(?<!a)b', '(?<name>a)', 'a{1000}', '((a{30}){30}){30}', '\\'])(
  '%s is no pattern',
  (source) => {
    expect(() => linePattern(source)).toThrow(PatternError)
  },
)
