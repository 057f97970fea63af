/** Where an image is: `host` as people write it, `path` as a registry's API wants it. */
export type Repository = { host: string; path: string }

/** What an image is called: `repository:tag@sha256:…`, tag and digest each optional. */
export type Version = { tag?: string; digest?: string }

const tag = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const digest = /^sha256:[0-9a-f]{64}$/

/** Whether it can be the name of a version at all: a tag, or `sha256:…`. */
export function isVersion(text: string): boolean {
  return isTag(text) || isDigest(text)
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export function isTag(text: string): boolean {
  return tag.test(text)
}

export function isDigest(text: string): boolean {
  return digest.test(text)
}

export function versionOf(image: string): Version {
  const [name = '', digest] = image.split('@', 2)
  const tag = /:([^:/]+)$/.exec(name)?.[1]
  return { ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** Whether two references are of one image: by its digest where both have one, else by every letter. */
export function sameImage(one: string, other: string): boolean {
  const [first, second] = [versionOf(one).digest, versionOf(other).digest]
  return first !== undefined && second !== undefined ? first === second : one === other
}

/** An image without its tag and digest. */
export function nameOf(image: string): string {
  return image.split('@', 1)[0]?.replace(/:[^:/]+$/, '') ?? ''
}

export const dockerHub = 'docker.io'
export const hubNames: readonly string[] = [dockerHub, 'index.docker.io', 'registry-1.docker.io']

/**
 * Reads a repository without tag or digest. As with Docker, the first part is a host when it could not be a path
 * (`.`, `:`, capitals or `localhost`); everything else is on Docker Hub, and there a single name stands for
 * `library/<name>`. https://github.com/distribution/reference
 */
export function repositoryOf(image: string): Repository {
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const host = isHost ? first.toLowerCase() : dockerHub
  const path = isHost ? image.slice(slash + 1) : image
  if (!hubNames.includes(host)) return { host, path }
  return { host: dockerHub, path: path.includes('/') ? path : `library/${path}` }
}
