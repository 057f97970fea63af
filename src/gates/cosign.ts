import { verify } from 'node:crypto'
import { z } from 'zod'
import type { Attachment } from '../engine/ports.ts'
import { jsonOf } from '../upgrade/modest-json.ts'
import type { PublicKey } from '../upgrade/public-key.ts'

/*
 * How cosign attaches what somebody says of an image:
 * - under the tag `sha256-….sig`, a layer of «simple signing» JSON with its signature in an annotation; under `.att`, layers
 *   that are DSSE envelopes: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 * - as a referrer, a Sigstore bundle: https://docs.sigstore.dev/about/bundle/
 */
export const bundleTypes = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
]
/** Of `.sig` and `.att`, where they are attached as referrers. */
export const simpleSigningArtifact = 'application/vnd.dev.cosign.artifact.sig.v1+json'
export const statementArtifact = 'application/vnd.in-toto+json'

const simpleSigningLayer = 'application/vnd.dev.cosign.simplesigning.v1+json'
const signatureAnnotation = 'dev.cosignproject.cosign/signature'

/** What the signer says: that the image is theirs, or something else about it. */
export const signsImage = 'https://sigstore.dev/cosign/sign/v1'

/**
 * What somebody says of digests, and the signatures that prove it. Nothing of it is proven before `signersOf`.
 */
export type Statement = {
  /** `signsImage`, or what a predicate is. */
  type: string
  predicate: unknown
  /** `sha256:…` of what it is about. */
  digests: string[]
  /** What exactly was signed; absent: the manifest with that digest. */
  signed?: Buffer
  signatures: Buffer[]
}

/** More than anybody needs, of signatures on one statement. */
const mostSignatures = 20

const Base64 = z.string().transform((text) => Buffer.from(text, 'base64'))

/** https://github.com/containers/image/blob/main/docs/containers-signature.5.md */
const SimpleSigning = z.object({
  critical: z.object({
    // Where it was when it was signed is the signer's word, and moves with nothing.
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
})

const statementType = 'application/vnd.in-toto+json'

/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
const Envelope = z.object({
  payloadType: z.literal(statementType),
  payload: Base64,
  signatures: z
    .array(z.object({ sig: Base64 }))
    .min(1)
    .max(mostSignatures),
})
type Envelope = z.infer<typeof Envelope>

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const InToto = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z
    .array(z.object({ digest: z.record(z.string(), z.string()) }))
    .min(1)
    .max(100),
  predicateType: z.string(),
  predicate: z.unknown(),
})

const Bundle = z.union([
  z.object({ dsseEnvelope: Envelope }),
  z.object({
    messageSignature: z.object({
      messageDigest: z.object({ algorithm: z.literal('SHA2_256'), digest: Base64 }),
      signature: Base64,
    }),
  }),
])

/**
 * The statement in an attachment; nothing where it is not of one of these forms.
 *
 * @param most how deep its JSON may be, and of how many values
 */
export function statementIn(
  { artifactType, mediaType, annotations, bytes }: Attachment,
  most?: { depth: number; values: number },
): Statement | undefined {
  if (!bytes) return undefined
  if (mediaType === simpleSigningLayer) return simplySigned(bytes, annotations[signatureAnnotation])
  const json = jsonOf(bytes, most)
  if (artifactType === undefined || !bundleTypes.includes(artifactType)) {
    const { data } = Envelope.safeParse(json)
    return data && fromEnvelope(data, most)
  }
  const { data: bundle } = Bundle.safeParse(json)
  if (!bundle) return undefined
  if ('dsseEnvelope' in bundle) return fromEnvelope(bundle.dsseEnvelope, most)
  const { messageDigest, signature } = bundle.messageSignature
  const digests = [`sha256:${messageDigest.digest.toString('hex')}`]
  return { type: signsImage, predicate: undefined, digests, signatures: [signature] }
}

function simplySigned(signed: Buffer, signature: string | undefined): Statement | undefined {
  const { data } = SimpleSigning.safeParse(jsonOf(signed))
  if (!data || signature === undefined) return undefined
  const digests = [data.critical.image['docker-manifest-digest']]
  return { type: signsImage, predicate: undefined, digests, signed, signatures: [Buffer.from(signature, 'base64')] }
}

function fromEnvelope(
  { payloadType, payload, signatures }: Envelope,
  most?: { depth: number; values: number },
): Statement | undefined {
  const { data } = InToto.safeParse(jsonOf(payload, most))
  if (!data) return undefined
  const { subject, predicateType: type, predicate } = data
  const digests = subject.flatMap(({ digest }) => Object.entries(digest).map(([name, hex]) => `${name}:${hex}`))
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload])
  return { type, predicate, digests, signed, signatures: signatures.map(({ sig }) => sig) }
}

/** Those of the keys that really signed it. */
export function signersOf<K extends PublicKey>(
  { signed, signatures }: Statement,
  keys: readonly K[],
  manifest?: Buffer,
): K[] {
  const bytes = signed ?? manifest
  return bytes ? keys.filter(({ key }) => signatures.some((signature) => isSigned(bytes, key, signature))) : []
}

/** Ed25519 has its hash built in; the others sign SHA-256, RSA with the padding of PKCS #1 v1.5. */
function isSigned(bytes: Buffer, key: PublicKey['key'], signature: Buffer): boolean {
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key, signature)
}
