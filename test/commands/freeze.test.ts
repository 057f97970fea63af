import { describe, expect, test } from 'vitest'
import { answer, decides } from '../../src/commands/index.ts'
import { en } from '../../src/messages/en.ts'
import { aPolicy, noon, root } from '../an-upgrade.ts'
import { InMemorySurface } from './in-memory-surface.ts'

/** web and api in production, api in staging, and a service called like an environment. */
function aSurface(): InMemorySurface {
  const surface = new InMemorySurface()
  const windows = [{ days: ['mon' as const], from: '01:00', to: '05:00', timezone: 'Europe/Berlin' }]
  surface.policies = [
    aPolicy({ windows }),
    aPolicy({ service: 'api' }),
    aPolicy({ service: 'api', environment: 'staging' }),
    aPolicy({ service: 'staging' }),
  ]
  return surface
}

async function said(surface: InMemorySurface, text: string): Promise<string> {
  const context = { surface, messages: en, by: root, requestId: 'r1', linkTo: async () => undefined }
  const reply = await answer(text, context)
  if (reply.kind === 'text') return reply.text.mrkdwn
  if (reply.kind !== 'listing') throw new Error(`a ${reply.kind}`)
  return [reply.title, ...reply.lines, ...(reply.tail ? [reply.tail] : [])].map((one) => one.mrkdwn).join('\n')
}

describe('/upgrade freeze', () => {
  test.each([
    ['freeze all --reason "the move"', { scope: 'all', reason: 'the move' }],
    ['freeze web --reason move', { scope: 'service:web', reason: 'move' }],
    ['freeze production --reason move', { scope: 'environment:production', reason: 'move' }],
    ['freeze environment:staging --reason move', { scope: 'environment:staging', reason: 'move' }],
    [
      'freeze production until mon 09:00 --reason move',
      { scope: 'environment:production', reason: 'move', until: '2026-07-06T07:00:00.000Z' },
    ],
    [
      'freeze all UNTIL 2026-07-02T02:00+08:00 --reason move',
      { scope: 'all', reason: 'move', until: '2026-07-01T18:00:00.000Z' },
    ],
  ])('%s', async (text, expected) => {
    const surface = aSurface()
    expect(await said(surface, text)).toContain('No upgrade starts there')
    expect(surface.frozen).toEqual([{ by: 'U0ROOT', since: noon, ...expected }])
  })

  test.each([
    ['freeze', 'Like this: `/upgrade freeze all --reason why`.'],
    [
      'freeze all',
      'A freeze needs a reason: everybody whom it stops reads it. Like this: `/upgrade freeze all --reason why`.',
    ],
    ['freeze prodction --reason x', 'Did you mean `production`? Try `/upgrade freeze production --reason x`.'],
    ['freeze wbe --reason x', 'Did you mean `web`? Try `/upgrade freeze web --reason x`.'],
    [
      'freeze staging --reason x',
      'Try `/upgrade freeze service:staging --reason x` or `/upgrade freeze environment:staging --reason x`.',
    ],
    [
      'freeze api until 09:00 --reason x',
      'Name the zone: here no window says so. Like this: `/upgrade freeze api until 09:00 UTC --reason x`.',
    ],
    ['freeze all until --reason x', '`until` is too much here.'],
    ['freeze all for 2h --reason x', '`for 2h` is too much here.'],
    ['freeze web until today 01:00 --reason x', '`today 01:00` is over.'],
    ['freeze web --until mon', 'There is no option `--until` here.'],
    ['unfreeze web', 'web in every environment is not frozen. What is: `/upgrade list`.'],
    ['unfreeze web now', '`now` is too much here. Try `/upgrade unfreeze web`.'],
  ])('%j is answered with what is wrong and what would have worked', async (text, answered) => {
    const surface = aSurface()
    expect(await said(surface, text)).toContain(answered)
    expect(surface.frozen).toEqual([])
  })

  test('is lifted, also of a service that has left the configuration', async () => {
    const surface = aSurface()
    surface.frozen = [{ scope: 'service:gone', by: 'U0ROOT', reason: 'x', since: noon }]
    expect(await said(surface, 'unfreeze gone')).toContain('gone in every environment is not frozen any more')
    expect(surface.frozen).toEqual([])
  })

  test('is stored before it is acknowledged', () => {
    expect([decides('freeze all --reason x'), decides('unfreeze all'), decides('list')]).toEqual([true, true, false])
  })

  test('is where people look for what goes on', async () => {
    const surface = aSurface()
    const line = '❄ Everything in production is frozen by <@U0ROOT> until somebody lifts it «the move»'
    await said(surface, 'freeze environment:production --reason "the move"')
    expect(await said(surface, 'list')).toBe(`No upgrade is under way.\n${line}`)
    expect(await said(surface, 'status web')).toBe(`web has no upgrade yet.\n${line}`)
    await said(surface, 'api 1.5.0 in staging')
    expect(await said(surface, 'list')).toContain(`asked by <@U0ROOT>\n${line}`)
    expect(await said(surface, 'status api')).toContain(line)
    await said(surface, 'unfreeze production')
    expect(await said(surface, 'list')).not.toContain('❄')
  })
})

describe('--at', () => {
  test.each([
    ['web 1.5.0 --at 02:00', '2026-07-02T00:00:00.000Z'],
    ['web 1.5.0 --at tomorrow 02:00 Asia/Shanghai --reason x', '2026-07-01T18:00:00.000Z'],
    ['web --at sat 02:00 UTC 1.5.0', '2026-07-04T02:00:00.000Z'],
    ['web 1.5.0 --at="2026-07-02 02:00"', '2026-07-02T00:00:00.000Z'],
    ['web 1.5.0 --at 2026-07-02T02:00+08:00 in production', '2026-07-01T18:00:00.000Z'],
    ['plan web 1.5.0 --at 02:00 in production', '2026-07-02T00:00:00.000Z'],
  ])('%s', async (text, startAt) => {
    const surface = aSurface()
    await said(surface, text)
    expect(surface.requests).toMatchObject([{ service: 'web', version: '1.5.0', startAt }])
  })
})
