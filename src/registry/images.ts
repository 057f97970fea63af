import type { Attachments, Images, TagsLook, Unanswered } from '../engine/ports.ts'
import { RollcallError } from '../upgrade/error.ts'
import { type ImageFacts, type ImageLook, registryBusy } from '../upgrade/image.ts'
import { repositoryOf } from '../upgrade/image-reference.ts'
import { jsonOf } from '../upgrade/modest-json.ts'
import { nearest } from '../upgrade/nearest.ts'
import { own } from '../upgrade/own.ts'
import { handOver } from './attachments.ts'
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
/** So many lists of tags are kept, with so many tags each; and for how long, milliseconds, when there is none. */
const kept = { lists: 20, tags: 5_000, forMs: 60_000, unknownForMs: 5_000 }

export type ImagesOptions = {
  /** The registries of the configuration, at this moment. */
  registries: () => Registries
  /** A Docker configuration file for registries that name none of their own. */
  credentials?: string | undefined
  timeoutMs?: number
  /** Milliseconds, of any beginning. */
  clock?: () => number
}

type Place = { host: string; path: string }

/** Images by the registries that they are in, and what is attached to them there. */
export function registryImages(options: ImagesOptions): Images & { attachments: Attachments } {
  const { registries, credentials, timeoutMs = lookTimeoutMs, clock = () => performance.now() } = options
  const tokens: Tokens = new Map()
  const lists = new Map<string, { answer: Promise<TagsLook>; until: number }>()
  let looks = 0

  /** The registry and its mirror, in the order in which they are asked. */
  function places(image: string): Place[] {
    const origin = repositoryOf(image)
    const { mirror } = own(registries(), origin.host) ?? {}
    if (mirror === undefined) return [origin]
    const [host = '', ...prefix] = mirror.split('/')
    return [{ host, path: [...prefix, origin.path].join('/') }, origin]
  }

  async function lookAt(image: string, version: string): Promise<ImageLook> {
    const signal = AbortSignal.timeout(timeoutMs)
    let look: ImageLook = { state: 'missing' }
    for (const place of places(image)) {
      look = await lookIn(place, version, signal)
      if (look.state === 'found') return look
    }
    return look
  }

  function lookIn(place: Place, version: string, signal: AbortSignal): Promise<ImageLook> {
    return answered(async () => {
      const { session, repository } = await open(place, signal)
      const facts = await factsOf(session, repository, version)
      return facts ? { state: 'found', facts } : { state: 'missing', ...(await nearestTo(repository, version)) }
    })
  }

  async function open({ host, path }: Place, signal: AbortSignal) {
    const common = { host, settings: own(registries(), host) ?? {}, tokens, signal }
    const session = await openSession(path, { ...common, ...(credentials !== undefined && { credentials }) })
    return { session, repository: openRepository(session, path) }
  }

  async function list(image: string): Promise<TagsLook> {
    const signal = AbortSignal.timeout(timeoutMs)
    let look: TagsLook = { state: 'found', tags: [] }
    for (const place of places(image)) {
      look = await listIn(place, signal)
      if (look.state === 'found' && look.tags.length > 0) return look
    }
    return look
  }

  function listIn(place: Place, signal: AbortSignal): Promise<TagsLook> {
    return answered(async () => {
      const { repository } = await open(place, signal)
      return { state: 'found', tags: (await repository.tags(kept.tags)).tags }
    })
  }

  async function counted<T>(work: Promise<T>): Promise<T> {
    looks++
    try {
      return await work
    } finally {
      looks--
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (looks >= mostLooks) throw registryBusy()
    return counted(work())
  }

  async function attachedTo(...[{ name, digest }, wanted, take, signal]: Parameters<Attachments['of']>) {
    let silent: Unanswered | undefined
    for (const place of places(name)) {
      const found = await answered(async () => {
        const { repository } = await open(place, signal)
        return handOver(repository, { host: place.host, digest }, wanted, take)
      })
      if (typeof found !== 'number') silent = found
      else if (found > 0) return { state: 'all' } as const
    }
    return silent ?? ({ state: 'all' } as const)
  }

  async function manifestOf(...[{ name, digest }, signal]: Parameters<Attachments['manifest']>) {
    let silent: Unanswered | undefined
    for (const place of places(name)) {
      const content = await answered(async () => (await open(place, signal)).repository.content(digest))
      if (content && 'bytes' in content) return { state: 'found', bytes: content.bytes } as const
      silent = content ?? silent
    }
    return silent ?? ({ state: 'missing' } as const)
  }

  return {
    async look(image, version) {
      return looks >= mostLooks ? { state: 'busy' } : counted(lookAt(image, version))
    },

    async tags(image) {
      const known = lists.get(image)
      if (known && known.until > clock()) return known.answer
      if (looks >= mostLooks) return { state: 'busy' }
      // Whoever types asks with every letter: until there is an answer, all wait for the same one.
      const asked = { answer: counted(list(image)), until: Number.POSITIVE_INFINITY }
      lists.delete(image)
      lists.set(image, asked)
      const [oldest] = lists.keys()
      if (lists.size > kept.lists && oldest !== undefined) lists.delete(oldest)
      const answer = await asked.answer
      asked.until = clock() + (answer.state === 'found' ? kept.forMs : kept.unknownForMs)
      return answer
    },

    attachments: {
      of: async (...given) => inTurn(() => attachedTo(...given)),
      manifest: async (...given) => inTurn(() => manifestOf(...given)),
    },
  }
}

async function answered<T>(ask: () => Promise<T>): Promise<T | Unanswered> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return { state: 'unknown', code: error.code, message: error.message }
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
