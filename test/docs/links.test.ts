import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pages = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules/**', 'dist/**', '.cache/**'] })

test('there are pages to look at', () => {
  expect(pages).toContain('README.md')
  expect(pages.length).toBeGreaterThan(10)
})

test.each(pages)('every relative link in %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([])
})

/** Links to files that are not there, and to headings that their page does not have. */
function brokenLinks(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return linksIn(text).filter((link) => {
    const [path = '', anchor] = link.split('#', 2)
    const target = path ? resolve(root, dirname(page), decodeURI(path)) : join(root, page)
    if (!existsSync(target)) return true
    if (anchor === undefined || !statSync(target).isFile() || !target.endsWith('.md')) return false
    return !anchorsOf(readFileSync(target, 'utf8')).includes(anchor)
  })
}

function linksIn(markdown: string): string[] {
  const links = withoutCode(markdown).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)
  return [...links].flatMap(([, link]) => (link && !/^[a-z][a-z+.-]*:/i.test(link) ? [link] : []))
}

/** As GitHub makes them: lower case, punctuation gone, blanks to hyphens, a number behind one that was there before. */
function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>()
  return [...withoutFences(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replace(/`[^`\n]*`/g, (code) => (code.includes('](') ? '' : code))
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, '')
}
