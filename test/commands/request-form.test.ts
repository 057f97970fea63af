import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RequestForm, requestOfForm, suggestServices, suggestVersions } from '../../src/commands/index.ts'
import { en } from '../../src/messages/en.ts'
import { plainText } from '../../src/messages/plain-text.ts'
import { aPolicy, dana } from '../an-upgrade.ts'
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
  surface.permissions = ['request']
  return surface
}

async function checked(form: RequestForm, surface = aSurface()) {
  const context = { surface, messages: en, by: dana, requestId: 'r1', linkTo: async () => undefined }
  const outcome = await requestOfForm(form, context)
  if ('found' in outcome) return outcome.found
  return Object.fromEntries(Object.entries(outcome.mistakes).map(([field, text]) => [field, plainText(text)]))
}

describe('a form', () => {
  test('is the request that the command would have made', async () => {
    const form = {
      service: 'web',
      environment: 'production',
      version: '1.5.0',
      strategy: 'recreate',
      batches: '1, 50%,100%',
    }
    expect(await checked({ ...form, reason: 'fix rounding', startAt: '2026-07-01T20:00:00Z' })).toEqual({
      ...{ service: 'web', environment: 'production', version: '1.5.0' },
      overrides: { strategy: 'recreate', batches: [1, '50%', '100%'] },
      ...{ reason: 'fix rounding', startAt: '2026-07-01T20:00:00.000Z' },
      ...{ by: dana, requestId: 'r1', via: 'modal' },
    })
  })

  test('needs no environment where there is one', async () => {
    expect(await checked({ service: 'web', version: '1.5.0' })).toMatchObject({ environment: 'production' })
  })

  test('says everything that is wrong at once, each at its field, in the words of the command', async () => {
    const form = {
      service: 'api',
      version: 'a b',
      strategy: 'sideways',
      batches: 'none',
      startAt: '2026-06-01T00:00:00Z',
    }
    expect(await checked(form)).toEqual({
      environment: 'api has several environments. Say which: staging and production.',
      version:
        'a b is no version: a tag has letters, digits, ., _ and -, at most 128 of them; a digest is sha256: and 64 hexadecimal digits.',
      strategy: 'There is no strategy sideways. There is rolling and recreate.',
      batches:
        'none is no list of batches: numbers of pods and percentages, each counted from the start, with commas between them.',
      startAt: '2026-06-01T00:00:00Z is over.',
    })
  })

  test.each<[RequestForm, string, string]>([
    [{ service: 'wbe', version: '1' }, 'service', 'There is no service wbe. Did you mean web? Try /upgrade help.'],
    [{ service: 'web' }, 'version', 'Which version of web? A tag of its image, or a digest.'],
    [
      { service: 'api', environment: 'prod', version: '1' },
      'environment',
      'api has no environment prod. It has staging and production.',
    ],
    [
      { service: 'web', version: '1', startAt: '2026-09-01T00:00:00Z' },
      'startAt',
      '2026-09-01T00:00:00Z is more than 30 days ahead, and nobody else could upgrade it until then. Ask again when it is nearer.',
    ],
    // Cyrillic, and what is not seen.
    [{ service: 'wеb', version: '1' }, 'service', 'There is no service wеb. Did you mean web? Try /upgrade help.'],
    [
      { service: 'web', version: '1.5.0\u200b' },
      'version',
      '1.5.0 is no version: a tag has letters, digits, ., _ and -, at most 128 of them; a digest is sha256: and 64 hexadecimal digits.',
    ],
    [
      { service: '__proto__', version: '1' },
      'service',
      'There is no service __proto__. Rollcall knows web and api. Try /upgrade help.',
    ],
  ])('%j is wrong at its %s', async (form, field, said) => {
    expect(await checked(form)).toMatchObject({ [field]: said })
  })

  test('of anything at all is a request of what there is, or wrong somewhere', async () => {
    const text = fc.option(fc.oneof(anyText(), fc.constantFrom('web', 'api', 'production', '1.5.0')), {
      nil: undefined,
    })
    const fields = ['service', 'environment', 'version', 'strategy', 'batches', 'reason', 'startAt'] as const
    const forms = fc.record(Object.fromEntries(fields.map((field) => [field, text])), { requiredKeys: [] })
    await fc.assert(
      fc.asyncProperty(forms, async (form) => {
        const given = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined))
        const outcome = await checked(given as RequestForm)
        if ('overrides' in outcome) expect(['web', 'api']).toContain(outcome.service)
        else expect(Object.keys(outcome).length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('services to choose from', () => {
  const suggested = (typed: string, surface = aSurface()) => suggestServices(typed, { surface, by: dana })

  test('are those that begin so, then those that have it within, else the nearest', async () => {
    const surface = aSurface()
    surface.policies = ['web', 'web-admin', 'old-web', 'api'].map((service) => aPolicy({ service }))
    expect(await suggested('', surface)).toEqual(['web', 'web-admin', 'old-web', 'api'])
    expect(await suggested('WEB', surface)).toEqual(['web', 'web-admin', 'old-web'])
    expect(await suggested('wbe', surface)).toEqual(['web'])
    expect(await suggested('nothing', surface)).toEqual([])
  })

  test('are only those that the asker may request', async () => {
    const surface = aSurface()
    surface.permissionsOf = async () => [
      { service: 'web', environment: 'production', permissions: ['approve', 'operate'] },
      { service: 'api', environment: 'staging', permissions: ['request'] },
      { service: 'api', environment: 'production', permissions: [] },
    ]
    expect(await suggested('', surface)).toEqual(['api'])
    expect(await suggested('web', surface)).toEqual([])
  })

  test('are a hundred at most', async () => {
    const surface = aSurface()
    surface.policies = Array.from({ length: 300 }, (_, index) => aPolicy({ service: `web-${index}` }))
    expect(await suggested('web', surface)).toHaveLength(100)
    expect(await suggested('x'.repeat(10_000), surface)).toEqual([])
  })
})

describe('versions to choose from', () => {
  const suggested = (typed: string, tags: string[] | undefined) => {
    const surface = aSurface()
    surface.tags = tags
    return suggestVersions(typed, 'web', { surface, by: dana })
  }
  const tags = ['1.10.0', 'v1.9.0', '1.9.0-rc.1', 'nightly-1.9']

  test('are those that begin so, in their order, then those that have it within, and what was typed', async () => {
    expect(await suggested('', tags)).toEqual(tags)
    expect(await suggested('1.9', tags)).toEqual(['v1.9.0', '1.9.0-rc.1', 'nightly-1.9', '1.9'])
    expect(await suggested('1.10.0', tags)).toEqual(['1.10.0'])
  })

  test('are what was typed while no registry says anything', async () => {
    expect(await suggested('1.5.0', undefined)).toEqual(['1.5.0'])
    expect(await suggested(`sha256:${'a'.repeat(64)}`, undefined)).toEqual([`sha256:${'a'.repeat(64)}`])
    expect(await suggested('', undefined)).toEqual([])
  })

  test('fit what Slack takes, whatever is typed and whatever the registry says', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `1.0.${index}`)
    expect(await suggested('', many)).toHaveLength(100)
    const found = await suggested('1.0', many)
    expect(found).toHaveLength(100)
    expect(found.at(-1)).toBe('1.0')
    expect(await suggested('x'.repeat(10_000), ['x'.repeat(80)])).toEqual([])
    expect(await suggested('\u200b\u202e', undefined)).toEqual([])
    await fc.assert(
      fc.asyncProperty(anyText(), fc.array(anyText()), async (typed, listed) => {
        for (const one of await suggested(typed, listed)) expect(one.length).toBeLessThanOrEqual(75)
      }),
    )
  })
})
