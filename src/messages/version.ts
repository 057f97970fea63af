import { versionOf } from '../upgrade/image-reference.ts'

/** `1.5.0 (9f3c07)`, `1.5.0`, or `sha256:9f3c07` for a digest alone. */
export function shortVersion(image: string): string {
  const { tag, digest } = versionOf(image)
  const short = digest?.replace(/^sha256:/, '').slice(0, 6)
  if (tag === undefined) return short === undefined ? 'untagged' : `sha256:${short}`
  return short === undefined ? tag : `${tag} (${short})`
}

/** The version alone, for metadata and records: the tag, else the digest. */
export function plainVersion(image: string): string {
  const { tag, digest } = versionOf(image)
  return tag ?? digest ?? ''
}
