import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryImages } from '../../src/registry/images.ts'
import type { RegistrySettings } from '../../src/registry/settings.ts'
import { anImage } from '../fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../fakes/registry/registry.ts'

const web = 'shop/web'
const image = anImage()

let registry: FakeRegistry
let now: number

beforeEach(async () => {
  registry = await startRegistry({ pageSize: 2 })
  for (const tag of ['1.4.2', '1.5.0', '1.10.0', 'latest', 'nightly']) registry.push(web, tag, image)
  now = 0
})
afterEach(() => registry.stop())

function images(settings: RegistrySettings = {}, others = {}) {
  const registries = () => ({ [registry.host]: { insecure: true, ...settings }, ...others })
  return registryImages({ registries, timeoutMs: 2_000, clock: () => now })
}

const all = ['1.10.0', '1.4.2', '1.5.0', 'latest', 'nightly']
const ofWeb = () => `${registry.host}/${web}`

describe('the tags of an image', () => {
  it('are read page by page', async () => {
    expect(await images().tags(ofWeb())).toEqual({ state: 'found', tags: all })
    expect(registry.seen).toHaveLength(3)
  })

  it('are asked for once in a minute, however many letters are typed', async () => {
    const asked = images()
    await Promise.all([asked.tags(ofWeb()), asked.tags(ofWeb()), asked.tags(ofWeb())])
    now = 59_999
    await asked.tags(ofWeb())
    expect(registry.seen).toHaveLength(3)
    registry.push(web, '1.11.0', image)
    now = 60_000
    expect(await asked.tags(ofWeb())).toMatchObject({ tags: expect.arrayContaining(['1.11.0']) })
  })

  it('of an image that is not there are none', async () => {
    expect(await images().tags(`${registry.host}/shop/nothing`)).toEqual({ state: 'found', tags: [] })
  })

  it('that nobody can tell are asked for again soon', async () => {
    const asked = images()
    registry.misbehave((_, response) => {
      response.writeHead(500).end()
      return true
    })
    const unavailable = { state: 'unknown', code: 'REGISTRY_UNAVAILABLE' }
    expect(await asked.tags(ofWeb())).toMatchObject(unavailable)
    registry.misbehave(undefined)
    expect(await asked.tags(ofWeb())).toMatchObject(unavailable)
    now = 5_000
    expect(await asked.tags(ofWeb())).toMatchObject({ state: 'found' })
  })

  it('are those of the mirror, and where that has none or does not answer, of the registry', async () => {
    const mirror = await startRegistry()
    const asked = images({ mirror: `${mirror.host}/hub` }, { [mirror.host]: { insecure: true } })
    expect(await asked.tags(ofWeb())).toEqual({ state: 'found', tags: all })
    mirror.push(`hub/${web}`, '1.3.0', image)
    now = 60_000
    expect(await asked.tags(ofWeb())).toEqual({ state: 'found', tags: ['1.3.0'] })
    await mirror.stop()
    now = 120_000
    expect(await asked.tags(ofWeb())).toEqual({ state: 'found', tags: all })
  })

  it('are 5,000 at most, of a list that never ends', async () => {
    let page = 0
    registry.misbehave((_, response) => {
      const tags = Array.from({ length: 1_000 }, (_, index) => `1.${page}.${index}`)
      page++
      response.writeHead(200, { link: `</v2/${web}/tags/list?last=${page}>; rel="next"` }).end(JSON.stringify({ tags }))
      return true
    })
    const found = await images().tags(ofWeb())
    expect(found.state === 'found' && found.tags.length).toBe(5_000)
    expect(registry.seen.length).toBeLessThanOrEqual(6)
  })

  it.each([
    ['no JSON', '<html>'],
    ['no list', '{"tags":{"1":"2"}}'],
    ['numbers', '{"tags":[1,2]}'],
    ['a tag that is none', JSON.stringify({ tags: ['x'.repeat(129)] })],
  ])('are not known when the registry sends %s', async (_, body) => {
    registry.misbehave((_, response) => {
      response.writeHead(200).end(body)
      return true
    })
    expect(await images().tags(ofWeb())).toMatchObject({ state: 'unknown', code: 'REGISTRY_INVALID' })
  })

  it('are not asked for while four others are looked at', async () => {
    const waiting: (() => void)[] = []
    registry.misbehave((_, response) => {
      waiting.push(() => response.writeHead(404).end())
      return true
    })
    const asked = images()
    const four = ['a', 'b', 'c', 'd'].map((name) => asked.tags(`${registry.host}/${name}`))
    expect(await asked.tags(ofWeb())).toEqual({ state: 'busy' })
    await expect.poll(() => waiting.length).toBe(4)
    registry.misbehave(undefined)
    for (const answer of waiting) answer()
    await Promise.all(four)
    expect(await asked.tags(ofWeb())).toMatchObject({ state: 'found' })
  })
})
