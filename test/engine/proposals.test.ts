import { beforeEach, describe, expect, test } from 'vitest'
import type { Parts } from '../../src/engine/parts.ts'
import { dismiss, lookAtProposals, type ProposalParts, pushReceiver } from '../../src/engine/proposals.ts'
import type { ImageLook } from '../../src/upgrade/image.ts'
import type { Policy } from '../../src/upgrade/policy.ts'
import type { Offer, Wish } from '../../src/upgrade/proposals.ts'
import type { Push, RegistryFormat } from '../../src/upgrade/registry-formats.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { noAlerting } from '../an-alert.ts'
import { after, aMember, anUpgrade, anUpgradeIn, aPolicy, dana, nobody, noon, onlyResolved } from '../an-upgrade.ts'
import { InMemoryProposals } from '../in-memory-proposals.ts'
import { aDigest } from '../pushes.ts'

const image = 'registry.example.com/shop/web'
const place = { service: 'web', environment: 'production' }
const runningDigest = `sha256:${'c'.repeat(64)}`
let store: InMemoryProposals
let wishes: Wish[]
let policy: Policy
let upgrades: Upgrade[]
let running: string | undefined
let look: ImageLook | { state: 'busy' }
let now: string
let looks: [string, number][]
let outcomes: string[]

beforeEach(() => {
  store = new InMemoryProposals()
  wishes = [{ ...place, image, range: '^1', prereleases: false, forbidTags: [] }]
  policy = aPolicy()
  upgrades = []
  running = `${image}:1.4.2@${runningDigest}`
  look = found(aDigest)
  now = noon
  looks = []
  outcomes = []
})

function found(digest: string): ImageLook {
  return { state: 'found', facts: { digest, platforms: ['linux/amd64'] } }
}

function runs(image: string): void {
  running = image
}

/** All that proposals may use: of the store of upgrades, nothing that writes. */
function parts(): ProposalParts {
  return {
    proposals: store,
    upgrades: {
      now: async () => now,
      active: async () => upgrades.filter(({ result }) => !result),
      ended: async () => upgrades.filter(({ result }) => result),
    },
    images: { look: async () => look },
    config: () => ({
      ...noAlerting,
      wishes: () => wishes,
      policyFor: (service, environment) =>
        [policy].find((one) => one.service === service && one.environment === environment),
      services: () => [],
      identityOf: () => undefined,
      admins: () => undefined,
      hash: 'h',
    }),
    running: async () => running,
    look: async ({ service }, delayMs) => void looks.push([service, delayMs]),
    log: { info() {}, warn() {}, error() {} },
    onOutcome: (source, outcome) => outcomes.push(`${source} ${outcome}`),
  }
}

function aPush(tag: string, changes: Partial<Push> = {}): Push {
  return { image, tag, digest: aDigest, ...changes }
}

function receive(pushes: Push[], source: RegistryFormat = 'distribution') {
  return pushReceiver(parts())({ source, pushes, requestId: 'webhook.1' })
}

async function offers(): Promise<Offer[]> {
  return (await store.of(place)).offers
}

async function states(): Promise<string[]> {
  return (await offers()).map(({ version, state }) => `${version} ${state.is}`)
}

describe('what was pushed', () => {
  test('is stored before it is acknowledged, and looked at soon', async () => {
    expect(await receive([aPush('1.5.0')])).toEqual({ noted: 1 })
    expect(await states()).toEqual(['1.5.0 waiting'])
    expect(looks).toEqual([['web', 0]])
  })

  test('is only counted where nobody wants to hear of it', async () => {
    const pushes = [
      aPush('2.0.0'),
      aPush('latest'),
      aPush('1.5.0-rc.1'),
      aPush('1.5.0', { image: 'registry.example.com/shop/api' }),
    ]
    expect(await receive(pushes)).toEqual({ unmatched: 1, outOfRange: 1, notSemver: 1, prerelease: 1 })
    expect(outcomes.toSorted()).toEqual(
      ['notSemver', 'outOfRange', 'prerelease', 'unmatched'].map((outcome) => `distribution ${outcome}`),
    )
    expect(await states()).toEqual([])
    expect(looks).toEqual([])
  })

  test('of a thousand tags only the newest is kept', async () => {
    const tags = Array.from({ length: 1_000 }, (_, n) => `1.5.${(n * 7) % 1_000}`)
    const counts = await receive(tags.map((tag) => aPush(tag)))
    expect(await states()).toEqual(['1.5.999 waiting'])
    expect((counts.noted ?? 0) + (counts.older ?? 0)).toBe(1_000)
    expect(looks).toHaveLength(1)
  })

  test('told to two processes at once is offered once, and none of it is lost', async () => {
    const both = await Promise.all([receive([aPush('1.5.0')]), receive([aPush('1.5.0')]), receive([aPush('1.6.0')])])
    expect(both.map((counts) => counts.noted ?? 0).reduce((sum, one) => sum + one)).toBeLessThanOrEqual(2)
    expect(await states()).toEqual(['1.6.0 waiting'])
  })

  test('is not acknowledged when it could not be stored', async () => {
    store.beforeWrite = () => {
      throw new Error('Redis is away')
    }
    await expect(receive([aPush('1.5.0')])).rejects.toThrow('Redis is away')
    expect(looks).toEqual([])
  })
})

describe('the newest', () => {
  beforeEach(() => receive([aPush('1.5.0')]))

  test('is proposed once, with what runs', async () => {
    expect(await lookAtProposals(parts(), place)).toBeUndefined()
    expect(await offers()).toMatchObject([{ version: '1.5.0', state: { is: 'open', since: noon, runs: '1.4.2' } }])
    await lookAtProposals(parts(), place)
    await receive([aPush('1.5.0')])
    expect(outcomes.filter((one) => one.endsWith('proposed'))).toHaveLength(1)
    expect(await states()).toEqual(['1.5.0 open'])
  })

  test('takes the place of the one before, but not within a minute', async () => {
    await lookAtProposals(parts(), place)
    now = after(20_000)
    await receive([aPush('1.6.0')])
    expect(await lookAtProposals(parts(), place)).toBe(40_000)
    await receive([aPush('1.7.0')])
    now = after(60_000)
    await lookAtProposals(parts(), place)
    expect(await offers()).toMatchObject([
      { version: '1.5.0', state: { is: 'superseded', by: '1.7.0' } },
      { version: '1.7.0', state: { is: 'open' } },
    ])
  })

  test.each([
    ['what runs is newer', 'notNewer', () => runs(`${image}:1.6.0`)],
    ['it runs already', 'notNewer', () => runs(`${image}:v1.5.0`)],
    ['an upgrade to it is under way', 'notNewer', () => void upgrades.push(anUpgradeIn('progressing'))],
    ['the place does not want it any more', 'unwanted', () => void wishes.pop()],
  ])('is not proposed when %s', async (_, outcome, given) => {
    given()
    await lookAtProposals(parts(), place)
    expect(outcomes.at(-1)).toBe(`distribution ${outcome}`)
    expect(await states()).toEqual([])
  })

  test('is proposed where nobody knows what runs', async () => {
    running = undefined
    await lookAtProposals(parts(), place)
    expect(await offers()).toMatchObject([{ state: { is: 'open', since: noon } }])
    expect((await offers())[0]?.state).not.toHaveProperty('runs')
  })

  test('says who has requested it, once somebody has', async () => {
    await lookAtProposals(parts(), place)
    const asked = anUpgrade()
    upgrades.push(asked)
    await lookAtProposals(parts(), place)
    expect(await offers()).toMatchObject([{ state: { is: 'requested', id: asked.id, by: asked.request.by } }])
  })
})

describe('where the configuration has the registry asked', () => {
  beforeEach(async () => {
    policy = aPolicy({ imagePolicy: onlyResolved })
    await receive([aPush('1.5.0')])
  })

  test('what it does not have is not proposed, until it is pushed again', async () => {
    look = { state: 'missing' }
    await lookAtProposals(parts(), place)
    expect(outcomes.at(-1)).toBe('distribution missing')
    expect(await states()).toEqual([])
    look = found(aDigest)
    await receive([aPush('1.5.0')])
    await lookAtProposals(parts(), place)
    expect(await states()).toEqual(['1.5.0 open'])
  })

  test('its digest counts, and what runs already under another tag is not proposed', async () => {
    look = found(runningDigest)
    await lookAtProposals(parts(), place)
    expect(outcomes.at(-1)).toBe('distribution notNewer')
  })

  test('it is waited for, and believed all the same when it signed what it told', async () => {
    look = { state: 'busy' }
    expect(await lookAtProposals(parts(), place)).toBe(2_000)
    look = { state: 'unknown', code: 'REGISTRY_UNAVAILABLE', message: 'It does not answer.' }
    expect(await lookAtProposals(parts(), place)).toBe(15_000)
    expect(await states()).toEqual(['1.5.0 waiting'])
    now = after(120_000)
    await lookAtProposals(parts(), place)
    expect(await states()).toEqual(['1.5.0 open'])
  })
})

describe('what nobody signed', () => {
  test('counts only when the registry confirms it', async () => {
    await receive([aPush('1.5.0')], 'docker-hub')
    await lookAtProposals(parts(), place)
    expect(outcomes.at(-1)).toBe('docker-hub unconfirmed')
    policy = aPolicy({ imagePolicy: onlyResolved })
    look = { state: 'unknown', code: 'REGISTRY_UNAVAILABLE', message: 'It does not answer.' }
    await receive([aPush('1.5.0')], 'docker-hub')
    now = after(120_000)
    await lookAtProposals(parts(), place)
    expect(outcomes.at(-1)).toBe('docker-hub unconfirmed')
    look = found(aDigest)
    await receive([aPush('1.5.0')], 'docker-hub')
    await lookAtProposals(parts(), place)
    expect(await states()).toEqual(['1.5.0 open'])
  })
})

describe('a proposal is dismissed', () => {
  /** Of the engine only what a dismissal uses. */
  function engineParts() {
    const { log, config } = parts()
    const members = { lookup: async (actor: typeof dana) => aMember(actor) }
    return { log, config, members, proposals: store } as never as Parts
  }

  beforeEach(async () => {
    await receive([aPush('1.5.0')])
    await lookAtProposals(parts(), place)
  })

  test('by whoever may request it, once', async () => {
    const input = { ...place, version: '1.5.0', by: dana, requestId: 'r' }
    expect(await dismiss(engineParts(), input)).toBe('dismissed')
    expect(await offers()).toMatchObject([{ state: { is: 'dismissed', by: dana } }])
    expect(await dismiss(engineParts(), input)).toBe('over')
  })

  test('by nobody else', async () => {
    const input = { ...place, version: '1.5.0', by: nobody, requestId: 'r' }
    expect(await dismiss(engineParts(), input)).toMatchObject({ refused: { code: 'NOT_ALLOWED' } })
    expect(await states()).toEqual(['1.5.0 open'])
  })
})
