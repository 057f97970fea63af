/** What cosign attaches to an image, made with nothing but keys. */
import { type KeyObject, sign } from 'node:crypto'
import { anArtifact, aReferrer, type Blob, blob, type Part, type Pushable } from './image.ts'

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const statementType = 'application/vnd.in-toto+json'
const imageSignature = 'https://sigstore.dev/cosign/sign/v1'

export type SignatureOptions = {
  /** Of which image, if not of the one that it is attached to. */
  digest?: string
  /** Where the signer says that the image was. */
  reference?: string
  type?: string
  /** Changes what was signed, after it was. */
  tamper?: (payload: Buffer) => Buffer
}

/** A layer of the artifact under `sha256-….sig`. */
export function simpleSignature(image: Blob, key: KeyObject, options: SignatureOptions = {}): Part {
  const { digest = image.digest, reference = 'registry.example.com/shop/web', tamper = (same) => same } = options
  const payload = json({
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type: options.type ?? 'cosign container image signature',
    },
    optional: null,
  })
  return {
    blob: blob('application/vnd.dev.cosign.simplesigning.v1+json', tamper(payload)),
    annotations: { 'dev.cosignproject.cosign/signature': signed(payload, key).toString('base64') },
  }
}

export function tagOf(image: Blob, suffix: string): string {
  return `${image.digest.replace(':', '-')}.${suffix}`
}

export type StatementOptions = SignatureOptions & { predicateType?: string; predicate?: unknown }

/** A statement about an image in an envelope, as it lies in a bundle and under `sha256-….att`. */
export function envelope(image: Blob, key: KeyObject, options: StatementOptions = {}) {
  const { digest = image.digest, predicateType = imageSignature, predicate = {}, tamper = (same) => same } = options
  const [algorithm = '', hex] = digest.split(':')
  const subject = [{ digest: { [algorithm]: hex } }]
  const payload = json({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate })
  const head = Buffer.from(`DSSEv1 ${statementType.length} ${statementType} ${payload.length} `)
  const sig = signed(Buffer.concat([head, payload]), key).toString('base64')
  return { payload: tamper(payload).toString('base64'), payloadType: statementType, signatures: [{ sig }] }
}

/** A bundle with a statement, as cosign attaches it. */
export function statementBundle(image: Blob, key: KeyObject, options: StatementOptions = {}): Pushable {
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': options.predicateType ?? imageSignature,
  }
  return bundle(image, { dsseEnvelope: envelope(image, key, options) }, annotations)
}

/** A bundle with a signature over the image's manifest itself. */
export function messageBundle(image: Blob, key: KeyObject, of = image): Pushable {
  const digest = Buffer.from(of.digest.replace('sha256:', ''), 'hex').toString('base64')
  const signature = signed(of.bytes, key).toString('base64')
  return bundle(image, { messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature } })
}

function bundle(image: Blob, content: Record<string, unknown>, annotations?: Record<string, string>): Pushable {
  const whole = { mediaType: bundleType, verificationMaterial: { publicKey: { hint: '' } }, ...content }
  return aReferrer(image, bundleType, [{ blob: blob(bundleType, json(whole)) }], annotations)
}

/** An attestation under `sha256-….att`. */
export function attestation(image: Blob, key: KeyObject, options: StatementOptions = {}): Pushable {
  const bytes = json(envelope(image, key, options))
  const annotations = { predicateType: options.predicateType ?? '' }
  return anArtifact([{ blob: blob('application/vnd.dsse.envelope.v1+json', bytes), annotations }])
}

function signed(bytes: Buffer, key: KeyObject): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key)
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
