import { expect, test } from 'vitest'
import { csvLine } from '../../src/commands/csv.ts'

test.each([
  [['a', 'b'], 'a,b'],
  [['a,b', 'say "hi"', 'two\nlines'], '"a,b","say ""hi""","two\nlines"'],
  [['=1+1', '+1', '-1', '@x', ' =1', '\t=1'], "'=1+1,'+1,'-1,'@x,' =1,'\t=1"],
  [['a=b', '1-2', ''], 'a=b,1-2,'],
  [['\u200b=1', '\ufeff\u0000@x', '＝1', '\u202e+1', '\rx'], `'=1,'@x,'＝1,'+1,"'\rx"`],
])('%j is written as %j', (cells, line) => {
  expect(csvLine(cells)).toBe(line)
})
