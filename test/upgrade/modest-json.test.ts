import { expect, test } from 'vitest'
import { jsonOf } from '../../src/upgrade/modest-json.ts'

const parsed = (text: string) => jsonOf(Buffer.from(text))

test('what a registry sends is parsed, whatever stands in its texts', () => {
  const text = `${'[{,'.repeat(1_000_000)}"\\`
  expect(parsed(JSON.stringify({ text, list: [1, { two: null }] }))).toEqual({ text, list: [1, { two: null }] })
})

test.each([
  ['nothing', ''],
  ['half of it', '{"a":'],
  ['what is too deep', '['.repeat(33) + ']'.repeat(33)],
  ['what has too many values', `[${'0,'.repeat(200_000)}0]`],
])('%s is no JSON', (_, text) => {
  expect(parsed(text)).toBeUndefined()
})
