import { describe, expect, test } from 'vitest'
import {
  distributionPushes,
  dockerHubPushes,
  genericPushes,
  githubPushes,
  harborPushes,
} from '../../src/upgrade/registry-formats.ts'
import { aDigest, distribution, distributionEvent, dockerHub, github, harbor } from '../pushes.ts'

const image = 'registry.example.com/shop/web'
const push = { image, tag: '2.4.0', digest: aDigest }
const ignored = { pushes: [], ignored: 1, unreadable: 0 }
const unreadable = { pushes: [], ignored: 0, unreadable: 1 }

function read(pushes: object[]) {
  return { pushes, ignored: 0, unreadable: 0 }
}

describe('notifications of a Distribution registry', () => {
  test('tell which tag was pushed, and where', () => {
    expect(distributionPushes(distribution('shop/web', '2.4.0'))).toEqual(read([push]))
  })

  test('tell of manifests and indexes, and of no layer, pull, mount or deletion, and of nothing without a tag', () => {
    const target = distributionEvent('shop/web', '2.4.0').target
    const { tag: _, ...untagged } = target
    const index = { ...target, mediaType: 'application/vnd.oci.image.index.v1+json' }
    const events = [
      distributionEvent('shop/web', '2.4.0', { target: { ...target, mediaType: 'application/octet-stream' } }),
      distributionEvent('shop/web', '2.4.0', {
        target: { ...target, mediaType: 'application/vnd.oci.image.config.v1+json' },
      }),
      ...['pull', 'mount', 'delete'].map((action) => distributionEvent('shop/web', '2.4.0', { action })),
      distributionEvent('shop/web', '2.4.0', { target: untagged }),
      distributionEvent('shop/web', '2.4.0', { target: index }),
    ]
    expect(distributionPushes({ events })).toEqual({ pushes: [push], ignored: 6, unreadable: 0 })
  })

  test('name the registry as images do, where its address says so', () => {
    const inside = distribution('shop/web', '2.4.0', { request: { host: 'registry:5000' } })
    expect(distributionPushes(inside)?.pushes).toMatchObject([{ image: 'registry:5000/shop/web' }])
    expect(distributionPushes(inside, 'registry.example.com')?.pushes).toMatchObject([{ image }])
  })

  test('are read as far as they can be read', () => {
    const events = [{}, 'pushed', null, distributionEvent('shop/web', '2.4.0')]
    expect(distributionPushes({ events })).toEqual({ pushes: [push], ignored: 0, unreadable: 3 })
    expect(distributionPushes({ events: {} })).toBeUndefined()
    expect(distributionPushes([])).toBeUndefined()
  })
})

describe('what Harbor sends', () => {
  test('tells of every tag of an artifact', () => {
    expect(harborPushes(harbor('shop/web', '2.4.0'))).toEqual(read([push]))
  })

  test('has a digest for a tag where there is none', () => {
    expect(harborPushes(harbor('shop/web', aDigest))).toEqual(ignored)
  })

  test('tells of much else', () => {
    for (const type of ['PULL_ARTIFACT', 'DELETE_ARTIFACT', 'SCANNING_COMPLETED']) {
      expect(harborPushes({ ...harbor('shop/web', '2.4.0'), type })).toEqual(ignored)
    }
    expect(harborPushes({ type: 'PUSH_ARTIFACT' })).toEqual(unreadable)
    expect(harborPushes({ events: [] })).toBeUndefined()
  })
})

describe('what GitHub sends', () => {
  test.each(['registry_package', 'package'] as const)('tells of a container image (%s)', (event) => {
    const image = 'ghcr.io/octo-org/web'
    expect(githubPushes(github(event, 'Octo-Org', 'web', '2.4.0'))).toEqual(read([{ ...push, image }]))
    const updated = { ...github(event, 'Octo-Org', 'web', '2.4.0'), action: 'updated' }
    expect(githubPushes(updated)?.pushes).toHaveLength(1)
  })

  test('is passed over where it is about something else, or without a tag', () => {
    expect(githubPushes({ zen: 'Keep it logically awesome.', hook_id: 1 })).toEqual(ignored)
    expect(githubPushes(github('package', 'octo-org', 'web', ''))).toEqual(ignored)
    expect(githubPushes(github('package', 'octo-org', 'web', '2.4.0', 'npm'))).toEqual(ignored)
    expect(githubPushes({ action: 'opened', issue: {} })).toEqual(unreadable)
    expect(githubPushes({})).toBeUndefined()
  })
})

test('what Docker Hub sends tells a tag and no digest', () => {
  const hub = { image: 'docker.io/octocat/web', tag: '2.4.0' }
  expect(dockerHubPushes(dockerHub('octocat/web', '2.4.0'))).toEqual(read([hub]))
  expect(dockerHubPushes({ push_data: { tag: 1 } })).toBeUndefined()
})

test('anybody else says it in a few words', () => {
  expect(genericPushes({ image, tag: '2.4.0', digest: aDigest })).toEqual(read([push]))
  expect(genericPushes({ image, tag: '2.4.0' })).toEqual(read([{ image, tag: '2.4.0' }]))
  expect(genericPushes({ image })).toBeUndefined()
})

test.each([
  ['a tag', { tag: '<!channel>' }],
  ['a tag that is too long', { tag: 'a'.repeat(129) }],
  ['a tag with a line break', { tag: '2.4.0\n' }],
  ['a repository', { image: 'registry.example.com/shop/<!here>' }],
  ['a repository without a host', { image: 'web' }],
  ['a repository with a tag', { image: `${image}:2.4.0` }],
  ['a repository that is too long', { image: `${image}/${'a'.repeat(300)}` }],
  ['a digest', { digest: 'sha256:abc' }],
])('%s that is none is not taken for one', (_, changes) => {
  expect(genericPushes({ ...push, ...changes })).toEqual(unreadable)
})
