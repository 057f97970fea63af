import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { doctorCodes } from '../../src/doctor/codes.ts'
import { testedKubernetes } from '../../src/doctor/kubernetes.ts'
import { oldestRedis } from '../../src/doctor/redis.ts'
import { Report } from '../../src/doctor/report.ts'

function page(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')
}

const rows = [...page('reference/doctor.md').matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (.+) \| (.+) \|$/gm)]

test('the page of doctor lists every code with its severity, and no other', () => {
  const documented = rows.map(([, code, severity]) => `${code} ${severity}`)
  const known = Object.entries(doctorCodes).map(([code, { severity }]) => `${code} ${severity}`)

  expect(documented.sort()).toEqual(known.sort())
})

test('every row says when, and what to do', () => {
  expect(rows.filter((row) => row.slice(3).some((cell) => cell.length < 5))).toEqual([])
})

test('the example of a report is one', () => {
  const [, example = ''] = /```json\n([\s\S]+?)```/.exec(page('reference/doctor.md')) ?? []

  expect(Report.safeParse(JSON.parse(example)).error).toBeUndefined()
})

test('the versions that doctor holds for tested are those that the guides state', () => {
  const { oldest, newest } = testedKubernetes
  expect(page('guides/install.md')).toContain(`**Kubernetes ${oldest === newest ? oldest : `${oldest} to ${newest}`}**`)
  expect(page('guides/operations.md')).toContain(`**Redis** ${oldestRedis} or newer`)
})
