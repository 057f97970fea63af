import { describe, expect, test } from 'vitest'
import type { Images, Measure, Measures, Target } from '../../src/engine/ports.ts'
import { imageStands, prepare } from '../../src/engine/prepare.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import type { MeasuredGate } from '../../src/upgrade/gate.ts'
import { type ImageFacts, type ImagePolicy, registryBusy } from '../../src/upgrade/image.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, anUpgradeIn, aPolicy, noon, onlyResolved, someFacts } from '../an-upgrade.ts'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const name = aPolicy().image

/** A registry that says this, and which versions it was asked about. */
function saying(...answers: Awaited<ReturnType<Images['look']>>[]) {
  const asked: string[] = []
  const images: Pick<Images, 'look'> = {
    async look(_, version) {
      asked.push(version)
      return answers[asked.length - 1] ?? { state: 'missing' }
    },
  }
  return { images, asked }
}

function found(facts: Partial<ImageFacts> = {}) {
  return { state: 'found' as const, facts: { digest, platforms: ['linux/amd64'], ...facts } }
}

/** A workload that runs this image; and the image that it was asked to judge. */
function aTarget(image = `${name}:1.4.2`) {
  const judged: string[] = []
  const target: Partial<Target> = {
    prepare: async ({ request }) => {
      judged.push(request.image)
      return { facts: someFacts({ image }), findings: [], changes: [], back: '', platforms: ['linux/amd64'] }
    },
  }
  return { target: target as Target, judged }
}

/** What stands on no image; nothing here asks it. */
const others: Pick<Parameters<typeof prepare>[0], 'measures' | 'log'> = {
  measures: {} as Measures,
  log: { error: () => {} },
}

function asking(imagePolicy: Partial<ImagePolicy> = {}): Upgrade {
  return anUpgradeIn('checking', { policy: aPolicy({ imagePolicy: { ...onlyResolved, ...imagePolicy } }) })
}

const silent = { state: 'unknown', code: 'REGISTRY_UNAVAILABLE', message: 'no answer' } as const

describe('the plan', () => {
  test('is made of the digest that the version stands for', async () => {
    const { target, judged } = aTarget()
    const { plan, upgrade } = await prepare({ ...others, images: saying(found()).images, target }, asking(), noon, [])
    expect(upgrade.request.image).toBe(`${name}:1.5.0@${digest}`)
    expect(judged).toEqual([upgrade.request.image])
    expect(plan.image).toEqual(found().facts)
    const moved = await prepare(
      { ...others, images: saying(found({ digest: other })).images, target },
      asking(),
      noon,
      [],
    )
    expect(moved.plan.hash).not.toBe(plan.hash)
  })

  test('asks no registry where the policy does not', async () => {
    for (const upgrade of [anUpgradeIn('checking'), asking({ resolve: 'off' })]) {
      const { images, asked } = saying(found())
      const { plan, upgrade: same } = await prepare({ ...others, images, target: aTarget().target }, upgrade, noon, [])
      expect([asked, plan.image, same.request.image]).toEqual([[], undefined, `${name}:1.5.0`])
    }
  })

  test('forgets the digest of an earlier plan when nobody can tell any more', async () => {
    const before = asking({ resolve: 'optional' })
    const pinned = { ...before, request: { ...before.request, image: `${name}:1.5.0@${other}` } }
    const { plan, upgrade } = await prepare(
      { ...others, images: saying(silent).images, target: aTarget().target },
      pinned,
      noon,
      [],
    )
    expect(upgrade.request.image).toBe(`${name}:1.5.0`)
    expect(plan.findings).toMatchObject([{ severity: 'warn', code: 'IMAGE_UNRESOLVED' }])
  })

  test('is tried again when too many images are looked at already', async () => {
    const planned = prepare(
      { ...others, images: saying({ state: 'busy' }).images, target: aTarget().target },
      asking(),
      noon,
      [],
    )
    await expect(planned).rejects.toMatchObject({ code: 'REGISTRY_BUSY', retryable: true })
  })

  test('leads to what changed, by the labels of what runs and of what is to run', async () => {
    const source = 'https://github.com/shop/web'
    const [was, is] = ['0f9e8d7c6b5a', '1a2b3c4d5e6f']
    const { images, asked } = saying(found({ source, revision: is }), found({ source, revision: was }))
    const { plan } = await prepare(
      { ...others, images, target: aTarget(`${name}:1.4.2@${other}`).target },
      asking(),
      noon,
      [],
    )
    expect(plan.image?.changes).toBe(`${source}/compare/${was}...${is}`)
    expect(asked).toEqual(['1.5.0', other])
  })

  test('asks about what runs only where that is needed', async () => {
    const changelog = 'https://git.example.com/compare/{from}...{to}'
    const { images, asked } = saying(found())
    const { plan } = await prepare({ ...others, images, target: aTarget().target }, asking({ changelog }), noon, [])
    expect(plan.image?.changes).toBe('https://git.example.com/compare/1.4.2...1.5.0')
    expect(asked).toEqual(['1.5.0'])
  })
})

describe('the gates that judge the image', () => {
  const signed: MeasuredGate = {
    ...{ type: 'signature', name: 'signature', during: ['before'], intervalMs: 10_000, timeoutMs: 200 },
    ...{ keys: ['/keys/release.pub'], least: 1 },
  }
  const smoke: MeasuredGate = {
    ...{ type: 'http', name: 'smoke', during: ['before'], intervalMs: 10_000, timeoutMs: 200 },
    ...{ url: 'http://shop/', status: [200] },
  }

  /** What the plan says where the gate says this; and of which image it was asked. */
  async function planned(measure: Measure, breakGlass = false) {
    const gates = { ...aPolicy().gates, measured: [smoke, signed] }
    const base = anUpgradeIn('checking', { policy: aPolicy({ imagePolicy: onlyResolved, gates, breakGlass }) })
    const upgrade = breakGlass ? { ...base, request: { ...base.request, breakGlass: true as const } } : base
    const asked: string[] = []
    const measures: Partial<Measures> = {
      signature: (gate, about, signal) => {
        asked.push(about.upgrade.request.image)
        return measure(gate, about, signal)
      },
    }
    const sources = {
      ...others,
      measures: measures as Measures,
      images: saying(found()).images,
      target: aTarget().target,
    }
    return { ...(await prepare(sources, upgrade, noon, [])), asked }
  }

  test.each([
    ['passed', 'note', 'IMAGE_GATE_PASSED'],
    ['failed', 'block', 'IMAGE_GATE_FAILED'],
    ['inconclusive', 'warn', 'IMAGE_GATE_INCONCLUSIVE'],
  ] as const)('are asked of the digest, and no others: %s', async (verdict, severity, code) => {
    const { plan, asked } = await planned(async () => ({ verdict, code: 'WORD', detail: { keys: 'release.pub' } }))
    expect(plan.findings).toEqual([
      { severity, code, detail: { gate: 'signature', said: 'WORD', keys: 'release.pub' } },
    ])
    expect(asked).toEqual([`${name}:1.5.0@${digest}`])
    expect(plan.steps[1]).toEqual({ kind: 'check', gates: ['smoke', 'signature'] })
  })

  test('block under break-glass too, and are asked before its first change', async () => {
    const { plan } = await planned(async () => ({ verdict: 'failed', code: 'UNSIGNED', detail: {} }), true)
    expect(plan.findings).toMatchObject([{ severity: 'block', code: 'IMAGE_GATE_FAILED' }])
    expect(plan.waived?.map(({ what }) => what)).not.toContain('signature')
    expect(plan.steps[1]).toEqual({ kind: 'check', gates: ['smoke', 'signature'] })
  })

  test('that never answer are given up', async () => {
    const { plan } = await planned(() => new Promise(() => {}))
    expect(plan.findings).toMatchObject([{ severity: 'warn', detail: { said: 'GATE_TIMEOUT', seconds: 0.2 } }])
  })

  test('are asked again when too many images are looked at already', async () => {
    const busy = planned(async () => {
      throw registryBusy()
    })
    await expect(busy).rejects.toMatchObject({ code: 'REGISTRY_BUSY', retryable: true })
  })
})

describe('right before the first change', () => {
  function approved(imagePolicy: Partial<ImagePolicy> = {}): Upgrade {
    const upgrade = anUpgrade({ policy: aPolicy({ imagePolicy: { ...onlyResolved, ...imagePolicy } }) })
    return upgrade.plan ? { ...upgrade, plan: { ...upgrade.plan, image: found().facts } } : upgrade
  }

  test('a tag that stands for the same stands', async () => {
    expect(await imageStands(saying(found()).images, approved())).toMatchObject({ stands: true })
  })

  test('one that stands for something else, or for nothing, does not', async () => {
    const moved = { stands: false, from: digest, to: other }
    expect(await imageStands(saying(found({ digest: other })).images, approved())).toEqual(moved)
    expect(await imageStands(saying({ state: 'missing' }).images, approved())).toEqual({ stands: false, from: digest })
  })

  test('a registry that has to answer is waited for; else the digest runs that was approved', async () => {
    expect(await imageStands(saying(silent).images, approved())).toBe('unknown')
    expect(await imageStands(saying({ state: 'busy' }).images, approved())).toBe('unknown')
    expect(await imageStands(saying(silent).images, approved({ resolve: 'optional' }))).toBeUndefined()
  })

  test('nothing is asked about a version that was never resolved, or that pods run already', async () => {
    const { images, asked } = saying()
    expect(await imageStands(images, anUpgrade())).toBeUndefined()
    const takenOver = { at: noon, sequence: 5, pods: 3 }
    expect(await imageStands(images, { ...approved(), takenOver })).toBeUndefined()
    expect(asked).toEqual([])
  })
})

describe('the hour with the least traffic', () => {
  const hourMs = 3_600_000
  /** Two weeks in which there was next to nothing from two to four at night. */
  const points = Array.from({ length: 14 * 48 }, (_, index) => Date.parse(noon) - (index + 1) * (hourMs / 2)).map(
    (at) => {
      const hour = new Date(at).getUTCHours()
      return { at, value: hour === 2 || hour === 3 ? 1 : 50 }
    },
  )
  const traffic = { query: 'requests', lookbackMs: 14 * 24 * hourMs, url: 'http://prometheus' }
  const asked = (policy: Partial<Upgrade['policy']> = { traffic }) =>
    anUpgradeIn('checking', { policy: aPolicy(policy) })
  const { images } = saying()
  const { target } = aTarget()

  test('is proposed, and does not become part of what is approved', async () => {
    const without = await prepare({ ...others, images, target }, asked(), noon, [])
    const { plan } = await prepare({ ...others, images, target, traffic: async () => ({ points }) }, asked(), noon, [])
    const at = new Date(Date.parse(noon) + 14 * hourMs).toISOString()
    expect(plan.prospect?.quietTime).toEqual({ at, value: 1, now: 50 })
    expect(plan.hash).toBe(without.plan.hash)
  })

  test('lies within the windows and outside of freezes', async () => {
    const windows = [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '03:00', to: '06:00', timezone: 'UTC' },
    ]
    const until = new Date(Date.parse(noon) + 24 * hourMs).toISOString()
    const frozen = { scope: 'all', by: 'U0ROOT', reason: 'a sale', since: noon, until } as const
    const sources = {
      ...others,
      images,
      target,
      traffic: async () => ({ points }),
      freezes: { all: async () => [frozen] },
    }
    const policy = { traffic, windows } as Partial<Upgrade['policy']>
    const { plan } = await prepare(sources, asked(policy), noon, [])
    const at = new Date(Date.parse(noon) + (24 + 15) * hourMs).toISOString()
    expect(plan.prospect?.quietTime).toEqual({ at, value: 1, now: 50 })
  })

  test.each([
    [
      'nobody answers',
      () => Promise.reject(new RollcallError('GATE_UNREACHABLE', 'x does not answer', { hint: '' })),
      'GATE_UNREACHABLE',
    ],
    ['nobody answers in time', () => Promise.reject(new DOMException('late', 'TimeoutError')), 'GATE_UNREACHABLE'],
    ['there is no data', async () => ({ code: 'NO_DATA', detail: {} }), 'NO_DATA'],
    ['there is too little', async () => ({ points: points.slice(0, 10) }), 'NO_QUIET_TIME'],
  ])('is not known when %s, and nothing else is the worse for it', async (_, history, code) => {
    const { plan } = await prepare({ ...others, images, target, traffic: history }, asked(), noon, [])
    expect(plan.prospect?.quietTime).toMatchObject({ code })
    expect(plan.findings).toEqual([])
  })

  test('is not looked for by whom it is not configured for, nor for an hour that was chosen', async () => {
    const unasked = { ...others, images, target, traffic: () => Promise.reject(new Error('asked all the same')) }
    expect((await prepare(unasked, asked({}), noon, [])).plan.prospect?.quietTime).toBeUndefined()
    const chosen = asked()
    const later = { ...chosen, request: { ...chosen.request, startAt: '2026-07-02T02:00:00.000Z' } }
    expect((await prepare(unasked, later, noon, [])).plan.prospect?.quietTime).toBeUndefined()
  })
})
