import fc from 'fast-check'

/** What people paste, and what people who mean harm type: in every field that somebody can fill. */
export const hostileTexts: readonly string[] = [
  '"',
  `'"“”„«»‘’`,
  '   two   blanks   ',
  'x'.repeat(8_000),
  '\u0000\u0007\u001b[31mred\u001b[0m\u009b0m\u007f',
  '\u001b]0;a title\u0007\u001b[2J',
  'first\r\nsecond\nthird\u2028fourth\u2029',
  '<@U0VICTIM> <@U0VICTIM|bob>',
  '<!channel> <!here|here> <!subteam^S0VICTIM>',
  '<https://evil.example/|Approve>',
  'https://evil.example/?a=1&b=2#approve',
  '&lt;!channel&gt; &amp;lt;',
  '*approved* _by_ ~alice~ `code` ```block```',
  '» approved by @alice «',
  ':white_check_mark: 👩🏽‍🚒❤️🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '\u202eevorppa\u202c \u2066x\u2069 \u061c\u200f',
  'a\u200b\u200d\ufeff\u2060b\u00ad\u034f\u3164\u2800',
  'wеb раyments', // Cyrillic е, р and а
  `z${'\u0301\u0489'.repeat(200)}algo`,
  '=HYPERLINK("http://evil.example","x")',
  '@SUM(1+1)|cmd',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%00%0d%0aSet-Cookie: x',
  "'; FLUSHALL; --",
  '{{7*7}} $(id) %{x}',
  '--force --reason=x -- --',
  '\ud800half\udc00',
  '{"u":"web-production-1","s":0}',
  '𝕨𝕖𝕓 ｗｅｂ',
]

/** Any code point, lone halves of pairs too; ASCII more often than the rest. */
const aCharacter = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x9f }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x10000, max: 0x10ffff }) },
)

/** Text of any characters, with the hostile ones strewn in. */
export function anyText(maxLength = 60): fc.Arbitrary<string> {
  const random = fc.array(aCharacter, { maxLength }).map((codes) => String.fromCodePoint(...codes))
  const piece = fc.oneof({ weight: 3, arbitrary: random }, { weight: 1, arbitrary: fc.constantFrom(...hostileTexts) })
  return fc.oneof(
    random,
    fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(' ')),
  )
}

/** Everything that is not seen or reorders what is, written down anew rather than taken from the source. */
export const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}\ud800-\udfff]/u
