import type { Attachment, Attachments, Measure, Wanted } from '../engine/ports.ts'
import type { GateReport } from '../upgrade/events.ts'
import type { SignatureGate } from '../upgrade/gate.ts'
import { bundleTypes, type Statement, signersOf, signsImage, simpleSigningArtifact, statementIn } from './cosign.ts'
import { pinned, unanswered } from './pinned-image.ts'
import { type NamedKey, publicKeys } from './public-keys.ts'

/** The annotation in which cosign says what a bundle is about; it saves reading others. */
const predicateType = 'dev.sigstore.bundle.predicateType'

const wanted: Wanted = {
  suffixes: ['sig'],
  artifactTypes: [...bundleTypes, simpleSigningArtifact],
  isWanted: ({ [predicateType]: type = signsImage }) => type === signsImage,
  largest: 262_144,
}

type Said = Omit<GateReport, 'gate'>

/** Whether the image is signed, by its digest, with enough of the keys that count. */
export function signature(attachments: Attachments): Measure<SignatureGate> {
  return async ({ keys: listed, least }, about, signal) => {
    const image = pinned(about.upgrade)
    if (!image) return { verdict: 'inconclusive', code: 'NO_DIGEST', detail: {} }
    const read = await publicKeys(listed)
    if ('unreadable' in read)
      return { verdict: 'inconclusive', code: 'KEY_UNREADABLE', detail: { file: read.unreadable } }

    const signers = new Set<NamedKey>()
    const found = { signatures: 0, others: new Set<string>() }
    const ofManifest: Statement[] = []
    const count = (statement: Statement, manifest?: Buffer) => {
      for (const signer of signersOf(statement, read.keys, manifest)) {
        if (statement.digests.includes(image.digest)) signers.add(signer)
        else for (const digest of statement.digests) found.others.add(digest)
      }
    }
    const take = (attachment: Attachment) => {
      const statement = statementIn(attachment)
      if (statement?.type === signsImage) {
        found.signatures++
        if (statement.signed) count(statement)
        else ofManifest.push(statement)
      }
      return signers.size >= least
    }

    const attached = await attachments.of(image, wanted, take, signal)
    if (signers.size < least && ofManifest.length > 0) {
      const manifest = await attachments.manifest(image, signal)
      if (manifest.state === 'unknown') return unanswered(manifest)
      if (manifest.state === 'found') for (const statement of ofManifest) count(statement, manifest.bytes)
    }
    const names = [...signers].map(({ name }) => name).join(', ')
    if (signers.size >= least) return { verdict: 'passed', code: 'SIGNED', detail: { keys: names } }
    if (attached.state === 'unknown') return unanswered(attached)
    return failed(found, { count: signers.size, least, ...(names !== '' && { keys: names }) })
  }
}

function failed(
  found: { signatures: number; others: ReadonlySet<string> },
  signed: Said['detail'] & { count: number },
): Said {
  const [other] = found.others
  if (found.signatures === 0) return { verdict: 'failed', code: 'UNSIGNED', detail: {} }
  if (signed.count > 0) return { verdict: 'failed', code: 'TOO_FEW_SIGNATURES', detail: signed }
  if (other !== undefined) return { verdict: 'failed', code: 'SIGNED_FOR_ANOTHER', detail: { digest: other } }
  return { verdict: 'failed', code: 'SIGNED_BY_OTHERS', detail: { signatures: found.signatures } }
}
