import { execFileSync } from 'node:child_process'
import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureRegistry, type RegistryConfig, type RegistryServer, startRegistry } from '../../scripts/registry.ts'
import { registryImages } from '../../src/registry/images.ts'
import { openRepository } from '../../src/registry/repository.ts'
import { openSession } from '../../src/registry/session.ts'
import type { RegistrySettings } from '../../src/registry/settings.ts'
import { anImage, anIndex, aReferrer, referrersOf } from '../fakes/registry/image.ts'
import { push } from './push.ts'

const web = 'shop/web'
const login = { user: 'puller', password: 'a:secret' }
/** Of the password above, as `htpasswd -B` writes it. */
const htpasswd = 'puller:$2y$05$abcdefghijklmnopqrstuulzITFXwzymEQHrMFHqnEHvRQyATqn8.\n'
const basic = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`

let folder: string
let key: string
let certificate: string
let registry: RegistryServer
let tokenServer: Server | undefined

beforeAll(async () => {
  ensureRegistry()
  folder = await mkdtemp(join(tmpdir(), 'rollcall-registry-'))
  ;[key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=registry']
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', [...args, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  await writeFile(join(folder, 'htpasswd'), htpasswd)
})
afterEach(async () => {
  await registry.stop()
  tokenServer?.close()
  tokenServer = undefined
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function aRegistry(config?: RegistryConfig): Promise<RegistryServer> {
  registry = await startRegistry(config)
  return registry
}

async function dockerConfig(): Promise<string> {
  const file = join(folder, 'config.json')
  const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  await writeFile(file, JSON.stringify({ auths: { [registry.host]: { auth } } }))
  return file
}

function look(version: string, settings: RegistrySettings) {
  const images = registryImages({ registries: () => ({ [registry.host]: settings }), timeoutMs: 60_000 })
  return images.look(`${registry.host}/${web}`, version)
}

describe('a registry as it is installed', () => {
  it.each(['oci', 'docker'] as const)('says what a tag is, and a digest (%s)', async (format) => {
    const to = await aRegistry()
    const image = anImage({ format, labels: { 'org.opencontainers.image.version': '1.5.0' } })
    const index = anIndex([{ architecture: 'amd64' }, { architecture: 'arm64' }], format)
    await push(to, web, '1.5.0', image)
    await push(to, web, '1.6.0', index)
    const facts = { digest: image.content.digest, platforms: ['linux/amd64'], version: '1.5.0' }
    for (const version of ['1.5.0', image.content.digest]) {
      expect(await look(version, { insecure: true })).toMatchObject({ state: 'found', facts })
    }
    const both = { digest: index.content.digest, platforms: ['linux/amd64', 'linux/arm64'] }
    expect(await look('1.6.0', { insecure: true })).toMatchObject({ state: 'found', facts: both })
    expect(await look('1.5.9', { insecure: true })).toEqual({ state: 'missing', nearest: '1.5.0' })
  })

  it('lists its tags and what refers to an image', async () => {
    const to = await aRegistry()
    const image = anImage()
    const tags = ['1.4.2', '1.5.0', '1.6.0']
    for (const tag of tags) await push(to, web, tag, image)
    const artifactType = 'application/vnd.example.report'
    const report = aReferrer(image.content, artifactType)
    await push(to, web, undefined, report)
    await push(to, web, image.content.digest.replace(':', '-'), referrersOf([{ ...report, artifactType }]))
    const settings = { insecure: true }
    const signal = AbortSignal.timeout(60_000)
    const session = await openSession(web, { host: registry.host, settings, tokens: new Map(), signal })
    const repository = openRepository(session, web)
    expect((await repository.tags()).tags).toEqual(expect.arrayContaining(tags))
    const { referrers } = await repository.referrers(image.content.digest)
    expect(referrers.map(({ digest }) => digest)).toEqual([report.content.digest])
  })
})

describe('a registry with a password and a certificate of its own', () => {
  it('is believed by the certificate and shown the password, and neither without being told', async () => {
    const htpasswdAuth = { htpasswd: { realm: 'shop', path: join(folder, 'htpasswd') } }
    const to = await aRegistry({ http: { tls: { certificate, key } }, auth: htpasswdAuth })
    const image = anImage()
    await push({ ...to, ca: readFileSync(certificate, 'utf8'), authorization: basic }, web, '1.5.0', image)
    const credentials = await dockerConfig()
    expect(await look('1.5.0', { ca: certificate, credentials })).toMatchObject({
      facts: { digest: image.content.digest },
    })
    expect(await look('1.5.0', { ca: certificate })).toMatchObject({ state: 'unknown', code: 'REGISTRY_FORBIDDEN' })
    expect(await look('1.5.0', { credentials })).toMatchObject({ state: 'unknown', code: 'REGISTRY_UNAVAILABLE' })
  })
})

describe('a registry with a token server', () => {
  /** Gives out tokens for what is asked, to whoever has the password. */
  async function startTokenServer(): Promise<string> {
    const server = createServer(({ url = '', headers }, response) => {
      if (headers.authorization !== basic) return response.writeHead(401).end()
      const scopes = new URL(url, 'http://tokens').searchParams.getAll('scope')
      return response.writeHead(200).end(JSON.stringify({ token: jwt(scopes) }))
    })
    tokenServer = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`
  }

  /** https://distribution.github.io/distribution/spec/auth/jwt/ */
  function jwt(scopes: readonly string[]): string {
    const seconds = Math.floor(Date.now() / 1_000)
    const der = new X509Certificate(readFileSync(certificate)).raw.toString('base64')
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':')
      return { type, name, actions: actions.split(',') }
    })
    const claims = {
      ...{ iss: 'tests', sub: login.user, aud: 'registry', jti: String(seconds), access },
      ...{ exp: seconds + 300, nbf: seconds - 60, iat: seconds },
    }
    const head = { typ: 'JWT', alg: 'RS256', x5c: [der] }
    const signed = [head, claims].map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.')
    const signature = sign('sha256', Buffer.from(signed), createPrivateKey(readFileSync(key))).toString('base64url')
    return `${signed}.${signature}`
  }

  it('gets a token for the password, which goes to no server that nobody named', async () => {
    const tokens = await startTokenServer()
    const token = { realm: `http://${tokens}/token`, service: 'registry', issuer: 'tests', rootcertbundle: certificate }
    const to = await aRegistry({ auth: { token } })
    const image = anImage()
    await push({ ...to, authorization: `Bearer ${jwt([`repository:${web}:pull,push`])}` }, web, '1.5.0', image)
    const credentials = await dockerConfig()
    expect(await look('1.5.0', { insecure: true, credentials, tokenServer: tokens })).toMatchObject({
      facts: { digest: image.content.digest },
    })
    expect(await look('1.5.0', { insecure: true, credentials })).toMatchObject({ code: 'REGISTRY_FORBIDDEN' })
  })
})
