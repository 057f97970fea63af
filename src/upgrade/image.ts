import { z } from 'zod'
import { RollcallError } from './error.ts'

/**
 * What is asked of the images of a service in one environment. Absent from a policy: nothing is, and its registry is
 * not looked at.
 */
export const ImagePolicy = z.strictObject({
  /**
   * Whether a tag becomes a digest before the plan. `required`: without an answer nothing starts; `optional`: the plan
   * warns, and the pods get whatever the tag means when they pull it; `off`: the registry is not asked.
   */
  resolve: z.enum(['required', 'optional', 'off']),
  forbidTags: z.array(z.string()),
  requireSemver: z.boolean(),
  /** A version below the one that runs has to be asked for as such. */
  forbidDowngrade: z.boolean(),
  /** The same for one with another major number. */
  forbidMajorJump: z.boolean(),
  /** How long ago it may have been built. */
  maxAgeMs: z.exactOptional(z.int().min(1)),
  /** Registries, or parts of them, that it may come from; none: any. */
  allowedRegistries: z.array(z.string()),
  /** Where the changes between two versions can be read: a URL with `{from}`, `{to}` and revisions in it. */
  changelog: z.exactOptional(z.string()),
})
export type ImagePolicy = z.infer<typeof ImagePolicy>

/** What a registry says of an image. Its labels are whatever whoever built it wrote there. */
export const ImageFacts = z.strictObject({
  /** Of its index where it has several platforms, else of its manifest; computed from the bytes. */
  digest: z.string(),
  /** `linux/amd64`, … */
  platforms: z.array(z.string()),
  version: z.exactOptional(z.string()),
  revision: z.exactOptional(z.string()),
  /** ISO 8601. */
  created: z.exactOptional(z.string()),
  source: z.exactOptional(z.string()),
})
export type ImageFacts = z.infer<typeof ImageFacts>

/** What came of asking a registry. */
export type ImageLook =
  | { state: 'found'; facts: ImageFacts }
  /** The registry answers, and has no such tag or digest; which tag may have been meant. */
  | { state: 'missing'; nearest?: string }
  /** Nobody can tell; `code` and `message` are those of the error. */
  | { state: 'unknown'; code: string; message: string }

/** A slow registry must not hold up everything else, so what there is no turn for comes again. */
export function registryBusy(): RollcallError {
  return new RollcallError('REGISTRY_BUSY', 'Too many images are looked at right now.', {
    hint: 'Ask again in a moment.',
    retryable: true,
  })
}
