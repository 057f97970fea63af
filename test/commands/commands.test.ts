import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, decides, type Reply } from '../../src/commands/index.ts'
import { en } from '../../src/messages/en.ts'
import { seal } from '../../src/upgrade/audit-chain.ts'
import { rolledBackStory, succeededStory } from '../a-story.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, awaitingAcceptance, carol, dana, noon } from '../an-upgrade.ts'
import { anyText } from '../any-text.ts'
import { InMemorySurface } from './in-memory-surface.ts'

/** web in production only; api in staging and production. */
function aSurface(): InMemorySurface {
  const surface = new InMemorySurface()
  surface.policies = [
    aPolicy({ overrides: ['strategy', 'batches'] }),
    aPolicy({ service: 'api', environment: 'staging' }),
    aPolicy({ service: 'api' }),
  ]
  return surface
}

function ask(surface: InMemorySurface, text: string, by = dana): Promise<Reply> {
  return answer(text, { surface, messages: en, by, requestId: 'r1', linkTo: async () => 'https://acme.test/p1' })
}

async function said(surface: InMemorySurface, text: string): Promise<string> {
  const reply = await ask(surface, text)
  switch (reply.kind) {
    case 'text':
      return reply.text.mrkdwn
    case 'listing':
      return [reply.title, ...reply.lines, ...(reply.tail ? [reply.tail] : [])].map((one) => one.mrkdwn).join('\n')
    case 'table':
      return [reply.title.mrkdwn, ...reply.rows].join('\n')
    case 'question':
      return `the question of ${reply.upgrade.id}`
    case 'meant':
      return `whether to ${reply.action} ${reply.upgrade.id}`
  }
}

describe('a promotion', () => {
  function promotable(): InMemorySurface {
    const surface = new InMemorySurface()
    const promoteFrom = { environment: 'staging', withinMs: 86_400_000 }
    surface.policies = [aPolicy({ environment: 'staging' }), aPolicy({ promoteFrom }), aPolicy({ service: 'api' })]
    return surface
  }

  function succeeded(surface: InMemorySurface, version: string) {
    const upgrade = anUpgradeIn('succeeded', { id: 'web-staging-7' })
    surface.put({ ...upgrade, request: { ...upgrade.request, environment: 'staging', version } })
  }

  test('asks for what succeeded last where versions come from', async () => {
    const surface = promotable()
    succeeded(surface, '1.6.0')
    expect(await said(surface, 'promote web to production')).toContain('is being checked')
    expect(surface.requests).toMatchObject([
      { service: 'web', environment: 'production', version: '1.6.0', reason: 'promoted from web-staging-7' },
    ])
  })

  test('needs no environment where only one takes versions from another', async () => {
    const surface = promotable()
    succeeded(surface, '1.6.0')
    await said(surface, 'promote web --reason "friday"')
    expect(surface.requests).toMatchObject([{ environment: 'production', reason: 'friday' }])
  })

  test.each([
    ['promote web', 'Nothing of web has succeeded in staging yet'],
    ['promote web to staging', 'web is promoted to `production`'],
    ['promote api', 'Nothing of api is promoted'],
    ['promote wbe to production', '/upgrade promote web to production'],
  ])('«%s» is answered with the way on', async (text, expected) => {
    const surface = promotable()
    expect(await said(surface, text)).toContain(expected)
    expect(surface.requests).toEqual([])
  })
})

describe('a request', () => {
  test('needs no environment where the service has only one', async () => {
    const surface = aSurface()
    expect(await said(surface, 'web 1.5.0 --reason “fix checkout rounding”')).toBe(
      '<https://acme.test/p1|web-production-1> is being checked. The plan and its questions follow in <#C0RELEASES>.',
    )
    expect(surface.requests).toEqual([
      {
        service: 'web',
        environment: 'production',
        version: '1.5.0',
        overrides: {},
        reason: 'fix checkout rounding',
        by: dana,
        requestId: 'r1',
      },
    ])
  })

  test('takes batches, a strategy, a digest, and «in» anywhere behind the service', async () => {
    const surface = aSurface()
    const digest = `sha256:${'a'.repeat(64)}`
    await said(
      surface,
      `web in production ${digest} --batches "1, 25%,100%" --strategy recreate --irreversible "a migration"`,
    )
    expect(surface.requests[0]).toMatchObject({
      irreversible: 'a migration',
      version: digest,
      environment: 'production',
      overrides: { batches: [1, '25%', '100%'], strategy: 'recreate' },
    })
  })

  test('says that an older version, or another major number, is meant', async () => {
    const surface = aSurface()
    await said(surface, 'web 0.9.0 in production --downgrade --major')
    expect(surface.requests[0]).toMatchObject({ version: '0.9.0', downgrade: true, major: true })
    await said(surface, 'web 1.5.0 in production')
    expect(surface.requests[1]).not.toHaveProperty('downgrade')
  })

  test.each([
    ['wbe 1.5.0', 'Did you mean `web`? Try `/upgrade web 1.5.0`.'],
    ['wbe 1.5.0 --reason "a b"', 'Try `/upgrade web 1.5.0 --reason "a b"`.'],
    ['zzzzzz 1.5.0', 'There is no service `zzzzzz`. Rollcall knows `web` and `api`. Try `/upgrade help`.'],
    [
      'api 1.5.0',
      'api has several environments. Say which: `staging` and `production`. Try `/upgrade api 1.5.0 in staging`.',
    ],
    ['api 1.5.0 in prodction', 'Try `/upgrade api 1.5.0 in production`.'],
    [
      'api 1.5.0 in moon',
      'api has no environment `moon`. It has `staging` and `production`. Try `/upgrade api 1.5.0 in staging`.',
    ],
    ['api 1.5.0 production', 'Try `/upgrade api 1.5.0 in production`.'],
    ['web', 'Which version of web?'],
    ['web :1.5.0', 'Try `/upgrade web 1.5.0`.'],
    ['web:1.5.0', 'Try `/upgrade web 1.5.0`.'],
    ['web 1.5/0', '`1.5/0` is no version'],
    [`web ${'A'.repeat(64)}!`, 'is no version'],
    [
      'web 1.5.0 --raeson x',
      'There is no option `--raeson` here. There is `--strategy`, `--batches`, `--at`, `--reason`, `--irreversible`, `--downgrade`, `--major` and `--break-glass`. Try `/upgrade web 1.5.0 --reason x`.',
    ],
    ['web 1.5.0 --at noon', 'Like this: `/upgrade web 1.5.0 --at "02:00 UTC"`.'],
    ['web 1.5.0 --at 02:00', 'Like this: `/upgrade web 1.5.0 --at "02:00 UTC"`.'],
    ['web 1.5.0 --at 2027-07-01T12:00Z', 'is more than 30 days ahead'],
    ['web 1.5.0 --at today 11:00 UTC', '`today 11:00 UTC` is over.'],
    [
      'web 1.5.0 --at 02:00 Asia/Shangai',
      'Did you mean `Asia/Shanghai`? Like this: `/upgrade web 1.5.0 --at "02:00 Asia/Shanghai"`.',
    ],
    ['web 1.5.0 --reason', '`--reason` needs a value. Like this: `/upgrade web 1.5.0 --reason why`.'],
    ['web 1.5.0 --reason a --reason b', '`--reason` stands there twice. Try `/upgrade web 1.5.0 --reason a`.'],
    [
      'web 1.5.0 --strategy canry',
      'There is no strategy `canry`. There is `rolling` and `recreate`. Try `/upgrade web 1.5.0 --strategy rolling`.',
    ],
    ['web 1.5.0 --batches 1,half', 'Like this: `/upgrade web 1.5.0 --batches 1,25%,100%`.'],
    ['web 1.5.0 --batches 0', 'is no list of batches'],
    ['web 1.5.0 --batches 1,,2', 'is no list of batches'],
    ['statsu', 'Did you mean `status`? Try `/upgrade status`.'],
    ['webb', 'Did you mean `web`? Try `/upgrade status web`.'],
    ['x'.repeat(2_001), 'more than 2000 characters'],
  ])('%j is answered with what is wrong and what would have worked', async (text, answered) => {
    const surface = aSurface()
    expect(await said(surface, text)).toContain(answered)
    expect(surface.requests).toEqual([])
  })

  test('offers only commands that work', async () => {
    for (const text of [
      'wbe 1.5.0',
      'api 1.5.0',
      'api 1.5.0 in prodction',
      'web :1.5.0',
      'web 1.5.0 --raeson x',
      'web 1.5.0 --batches x',
      'aip 1 in prod --strategy rollig',
    ]) {
      const [, works = ''] = /`\/upgrade ([^`]*)`\.$/.exec(await said(aSurface(), text)) ?? []
      const surface = aSurface()
      const outcome = await said(surface, works)
      expect(surface.requests.length, `${text}: ${works}: ${outcome}`).toBe(1)
    }
  })

  test('that is refused says why', async () => {
    const surface = aSurface()
    surface.requestRefusal = { code: 'ACTIVE', id: 'web-production-13' }
    expect(await said(surface, 'web 1.5.0')).toContain('web-production-13 is under way')
  })

  test('of a plan asks for nothing', async () => {
    const surface = aSurface()
    expect(await said(surface, 'plan web 1.5.0')).toMatchSnapshot()
    expect(await said(surface, 'plan wbe 1.5.0')).toContain('Try `/upgrade plan web 1.5.0`.')
    expect(surface.upgrades.size).toBe(0)
  })
})

describe('a forward word', () => {
  test.each([
    ['approve', 'awaitingApproval'],
    ['reject', 'awaitingApproval'],
    ['continue', 'awaitingContinue'],
    ['resume', 'paused'],
  ] as const)('%s shows the question that is open, and decides nothing', async (word, phase) => {
    const upgrade = anUpgradeIn(phase)
    const surface = aSurface().put(upgrade)
    expect(await ask(surface, `${word} ${upgrade.id}`)).toEqual({ kind: 'question', upgrade })
    expect(surface.decisions).toEqual([])
  })

  test.each(['accept', 'decline'])('%s shows the question of whoever signs off', async (word) => {
    const upgrade = awaitingAcceptance()
    const surface = aSurface().put(upgrade)
    expect(await ask(surface, `${word} ${upgrade.id}`)).toEqual({ kind: 'question', upgrade })
    expect(surface.decisions).toEqual([])
    surface.put(anUpgradeIn('verifying'))
    expect(await said(surface, `${word} ${upgrade.id}`)).toContain(`so there is nothing to ${word}`)
  })

  test('points to the question of whoever signs off', async () => {
    const surface = aSurface().put(awaitingAcceptance())
    expect(await said(surface, 'continue web-production-14')).toContain('`/upgrade accept web-production-14`')
  })

  test('says how long the soak still takes', async () => {
    const surface = aSurface().put(anUpgradeIn('verifying'))
    surface.clock = after(40_000)
    expect(await said(surface, 'continue web-production-14')).toContain('soaks for another 1 min 20 s')
  })

  test('says that a pause stands in the way', async () => {
    const surface = aSurface().put(anUpgradeIn('paused'))
    expect(await said(surface, 'continue web-production-14')).toContain('is paused')
  })

  test('says that nothing is asked now', async () => {
    const surface = aSurface().put(anUpgradeIn('progressing'))
    expect(await said(surface, 'approve web-production-14')).toContain('nothing to approve')
  })
})

describe('pause, rollback and cancel', () => {
  test('act at once, with the reason', async () => {
    const surface = aSurface().put(anUpgradeIn('progressing'))
    expect(await said(surface, 'pause web-production-14 --reason "error rate"')).toContain('Paused.')
    expect(surface.decisions).toEqual([
      {
        upgrade: 'web-production-14',
        action: 'pause',
        by: dana,
        via: 'command',
        reason: 'error rate',
        requestId: 'r1',
      },
    ])
    expect(await said(surface, 'ROLLBACK web-production-14')).toBe('web-production-14 is rolling back to 1.4.2.')
    expect(await said(surface, 'rollback web-production-14')).toContain('nothing to roll back')
  })

  test('say what else would do', async () => {
    expect(await said(aSurface().put(anUpgrade()), 'rollback web-production-14')).toContain(
      '`/upgrade cancel web-production-14`',
    )
    expect(await said(aSurface().put(anUpgrade()), 'cancel web-production-14')).toContain('is cancelled')
    const started = aSurface().put(anUpgradeIn('progressing'))
    expect(await said(started, 'cancel web-production-14')).toContain('`/upgrade rollback web-production-14`')
  })

  test('are the only ones that are stored before they are acknowledged', () => {
    expect(['pause x', 'rollback x', 'Cancel x'].map(decides)).toEqual([true, true, true])
    expect(['', 'web 1', 'approve x', 'continue x', 'status', 'toString x'].some(decides)).toBe(false)
  })

  test.each([
    ['pause web-production-41', 'There is no upgrade `web-production-41`. Try `/upgrade pause web-production-14`.'],
    ['pause web --reason x', 'Try `/upgrade pause web-production-14 --reason x`.'],
    ['pause', '`/upgrade pause` needs the ID of an upgrade. Try `/upgrade pause web-production-14`.'],
    ['pause web-production-14 now', '`now` is too much here. Try `/upgrade pause web-production-14`.'],
    ['pause {rollcall}:due', 'There is no upgrade `{rollcall}:due`. Those under way: `/upgrade list`.'],
  ])('%j is answered with the ID that was meant', async (text, answered) => {
    const surface = aSurface().put(anUpgradeIn('progressing'))
    expect(await said(surface, text)).toBe(
      answered.startsWith('Try') ? `There is no upgrade \`web\`. ${answered}` : answered,
    )
    expect(surface.decisions).toEqual([])
  })
})

describe('reading', () => {
  test('status and list tell where upgrades stand', async () => {
    const surface = aSurface().put(anUpgradeIn('awaitingContinue'))
    expect(await said(surface, 'status web-production-14')).toMatchSnapshot()
    expect(await said(surface, 'status web')).toBe(await said(surface, 'status web-production-14'))
    expect(await said(surface, 'list')).toMatchSnapshot()
    expect(await said(surface, 'status')).toBe(await said(surface, 'list'))
    expect(await said(surface, 'status api')).toBe('api has no upgrade yet.')
    expect(await said(aSurface(), 'list')).toBe('No upgrade is under way.')
  })

  test('history lists date, version, environment, operator, result and note', async () => {
    const surface = aSurface().put(anUpgradeIn('rolledBack'))
    expect(await said(surface, 'history')).toContain(
      '2026-07-01 12:00 UTC | 1.5.0 | production | <@U0DANA> | rolled back | fix checkout rounding · web-production-14',
    )
    expect(await said(surface, 'history api')).toBe('No upgrade of api has ended yet.')
    expect(await said(surface, 'history wbe')).toContain('Try `/upgrade history web`.')
  })

  test('history --stats tells how often, how well and how fast', async () => {
    const { upgrade: good } = succeededStory()
    const { upgrade: bad } = rolledBackStory()
    const surface = aSurface().put(
      good,
      { ...bad, id: 'web-production-15' },
      { ...anUpgradeIn('rejected'), id: 'web-production-16' },
    )
    surface.clock = after(86_400_000)
    expect(await said(surface, 'history --stats --since 2w web in production')).toBe(
      [
        'Upgrades of *web* in *production* that ended in the last 14 days',
        '• Started: 2, 1 a week. 1 succeeded, 1 rolled back, 0 failed; 1 more ended before the first change',
        '• Change-failure rate: 50 % (1 of 2)',
        '• Lead time, from request to success: median 12 min 22 s, p95 12 min 22 s (1)',
        '• Time to restore, from the failure to the old revision: median 14 s, p95 14 s (1)',
        '• Wait for approval: median 1 min 1 s, p95 1 min 1 s (2)',
      ].join('\n'),
    )
  })

  test('history --stats counts only what ended in its time and place', async () => {
    const surface = aSurface().put(succeededStory().upgrade)
    expect(await said(surface, 'history --stats')).toContain('Started: 1,')
    expect(await said(surface, 'history web --stats')).toContain('last 90 days')
    surface.clock = after(3 * 86_400_000)
    expect(await said(surface, 'history --stats --since 1d')).toContain('last 24 h\n• Started: 0, 0 a week.')
    expect(await said(surface, 'history --since 1d')).toBe('No upgrade has ended yet.')
    expect(await said(surface, 'history api --stats')).toContain('Started: 0')
  })

  test.each([
    ['history --stats wbe in production', 'Try `/upgrade history web in production --stats`.'],
    ['history --stats web in prod', 'Try `/upgrade history web in production --stats`.'],
    ['history --stats in prod', 'Try `/upgrade history in production --stats`.'],
    ['history --stats --since 3', 'Try `/upgrade history --stats --since 90d`.'],
    ['history --stats --since 400d web', 'Try `/upgrade history web --stats --since 90d`.'],
    ['history --since never', 'Try `/upgrade history --since 90d`.'],
    ['history --stats web api', 'Try `/upgrade history web --stats`.'],
  ])('%s says what would have worked', async (typed, works) => {
    expect(await said(aSurface(), typed)).toContain(works)
  })

  test('history as CSV cannot smuggle a formula into a spreadsheet', async () => {
    const upgrade = anUpgradeIn('succeeded')
    const request = { ...upgrade.request, reason: '=HYPERLINK("http://evil.test","x")' }
    const surface = aSurface().put({ ...upgrade, request })
    expect(await said(surface, 'history web --csv')).toBe(
      [
        'Upgrades of *web*, newest first',
        'date,version,environment,operator,result,note',
        `${noon},1.5.0,production,U0DANA,succeeded,"'=HYPERLINK(""http://evil.test"",""x"") · web-production-14"`,
      ].join('\n'),
    )
  })

  test('audit lists the entries with their hashes, and the head', async () => {
    const surface = aSurface().put(anUpgrade())
    const entry = seal({
      at: noon,
      actor: alice,
      action: 'approved',
      target: 'web/production',
      outcome: 'done',
      from: { phase: 'awaitingApproval', replicas: 0 },
      to: { phase: 'progressing', replicas: 1 },
      requestId: 'r1',
      chain: 'web-production-14',
      sequence: 3,
      previousHash: '0'.repeat(64),
    })
    surface.chain.push(entry)
    expect(await said(surface, 'audit web-production-14')).toBe(
      [
        'Audit trail of *web-production-14*: 1 entry',
        `3. <!date^1782907200^{date_short_pretty} {time}|2026-07-01 12:00 UTC> <@U0ALICE> approved (awaitingApproval → progressing, 0 → 1 pod) · \`${entry.hash.slice(0, 12)}\``,
        `Head: \`${entry.hash}\``,
      ].join('\n'),
    )
  })

  test('whoami tells what somebody may do where', async () => {
    const surface = aSurface()
    expect(await said(surface, 'whoami')).toContain('decide nothing')
    surface.permissions = ['request', 'operate']
    const reply = await ask(surface, 'whoami', carol)
    expect(reply.kind === 'text' && reply.text.mrkdwn).toContain('*web* in production: request and operate')
  })

  test('help is what an empty command gets, and knows every command', async () => {
    expect(await said(aSurface(), '')).toBe(await said(aSurface(), 'help'))
    expect(await said(aSurface(), 'help')).toMatchSnapshot()
    expect(await said(aSurface(), 'help rollback')).toMatchSnapshot()
    expect(await said(aSurface(), 'help rolback')).toContain('Try `/upgrade help rollback`.')
  })
})

test('whatever is typed is answered, harmlessly', async () => {
  const words = fc.constantFrom(
    'web',
    'api',
    'in',
    'status',
    'history',
    'pause',
    'plan',
    '--reason',
    '--csv',
    '"',
    '<!channel>',
    '1.5.0',
    '`',
    '__proto__',
    'constructor',
  )
  const text = fc.array(fc.oneof(words, anyText(12))).map((all) => all.join(' '))
  await fc.assert(
    fc.asyncProperty(text, async (typed) => {
      const surface = aSurface().put(anUpgrade())
      const answered = await said(surface, typed)
      expect(answered).not.toMatch(/<!(channel|here|everyone)>|undefined|\[object/)
    }),
  )
})
