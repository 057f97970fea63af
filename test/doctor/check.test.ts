import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { reportText } from '../../src/cli/doctor-text.ts'
import { type Check, examine, finding, needed, Unmet } from '../../src/doctor/check.ts'
import { oldestNode, timeZones } from '../../src/doctor/environment.ts'
import { reportJsonSchema } from '../../src/doctor/report.ts'
import { RollcallError } from '../../src/upgrade/error.ts'

const now = () => Date.parse('2026-03-01T12:00:00Z')

function check(whether: string, run: Check['run']): Check {
  return { area: 'redis', whether, run }
}

test('a check that throws says that it is not known, and why, and what to do', async () => {
  const hint = 'Look into its log.'
  const { findings, warnings } = await examine([
    check('Redis is new enough', async () => {
      throw new RollcallError('REDIS_UNAVAILABLE', 'Redis says nothing', { hint })
    }),
  ])

  expect(findings).toMatchObject([
    {
      area: 'redis',
      code: 'NOT_CHECKED',
      severity: 'warning',
      found: 'It could not be checked whether Redis is new enough: Redis says nothing',
      remedy: hint,
    },
  ])
  expect(warnings).toBe(1)
})

test('a check that does not end holds no other one up, and is not known either', async () => {
  const { findings } = await examine(
    [
      check('this ends', () => new Promise(() => {})),
      check('that is right', async () => [finding('REDIS_EVICTS', { found: 'It evicts.', remedy: 'Do not.' })]),
    ],
    { timeoutMs: 10 },
  )

  expect(findings.map(({ code, found }) => `${code} ${found}`)).toEqual([
    'REDIS_EVICTS It evicts.',
    'NOT_CHECKED It could not be checked whether this ends: no answer within 0.01 seconds',
  ])
})

test('a check that cannot begin for what another one found is listed, and not counted', async () => {
  const refused = new Error('refused')
  const report = await examine([
    check('Redis answers', async () => [finding('REDIS_UNREACHABLE', { found: 'No.', remedy: 'Start it.' })]),
    check('Redis is new enough', () => needed(Promise.reject(refused), 'REDIS_UNREACHABLE')),
    check('Redis is quick', () => needed(Promise.reject(new Unmet('VARIABLE_INVALID')), 'REDIS_UNREACHABLE')),
  ])

  expect(report).toMatchObject({ checks: 1, problems: 1, warnings: 0 })
  expect(report.skipped).toEqual([
    { area: 'redis', whether: 'Redis is new enough', because: 'REDIS_UNREACHABLE' },
    { area: 'redis', whether: 'Redis is quick', because: 'VARIABLE_INVALID' },
  ])
})

test('a Node without the zones of windows is found', () => {
  expect(timeZones((zone) => zone === 'UTC')).toMatchObject([{ code: 'TIME_ZONES_MISSING' }])
  expect(timeZones()).toEqual([])
})

test('the oldest Node is the one that the package asks for', async () => {
  const { engines } = JSON.parse(await readFile('package.json', 'utf8'))
  expect(engines.node).toBe(`>=${oldestNode}`)
})

test('a report is read in 80 columns, and what is to be typed stays in one piece', async () => {
  const command = `redis-cli ${'CONFIG SET maxmemory-policy noeviction && '.repeat(3)}true`
  const report = await examine(
    [
      check('it keeps what it has', async () => [
        finding('REDIS_EVICTS', {
          found: 'maxmemory-policy is allkeys-lru.',
          remedy: 'Set it in redis.conf, and at once:',
          command,
        }),
      ]),
      check('Redis is new enough', async () => {
        throw new Unmet('REDIS_UNREACHABLE')
      }),
    ],
    { now },
  )

  const text = reportText(report)

  expect(text).toMatchInlineSnapshot(`
    "Redis

      problem REDIS_EVICTS
        maxmemory-policy is allkeys-lru.
        When memory runs short Redis deletes keys by itself: upgrades under way,
        approvals, the audit trail.
        → Set it in redis.conf, and at once:
          redis-cli CONFIG SET maxmemory-policy noeviction && CONFIG SET maxmemory-policy noeviction && CONFIG SET maxmemory-policy noeviction && true

        not looked at, because of REDIS_UNREACHABLE: whether Redis is new enough

    1 check: 1 problem, 1 more could not begin."
  `)
  expect(text.split('\n').filter((line) => line.length > 80 && !line.includes(command))).toEqual([])
})

test('where nothing is wrong the report says how much was looked at', async () => {
  expect(reportText(await examine([check('all is well', async () => [])]))).toBe('1 check: nothing found.')
})

test('the schema of the report that ships is the one of the code', async () => {
  const shipped: unknown = JSON.parse(await readFile('schema/doctor.schema.json', 'utf8'))
  expect(shipped, 'run: npm run schema').toEqual(JSON.parse(JSON.stringify(reportJsonSchema())))
})
