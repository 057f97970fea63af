/** Images as they lie in a registry: bytes, and the digests that those have. */
import { createHash } from 'node:crypto'

export type Blob = { digest: string; mediaType: string; bytes: Buffer }

/** A manifest or an index, with everything that it needs beside it. */
export type Pushable = { content: Blob; blobs: Blob[]; manifests: Blob[] }

const types = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const

export type ImageOptions = {
  format?: keyof typeof types
  os?: string
  architecture?: string
  created?: string
  labels?: Record<string, string>
  /** What makes its bytes others. */
  content?: string
}

export function anImage(options: ImageOptions = {}): Pushable {
  const { format = 'oci', os = 'linux', architecture = 'amd64', created = '2026-06-01T08:00:00Z', labels } = options
  const its = types[format]
  const layer = blob(its.layer, Buffer.from(options.content ?? 'a layer'))
  const config = blob(
    its.config,
    json({
      ...{ os, architecture, created },
      config: labels ? { Labels: labels } : {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [],
    }),
  )
  const content = blob(
    its.manifest,
    json({ schemaVersion: 2, mediaType: its.manifest, config: descriptor(config), layers: [descriptor(layer)] }),
  )
  return { content, blobs: [config, layer], manifests: [] }
}

/** One digest for several platforms. */
export function anIndex(images: readonly ImageOptions[], format: keyof typeof types = 'oci'): Pushable {
  const its = types[format]
  const parts = images.map((options) => ({ options, image: anImage({ ...options, format }) }))
  const manifests = parts.map(({ options: { os = 'linux', architecture = 'amd64' }, image }) => ({
    ...descriptor(image.content),
    platform: { os, architecture },
  }))
  return {
    content: blob(its.index, json({ schemaVersion: 2, mediaType: its.index, manifests })),
    blobs: parts.flatMap(({ image }) => image.blobs),
    manifests: parts.map(({ image }) => image.content),
  }
}

/** A blob in an artifact, and what is said of it there. */
export type Part = { blob: Blob; annotations?: Record<string, string> }

/** Something that refers to an image: a signature, a report. */
export function aReferrer(
  subject: Blob,
  artifactType: string,
  parts?: readonly Part[],
  annotations?: Record<string, string>,
): Pushable {
  const empty = blob('application/vnd.oci.empty.v1+json', Buffer.from('{}'))
  const layers = parts ?? [{ blob: empty }]
  const content = blob(
    types.oci.manifest,
    json({
      schemaVersion: 2,
      mediaType: types.oci.manifest,
      artifactType,
      config: descriptor(empty),
      layers: layers.map(layerOf),
      subject: descriptor(subject),
      annotations,
    }),
  )
  return { content, blobs: [empty, ...layers.map((one) => one.blob)], manifests: [] }
}

/** Something that lies under a tag which is made of an image's digest. */
export function anArtifact(layers: readonly Part[]): Pushable {
  const config = blob(types.oci.config, json({ os: '', architecture: '', rootfs: { type: 'layers', diff_ids: [] } }))
  const { manifest: mediaType } = types.oci
  const content = { schemaVersion: 2, mediaType, config: descriptor(config), layers: layers.map(layerOf) }
  return { content: blob(mediaType, json(content)), blobs: [config, ...layers.map((one) => one.blob)], manifests: [] }
}

function layerOf({ blob: its, annotations }: Part) {
  return { ...descriptor(its), ...(annotations && { annotations }) }
}

/** The index that stands in for the API of referrers, under the tag `sha256-…`. */
export function referrersOf(referrers: readonly { content: Blob; artifactType: string }[]): Pushable {
  const manifests = referrers.map(({ content, artifactType }) => ({ ...descriptor(content), artifactType }))
  const index = json({ schemaVersion: 2, mediaType: types.oci.index, manifests })
  return { content: blob(types.oci.index, index), blobs: [], manifests: [] }
}

export function blob(mediaType: string, bytes: Buffer): Blob {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, mediaType, bytes }
}

export function descriptor({ mediaType, digest, bytes }: Blob) {
  return { mediaType, digest, size: bytes.length }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
