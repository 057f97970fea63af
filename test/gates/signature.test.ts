import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { About, Attachments } from '../../src/engine/ports.ts'
import { signature } from '../../src/gates/signature.ts'
import { registryImages } from '../../src/registry/images.ts'
import type { Registries } from '../../src/registry/settings.ts'
import type { SignatureGate } from '../../src/upgrade/gate.ts'
import { anUpgrade, aPolicy, noon } from '../an-upgrade.ts'
import { byCosign } from '../fakes/registry/by-cosign.ts'
import {
  envelope,
  messageBundle,
  type SignatureOptions,
  simpleSignature,
  statementBundle,
  tagOf,
} from '../fakes/registry/cosign.ts'
import {
  anArtifact,
  anImage,
  anIndex,
  aReferrer,
  type Blob,
  blob,
  type Part,
  referrersOf,
} from '../fakes/registry/image.ts'
import { type FakeRegistry, type RegistryOptions, startRegistry } from '../fakes/registry/registry.ts'

const web = 'shop/web'
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

type Pair = { publicKey: KeyObject; privateKey: KeyObject }

const pairs: Record<string, () => Pair> = {
  'ECDSA on P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  Ed25519: () => generateKeyPairSync('ed25519'),
}
const release = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const security = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const image = anImage()
const other = anImage({ content: 'another one' }).content

let registry: FakeRegistry

beforeEach(() => open())
afterEach(() => registry.stop())

async function open(options?: RegistryOptions): Promise<void> {
  await registry?.stop()
  registry = await startRegistry(options)
  registry.push(web, '1.5.0', image)
}

function pem({ publicKey }: Pick<Pair, 'publicKey'>): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

function attach(...parts: Part[]): void {
  registry.push(web, tagOf(image.content, 'sig'), anArtifact(parts))
}

type Asking = {
  keys?: string[]
  least?: number
  digest?: string | undefined
  timeoutMs?: number
  signal?: AbortSignal
  registries?: Registries
  attachments?: Attachments
}

/** What the gate says of the image that the upgrade is pinned to. */
function ask({ keys = [pem(release)], least = 1, timeoutMs = 20_000, ...rest }: Asking = {}) {
  const digest = 'digest' in rest ? rest.digest : image.content.digest
  const name = `${registry.host}/${web}`
  const upgrade = anUpgrade({ policy: aPolicy({ image: name }) })
  const whole = `${name}:1.5.0${digest === undefined ? '' : `@${digest}`}`
  const about: About = {
    upgrade: { ...upgrade, request: { ...upgrade.request, image: whole } },
    observation: undefined,
    now: noon,
    key: 'key',
  }
  const { registries = { [registry.host]: { insecure: true } }, signal = AbortSignal.timeout(timeoutMs) } = rest
  const { attachments = registryImages({ registries: () => registries }).attachments } = rest
  const times = { intervalMs: 10_000, timeoutMs }
  const gate: SignatureGate = { type: 'signature', name: 'signature', during: ['before'], ...times, keys, least }
  return signature(attachments)(gate, about, signal)
}

describe('an image is signed', () => {
  describe.each(Object.entries(pairs))('with %s', (_, make) => {
    const pair = make()

    it('under the tag that is made of its digest', async () => {
      attach(simpleSignature(image.content, pair.privateKey))
      expect(await ask({ keys: [pem(pair)] })).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
      expect(await ask()).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
    })

    it.each([true, false])('by a bundle that refers to it (API of referrers: %s)', async (referrersApi) => {
      await open({ referrersApi })
      const bundle = statementBundle(image.content, pair.privateKey)
      registry.push(web, undefined, bundle)
      // As go-containerregistry writes the list: with the type of the configuration.
      const artifactType = 'application/vnd.oci.empty.v1+json'
      registry.push(web, image.content.digest.replace(':', '-'), referrersOf([{ ...bundle, artifactType }]))
      expect(await ask({ keys: [pem(pair)] })).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
      expect(await ask()).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
    })

    it('by a bundle with a signature over its manifest', async () => {
      registry.push(web, undefined, messageBundle(image.content, pair.privateKey))
      expect(await ask({ keys: [pem(pair)] })).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
      expect(await ask()).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
    })
  })
})

describe('what cosign itself has signed', () => {
  const { publicKey, forms } = byCosign()

  it.each(forms)('counts by its key, and by no other: $form', async ({ signed, artefacts }) => {
    await open({ referrersApi: false })
    for (const { tag, pushable } of artefacts) registry.push(web, tag, pushable)
    const { digest } = signed
    expect(await ask({ keys: [publicKey], digest })).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
    expect(await ask({ digest })).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
    expect(await ask({ keys: [publicKey] })).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
  })
})

describe('what counts', () => {
  it('is the digest that is signed, an index’s too, and not what the signer calls the image', async () => {
    const index = anIndex([{ architecture: 'amd64' }, { architecture: 'arm64' }])
    registry.push(web, '1.6.0', index)
    const part = simpleSignature(index.content, release.privateKey, { reference: 'evil.example.com/malware' })
    registry.push(web, tagOf(index.content, 'sig'), anArtifact([part]))
    expect(await ask({ digest: index.content.digest })).toMatchObject({ verdict: 'passed' })
    const [first] = index.manifests
    expect(await ask({ digest: first?.digest })).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
  })

  it('is how many different keys have signed it', async () => {
    attach(simpleSignature(image.content, release.privateKey), simpleSignature(image.content, release.privateKey))
    const keys = [pem(release), pem(security), `${pem(release)}\n`]
    expect(await ask({ keys, least: 2 })).toMatchObject({ verdict: 'failed', code: 'TOO_FEW_SIGNATURES' })
    registry.push(web, undefined, statementBundle(image.content, security.privateKey))
    expect(await ask({ keys, least: 2 })).toMatchObject({ verdict: 'passed' })
  })

  it('is one good signature among others', async () => {
    const bad = [stranger, security].map(({ privateKey }) => simpleSignature(image.content, privateKey))
    attach(...bad, simpleSignature(image.content, release.privateKey))
    expect(await ask()).toMatchObject({ verdict: 'passed' })
  })

  it('is what stands in a key file now, which is named with the fingerprint of the key', async () => {
    attach(simpleSignature(image.content, release.privateKey))
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-keys-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'release.pub')
    await writeFile(file, pem(stranger))
    expect(await ask({ keys: [file] })).toMatchObject({ verdict: 'failed' })
    await writeFile(file, pem(release))
    const said = await ask({ keys: [file] })
    expect(said.detail.keys).toMatch(/^release\.pub \([0-9a-f]{12}\)$/)
    expect(said.verdict).toBe('passed')
  })

  it('is looked for in the mirror first, and where that has none, in the registry', async () => {
    attach(simpleSignature(image.content, release.privateKey))
    const mirror = await startRegistry()
    onTestFinished(() => mirror.stop())
    const mirrored = { mirror: mirror.host, insecure: true }
    const registries = { [registry.host]: mirrored, [mirror.host]: { insecure: true } }
    expect(await ask({ registries })).toMatchObject({ verdict: 'passed' })
    mirror.push(web, tagOf(image.content, 'sig'), anArtifact([simpleSignature(image.content, stranger.privateKey)]))
    expect(await ask({ registries })).toMatchObject({ verdict: 'failed' })
  })
})

describe('it fails', () => {
  it('where nobody has signed it', async () => {
    expect(await ask()).toEqual({ verdict: 'failed', code: 'UNSIGNED', detail: {} })
    await open({ referrersApi: false })
    expect(await ask()).toEqual({ verdict: 'failed', code: 'UNSIGNED', detail: {} })
  })

  it.each<[string, SignatureOptions, string]>([
    ['for another image', { digest: other.digest }, 'SIGNED_FOR_ANOTHER'],
    ['and changed afterwards', { digest: other.digest, tamper: named(image.content, other) }, 'SIGNED_BY_OTHERS'],
  ])('where it was signed %s', async (_, options, code) => {
    attach(simpleSignature(image.content, release.privateKey, options))
    expect(await ask()).toMatchObject({ verdict: 'failed', code })
    registry.push(web, undefined, statementBundle(image.content, release.privateKey, options))
    attach(simpleSignature(image.content, stranger.privateKey))
    expect(await ask()).toMatchObject({ verdict: 'failed', code })
  })

  it('where the signature is over the manifest of another image', async () => {
    registry.push(web, undefined, messageBundle(image.content, release.privateKey, other))
    expect(await ask()).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
  })

  it('where the key says something else about the image than that it is theirs', async () => {
    const scan = { predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1' }
    attach(simpleSignature(image.content, release.privateKey, { type: 'atomic container signature' }))
    registry.push(web, undefined, statementBundle(image.content, release.privateKey, scan))
    // One that is called a signature, and is none.
    const lying = envelope(image.content, release.privateKey, scan)
    const part = { blob: blob(bundleType, Buffer.from(JSON.stringify({ dsseEnvelope: lying }))) }
    registry.push(web, undefined, aReferrer(image.content, bundleType, [part]))
    expect(await ask()).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
  })

  it('where a signature of another image is attached to this one by hand', async () => {
    registry.push(web, undefined, anImage({ content: 'another one' }))
    const bundle = statementBundle(other, release.privateKey)
    registry.push(web, undefined, bundle)
    await open({ referrersApi: false })
    registry.push(web, undefined, bundle)
    const list = referrersOf([{ ...bundle, artifactType: bundleType }])
    registry.push(web, image.content.digest.replace(':', '-'), list)
    expect(await ask()).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
  })

  it.each<[string, Buffer | string]>([
    ['no JSON', 'signed, honestly'],
    ['an empty object', '{}'],
    ['nothing', ''],
    ['a number', '1'],
    ['brackets', '['.repeat(100_000)],
    ['another type of payload', JSON.stringify({ dsseEnvelope: { ...signedHere(), payloadType: 'text/plain' } })],
    ['no signature', JSON.stringify({ dsseEnvelope: { ...signedHere(), signatures: [] } })],
    ['an empty signature', JSON.stringify({ dsseEnvelope: { ...signedHere(), signatures: [{ sig: '' }] } })],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x22])],
  ])('where what is called a signature is none: %s', async (_, content) => {
    const part = { blob: blob(bundleType, Buffer.from(content)) }
    registry.push(web, undefined, aReferrer(image.content, bundleType, [part]))
    const annotations = { 'dev.cosignproject.cosign/signature': 'AAAA' }
    const layer = { blob: blob('application/vnd.dev.cosign.simplesigning.v1+json', Buffer.from(content)), annotations }
    attach(layer, { ...simpleSignature(image.content, release.privateKey), annotations: {} })
    for (const pair of Object.values(pairs)) {
      expect(await ask({ keys: [pem(pair())] })).toMatchObject({ verdict: 'failed' })
    }
    expect(await ask()).toMatchObject({ verdict: 'failed' })
  })
})

describe('it cannot tell', () => {
  it('which image it is about, while the version stands for none', async () => {
    expect(await ask({ digest: undefined })).toMatchObject({ verdict: 'inconclusive', code: 'NO_DIGEST' })
  })

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['a private key', release.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a key of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }))],
  ])('by a key file that is %s', async (_, content) => {
    attach(simpleSignature(image.content, release.privateKey))
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-keys-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'release.pub')
    if (content !== undefined) await writeFile(file, content)
    const said = await ask({ keys: [pem(release), file] })
    expect(said).toEqual({ verdict: 'inconclusive', code: 'KEY_UNREADABLE', detail: { file } })
  })

  it('while the registry is not there', async () => {
    attach(simpleSignature(image.content, release.privateKey))
    await registry.stop()
    expect(await ask()).toMatchObject({
      verdict: 'inconclusive',
      code: 'ATTACHMENTS_UNKNOWN',
      detail: { error: 'REGISTRY_UNAVAILABLE' },
    })
  })

  it.each<[string, string, (response: ServerResponse) => void]>([
    ['never answers', '/', () => {}],
    ['is silent about referrers', '/referrers/', () => {}],
    ['is out of order', '/referrers/', (response) => void response.writeHead(500).end()],
    ['answers with a page', '/referrers/', (response) => void response.writeHead(200).end('<html>')],
    ['sends without end', '/referrers/', endless],
    ['sends another signature than it names', '/blobs/', (response) => void response.writeHead(200).end('{}')],
    [
      'says that a signature is somewhere else',
      '/blobs/',
      (response) => void response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end(),
    ],
  ])('while the registry %s', async (_, part, answer) => {
    attach(simpleSignature(image.content, stranger.privateKey))
    registry.misbehave((request, response) => {
      if (!request.url?.includes(part)) return false
      answer(response)
      return true
    })
    const since = performance.now()
    expect(await ask({ timeoutMs: 1_000 })).toMatchObject({ verdict: 'inconclusive', code: 'ATTACHMENTS_UNKNOWN' })
    expect(performance.now() - since).toBeLessThan(20_000)
  })

  it('where more is attached than anybody looks through', async () => {
    attach(...Array.from({ length: 101 }, () => simpleSignature(image.content, stranger.privateKey)))
    expect(await ask()).toMatchObject({ code: 'ATTACHMENTS_UNKNOWN', detail: { error: 'REGISTRY_INVALID' } })
  })

  it('while so many images are looked at that it has to come again', async () => {
    registry.misbehave(() => true)
    const { attachments } = registryImages({ registries: () => ({ [registry.host]: { insecure: true } }) })
    const ended = new AbortController()
    const four = Array.from({ length: 4 }, () => ask({ attachments, signal: ended.signal }))
    await expect(ask({ attachments })).rejects.toMatchObject({ code: 'REGISTRY_BUSY', retryable: true })
    ended.abort()
    for (const said of await Promise.all(four)) expect(said).toMatchObject({ verdict: 'inconclusive' })
  })
})

it('what satisfies it is enough, whatever else is broken', async () => {
  attach(simpleSignature(image.content, release.privateKey))
  registry.misbehave((request) => request.url?.includes('/referrers/') ?? false)
  expect(await ask()).toMatchObject({ verdict: 'passed' })
})

it('a signature of megabytes is not read', async () => {
  const huge = blob('application/vnd.dev.cosign.simplesigning.v1+json', Buffer.alloc(300_000, 0x20))
  attach({ blob: huge, annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' } })
  expect(await ask()).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
  expect(registry.seen.some(({ path }) => path.includes(huge.digest))).toBe(false)
})

function named(image: Blob, instead: Blob) {
  return (payload: Buffer) => {
    const [from, to] = [instead, image].map(({ digest }) => digest.replace('sha256:', ''))
    return Buffer.from(payload.toString().replace(from ?? '', to ?? ''))
  }
}

function signedHere() {
  return envelope(image.content, release.privateKey)
}

function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, 0x20)
  const pour = () => {
    while (!response.destroyed) if (!response.write(chunk)) return void response.once('drain', pour)
  }
  response.writeHead(200)
  pour()
}
