import { describe, expect, it } from 'vitest'
import type { Attachment, Wanted } from '../../src/engine/ports.ts'
import { handOver } from '../../src/registry/attachments.ts'
import type { Descriptor } from '../../src/registry/manifest.ts'
import type { Content, RegistryRepository } from '../../src/registry/repository.ts'

const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const type = 'application/vnd.example.report+json'
const digest = `sha256:${'a'.repeat(64)}`
const place = { host: 'registry.example.com', digest }
const wanted: Wanted = { suffixes: [], artifactTypes: [type], largest: 16_777_216 }

/** Artifacts that refer to the digest, each with layers of so many bytes. */
function aRepository(artifacts: { created?: string; layers: number[]; subject?: string }[], complete = true) {
  const digestOf = (index: number) => `sha256:${String(index).padStart(64, '0')}`
  const read: number[] = []
  const repository: RegistryRepository = {
    async content(reference): Promise<Content | undefined> {
      const artifact = artifacts[artifacts.findIndex((_, index) => digestOf(index) === reference)]
      if (!artifact) return undefined
      const layers = artifact.layers.map((size) => ({ mediaType: 'application/json', digest: digestOf(size), size }))
      const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest, size: 2 }
      const manifest = { artifactType: type, config, layers, subject: { digest: artifact.subject ?? digest } }
      return { kind: 'manifest', digest: reference, mediaType, bytes: Buffer.alloc(0), manifest }
    },
    async blob(name) {
      const size = Number(name.replace('sha256:', ''))
      read.push(size)
      return Buffer.alloc(size)
    },
    tags: async () => ({ tags: [], complete: true }),
    async referrers() {
      const referrers = artifacts.map(({ created }, index): Descriptor => {
        const annotations = created === undefined ? undefined : { 'org.opencontainers.image.created': created }
        return { mediaType, digest: digestOf(index), size: 100, artifactType: type, annotations }
      })
      return { referrers, complete }
    },
  }
  return { repository, read }
}

function taken() {
  const attachments: Attachment[] = []
  return { attachments, take: (one: Attachment) => attachments.push(one) === Number.POSITIVE_INFINITY }
}

describe('what is attached', () => {
  it('is handed over from the newest on, until it is enough', async () => {
    const { repository } = aRepository([
      { layers: [1] },
      { layers: [2], created: '2026-07-02T00:00:00Z' },
      { layers: [3], created: '2026-07-01T00:00:00Z' },
      { layers: [4], created: 'nonsense' },
    ])
    const sizes: (number | undefined)[] = []
    const take = ({ bytes }: Attachment) => sizes.push(bytes?.length) === 3
    expect(await handOver(repository, place, wanted, take)).toBe(3)
    expect(sizes).toEqual([2, 3, 1])
  })

  it('to something else is left out, whatever the list says', async () => {
    const { repository, read } = aRepository([{ layers: [1], subject: `sha256:${'b'.repeat(64)}` }])
    expect(await handOver(repository, place, wanted, () => false)).toBe(0)
    expect(read).toEqual([])
  })

  it('and too large is handed over without its bytes, unread', async () => {
    const { repository, read } = aRepository([{ layers: [wanted.largest + 1] }])
    const { attachments, take } = taken()
    await handOver(repository, place, wanted, take)
    expect(attachments).toEqual([{ artifactType: type, mediaType: 'application/json', annotations: {} }])
    expect(read).toEqual([])
  })

  it('and nobody asked for by what is said of it is not read', async () => {
    const { repository, read } = aRepository([{ layers: [1] }])
    expect(await handOver(repository, place, { ...wanted, isWanted: () => false }, () => false)).toBe(0)
    expect(read).toEqual([])
  })

  it.each([
    ['64 MB', aRepository([{ layers: [16_777_216, 16_777_216, 16_777_216, 16_777_216, 1] }])],
    ['50 artifacts', aRepository(Array.from({ length: 51 }, () => ({ layers: [] })))],
    ['what a registry lists', aRepository([], false)],
  ])('is not looked through beyond %s, and that is said', async (_, { repository }) => {
    const error = { code: 'REGISTRY_INVALID', message: expect.stringContaining('than is looked through') }
    await expect(handOver(repository, place, wanted, () => false)).rejects.toMatchObject(error)
  })
})
