import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')

/** `[words](../test/some.test.ts) «the name of a test»`, and further names behind it. */
function proofsOf(page: string): { file: string; title: string }[] {
  const text = readFileSync(join(docs, page), 'utf8')
  return [...text.matchAll(/\]\(\.\.\/(test\/[^)]+)\)((?:,? «[^»]+»)+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/«([^»]+)»/g)].map(([, title = '']) => ({ file, title })),
  )
}

describe.each(['reliability.md', 'security.md'])('%s', (page) => {
  const proofs = proofsOf(page)

  test('names tests', () => {
    expect(proofs.length).toBeGreaterThan(5)
  })

  test.each(proofs)('$file has a test «$title»', ({ file, title }) => {
    const path = join(docs, '..', file)
    expect(existsSync(path) && readFileSync(path, 'utf8').includes(title)).toBe(true)
  })

  test('leaves no row of a table without a test that shows it', () => {
    const rows = tableRows(readFileSync(join(docs, page), 'utf8'))
    expect(rows.filter((row) => !/\.\.\/test\/[^)]+\) «|the same/.test(row))).toEqual([])
  })
})

/** Rows of the tables whose last column is headed «shown by». */
function tableRows(markdown: string): string[] {
  const rows: string[] = []
  let inside = false
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) inside = false
    else if (/\| shown by \|$/.test(line)) inside = true
    else if (inside && !/^\| ?-/.test(line)) rows.push(line)
  }
  return rows
}
