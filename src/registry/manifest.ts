import { z } from 'zod'
import { isDigest } from './reference.ts'

/** https://github.com/opencontainers/image-spec/blob/main/media-types.md, and what Docker called the same before. */
const images = {
  manifest: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'],
  index: ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  config: ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'],
} as const

export const accepted = [...images.index, ...images.manifest].join(', ')

const Digest = z.string().refine(isDigest)
const Annotations = z.record(z.string(), z.string()).optional().catch(undefined)

export const Descriptor = z.object({
  mediaType: z.string(),
  digest: Digest,
  size: z.int().min(0),
  artifactType: z.string().optional(),
  annotations: Annotations,
  platform: z.object({ os: z.string(), architecture: z.string() }).optional().catch(undefined),
})
export type Descriptor = z.infer<typeof Descriptor>

/** One image, or what else is kept in a registry like one. */
export const Manifest = z.object({
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor).max(2_000),
  annotations: Annotations,
  /** What it refers to. */
  subject: z.object({ digest: Digest }).optional().catch(undefined),
})
export type Manifest = z.infer<typeof Manifest>

/** Images for several platforms under one digest; or what refers to an image. */
export const Index = z.object({ manifests: z.array(Descriptor).max(2_000), annotations: Annotations })
export type Index = z.infer<typeof Index>

export const ImageConfig = z.object({
  os: z.string().optional(),
  architecture: z.string().optional(),
  created: z.string().optional().catch(undefined),
  config: z
    .object({ Labels: z.record(z.string(), z.string()).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
})
export type ImageConfig = z.infer<typeof ImageConfig>

export const Tags = z.object({ tags: z.array(z.string().max(128)).nullable() })

export function isManifest(mediaType: string): boolean {
  return images.manifest.some((one) => one === mediaType)
}

export function isIndex(mediaType: string): boolean {
  return images.index.some((one) => one === mediaType)
}

export function isImageConfig(mediaType: string): boolean {
  return images.config.some((one) => one === mediaType)
}
