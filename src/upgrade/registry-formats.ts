import { z } from 'zod'
import { isDigest, isTag } from './image-reference.ts'

/** Who tells that something was pushed: each in words of its own, by the last part of the path that it calls. */
export const registryFormats = ['distribution', 'harbor', 'github', 'docker-hub', 'generic'] as const
export const RegistryFormat = z.enum(registryFormats)
export type RegistryFormat = z.infer<typeof RegistryFormat>

/** A tag that points to an image now, as somebody says. */
export type Push = {
  /** Repository with its host, without tag and digest. */
  image: string
  tag: string
  digest?: string
}

/**
 * `ignored`: events of another kind, and pushes without a tag; `unreadable`: left out because they are not what the format
 * says.
 */
export type ReadPushes = { pushes: Push[]; ignored: number; unreadable: number }

/** More in one message is none. */
const mostEvents = 10_000

const nothingPushed: ReadPushes = { pushes: [], ignored: 1, unreadable: 0 }
const unreadablePush: ReadPushes = { pushes: [], ignored: 0, unreadable: 1 }

/** Of manifests; layers and configurations are pushed as well. */
const manifests: ReadonlySet<unknown> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])

const DistributionBody = z.object({ events: z.array(z.unknown()).max(mostEvents) })
const DistributionEvent = z.object({ action: z.string(), target: z.object({ mediaType: z.string().optional() }) })
const DistributionPush = z.object({
  target: z.object({ repository: z.string(), tag: z.string().optional(), digest: z.string() }),
  request: z.object({ host: z.string() }),
})

/**
 * CNCF Distribution's notifications. https://distribution.github.io/distribution/about/notifications/
 *
 * @param host how image names call the registry, where whoever pushes calls it something else
 * @returns `undefined` for what is not of this format at all
 */
export function distributionPushes(body: unknown, host?: string): ReadPushes | undefined {
  const events = DistributionBody.safeParse(body).data?.events
  return events && together(events.map((one) => distributionPush(one, host)))
}

function distributionPush(given: unknown, host: string | undefined): ReadPushes {
  const event = DistributionEvent.safeParse(given).data
  if (!event) return unreadablePush
  if (event.action !== 'push' || !manifests.has(event.target.mediaType)) return nothingPushed
  const push = DistributionPush.safeParse(given).data
  if (!push) return unreadablePush
  const { repository, tag, digest } = push.target
  return tag ? pushed({ image: `${host ?? push.request.host}/${repository}`, tag, digest }) : nothingPushed
}

const HarborBody = z.object({ type: z.string() })
const HarborPush = z.object({
  event_data: z.object({
    resources: z.array(z.object({ digest: z.string(), tag: z.string(), resource_url: z.string() })).max(mostEvents),
    repository: z.object({ repo_full_name: z.string() }),
  }),
})

/**
 * Harbor's webhook in its payload format `Default`.
 * https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/
 */
export function harborPushes(body: unknown, host?: string): ReadPushes | undefined {
  const event = HarborBody.safeParse(body).data
  if (!event) return undefined
  if (event.type !== 'PUSH_ARTIFACT') return nothingPushed
  const push = HarborPush.safeParse(body).data
  if (!push) return unreadablePush
  const { resources, repository } = push.event_data
  return together(
    resources.map(({ digest, tag, resource_url }) => {
      // What is pushed by its digest has that in the place of a tag.
      if (isDigest(tag)) return nothingPushed
      const own = resource_url.replace(/^https?:\/\//, '').split('/', 1)[0]
      return pushed({ image: `${host ?? own}/${repository.repo_full_name}`, tag, digest })
    }),
  )
}

const GitHubBody = z.object({ action: z.string() })
const GitHubPackage = z.object({
  package_type: z.string(),
  namespace: z.string(),
  name: z.string(),
  package_version: z
    .object({
      container_metadata: z
        .object({ tag: z.object({ name: z.string(), digest: z.string().optional() }).optional() })
        .nullish(),
    })
    .nullish(),
})
const GitHubPush = z.union([
  z.object({ registry_package: GitHubPackage }).transform((event) => event.registry_package),
  z.object({ package: GitHubPackage }).transform((event) => event.package),
])

/**
 * GitHub's events `registry_package` and `package`, of container images on ghcr.io.
 * https://docs.github.com/webhooks/webhook-events-and-payloads#registry_package
 *
 * @param host of an enterprise's own registry
 */
export function githubPushes(body: unknown, host = 'ghcr.io'): ReadPushes | undefined {
  const event = GitHubBody.safeParse(body).data
  // The first one that GitHub sends says that the webhook is there, and has no action.
  if (!event) return z.object({ zen: z.string() }).safeParse(body).success ? nothingPushed : undefined
  const found = GitHubPush.safeParse(body).data
  if (!found) return unreadablePush
  const tag = found.package_version?.container_metadata?.tag
  const isPush = event.action === 'published' || event.action === 'updated'
  if (!isPush || found.package_type.toLowerCase() !== 'container' || !tag?.name) return nothingPushed
  const { name, digest } = tag
  // Names on GitHub may have capitals, those of images have none.
  const image = `${host}/${found.namespace}/${found.name}`.toLowerCase()
  return pushed({ image, tag: name, ...(digest && { digest }) })
}

const DockerHubPush = z.object({
  push_data: z.object({ tag: z.string() }),
  repository: z.object({ repo_name: z.string() }),
})

/** Docker Hub's webhook, which tells no digest. https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
export function dockerHubPushes(body: unknown): ReadPushes | undefined {
  const push = DockerHubPush.safeParse(body).data
  return push && pushed({ image: `docker.io/${push.repository.repo_name}`, tag: push.push_data.tag })
}

const GenericPush = z.object({ image: z.string(), tag: z.string(), digest: z.string().optional() })

/** What anybody else can send: `{"image": "registry.example.com/shop/web", "tag": "2.4.0"}`. */
export function genericPushes(body: unknown): ReadPushes | undefined {
  const push = GenericPush.safeParse(body).data
  if (!push) return undefined
  const { image, tag, digest } = push
  return pushed({ image, tag, ...(digest !== undefined && { digest }) })
}

/** As names of images are, with a host and nothing behind the path. */
const repository = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/
const longestName = 255

function pushed(push: Push): ReadPushes {
  const { image, tag, digest } = push
  const isName = image.length <= longestName && repository.test(image)
  if (!isName || !isTag(tag) || (digest !== undefined && !isDigest(digest))) return unreadablePush
  return { pushes: [push], ignored: 0, unreadable: 0 }
}

/** One that cannot be read must not hide the others. */
function together(all: readonly ReadPushes[]): ReadPushes {
  return {
    pushes: all.flatMap(({ pushes }) => pushes),
    ignored: all.reduce((sum, { ignored }) => sum + ignored, 0),
    unreadable: all.reduce((sum, { unreadable }) => sum + unreadable, 0),
  }
}
