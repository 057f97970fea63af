import type { Images } from '../engine/ports.ts'
import { RollcallError } from '../upgrade/error.ts'
import type { ImageFacts, ImageLook } from '../upgrade/image.ts'
import { repositoryOf } from '../upgrade/image-reference.ts'
import { nearest } from '../upgrade/nearest.ts'
import { own } from '../upgrade/own.ts'
import { jsonOf } from './json.ts'
import { ImageConfig, isImageConfig, type Manifest } from './manifest.ts'
import { isDigest } from './reference.ts'
import { openRepository, type RegistryRepository } from './repository.ts'
import { invalid, openSession, type Session, type Tokens } from './session.ts'
import type { Registries } from './settings.ts'

/** Largest image configuration that is read, bytes. */
const largestConfig = 1_048_576
/** How long one look may take, whatever it asks, milliseconds. */
const lookTimeoutMs = 10_000
/** So many looks at once; the next one has to come again. A slow registry must not hold up everything else. */
const mostLooks = 4
/** Longest label that is kept, characters, and how many platforms. */
const longestLabel = 500
const mostPlatforms = 50
/** How many tags are looked through for the one that may have been meant. */
const mostTags = 1_000

export type ImagesOptions = {
  /** The registries of the configuration, at this moment. */
  registries: () => Registries
  /** A Docker configuration file for registries that name none of their own. */
  credentials?: string | undefined
  timeoutMs?: number
}

/** Images by the registries that they are in. */
export function registryImages({ registries, credentials, timeoutMs = lookTimeoutMs }: ImagesOptions): Images {
  const tokens: Tokens = new Map()
  let looks = 0

  /** The registry and its mirror, in the order in which they are asked. */
  function places(image: string): { host: string; path: string }[] {
    const origin = repositoryOf(image)
    const { mirror } = own(registries(), origin.host) ?? {}
    if (mirror === undefined) return [origin]
    const [host = '', ...prefix] = mirror.split('/')
    return [{ host, path: [...prefix, origin.path].join('/') }, origin]
  }

  async function lookAt(image: string, version: string): Promise<ImageLook> {
    const signal = AbortSignal.timeout(timeoutMs)
    let look: ImageLook = { state: 'missing' }
    for (const { host, path } of places(image)) {
      look = await lookIn(host, path, version, signal)
      if (look.state === 'found') return look
    }
    return look
  }

  async function lookIn(host: string, path: string, version: string, signal: AbortSignal): Promise<ImageLook> {
    try {
      const settings = own(registries(), host) ?? {}
      const common = { host, settings, tokens, signal }
      const session = await openSession(path, { ...common, ...(credentials !== undefined && { credentials }) })
      const repository = openRepository(session, path)
      const facts = await factsOf(session, repository, version)
      return facts ? { state: 'found', facts } : { state: 'missing', ...(await nearestTo(repository, version)) }
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error
      return { state: 'unknown', code: error.code, message: error.message }
    }
  }

  return {
    async look(image, version) {
      if (looks >= mostLooks) return { state: 'busy' }
      looks++
      try {
        return await lookAt(image, version)
      } finally {
        looks--
      }
    },
  }
}

/** A registry that does not list its tags has said enough by then. */
async function nearestTo(repository: RegistryRepository, version: string): Promise<{ nearest?: string }> {
  if (isDigest(version)) return {}
  const listed = await repository.tags(mostTags).catch(() => undefined)
  const meant = listed && nearest(version, listed.tags)
  return meant === undefined ? {} : { nearest: meant }
}

async function factsOf(
  session: Session,
  repository: RegistryRepository,
  version: string,
): Promise<ImageFacts | undefined> {
  const content = await repository.content(version)
  if (!content) return undefined
  if (content.kind === 'manifest') {
    const config = await configOf(session, repository, content.manifest)
    return { digest: content.digest, platforms: platformsIn([config]), ...labelsOf(config, content.manifest) }
  }
  const images = content.index.manifests.filter(({ platform }) => platform && platform.os !== 'unknown')
  const [first] = images.toSorted((one, other) => Number(isUsual(other.platform)) - Number(isUsual(one.platform)))
  if (!first) throw invalid(session.host, `has an index of ${version} without any image`)
  const one = await repository.content(first.digest)
  if (one?.kind !== 'manifest') throw invalid(session.host, `has an index of ${version} without its images`)
  const config = await configOf(session, repository, one.manifest)
  const platforms = platformsIn(images.flatMap(({ platform }) => platform ?? []))
  return { digest: content.digest, platforms, ...labelsOf(config, one.manifest, content.index) }
}

async function configOf(session: Session, repository: RegistryRepository, { config }: Manifest): Promise<ImageConfig> {
  if (!isImageConfig(config.mediaType)) throw invalid(session.host, 'has something there that is no container image')
  const bytes = await repository.blob(config.digest, largestConfig)
  const parsed = ImageConfig.safeParse(bytes && jsonOf(bytes))
  if (!parsed.success) throw invalid(session.host, 'has an image whose configuration is missing or cannot be read')
  return parsed.data
}

/** What Go calls them is short; anything else fits no node. */
function isPlatform(name: string): boolean {
  return /^[a-z0-9]{1,20}\/[a-z0-9]{1,20}$/.test(name)
}

type Platform = { os?: string | undefined; architecture?: string | undefined }

/** Labels are usually the same on every platform; where they are not, this one's are shown. */
function isUsual(platform: Platform | undefined): boolean {
  return platform?.os === 'linux' && platform.architecture === 'amd64'
}

function platformsIn(platforms: readonly Platform[]): string[] {
  const named = platforms.map(({ os = '', architecture = '' }) => `${os}/${architecture}`).filter(isPlatform)
  return [...new Set(named)].slice(0, mostPlatforms)
}

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md */
function labelsOf(
  { config, created }: ImageConfig,
  ...annotated: { annotations?: Record<string, string> | undefined }[]
): Omit<ImageFacts, 'digest' | 'platforms'> {
  const sources = [config?.Labels ?? {}, ...annotated.map(({ annotations }) => annotations ?? {})]
  const label = (name: string) => {
    const key = `org.opencontainers.image.${name}`
    const text = sources.find((one) => Object.hasOwn(one, key) && one[key])?.[key]
    return text !== undefined && text.length <= longestLabel ? { [name]: text } : {}
  }
  const at = Date.parse(label('created').created ?? created ?? '')
  const when = Number.isNaN(at) ? {} : { created: new Date(at).toISOString() }
  return { ...label('version'), ...label('revision'), ...label('source'), ...when }
}
