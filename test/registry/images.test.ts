import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryImages } from '../../src/registry/images.ts'
import type { RegistrySettings } from '../../src/registry/settings.ts'
import { anImage, anIndex } from '../fakes/registry/image.ts'
import { type FakeRegistry, type RegistryOptions, startRegistry } from '../fakes/registry/registry.ts'

let folder: string
const running: FakeRegistry[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-registry-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()))
  await rm(folder, { recursive: true, force: true })
})

async function aRegistry(options?: RegistryOptions): Promise<FakeRegistry> {
  const registry = await startRegistry(options)
  running.push(registry)
  return registry
}

const web = 'shop/web'
const login = { user: 'puller', password: 'a:secret' }

/** What Rollcall says of a version of web, in a registry that nobody should need to trust. */
function look(registry: FakeRegistry, version: string, settings: RegistrySettings = {}, others = {}) {
  const registries = () => ({ [registry.host]: { insecure: true, ...settings }, ...others })
  return registryImages({ registries, timeoutMs: 5_000 }).look(`${registry.host}/${web}`, version)
}

async function dockerConfig(auths: Record<string, unknown>): Promise<string> {
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify({ auths }))
  return file
}

function authOf({ user, password }: typeof login) {
  return { auth: Buffer.from(`${user}:${password}`).toString('base64') }
}

const labels = {
  'org.opencontainers.image.version': '1.5.0',
  'org.opencontainers.image.revision': '0f9e8d7c6b5a',
  'org.opencontainers.image.source': 'https://github.com/shop/web',
}

describe('a version', () => {
  it.each(['oci', 'docker'] as const)(
    'is the digest of its manifest, with what its labels say (%s)',
    async (format) => {
      const registry = await aRegistry()
      const image = anImage({ format, labels, architecture: 'arm64' })
      registry.push(web, '1.5.0', image)
      expect(await look(registry, '1.5.0')).toEqual({
        state: 'found',
        facts: {
          digest: image.content.digest,
          platforms: ['linux/arm64'],
          version: '1.5.0',
          revision: '0f9e8d7c6b5a',
          source: 'https://github.com/shop/web',
          created: '2026-06-01T08:00:00.000Z',
        },
      })
    },
  )

  it.each(['oci', 'docker'] as const)('with several platforms is the digest of their index (%s)', async (format) => {
    const registry = await aRegistry()
    const index = anIndex(
      [{ architecture: 'arm64' }, { architecture: 'amd64', labels }, { os: 'unknown', architecture: 'unknown' }],
      format,
    )
    registry.push(web, '1.5.0', index)
    expect(await look(registry, '1.5.0')).toMatchObject({
      state: 'found',
      facts: { digest: index.content.digest, platforms: ['linux/arm64', 'linux/amd64'], version: '1.5.0' },
    })
  })

  it('may be a digest', async () => {
    const registry = await aRegistry()
    const image = anImage()
    registry.push(web, undefined, image)
    expect(await look(registry, image.content.digest)).toMatchObject({
      state: 'found',
      facts: { digest: image.content.digest },
    })
  })

  it('that nobody has pushed is missing', async () => {
    const registry = await aRegistry()
    registry.push(web, '1.5.0', anImage())
    expect(await look(registry, '1.5.1')).toEqual({ state: 'missing', nearest: '1.5.0' })
    expect(await look(registry, `sha256:${'0'.repeat(64)}`)).toEqual({ state: 'missing' })
  })

  it('is looked for in the mirror first, and where that has none, in the registry', async () => {
    const [registry, mirror] = [await aRegistry(), await aRegistry()]
    const [mirrored, own] = [anImage({ content: 'mirrored' }), anImage({ content: 'own' })]
    mirror.push(`hub/${web}`, '1.5.0', mirrored)
    registry.push(web, '1.5.1', own)
    const settings = { mirror: `${mirror.host}/hub` }
    const others = { [mirror.host]: { insecure: true } }
    expect(await look(registry, '1.5.0', settings, others)).toMatchObject({
      facts: { digest: mirrored.content.digest },
    })
    expect(registry.seen).toEqual([])
    expect(await look(registry, '1.5.1', settings, others)).toMatchObject({ facts: { digest: own.content.digest } })
  })

  it('is not looked at while four others are, so that a slow registry holds up nobody else', async () => {
    const registry = await aRegistry()
    registry.push(web, '1.5.0', anImage())
    const waiting: (() => void)[] = []
    registry.misbehave((_, response) => {
      waiting.push(() => response.writeHead(404).end())
      return true
    })
    const images = registryImages({ registries: () => ({ [registry.host]: { insecure: true } }) })
    const four = ['1', '2', '3', '4'].map((version) => images.look(`${registry.host}/${web}`, version))
    expect(await images.look(`${registry.host}/${web}`, '5')).toEqual({ state: 'busy' })
    await expect.poll(() => waiting.length).toBe(4)
    registry.misbehave(undefined)
    for (const answer of waiting) answer()
    expect(await Promise.all(four)).toEqual(Array(4).fill({ state: 'missing' }))
    expect(await images.look(`${registry.host}/${web}`, '1.5.0')).toMatchObject({ state: 'found' })
  })
})

describe('whoever asks', () => {
  it('is nobody where nobody has to be somebody, and asks for a token all the same', async () => {
    const registry = await aRegistry({ auth: { kind: 'token' } })
    registry.push(web, '1.5.0', anImage())
    expect(await look(registry, '1.5.0')).toMatchObject({ state: 'found' })
    expect(registry.seen.filter(({ path }) => path.startsWith('/token'))).toEqual([
      expect.objectContaining({ authorization: undefined }),
    ])
  })

  it('shows a password to a registry that wants it', async () => {
    const registry = await aRegistry({ auth: { kind: 'basic', login } })
    registry.push(web, '1.5.0', anImage())
    const credentials = await dockerConfig({ [registry.host]: authOf(login) })
    expect(await look(registry, '1.5.0', { credentials })).toMatchObject({ state: 'found' })
    expect(await look(registry, '1.5.0')).toMatchObject({ state: 'unknown', code: 'REGISTRY_FORBIDDEN' })
  })

  it('exchanges a password for a token, once, for this repository and for pulling, whatever was suggested', async () => {
    const registry = await aRegistry({ auth: { kind: 'token', login } })
    registry.push(web, '1.5.0', anImage())
    const credentials = await dockerConfig({ [`https://${registry.host}`]: authOf(login) })
    const images = registryImages({ registries: () => ({ [registry.host]: { insecure: true, credentials } }) })
    for (const _ of [1, 2]) {
      expect(await images.look(`${registry.host}/${web}`, '1.5.0')).toMatchObject({ state: 'found' })
    }
    const tokens = registry.seen.filter(({ path }) => path.startsWith('/token'))
    expect(tokens.map(({ path }) => new URL(path, registry.url).searchParams.getAll('scope'))).toEqual([
      ['repository:shop/web:pull'],
    ])
  })

  it('exchanges an identity token', async () => {
    const registry = await aRegistry({ auth: { kind: 'token', refreshToken: 'refresh' } })
    registry.push(web, '1.5.0', anImage())
    const credentials = await dockerConfig({ [registry.host]: { identitytoken: 'refresh' } })
    expect(await look(registry, '1.5.0', { credentials })).toMatchObject({ state: 'found' })
    expect(await look(registry, '1.5.0')).toMatchObject({ state: 'unknown', code: 'REGISTRY_FORBIDDEN' })
  })

  it('has one file of credentials for every registry without one of its own', async () => {
    const registry = await aRegistry({ auth: { kind: 'basic', login } })
    registry.push(web, '1.5.0', anImage())
    const credentials = await dockerConfig({ [registry.host]: { username: login.user, password: login.password } })
    const images = registryImages({ registries: () => ({ [registry.host]: { insecure: true } }), credentials })
    expect(await images.look(`${registry.host}/${web}`, '1.5.0')).toMatchObject({ state: 'found' })
  })

  it.each([
    ['that is not there', undefined],
    ['that is no JSON', 'password: hunter2'],
    ['of another form', '{"auths": [{"auth": "hunter2"}]}'],
  ])('is told of a file of credentials %s, and not what stands in it', async (_, text) => {
    const registry = await aRegistry({ auth: { kind: 'basic', login } })
    const credentials = join(folder, 'broken.json')
    if (text !== undefined) await writeFile(credentials, text)
    const said = await look(registry, '1.5.0', { credentials })
    expect(said).toMatchObject({ state: 'unknown', code: 'REGISTRY_CREDENTIALS' })
    expect(JSON.stringify(said)).not.toContain('hunter2')
  })
})
