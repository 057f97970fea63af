import { z } from 'zod'
import type { About, Attachment, Attachments, Measure, Wanted } from '../engine/ports.ts'
import type { Clusters } from '../kubernetes/clusters.ts'
import type { GateReport } from '../upgrade/events.ts'
import { limitOf, ratings, type ScanGate } from '../upgrade/gate.ts'
import { jsonOf } from '../upgrade/modest-json.ts'
import { own } from '../upgrade/own.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { bundleTypes, signersOf, statementArtifact, statementIn } from './cosign.ts'
import { printedBy, runJob } from './job.ts'
import { type PinnedImage, pinned, unanswered } from './pinned-image.ts'
import { type NamedKey, publicKeys } from './public-keys.ts'
import { bearerHeaders, type GateSecrets } from './secrets.ts'
import { type Report, reportOf, type Vulnerability } from './vulnerability-report.ts'

/** Largest report that is read: bytes, and values of its JSON. Thousands of findings with all their references. */
const largest = { bytes: 16_777_216, values: 500_000, depth: 32 }
/** How far ahead a scanner's clock may be, milliseconds. */
const skewMs = 300_000
/** As many names as people read. */
const mostNames = 5

/** What cosign calls a report that somebody signed, and the annotations in which it says what an attestation is. */
const attestedScan = 'https://cosign.sigstore.dev/attestation/vuln/v1'
const predicateTypes = ['dev.sigstore.bundle.predicateType', 'predicateType']

/** https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md */
const AttestedScan = z.object({
  scanner: z.object({ result: z.unknown() }),
  metadata: z.object({ scanFinishedOn: z.string().optional() }).optional(),
})

type Said = Omit<GateReport, 'gate'>

/** What was found: of the reports about the image only the newest. */
type Found = { newest?: Report; other?: string; isUnreadable: boolean }

type Asked = { gate: ScanGate; image: PinnedImage; signal: AbortSignal }

/**
 * Holds what a scanner found in the image against limits. The newest report about this very digest counts; where one
 * cannot be read, nobody knows whether it is the newest.
 */
export function scan(
  secrets: GateSecrets,
  attachments: Attachments,
  clusters: Clusters,
): Measure<ScanGate, Said | 'later'> {
  return async (gate, about, signal) => {
    const image = pinned(about.upgrade)
    if (!image) return unknown('NO_DIGEST')
    const keys = await publicKeys(gate.keys)
    if ('unreadable' in keys) return unknown('KEY_UNREADABLE', { file: keys.unreadable })
    const asked = { gate, image, signal }
    const find = (one: Asked) => {
      if (gate.cronJob !== undefined) return printed(one, gate.cronJob, about, clusters)
      return gate.url === undefined ? attached(one, keys.keys, attachments) : served(one, secrets)
    }
    const found = await find(asked)
    if (found === 'later' || 'verdict' in found) return found
    const { newest, other, isUnreadable } = found
    if (isUnreadable) return unknown('REPORT_UNREADABLE')
    if (newest) return judge(gate, newest, about)
    return other === undefined ? unknown('NO_REPORT') : unknown('REPORT_OF_ANOTHER', { digest: other })
  }
}

/** Reports and attestations that are attached to the image. */
async function attached(
  { gate, image, signal }: Asked,
  keys: readonly NamedKey[],
  attachments: Attachments,
): Promise<Found | Said> {
  const found: Found = { isUnreadable: false }
  const plain = keys.length > 0 ? [] : gate.artifactTypes
  const wanted: Wanted = {
    suffixes: ['att'],
    artifactTypes: [...plain, ...bundleTypes, statementArtifact],
    isWanted: (annotations) => isScan(annotations) !== false,
    largest: largest.bytes,
  }
  const take = (attachment: Attachment) => {
    const { artifactType, annotations, bytes } = attachment
    if (artifactType !== undefined && plain.includes(artifactType)) note(found, bytes && parsed(bytes), image)
    else if (!bytes) found.isUnreadable ||= isScan(annotations) === true
    else noteAttested(found, attachment, image, keys)
    return false
  }
  const state = await attachments.of(image, wanted, take, signal)
  return state.state === 'unknown' ? unanswered(state) : found
}

/** By what is said of it; `undefined` where nothing is. */
function isScan(annotations: Attachment['annotations']): boolean | undefined {
  const said = predicateTypes.flatMap((name) => own(annotations, name) ?? [])
  return said.length === 0 ? undefined : said.includes(attestedScan)
}

/** With keys, what none of them signed is nobody's word. */
function noteAttested(found: Found, attachment: Attachment, image: PinnedImage, keys: readonly NamedKey[]): void {
  const statement = statementIn(attachment, largest)
  if (statement?.type !== attestedScan || !statement.digests.includes(image.digest)) return
  if (keys.length > 0 && signersOf(statement, keys).length === 0) return
  const { data } = AttestedScan.safeParse(statement.predicate)
  const report = reportOf(data?.scanner.result)
  const at = Date.parse(data?.metadata?.scanFinishedOn ?? '')
  note(found, report && { ...(Number.isNaN(at) ? {} : { at }), ...report }, image)
}

/** The report that somebody serves for the digest. It has to say itself that it is about that. */
async function served({ gate, image, signal }: Asked, secrets: GateSecrets): Promise<Found | Said> {
  const { tokenEnv, url = '' } = gate
  const proof = bearerHeaders(secrets, tokenEnv)
  if ('missing' in proof) return unknown('NO_SECRET', { variable: proof.missing })
  const filled = new URL(url.replaceAll('{{digest}}', image.digest))
  const { status, body } = await boundedFetch(filled.href, {
    headers: { accept: 'application/json', ...proof.headers },
    signal,
    mostBytes: largest.bytes,
    whole: true,
  })
  if (status === 404) return { isUnreadable: false }
  if (status !== 200) return unknown('REPORT_STATUS', { host: filled.host, status })
  return boundByItself(parsed(Buffer.from(body)), image)
}

/** The report that a Job prints. It has to say itself that it is about the image. */
async function printed(
  { gate, image, signal }: Asked,
  cronJob: string,
  about: About,
  clusters: Clusters,
): Promise<Found | Said | 'later'> {
  const said = await runJob(clusters, { ...gate, cronJob }, about)
  if (said === 'later') return said
  // A scanner that failed has found nothing out.
  if (said.verdict !== 'passed') return { ...said, verdict: 'inconclusive' }
  const { target } = about.upgrade.policy
  const log = await printedBy(clusters, target, String(said.detail.job), { mostBytes: largest.bytes, signal })
  if (log && 'unreadable' in log)
    return unknown('REPORT_LOG_UNREADABLE', { job: String(said.detail.job), why: log.unreadable })
  // What a scanner has to say of its progress comes first.
  const begins = log?.lines.findIndex((line) => line.startsWith('{')) ?? -1
  return boundByItself(log && begins >= 0 ? parsed(Buffer.from(log.lines.slice(begins).join('\n'))) : undefined, image)
}

/** Nothing but its own word binds such a report to the digest. */
function boundByItself(report: Report | undefined, image: PinnedImage): Found | Said {
  if (report?.digests.length === 0) return unknown('REPORT_OF_ANOTHER')
  const found: Found = { isUnreadable: false }
  note(found, report, image)
  return found
}

function parsed(bytes: Buffer): Report | undefined {
  return reportOf(jsonOf(bytes, largest))
}

/** One that names no digest is about that to which it is attached. */
function note(found: Found, report: Report | undefined, { digest }: PinnedImage): void {
  if (!report) found.isUnreadable = true
  else if (report.digests.length > 0 && !report.digests.includes(digest)) found.other = report.digests[0] ?? ''
  else if (!found.newest || (report.at ?? 0) > (found.newest.at ?? 0)) found.newest = report
}

/** Too many is too many, whatever the age; few enough counts only while it is known of today. */
function judge(gate: ScanGate, report: Report, { now }: About): Said {
  const { at, scanner } = report
  const time = at === undefined ? {} : { at: new Date(at).toISOString() }
  if (report.isEmpty) return unknown('REPORT_EMPTY', { scanner })
  if (at !== undefined && at > Date.parse(now) + skewMs) return unknown('REPORT_FROM_FUTURE', time)
  const { counted, ignored, expired } = sorted(gate, report.vulnerabilities, now)
  const counts = ratings.map((severity) => ({
    severity,
    found: counted.filter((one) => one.severity === severity),
    limit: gate.limits[severity],
  }))
  const above = counts.filter(({ found, limit }) => limit !== undefined && found.length > limit)
  const worst = (above.length > 0 ? above : counts).flatMap(({ found }) => found.map(({ id }) => id))
  const detail = {
    scanner,
    ...time,
    ...Object.fromEntries(counts.map(({ severity, found }) => [severity, found.length])),
    ...Object.fromEntries(
      counts.flatMap(({ severity, limit }) => (limit === undefined ? [] : [[limitOf(severity), limit]])),
    ),
    ...(worst.length > 0 && { worst: names(worst) }),
    ...(ignored > 0 && { ignored }),
    ...(expired.length > 0 && { expired: names(expired) }),
  }
  if (above.length > 0) return { verdict: 'failed', code: 'SCAN_ABOVE_LIMITS', detail }
  if (at === undefined) return unknown('REPORT_UNDATED', { scanner })
  if (Date.parse(now) - at > gate.maxAgeMs) return unknown('REPORT_TOO_OLD', { ...time, maxAgeMs: gate.maxAgeMs })
  return { verdict: 'passed', code: 'SCAN_WITHIN_LIMITS', detail }
}

/** What counts, how many do not because somebody accepted them, and whose acceptance is over. */
function sorted({ fixableOnly, ignore }: ScanGate, vulnerabilities: readonly Vulnerability[], now: string) {
  const accepted = new Map(ignore.map(({ id, until }) => [id, Date.parse(until) > Date.parse(now)]))
  const [counted, expired]: [Vulnerability[], string[]] = [[], []]
  let ignored = 0
  for (const one of vulnerabilities) {
    if (fixableOnly && !one.isFixable) continue
    const words = [one.id, ...one.aliases].flatMap((name) => accepted.get(name) ?? [])
    if (words.includes(true)) ignored++
    else {
      counted.push(one)
      if (words.length > 0) expired.push(one.id)
    }
  }
  return { counted, ignored, expired }
}

function names(ids: readonly string[]): string {
  const different = [...new Set(ids)]
  const more = different.length > mostNames ? [`+${different.length - mostNames}`] : []
  return [...different.slice(0, mostNames), ...more].join(', ')
}

function unknown(code: string, detail: Said['detail'] = {}): Said {
  return { verdict: 'inconclusive', code, detail }
}
