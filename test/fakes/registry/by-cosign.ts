/** What cosign itself has signed; `by-cosign.md` says how it was made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Blob, blob, type Pushable } from './image.ts'

type Text = { mediaType: string; text: string }
type Stored = { tag?: string; manifest: Text; blobs: Text[] }
type File = { publicKey: string; forms: Record<string, { image: Stored; artefacts: Stored[] }> }

export type SignedForm = {
  /** How cosign attached the signature. */
  form: string
  /** The image's manifest. */
  signed: Blob
  /** Everything, in the order in which a registry takes it. */
  artefacts: { tag: string | undefined; pushable: Pushable }[]
}

export function byCosign(): { publicKey: string; forms: SignedForm[] } {
  const { publicKey, forms } = JSON.parse(readFileSync(join(import.meta.dirname, 'by-cosign.json'), 'utf8')) as File
  return {
    publicKey,
    forms: Object.entries(forms).map(([form, { image, artefacts }]) => ({
      form,
      signed: blobOf(image.manifest),
      artefacts: [image, ...artefacts].map((one) => ({ tag: one.tag, pushable: pushableOf(one) })),
    })),
  }
}

function pushableOf({ manifest, blobs }: Stored): Pushable {
  return { content: blobOf(manifest), blobs: blobs.map(blobOf), manifests: [] }
}

function blobOf({ mediaType, text }: Text): Blob {
  return blob(mediaType, Buffer.from(text))
}
