import { afterEach, describe, expect, it } from 'vitest'
import { openRepository } from '../../src/registry/repository.ts'
import { openSession } from '../../src/registry/session.ts'
import { anImage, aReferrer, referrersOf } from '../fakes/registry/image.ts'
import { type FakeRegistry, type RegistryOptions, startRegistry } from '../fakes/registry/registry.ts'

const web = 'shop/web'
let registry: FakeRegistry

afterEach(() => registry.stop())

async function aRepository(options?: RegistryOptions) {
  registry = await startRegistry(options)
  const { host } = registry
  const settings = { insecure: true }
  const session = await openSession(web, { host, settings, tokens: new Map(), signal: AbortSignal.timeout(20_000) })
  return openRepository(session, web)
}

describe('tags', () => {
  it('are listed page by page, up to a limit', async () => {
    const repository = await aRepository({ pageSize: 3 })
    const image = anImage()
    const tags = Array.from({ length: 8 }, (_, index) => `1.${index}.0`)
    for (const tag of tags) registry.push(web, tag, image)
    expect(await repository.tags()).toEqual({ tags, complete: true })
    expect(await repository.tags(4)).toEqual({ tags: tags.slice(0, 4), complete: false })
  })

  it('of a repository that is not there are none', async () => {
    const repository = await aRepository()
    expect(await repository.tags()).toEqual({ tags: [], complete: true })
  })

  it('are not looked for at another host', async () => {
    const repository = await aRepository()
    registry.misbehave((_, response) => {
      response.writeHead(200, { link: '<http://127.0.0.2:1/v2/shop/web/tags/list>; rel="next"' }).end('{"tags":["1"]}')
      return true
    })
    await expect(repository.tags()).rejects.toMatchObject({ code: 'REGISTRY_INVALID' })
  })

  it('without end are not listed for ever', async () => {
    const repository = await aRepository()
    registry.misbehave((_, response) => {
      response.writeHead(200, { link: '</v2/shop/web/tags/list>; rel="next"' }).end('{"tags":["1"]}')
      return true
    })
    expect(await repository.tags()).toMatchObject({ complete: false })
    expect(registry.seen).toHaveLength(20)
  })
})

describe('what refers to an image', () => {
  const image = anImage()
  const [signature, report] = ['application/vnd.example.signature', 'application/vnd.example.report']
  const referrers = [signature, report].map((artifactType) => ({
    artifactType,
    ...aReferrer(image.content, artifactType),
  }))

  it('is asked of the API', async () => {
    const repository = await aRepository()
    for (const one of [image, ...referrers]) registry.push(web, undefined, one)
    const found = await repository.referrers(image.content.digest)
    expect(found.referrers.map(({ artifactType }) => artifactType).sort()).toEqual([report, signature])
    expect(found.complete).toBe(true)
  })

  it('is read from the tag that stands in, where there is no such API', async () => {
    const repository = await aRepository({ referrersApi: false })
    registry.push(web, '1.5.0', image)
    expect(await repository.referrers(image.content.digest)).toEqual({ referrers: [], complete: true })
    registry.push(web, image.content.digest.replace(':', '-'), referrersOf(referrers))
    const found = await repository.referrers(image.content.digest)
    expect(found.referrers.map(({ digest }) => digest)).toEqual(referrers.map(({ content }) => content.digest))
  })
})
