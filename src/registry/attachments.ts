import type { Attachment, Wanted } from '../engine/ports.ts'
import { type Descriptor, isManifest, type Manifest } from './manifest.ts'
import type { RegistryRepository } from './repository.ts'
import { invalid } from './session.ts'

/** How much is looked through for one image, and how many bytes are read for it. */
const most = { referrers: 50, attachments: 100, bytes: 67_108_864 }

/** What lists say of an artifact that says nothing of itself; then its manifest is asked. */
const unsaid = ['application/vnd.oci.empty.v1+json', 'application/vnd.oci.image.config.v1+json']

/**
 * Hands over what is attached to a digest: first what lies under the tags that are made of it, then its referrers, those
 * that say to be newest first.
 *
 * @returns how many there were
 * @throws RollcallError as `RegistryRepository`; REGISTRY_INVALID when there is more than is looked through
 */
export async function handOver(
  repository: RegistryRepository,
  { host, digest }: { host: string; digest: string },
  wanted: Wanted,
  take: (attachment: Attachment) => boolean,
): Promise<number> {
  const { artifactTypes, isWanted = () => true, largest } = wanted
  let [count, bytesRead] = [0, 0]

  /** @returns whether it is enough */
  async function layersOf({ layers, annotations = {} }: Manifest, artifactType?: string): Promise<boolean> {
    for (const layer of layers) {
      const said = { ...annotations, ...layer.annotations }
      if (!isWanted(said)) continue
      if (++count > most.attachments) throw tooMuch(host, digest)
      const bytes = layer.size <= largest ? await repository.blob(layer.digest, largest) : undefined
      bytesRead += bytes?.length ?? 0
      if (bytesRead > most.bytes) throw tooMuch(host, digest)
      const type = artifactType === undefined ? {} : { artifactType }
      if (take({ ...type, mediaType: layer.mediaType, annotations: said, ...(bytes && { bytes }) })) return true
    }
    return false
  }

  for (const suffix of wanted.suffixes) {
    const content = await repository.content(`${digest.replace(':', '-')}.${suffix}`)
    if (content?.kind === 'manifest' && (await layersOf(content.manifest))) return count
  }
  if (artifactTypes.length === 0) return count
  const { referrers, complete } = await repository.referrers(digest)
  const possible = referrers.filter((one) => mayBe(one, artifactTypes)).toSorted(newestFirst)
  for (const one of possible.slice(0, most.referrers)) {
    const content = await repository.content(one.digest)
    if (content?.kind !== 'manifest' || content.manifest.subject?.digest !== digest) continue
    const type = content.manifest.artifactType ?? content.manifest.config.mediaType
    if (artifactTypes.includes(type) && (await layersOf(content.manifest, type))) return count
  }
  if (!complete || possible.length > most.referrers) throw tooMuch(host, digest)
  return count
}

function mayBe({ mediaType, artifactType }: Descriptor, wanted: readonly string[]): boolean {
  return isManifest(mediaType) && (artifactType === undefined || [...wanted, ...unsaid].includes(artifactType))
}

function newestFirst(one: Descriptor, other: Descriptor): number {
  return createdAt(other) - createdAt(one)
}

function createdAt({ annotations }: Descriptor): number {
  return Date.parse(annotations?.['org.opencontainers.image.created'] ?? '') || 0
}

function tooMuch(host: string, digest: string) {
  return invalid(host, `has more attached to ${digest} than is looked through`)
}
