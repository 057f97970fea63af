import { expect, test } from 'vitest'
import { changesBetween } from '../../src/upgrade/changelog.ts'

const [was, is] = ['0f9e8d7c6b5a', '1a2b3c4d5e6f']

test.each([
  ['https://github.com/shop/web', `https://github.com/shop/web/compare/${was}...${is}`],
  ['https://github.com/shop/web.git', `https://github.com/shop/web/compare/${was}...${is}`],
  ['https://gitlab.com/shop/team/web/', `https://gitlab.com/shop/team/web/-/compare/${was}...${is}`],
])('the labels of images from %s lead to the comparison of their revisions', (source, url) => {
  const sides = [was, is].map((revision) => ({ source, revision }))
  expect(changesBetween(sides[0] ?? {}, sides[1] ?? {}, undefined)).toBe(url)
})

test.each([
  ['a host that nobody knows', 'https://github.com.example.com/shop/web', is],
  ['plain HTTP', 'http://github.com/shop/web', is],
  ['somebody’s name in it', 'https://github.com@example.com/shop/web', is],
  ['another port', 'https://github.com:8443/shop/web', is],
  ['a path that could be anything', 'https://github.com/shop/web/../../login?x', is],
  ['no project', 'https://github.com/', is],
  ['no URL', 'github.com/shop/web', is],
  ['a revision that is none', 'https://github.com/shop/web', 'main|click here>'],
])('labels with %s lead nowhere', (_, source, revision) => {
  const url = changesBetween({ source, revision: was }, { source, revision }, undefined)
  expect(url === undefined || /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/compare\//.test(url)).toBe(true)
  expect(url).toSatisfy((one) => one === undefined || !/example\.com|click/.test(one))
})

test('images of two sources have nothing to compare', () => {
  const from = { source: 'https://github.com/shop/web', revision: was }
  const to = { source: 'https://github.com/fork/web', revision: is }
  expect(changesBetween(from, to, undefined)).toBeUndefined()
})

test('a template is filled with versions and revisions, and nothing in them can change where it leads', () => {
  const template = 'https://git.example.com/web/compare/{from}...{to}?r={toRevision}'
  const from = { version: '1.4.2' }
  const to = { version: '../../x', revision: 'a&b' }
  const url = 'https://git.example.com/web/compare/1.4.2.....%2F..%2Fx?r=a%26b'
  expect(changesBetween(from, to, template)).toBe(url)
})

test('a template of which something is not known leads nowhere', () => {
  expect(changesBetween({}, { version: '1.5.0' }, 'https://git.example.com/{from}')).toBeUndefined()
})
