import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/redis.ts'
import type { About } from '../../src/engine/ports.ts'
import { scan } from '../../src/gates/scan.ts'
import { registryImages } from '../../src/registry/images.ts'
import type { ScanGate } from '../../src/upgrade/gate.ts'
import { after, anUpgrade, aPolicy, noon } from '../an-upgrade.ts'
import { attestation, statementBundle, tagOf } from '../fakes/registry/cosign.ts'
import { anImage, aReferrer, blob } from '../fakes/registry/image.ts'
import { type FakeRegistry, startRegistry } from '../fakes/registry/registry.ts'
import { type Finding, grypeReport, trivyReport } from '../fakes/registry/reports.ts'
import { noClusters } from './a-cluster.ts'
import { serve } from './a-server.ts'

const web = 'shop/web'
const reportType = 'application/vnd.example.report+json'
const vulnerabilities = 'https://cosign.sigstore.dev/attestation/vuln/v1'
const day = 86_400_000

const release = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const image = anImage()
const { digest } = image.content
const another = `sha256:${'b'.repeat(64)}`

let registry: FakeRegistry

beforeEach(async () => {
  registry = await startRegistry()
  registry.push(web, '1.5.0', image)
})
afterEach(() => registry.stop())

const critical: Finding = { id: 'CVE-2026-1', severity: 'critical', fixed: '3.5.2-1' }
const high: Finding = { id: 'CVE-2026-2', severity: 'high' }
const low: Finding = { id: 'CVE-2026-3', severity: 'low', fixed: '3.5.3-1' }
const nameless: Finding = { id: 'CVE-2026-4', severity: 'unknown' }

/** Attaches a report to the image. */
function attach(report: unknown, created = noon, type = reportType): void {
  const bytes = typeof report === 'string' ? Buffer.from(report) : Buffer.from(JSON.stringify(report))
  const annotations = { 'org.opencontainers.image.created': created }
  registry.push(
    web,
    undefined,
    aReferrer(image.content, type, [{ blob: blob('application/json', bytes) }], annotations),
  )
}

function ask(changes: Partial<ScanGate> = {}, { secrets = {}, timeoutMs = 20_000, pinned = true } = {}) {
  const name = `${registry.host}/${web}`
  const upgrade = anUpgrade({ policy: aPolicy({ image: name }) })
  const whole = `${name}:1.5.0${pinned ? `@${digest}` : ''}`
  const about: About = {
    upgrade: { ...upgrade, request: { ...upgrade.request, image: whole } },
    observation: undefined,
    now: noon,
    key: 'key',
  }
  const { attachments } = registryImages({ registries: () => ({ [registry.host]: { insecure: true } }) })
  const gate: ScanGate = {
    ...{ type: 'scan', name: 'scan', during: ['before'], intervalMs: 10_000, timeoutMs },
    ...{ artifactTypes: [reportType], keys: [], limits: { critical: 0, high: 1 }, fixableOnly: false },
    ...{ maxAgeMs: 7 * day, ignore: [] },
    ...changes,
  }
  return scan(secrets, attachments, noClusters())(gate, about, AbortSignal.timeout(timeoutMs))
}

const scanners = [
  ['Trivy', trivyReport],
  ['Grype', grypeReport],
] as const

describe.each(scanners)('a report of %s', (_, report) => {
  it('passes with as many as are allowed, and fails with more', async () => {
    attach(report(digest, noon, [high, low, nameless]))
    expect(await ask()).toMatchObject({
      verdict: 'passed',
      code: 'SCAN_WITHIN_LIMITS',
      detail: { critical: 0, high: 1, medium: 0, low: 1, unknown: 1, mostCritical: 0, mostHigh: 1, at: noon },
    })
    const second = { ...high, id: 'CVE-2026-5' }
    attach(report(digest, after(1), [high, low, second]), after(1))
    expect(await ask()).toMatchObject({
      verdict: 'failed',
      code: 'SCAN_ABOVE_LIMITS',
      detail: { high: 2, worst: 'CVE-2026-2, CVE-2026-5' },
    })
    expect(await ask({ limits: { high: 2 } })).toMatchObject({ verdict: 'passed' })
    expect(await ask({ limits: { low: 0 } })).toMatchObject({ verdict: 'failed', detail: { worst: 'CVE-2026-3' } })
    expect(await ask({ limits: { unknown: 0 } })).toMatchObject({ verdict: 'passed' })
  })

  it('with nothing in it passes', async () => {
    attach(report(digest, noon, []))
    expect(await ask()).toMatchObject({ verdict: 'passed' })
  })

  it('leaves out what no update mends, where that is wanted', async () => {
    attach(report(digest, noon, [high, { ...high, id: 'CVE-2026-5' }]))
    expect(await ask({ fixableOnly: true })).toMatchObject({ verdict: 'passed', detail: { high: 0 } })
    attach(report(digest, after(1), [critical]), after(1))
    expect(await ask({ fixableOnly: true })).toMatchObject({ verdict: 'failed' })
  })

  it('leaves out what is accepted, by any of its names, until that is over', async () => {
    attach(report(digest, noon, [{ ...critical, alias: 'GHSA-1234-5678' }]))
    const accepted = (id: string, until: string) => ({ ignore: [{ id, reason: 'not reachable', until }] })
    for (const id of ['CVE-2026-1', 'GHSA-1234-5678']) {
      expect(await ask(accepted(id, after(1)))).toMatchObject({
        verdict: 'passed',
        detail: { critical: 0, ignored: 1 },
      })
      expect(await ask(accepted(id, noon))).toMatchObject({
        verdict: 'failed',
        detail: { critical: 1, expired: 'CVE-2026-1' },
      })
    }
    expect(await ask(accepted('CVE-2026-9', after(1)))).toMatchObject({ verdict: 'failed' })
  })

  it('about another image never counts', async () => {
    attach(report(another, noon, []))
    expect(await ask()).toEqual({
      verdict: 'inconclusive',
      code: 'REPORT_OF_ANOTHER',
      detail: { digest: another },
    })
    attach(report(digest, after(-day), [critical]))
    expect(await ask()).toMatchObject({ verdict: 'failed' })
  })

  it('that names no image is about the one that it is attached to', async () => {
    attach(report(undefined, noon, []))
    expect(await ask()).toMatchObject({ verdict: 'passed' })
  })

  it('counts only while it is young, unless it is bad enough already', async () => {
    attach(report(digest, after(-8 * day), [high]))
    expect(await ask()).toMatchObject({ verdict: 'inconclusive', code: 'REPORT_TOO_OLD' })
    expect(await ask({ maxAgeMs: 9 * day })).toMatchObject({ verdict: 'passed' })
    expect(await ask({ limits: { high: 0 } })).toMatchObject({ verdict: 'failed' })
  })

  it.each([
    ['REPORT_UNDATED', undefined],
    ['REPORT_UNDATED', 'yesterday'],
    ['REPORT_FROM_FUTURE', after(day)],
  ])('cannot tell with a time that is none: %s, %s', async (code, at) => {
    attach(report(digest, at, []))
    expect(await ask()).toMatchObject({ verdict: 'inconclusive', code })
  })

  it('is the newest by its own time, whatever the registry says', async () => {
    attach(report(digest, noon, []), after(-day))
    attach(report(digest, after(-1), [critical]), noon)
    expect(await ask()).toMatchObject({ verdict: 'passed' })
  })
})

describe('a report that somebody signed', () => {
  const predicate = (found: Finding[]) => ({
    scanner: { uri: 'https://trivy.dev', version: '0.68.1', result: trivyReport(undefined, undefined, found) },
    metadata: { scanStartedOn: noon, scanFinishedOn: noon },
  })
  const pem = release.publicKey.export({ type: 'spki', format: 'pem' }).toString()

  function attest(form: 'bundle' | 'tag', key: typeof release, found: Finding[], of = digest): void {
    const options = { predicateType: vulnerabilities, predicate: predicate(found), digest: of }
    if (form === 'tag') {
      registry.push(web, tagOf(image.content, 'att'), attestation(image.content, key.privateKey, options))
    } else registry.push(web, undefined, statementBundle(image.content, key.privateKey, options))
  }

  it.each(['bundle', 'tag'] as const)('counts as an attestation (%s)', async (form) => {
    attest(form, release, [high])
    expect(await ask({ keys: [pem] })).toMatchObject({ verdict: 'passed', detail: { high: 1, at: noon } })
    expect(await ask({ keys: [pem], limits: { high: 0 } })).toMatchObject({ verdict: 'failed' })
    expect(await ask()).toMatchObject({ verdict: 'passed' })
  })

  it.each(['bundle', 'tag'] as const)('counts by its own keys and for its own image alone (%s)', async (form) => {
    attach(trivyReport(digest, noon, []))
    attest(form, stranger, [])
    expect(await ask({ keys: [pem] })).toMatchObject({ verdict: 'inconclusive', code: 'NO_REPORT' })
    attest(form, release, [], another)
    expect(await ask({ keys: [pem] })).toMatchObject({ verdict: 'inconclusive', code: 'NO_REPORT' })
    expect(await ask({ keys: ['/nowhere.pub'] })).toMatchObject({ code: 'KEY_UNREADABLE' })
  })

  it('is not read where it says to be about something else, such as a bill of materials', async () => {
    const predicateType = 'https://spdx.dev/Document'
    registry.push(web, undefined, statementBundle(image.content, release.privateKey, { predicateType, predicate: {} }))
    attest('tag', release, [])
    expect(await ask()).toMatchObject({ verdict: 'passed' })
    expect(registry.seen.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1)
  })
})

describe('a report that is served', () => {
  const at = '/reports/{{digest}}.json'

  function answering(report: unknown, status = 200): Promise<string> {
    return serve((_, response) => response.writeHead(status).end(JSON.stringify(report)))
  }

  it('is asked for by the digest, with its token', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((request, response) => {
      asked.push(request.url, request.headers.authorization)
      response.end(JSON.stringify(trivyReport(digest, noon, [high])))
    })
    const secrets = { GATE_REPORTS: 'hunter2' }
    expect(await ask({ url: url + at, tokenEnv: 'GATE_REPORTS' }, { secrets })).toMatchObject({ verdict: 'passed' })
    expect(asked).toEqual([`/reports/${digest}.json`, 'Bearer hunter2'])
    expect(await ask({ url: url + at, tokenEnv: 'GATE_REPORTS' })).toMatchObject({ code: 'NO_SECRET' })
    expect(await ask({ url: url + at, limits: { high: 0 } })).toMatchObject({ verdict: 'failed' })
  })

  it.each<[string, unknown, number, string]>([
    ['none', {}, 404, 'NO_REPORT'],
    ['a login', {}, 401, 'REPORT_STATUS'],
    ['a redirect', trivyReport(digest, noon, []), 302, 'REPORT_STATUS'],
    ['one about another image', trivyReport(another, noon, []), 200, 'REPORT_OF_ANOTHER'],
    ['one about no image', trivyReport(undefined, noon, []), 200, 'REPORT_OF_ANOTHER'],
    [
      'one of a file system',
      { ...trivyReport(digest, noon, []), ArtifactType: 'filesystem' },
      200,
      'REPORT_UNREADABLE',
    ],
    ['one of something else', { vulnerabilities: [] }, 200, 'REPORT_UNREADABLE'],
    ['one that looked at nothing', { ...trivyReport(digest, noon, []), Results: null }, 200, 'REPORT_EMPTY'],
  ])('tells nothing: %s', async (_, report, status, code) => {
    expect(await ask({ url: (await answering(report, status)) + at })).toMatchObject({ verdict: 'inconclusive', code })
  })

  it('tells nothing while nobody serves it', async () => {
    const url = `http://127.0.0.1:${await freePort()}${at}`
    await expect(ask({ url })).rejects.toMatchObject({ code: 'GATE_UNREACHABLE' })
  })

  it('of 200 MB is given up after a part of it', async () => {
    let sent = 0
    const url = await serve(endless((bytes) => (sent += bytes)))
    const before = process.memoryUsage().rss
    await expect(ask({ url: url + at })).rejects.toMatchObject({ code: 'GATE_ANSWER_TOO_LONG' })
    expect(sent).toBeLessThan(60_000_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  })
})

describe('it cannot tell', () => {
  it('without a report, and while the version stands for no image', async () => {
    expect(await ask()).toEqual({ verdict: 'inconclusive', code: 'NO_REPORT', detail: {} })
    expect(await ask({}, { pinned: false })).toMatchObject({ verdict: 'inconclusive', code: 'NO_DIGEST' })
  })

  it('while the registry is silent, even if it has given one report', async () => {
    attach(trivyReport(digest, noon, []))
    attach(trivyReport(digest, after(-1), []))
    const silent = { verdict: 'inconclusive', code: 'ATTACHMENTS_UNKNOWN' }
    let blobs = 0
    registry.misbehave((request) => request.url?.includes('/blobs/') === true && ++blobs > 1)
    expect(await ask({}, { timeoutMs: 1_000 })).toMatchObject(silent)
    await registry.stop()
    expect(await ask()).toMatchObject(silent)
  })

  const trivy = trivyReport(digest, noon, [])

  it.each<[string, string]>([
    ['no JSON', '<html>'],
    ['half of one', JSON.stringify(trivy).slice(0, -2)],
    ['one of another schema', JSON.stringify({ ...trivy, SchemaVersion: 3 })],
    ['deep brackets', '['.repeat(1_000_000)],
    [
      'deep brackets in it',
      JSON.stringify({ ...trivy, More: 0 }).replace('"More":0', `"More":${'['.repeat(33)}${']'.repeat(33)}`),
    ],
    ['a name that is none', JSON.stringify(trivyReport(digest, noon, [{ ...low, id: 'C'.repeat(101) }]))],
    ['a million findings', `{"matches":[${'{},'.repeat(1_000_000)}{}]}`],
    ['more than 16 MB', `${JSON.stringify(trivy)}${' '.repeat(16_777_216)}`],
  ])('where a report cannot be read, whatever an older one says: %s', async (_, text) => {
    attach(trivyReport(digest, after(-1), []), after(-1))
    attach(text)
    const since = performance.now()
    expect(await ask()).toEqual({ verdict: 'inconclusive', code: 'REPORT_UNREADABLE', detail: {} })
    expect(performance.now() - since).toBeLessThan(15_000)
  })
})

it('tens of thousands of findings are counted, and few of them named', async () => {
  const found = Array.from({ length: 30_000 }, (_, index) => ({ id: `CVE-2026-${index}`, severity: 'critical' }))
  attach(trivyReport(digest, noon, found))
  expect(await ask()).toMatchObject({
    verdict: 'failed',
    detail: { critical: 30_000, worst: 'CVE-2026-0, CVE-2026-1, CVE-2026-2, CVE-2026-3, CVE-2026-4, +29995' },
  })
})

/** Sends until the other side hangs up. */
function endless(sent: (bytes: number) => void): RequestListener {
  const chunk = Buffer.alloc(65_536, 0x20)
  return (_, response) => {
    const pour = () => {
      while (!response.destroyed) {
        sent(chunk.length)
        if (!response.write(chunk)) return void response.once('drain', pour)
      }
    }
    pour()
  }
}
