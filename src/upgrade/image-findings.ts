import type { ImageFacts, ImageLook, ImagePolicy } from './image.ts'
import { nameOf, repositoryOf, versionOf } from './image-reference.ts'
import { compareSemVer, semVerOf } from './semver.ts'
import type { Finding, Request } from './upgrade.ts'

/**
 * What the pre-flight may find about an image, whatever it runs on. `detail` of a finding has exactly the parameters
 * named here; the message catalogue makes the sentence of them.
 */
export const imageFindingCodes = {
  // ---- block

  /** The registry has no such tag or digest. `image`, `nearest` (the tag that may have been meant, if any) */
  IMAGE_NOT_FOUND: 'block',
  /** Nobody can tell what the tag stands for; a warning with `resolve: optional`. `image`, `code`, `message` */
  IMAGE_UNRESOLVED: 'block',
  /** None of the nodes is of a platform that it was built for; a warning where some are. `platforms`, `nodes` */
  IMAGE_PLATFORM: 'block',
  /** `forbidTags` names it. `tag` */
  TAG_FORBIDDEN: 'block',
  /** It is no SemVer, and `requireSemver` wants one. `version` */
  NOT_SEMVER: 'block',
  /** Older than what runs, and `forbidDowngrade`; a warning once it was asked for as one. `from`, `to` */
  DOWNGRADE: 'block',
  /** Another major number than what runs, and `forbidMajorJump`; a warning once it was asked for as one. `from`, `to` */
  MAJOR_JUMP: 'block',
  /** Built longer ago than `maxAge`. `created`, `ageMs`, `maxAgeMs` */
  IMAGE_TOO_OLD: 'block',
  /** It does not say when it was built, and `maxAge` asks. */
  IMAGE_AGE_UNKNOWN: 'block',
  /** It is of none of `allowedRegistries`. `image`, `allowed` */
  REGISTRY_NOT_ALLOWED: 'block',
  /** A gate that judges the image alone fails. `gate`, `said` (its code), and what that one has */
  IMAGE_GATE_FAILED: 'block',

  // ---- warn

  /** Such a gate cannot tell. The same */
  IMAGE_GATE_INCONCLUSIVE: 'warn',

  // ---- note

  /** Nobody may list the nodes, so whether it fits is not known. `platforms` */
  NODES_UNKNOWN: 'note',
  /** What such a gate found in order. As in IMAGE_GATE_FAILED */
  IMAGE_GATE_PASSED: 'note',
} as const satisfies Record<string, 'block' | 'warn' | 'note'>

type Given = {
  policy: { image: string; imagePolicy?: ImagePolicy | undefined }
  request: Pick<Request, 'version' | 'image' | 'downgrade' | 'major'>
  /** The image that runs, whole. */
  live: string
  /** Absent when the registry was not asked. */
  look?: ImageLook | undefined
  /** Of the nodes that the pods may be put on; absent when nobody may say. */
  nodes?: readonly string[] | undefined
  /** ISO 8601. */
  now: string
}

/** Everything that speaks against an image, by the rules of its service and by what its registry says. Pure. */
export function imageFindings(given: Given): Finding[] {
  const { imagePolicy } = given.policy
  if (!imagePolicy) return []
  const { look } = given
  return [
    ...origin(given, imagePolicy),
    ...naming(given, imagePolicy),
    ...direction(given, imagePolicy),
    ...(look ? existence(given, imagePolicy, look) : []),
    ...(look?.state === 'found' ? [...platforms(given, look.facts), ...age(given, imagePolicy, look.facts)] : []),
  ]
}

function finding(
  code: keyof typeof imageFindingCodes,
  detail: Finding['detail'] = {},
  severity: Finding['severity'] = imageFindingCodes[code],
): Finding {
  return { severity, code, detail }
}

function origin({ policy: { image } }: Given, { allowedRegistries }: ImagePolicy): Finding[] {
  if (allowedRegistries.length === 0) return []
  const { host, path } = repositoryOf(image)
  const whole = `${host}/${path}`
  if (allowedRegistries.some((one) => whole === one || whole.startsWith(`${one.replace(/\/$/, '')}/`))) return []
  return [finding('REGISTRY_NOT_ALLOWED', { image, allowed: allowedRegistries.join(', ') })]
}

/** A digest has no name but the one that its label gives it. */
function versionIn({ request, look }: Given): string | undefined {
  const labelled = look?.state === 'found' ? look.facts.version : undefined
  return request.version.startsWith('sha256:') ? labelled : request.version
}

function naming(given: Given, { forbidTags, requireSemver }: ImagePolicy): Finding[] {
  const { version } = given.request
  if (forbidTags.includes(version)) return [finding('TAG_FORBIDDEN', { tag: version })]
  const named = versionIn(given)
  return requireSemver && (named === undefined || !semVerOf(named)) ? [finding('NOT_SEMVER', { version })] : []
}

/** Only between versions that can be told apart, of the same image. */
function direction(given: Given, { forbidDowngrade, forbidMajorJump }: ImagePolicy): Finding[] {
  const { policy, request, live } = given
  const [from, to] = [versionOf(live).tag, versionIn(given)]
  const [before, after] = [semVerOf(from ?? ''), semVerOf(to ?? '')]
  if (nameOf(live) !== policy.image || !before || !after || from === undefined || to === undefined) return []
  const isDown = forbidDowngrade && compareSemVer(after, before) < 0
  const isJump = forbidMajorJump && after.major !== before.major
  return [
    ...(isDown ? [finding('DOWNGRADE', { from, to }, request.downgrade ? 'warn' : 'block')] : []),
    ...(isJump ? [finding('MAJOR_JUMP', { from, to }, request.major ? 'warn' : 'block')] : []),
  ]
}

function existence({ request: { image } }: Given, { resolve }: ImagePolicy, look: ImageLook): Finding[] {
  if (look.state === 'found') return []
  if (look.state === 'missing') {
    return [finding('IMAGE_NOT_FOUND', { image, ...(look.nearest !== undefined && { nearest: look.nearest }) })]
  }
  const { code, message } = look
  return [finding('IMAGE_UNRESOLVED', { image, code, message }, resolve === 'required' ? 'block' : 'warn')]
}

function platforms({ nodes }: Given, facts: ImageFacts): Finding[] {
  const built = facts.platforms.join(', ')
  if (nodes === undefined) return [finding('NODES_UNKNOWN', { platforms: built })]
  const fitting = nodes.filter((one) => facts.platforms.includes(one))
  if (fitting.length === nodes.length) return []
  const detail = { platforms: built, nodes: nodes.join(', ') }
  return [finding('IMAGE_PLATFORM', detail, fitting.length === 0 ? 'block' : 'warn')]
}

function age({ now }: Given, { maxAgeMs }: ImagePolicy, { created }: ImageFacts): Finding[] {
  if (maxAgeMs === undefined) return []
  if (created === undefined) return [finding('IMAGE_AGE_UNKNOWN')]
  const ageMs = Date.parse(now) - Date.parse(created)
  return ageMs > maxAgeMs ? [finding('IMAGE_TOO_OLD', { created, ageMs, maxAgeMs })] : []
}
