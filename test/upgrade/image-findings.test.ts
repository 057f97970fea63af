import { describe, expect, test } from 'vitest'
import type { ImageLook, ImagePolicy } from '../../src/upgrade/image.ts'
import { imageFindings } from '../../src/upgrade/image-findings.ts'
import type { Request } from '../../src/upgrade/upgrade.ts'
import { noon, onlyResolved } from '../an-upgrade.ts'

const image = 'registry.example.com/shop/web'
const digest = `sha256:${'a'.repeat(64)}`

function found(facts: Partial<Extract<ImageLook, { state: 'found' }>['facts']> = {}): ImageLook {
  return { state: 'found', facts: { digest, platforms: ['linux/amd64'], ...facts } }
}

/** Codes with their severity. */
function codes(
  rules: Partial<ImagePolicy>,
  options: {
    version?: string
    said?: Pick<Request, 'downgrade' | 'major'>
    live?: string
    look?: ImageLook
    nodes?: string[] | undefined
  } = {},
) {
  const { version = '1.5.0', said = {}, live = `${image}:1.4.2`, look = found() } = options
  const nodes = 'nodes' in options ? options.nodes : ['linux/amd64']
  const findings = imageFindings({
    policy: { image, imagePolicy: { ...onlyResolved, ...rules } },
    request: { version, image: `${image}:${version}@${digest}`, ...said },
    ...{ live, look, nodes, now: noon },
  })
  return findings.map(({ code, severity }) => `${code} ${severity}`)
}

test('nothing is found where nothing is asked', () => {
  expect(imageFindings({ policy: { image }, request: { version: 'latest', image }, live: '', now: noon })).toEqual([])
  expect(codes({})).toEqual([])
})

describe('a tag', () => {
  test('that is forbidden blocks', () => {
    expect(codes({ forbidTags: ['latest'] }, { version: 'latest' })).toEqual(['TAG_FORBIDDEN block'])
    expect(codes({ forbidTags: ['latest'] })).toEqual([])
  })

  test('that is no SemVer blocks where one is wanted', () => {
    expect(codes({ requireSemver: true }, { version: '1.5' })).toEqual(['NOT_SEMVER block'])
    expect(codes({ requireSemver: true }, { version: 'v1.5.0-rc.1' })).toEqual([])
  })

  test('that is a digest is what its label says', () => {
    const labelled = { version: digest, look: found({ version: '1.5.0' }) }
    expect(codes({ requireSemver: true }, labelled)).toEqual([])
    expect(codes({ requireSemver: true }, { version: digest })).toEqual(['NOT_SEMVER block'])
  })
})

describe('a downgrade', () => {
  const rules = { forbidDowngrade: true }
  const down = { version: '1.4.1' }

  test('blocks until it was asked for as one', () => {
    expect(codes(rules, down)).toEqual(['DOWNGRADE block'])
    expect(codes(rules, { ...down, said: { downgrade: true } })).toEqual(['DOWNGRADE warn'])
    expect(codes(rules, { ...down, said: { major: true } })).toEqual(['DOWNGRADE block'])
    expect(codes({}, down)).toEqual([])
  })

  test('is none to the same version, from another image, or from what is no version', () => {
    expect(codes(rules, { version: '1.4.2' })).toEqual([])
    expect(codes(rules, { ...down, live: 'elsewhere/web:9.0.0' })).toEqual([])
    expect(codes(rules, { ...down, live: `${image}:nightly` })).toEqual([])
    expect(codes(rules, { ...down, live: `${image}:1.4.2@${digest}` })).toEqual(['DOWNGRADE block'])
  })
})

test('a major jump blocks until it was asked for as one, in both directions', () => {
  const rules = { forbidMajorJump: true }
  expect(codes(rules, { version: '2.0.0' })).toEqual(['MAJOR_JUMP block'])
  expect(codes(rules, { version: '0.9.0' })).toEqual(['MAJOR_JUMP block'])
  expect(codes(rules, { version: '2.0.0', said: { major: true } })).toEqual(['MAJOR_JUMP warn'])
  expect(codes(rules)).toEqual([])
})

test('an image that is too old blocks, and so does one that does not say how old it is', () => {
  const rules = { maxAgeMs: 30 * 86_400_000 }
  expect(codes(rules, { look: found({ created: '2026-06-30T00:00:00.000Z' }) })).toEqual([])
  expect(codes(rules, { look: found({ created: '2026-01-01T00:00:00.000Z' }) })).toEqual(['IMAGE_TOO_OLD block'])
  expect(codes(rules)).toEqual(['IMAGE_AGE_UNKNOWN block'])
})

test.each([
  [['registry.example.com'], true],
  [['registry.example.com/shop'], true],
  [['registry.example.com/shop/'], true],
  [['registry.example.com/shop/web'], true],
  [['registry.example.com/sho'], false],
  [['registry.example'], false],
  [['docker.io', 'ghcr.io/shop'], false],
])('of %j it may come from: %s', (allowedRegistries, allowed) => {
  expect(codes({ allowedRegistries })).toEqual(allowed ? [] : ['REGISTRY_NOT_ALLOWED block'])
})

describe('what the registry says', () => {
  test('of an image that is not there blocks, whatever the policy', () => {
    const missing = { look: { state: 'missing' } as const }
    expect(codes({}, missing)).toEqual(['IMAGE_NOT_FOUND block'])
    expect(codes({ resolve: 'optional' }, missing)).toEqual(['IMAGE_NOT_FOUND block'])
  })

  test('when it says nothing blocks where an answer is required, and warns where it is not', () => {
    const unknown = { look: { state: 'unknown', code: 'REGISTRY_UNAVAILABLE', message: '' } as const }
    expect(codes({}, unknown)).toEqual(['IMAGE_UNRESOLVED block'])
    expect(codes({ resolve: 'optional' }, unknown)).toEqual(['IMAGE_UNRESOLVED warn'])
  })

  test('of platforms has to fit the nodes', () => {
    expect(codes({}, { nodes: ['linux/arm64'] })).toEqual(['IMAGE_PLATFORM block'])
    expect(codes({}, { nodes: ['linux/amd64', 'linux/arm64'] })).toEqual(['IMAGE_PLATFORM warn'])
    const both = found({ platforms: ['linux/amd64', 'linux/arm64'] })
    expect(codes({}, { nodes: ['linux/amd64', 'linux/arm64'], look: both })).toEqual([])
    expect(codes({}, { nodes: undefined })).toEqual(['NODES_UNKNOWN note'])
  })
})
