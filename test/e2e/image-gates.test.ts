import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ensureRegistry, type RegistryServer, startRegistry } from '../../scripts/registry.ts'
import { scan as scanned } from '../../src/gates/scan.ts'
import { signature as signed } from '../../src/gates/signature.ts'
import { registryImages } from '../../src/registry/images.ts'
import type { ScanGate, SignatureGate } from '../../src/upgrade/gate.ts'
import { anUpgrade, aPolicy } from '../an-upgrade.ts'
import { byCosign } from '../fakes/registry/by-cosign.ts'
import { attestation, bundleType, simpleSignature, statementBundle, tagOf } from '../fakes/registry/cosign.ts'
import {
  anArtifact,
  anImage,
  anIndex,
  aReferrer,
  type Blob,
  blob,
  type Pushable,
  referrersOf,
} from '../fakes/registry/image.ts'
import { type Finding, grypeReport, trivyReport } from '../fakes/registry/reports.ts'
import { noClusters } from '../gates/a-cluster.ts'
import { push } from './push.ts'

const web = 'shop/web'
const reportType = 'application/vnd.trivy.report+json'
const attestedScan = 'https://cosign.sigstore.dev/attestation/vuln/v1'

const pairs = {
  'ECDSA on P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  Ed25519: generateKeyPairSync('ed25519'),
}
const release = pairs['ECDSA on P-256']
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let registry: RegistryServer
let image: Pushable
let images = 0

beforeAll(async () => {
  ensureRegistry()
  registry = await startRegistry()
})
afterAll(() => registry.stop())
beforeEach(async () => {
  image = anImage({ content: `an image ${++images}` })
  await push(registry, web, undefined, image)
})

function pem({ publicKey }: Pick<typeof release, 'publicKey'>): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

const common = { during: ['before' as const], intervalMs: 10_000, timeoutMs: 60_000 }

function signature(keys: string[], least = 1): SignatureGate {
  return { type: 'signature', name: 'signature', ...common, keys, least }
}

function scan(changes: Partial<ScanGate> = {}): ScanGate {
  const rules = { limits: { critical: 0 }, fixableOnly: false, maxAgeMs: 86_400_000, ignore: [] }
  return { type: 'scan', name: 'scan', ...common, ...rules, artifactTypes: [reportType], keys: [], ...changes }
}

/** What the gate says of a digest in the registry that is installed. */
function ask(gate: SignatureGate | ScanGate, { digest } = image.content, host = registry.host) {
  const { attachments } = registryImages({ registries: () => ({ [host]: { insecure: true } }) })
  const name = `${host}/${web}`
  const upgrade = anUpgrade({ policy: aPolicy({ image: name }) })
  const about = {
    upgrade: { ...upgrade, request: { ...upgrade.request, image: `${name}:1.5.0@${digest}` } },
    observation: undefined,
    now: new Date().toISOString(),
    key: 'key',
  }
  const signal = AbortSignal.timeout(gate.timeoutMs)
  return gate.type === 'scan'
    ? scanned({}, attachments, noClusters())(gate, about, signal)
    : signed(attachments)(gate, about, signal)
}

/** As clients do where a registry has no API of referrers: the list under a tag is written anew. */
async function refer(to: Blob, ...referrers: (Pushable & { artifactType: string })[]): Promise<void> {
  for (const one of referrers) await push(registry, web, undefined, one)
  await push(registry, web, to.digest.replace(':', '-'), referrersOf(referrers))
}

describe('a signature in a registry as it is installed', () => {
  it.each(Object.entries(pairs))('counts by its key, under a tag and as a bundle: %s', async (_, pair) => {
    const { content } = image
    expect(await ask(signature([pem(pair)]))).toMatchObject({ verdict: 'failed', code: 'UNSIGNED' })
    await push(registry, web, tagOf(content, 'sig'), anArtifact([simpleSignature(content, stranger.privateKey)]))
    expect(await ask(signature([pem(pair)]))).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
    await refer(content, { ...statementBundle(content, pair.privateKey), artifactType: bundleType })
    expect(await ask(signature([pem(pair)]))).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
    expect(await ask(signature([pem(pair), pem(stranger)], 2))).toMatchObject({ verdict: 'passed' })
  })

  it('of an image for several platforms is one over its index', async () => {
    const index = anIndex([{ architecture: 'amd64' }, { architecture: 'arm64' }])
    await push(registry, web, '1.6.0', index)
    const part = simpleSignature(index.content, release.privateKey)
    await push(registry, web, tagOf(index.content, 'sig'), anArtifact([part]))
    expect(await ask(signature([pem(release)]), index.content)).toMatchObject({ verdict: 'passed' })
  })

  it('tells nothing while the registry is away', async () => {
    const away = await startRegistry()
    await away.stop()
    for (const gate of [signature([pem(release)]), scan()]) {
      expect(await ask(gate, image.content, away.host)).toMatchObject({
        verdict: 'inconclusive',
        code: 'ATTACHMENTS_UNKNOWN',
        detail: { error: 'REGISTRY_UNAVAILABLE' },
      })
    }
  })
})

describe('what cosign itself has signed', () => {
  const { publicKey, forms } = byCosign()

  it.each(forms)('counts by its key, and by no other: $form', async ({ signed: its, artefacts }) => {
    for (const { tag, pushable } of artefacts) await push(registry, web, tag, pushable)
    expect(await ask(signature([publicKey]), its)).toMatchObject({ verdict: 'passed', code: 'SIGNED' })
    expect(await ask(signature([pem(release)]), its)).toMatchObject({ verdict: 'failed', code: 'SIGNED_BY_OTHERS' })
  })
})

describe('a report in a registry as it is installed', () => {
  const critical: Finding = { id: 'CVE-2026-1', severity: 'critical' }
  const report = (found: Finding[]) => trivyReport(image.content.digest, new Date().toISOString(), found)

  function attached(content: unknown): Pushable & { artifactType: string } {
    const part = { blob: blob('application/json', Buffer.from(JSON.stringify(content))) }
    return { ...aReferrer(image.content, reportType, [part]), artifactType: reportType }
  }

  it('passes, fails, or is not there', async () => {
    expect(await ask(scan())).toMatchObject({ verdict: 'inconclusive', code: 'NO_REPORT' })
    await refer(image.content, attached(report([])))
    expect(await ask(scan())).toMatchObject({ verdict: 'passed', code: 'SCAN_WITHIN_LIMITS' })
    const { digest } = image.content
    await refer(image.content, attached(grypeReport(digest, new Date(Date.now() + 1_000).toISOString(), [critical])))
    expect(await ask(scan())).toMatchObject({ verdict: 'failed', code: 'SCAN_ABOVE_LIMITS', detail: { critical: 1 } })
  })

  it('counts as an attestation by its key', async () => {
    const predicate = { scanner: { uri: '', version: '', result: report([]) } }
    const signed = attestation(image.content, release.privateKey, { predicateType: attestedScan, predicate })
    await push(registry, web, tagOf(image.content, 'att'), signed)
    expect(await ask(scan({ keys: [pem(release)] }))).toMatchObject({ verdict: 'passed' })
    expect(await ask(scan({ keys: [pem(stranger)] }))).toMatchObject({ verdict: 'inconclusive', code: 'NO_REPORT' })
  })
})
