import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registryImages } from '../../src/registry/images.ts'
import type { RegistrySettings } from '../../src/registry/settings.ts'
import { anImage, anIndex, blob } from '../fakes/registry/image.ts'
import { type FakeRegistry, type RegistryOptions, startRegistry } from '../fakes/registry/registry.ts'

const web = 'shop/web'
const login = { user: 'puller', password: 'secret-of-the-shop' }
/** How long a look may take here, milliseconds. */
const timeoutMs = 1_500

let folder: string
let registry: FakeRegistry
/** Whoever is not the registry. */
let elsewhere: FakeRegistry

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-registry-'))
  elsewhere = await startRegistry()
})
afterEach(async () => {
  await Promise.all([registry.stop(), elsewhere.stop()])
  await rm(folder, { recursive: true, force: true })
})

async function aRegistry(options?: RegistryOptions): Promise<FakeRegistry> {
  registry = await startRegistry(options)
  registry.push(web, '1.5.0', anImage())
  return registry
}

/** What Rollcall makes of it, with credentials for it, and how long that took. */
async function look(version = '1.5.0', settings: RegistrySettings = {}) {
  const credentials = join(folder, 'config.json')
  const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  await writeFile(credentials, JSON.stringify({ auths: { [registry.host]: { auth } } }))
  const registries = () => ({ [registry.host]: { insecure: true, credentials, ...settings } })
  const since = performance.now()
  const said = await registryImages({ registries, timeoutMs }).look(`${registry.host}/${web}`, version)
  return { said, tookMs: performance.now() - since }
}

/** Answers requests whose path has this in it. */
function when(part: string, answer: (response: ServerResponse, request: IncomingMessage) => void): void {
  registry.misbehave((request, response) => {
    if (!request.url?.includes(part)) return false
    answer(response, request)
    return true
  })
}

const invalid = { state: 'unknown', code: 'REGISTRY_INVALID' }
const unavailable = { state: 'unknown', code: 'REGISTRY_UNAVAILABLE' }
const forbidden = { state: 'unknown', code: 'REGISTRY_FORBIDDEN' }

describe('a registry that is slow', () => {
  /** Generous for a busy machine, and far below what it would take without a limit. */
  const inTime = timeoutMs + 20_000

  it.each([
    ['never answers', () => {}],
    ['answers and never sends a body', (response: ServerResponse) => void response.writeHead(200).flushHeaders()],
    [
      'sends a byte at a time',
      (response: ServerResponse) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write(' '), 50)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ])('and %s is given up in time', async (_, answer) => {
    await aRegistry()
    when('/manifests/', answer)
    const { said, tookMs } = await look()
    expect(said).toMatchObject(unavailable)
    expect(tookMs).toBeLessThan(inTime)
  })

  it('in its token server is given up in time', async () => {
    await aRegistry({ auth: { kind: 'token', login } })
    when('/token', () => {})
    const { said, tookMs } = await look()
    expect(said).toMatchObject(unavailable)
    expect(tookMs).toBeLessThan(inTime)
  })

  it('or not there, or out of order, is said to be', async () => {
    await aRegistry()
    for (const status of [429, 500, 503]) {
      when('/manifests/', (response) => response.writeHead(status).end())
      expect((await look()).said).toMatchObject(unavailable)
    }
    await registry.stop()
    expect((await look()).said).toMatchObject(unavailable)
  })
})

describe('a registry that sends too much', () => {
  /** Sends until the other side hangs up; counts what it could send. */
  function flood(counted: { bytes: number }, headers: Record<string, string> = {}) {
    const chunk = Buffer.alloc(65_536, 0x20)
    return (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json', ...headers })
      const pour = () => {
        while (!response.destroyed) {
          counted.bytes += chunk.length
          if (!response.write(chunk)) return void response.once('drain', pour)
        }
      }
      pour()
    }
  }

  it.each([
    ['manifest', '/manifests/', 4_194_304],
    ['configuration', '/blobs/', 1_048_576],
  ])('as a %s is cut off, and memory stays bounded', async (_, part, limit) => {
    await aRegistry()
    const counted = { bytes: 0 }
    when(part, flood(counted))
    const before = process.memoryUsage()
    const { said } = await look()
    const after = process.memoryUsage()
    expect(said).toMatchObject(invalid)
    // What the sockets of both ends hold comes on top.
    expect(counted.bytes).toBeLessThan(limit + 16_777_216)
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(67_108_864)
  })

  it('as a token is cut off', async () => {
    await aRegistry({ auth: { kind: 'token', login } })
    const counted = { bytes: 0 }
    when('/token', flood(counted))
    expect((await look()).said).toMatchObject(invalid)
    expect(counted.bytes).toBeLessThan(65_536 + 16_777_216)
  })

  it.each([
    ['brackets', '['.repeat(2_000_000) + ']'.repeat(2_000_000)],
    ['empty objects', `[${'{},'.repeat(1_300_000)}{}]`],
  ])('of %s is not taken apart', async (_, body) => {
    await aRegistry()
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
    when('/manifests/', (response) => response.writeHead(200, headers).end(body))
    const before = process.memoryUsage().heapUsed
    expect((await look()).said).toMatchObject(invalid)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
  })

  it('and says so beforehand is not read at all', async () => {
    await aRegistry()
    when('/manifests/', (response) => {
      response.writeHead(200, { 'content-length': '99999999999' }).flushHeaders()
    })
    expect((await look()).said).toMatchObject(invalid)
  })
})

describe('a registry that lies', () => {
  it('about a digest that was asked for is not believed', async () => {
    await aRegistry()
    const [asked, sent] = [anImage({ content: 'asked for' }), anImage({ content: 'sent' })]
    for (const one of [asked, sent]) registry.push(web, undefined, one)
    when(`/manifests/${encodeURIComponent(asked.content.digest)}`, (response) => {
      const headers = { 'content-type': sent.content.mediaType, 'docker-content-digest': asked.content.digest }
      response.writeHead(200, headers).end(sent.content.bytes)
    })
    expect((await look(asked.content.digest)).said).toMatchObject(invalid)
  })

  it('about the digest of a tag changes nothing: it is computed', async () => {
    await aRegistry()
    const image = anImage({ content: 'what it is' })
    for (const one of [...image.blobs]) registry.push(web, undefined, { ...image, blobs: [one] })
    when('/manifests/', (response) => {
      const headers = { 'content-type': image.content.mediaType, 'docker-content-digest': `sha256:${'e'.repeat(64)}` }
      response.writeHead(200, headers).end(image.content.bytes)
    })
    expect((await look()).said).toMatchObject({ state: 'found', facts: { digest: image.content.digest } })
  })

  it('about a configuration is not believed', async () => {
    await aRegistry()
    when('/blobs/', (response) => response.writeHead(200).end('{"os":"linux","architecture":"amd64"}'))
    expect((await look()).said).toMatchObject(invalid)
  })

  it('about the image of a platform is not believed', async () => {
    await aRegistry()
    const index = anIndex([{ content: 'of the index' }])
    registry.push(web, 'many', index)
    const other = anImage({ content: 'another' })
    registry.push(web, undefined, other)
    when('/manifests/sha256', (response) =>
      response.writeHead(200, { 'content-type': other.content.mediaType }).end(other.content.bytes),
    )
    expect((await look('many')).said).toMatchObject(invalid)
  })

  it.each([
    ['a type that nobody knows', 'text/html', '<html>'],
    ['no JSON', 'application/vnd.oci.image.manifest.v1+json', '{'],
    ['null', 'application/vnd.oci.image.manifest.v1+json', 'null'],
    ['an index without images', 'application/vnd.oci.image.index.v1+json', '{"manifests":[]}'],
    [
      'digests that are none',
      'application/vnd.oci.image.manifest.v1+json',
      '{"config":{"mediaType":"a","digest":"../../etc","size":1},"layers":[]}',
    ],
  ])('with %s is not believed', async (_, type, body) => {
    await aRegistry()
    when('/manifests/', (response) => response.writeHead(200, { 'content-type': type }).end(body))
    expect((await look()).said).toMatchObject(invalid)
  })

  it('and calls one thing by two names is not believed', async () => {
    await aRegistry()
    const index = anIndex([{}])
    registry.push(web, 'many', index)
    when('/manifests/many', (response) => {
      const type = 'application/vnd.docker.distribution.manifest.list.v2+json'
      response.writeHead(200, { 'content-type': type }).end(index.content.bytes)
    })
    expect((await look('many')).said).toMatchObject(invalid)
  })

  it('and calls something an image that is none is not believed', async () => {
    await aRegistry()
    const chart = blob('application/vnd.cncf.helm.config.v1+json', Buffer.from('{}'))
    const { mediaType, digest, bytes } = chart
    const manifest = { config: { mediaType, digest, size: bytes.length }, layers: [] }
    const content = blob('application/vnd.oci.image.manifest.v1+json', Buffer.from(JSON.stringify(manifest)))
    registry.push(web, 'chart', { content, blobs: [chart], manifests: [] })
    expect((await look('chart')).said).toMatchObject(invalid)
  })

  it('about platforms says only so much', async () => {
    await aRegistry()
    const strange = Array.from({ length: 200 }, (_, index) => ({ architecture: `arm${index}` }))
    registry.push(web, 'many', anIndex([{ os: 'x'.repeat(10_000) }, { architecture: '<!channel>' }, ...strange]))
    const { said } = await look('many')
    expect(said.state === 'found' && said.facts.platforms.length).toBe(50)
    expect(JSON.stringify(said).length).toBeLessThan(2_000)
  })

  it('in its labels says only so much', async () => {
    await aRegistry()
    const labels = {
      'org.opencontainers.image.version': 'x'.repeat(100_000),
      'org.opencontainers.image.revision': 'abc1234',
      'org.opencontainers.image.created': 'tomorrow',
      __proto__: 'polluted',
    }
    registry.push(web, 'labelled', anImage({ labels, created: 'yesterday' }))
    const { said } = await look('labelled')
    expect(said).toEqual({
      state: 'found',
      facts: { digest: expect.any(String), platforms: ['linux/amd64'], revision: 'abc1234' },
    })
  })
})

describe('a registry that leads elsewhere', () => {
  const secrets = () => elsewhere.seen.map(({ authorization }) => authorization)

  /** Sends those who have said who they are elsewhere for blobs. */
  function redirectKnown(to: (path: string) => string): void {
    registry.misbehave(({ url = '', headers }, response) => {
      if (!url.includes('/blobs/') || !headers.authorization) return false
      response.writeHead(307, { location: to(url) }).end()
      return true
    })
  }

  it('has its blobs read there, where nobody is told who asks', async () => {
    await aRegistry({ auth: { kind: 'basic', login } })
    elsewhere.push(web, '1.5.0', anImage())
    redirectKnown((path) => `${elsewhere.url}${path}`)
    expect((await look()).said).toMatchObject({ state: 'found' })
    expect(registry.seen.some(({ authorization }) => authorization?.startsWith('Basic '))).toBe(true)
    expect(secrets()).toEqual([undefined])
  })

  it('and back again is told nothing there either', async () => {
    await aRegistry({ auth: { kind: 'basic', login } })
    redirectKnown((path) => `${elsewhere.url}/back${path}`)
    elsewhere.misbehave((request, response) => {
      response.writeHead(302, { location: `${registry.url}/again${request.url}` }).end()
      return true
    })
    await look()
    const again = registry.seen.filter(({ path }) => path.startsWith('/again'))
    expect(again).not.toEqual([])
    expect(again.filter(({ authorization }) => authorization !== undefined)).toEqual([])
  })

  it.each([
    ['plain HTTP that is not this machine', 'http://registry.example.com/v2/'],
    ['a file', 'file:///etc/passwd'],
    ['nothing that is a URL', 'http://['],
  ])('to %s is not followed', async (_, location) => {
    await aRegistry()
    when('/manifests/', (response) => response.writeHead(302, { location }).end())
    expect((await look()).said).toMatchObject(invalid)
  })

  it('in circles is not followed for long', async () => {
    await aRegistry()
    when('/manifests/', (response, request) => response.writeHead(302, { location: request.url ?? '' }).end())
    expect((await look()).said).toMatchObject(invalid)
    expect(registry.seen).toHaveLength(6)
  })

  it('for a token is not given the password there, unless that host was named', async () => {
    await aRegistry({ auth: { kind: 'token', login, realm: `${elsewhere.url}/token` } })
    expect((await look()).said).toMatchObject(forbidden)
    expect(elsewhere.seen).toEqual([])
    await look('1.5.0', { tokenServer: elsewhere.host })
    expect(secrets()).toEqual([expect.stringContaining('Basic ')])
  })

  it('from its token server to elsewhere does not take the password along', async () => {
    await aRegistry({ auth: { kind: 'token', login } })
    when('/token', (response) => response.writeHead(302, { location: `${elsewhere.url}/token` }).end())
    await look()
    expect(secrets()).toEqual([undefined])
  })

  it('never gets a password into what is said of it', async () => {
    await aRegistry({ auth: { kind: 'token', login } })
    for (const part of ['/manifests/', '/token']) {
      for (const status of [400, 401, 403, 500]) {
        when(part, (response, { headers }) => response.writeHead(status).end(JSON.stringify(headers)))
        expect(JSON.stringify((await look()).said)).not.toMatch(/secret-of-the-shop|cHVsbGVyOnNlY3JldC/)
      }
    }
  })
})

describe('plain HTTP', () => {
  it('is not spoken to a registry unless the configuration says so', async () => {
    await aRegistry()
    expect((await look('1.5.0', { insecure: false })).said).toMatchObject(unavailable)
    expect(registry.seen).toEqual([])
  })
})
