import { z } from 'zod'
import { isSemVerRange } from '../upgrade/semver-range.ts'
import { duration, text } from './fields.ts'

export const hostPattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/
export const allowedHost =
  'a registry as it stands in image names, in lower case, with its port if it has one; docker.io for Docker Hub'
const absoluteFile = (example: string) => text(/^\/.*[^/]$/, `an absolute path such as ${example}`)

export const Registry = z
  .strictObject({
    mirror: z
      .exactOptional(
        text(
          /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:\/[a-z0-9._/-]*[a-z0-9])?$/,
          'another registry such as mirror.example.com:5000 or mirror.example.com/docker-hub',
        ),
      )
      .describe('Another registry that is asked first. What holds for it stands under its own name.'),
    ca: z
      .exactOptional(absoluteFile('/etc/rollcall/registry-ca.pem'))
      .describe('File of PEM certificates that are trusted there beside the usual ones.'),
    insecure: z
      .boolean()
      .default(false)
      .describe('Plain HTTP. Only for a registry on the loopback interface of this machine.'),
    credentials: z
      .exactOptional(absoluteFile('/etc/rollcall/registry/.dockerconfigjson'))
      .describe('Docker configuration file with its credentials; without it the one that REGISTRY_AUTH_FILE names.'),
    tokenServer: z
      .exactOptional(text(hostPattern, 'a host such as auth.example.com'))
      .describe('Another host that may be given these credentials in exchange for a token.'),
  })
  .describe('How to reach a registry, and as whom.')

const placeholders = ['from', 'to', 'fromRevision', 'toRevision']

export const ImagePolicy = z
  .strictObject({
    resolve: z
      .exactOptional(z.enum(['required', 'optional', 'off']))
      .describe(
        'Whether a tag becomes a digest before the plan. required: without an answer of the registry nothing starts. optional: the plan warns. Without it: required where the file has registries, else off.',
      ),
    forbidTags: z
      .array(text(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'a tag such as latest'))
      .default([])
      .describe('Tags that are no versions.'),
    requireSemver: z.boolean().default(false).describe('Whether a version has to be SemVer, with or without a v.'),
    forbidDowngrade: z.boolean().default(false).describe('Whether an older version takes --downgrade.'),
    forbidMajorJump: z.boolean().default(false).describe('Whether another major number takes --major.'),
    maxAge: z.exactOptional(duration('1m')).describe('How long ago it may have been built.'),
    allowedRegistries: z
      .array(
        text(
          /^[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?(?:\/[a-z0-9._/-]*[a-z0-9])?$/,
          'a registry, or a part of one, such as registry.example.com/shop',
        ),
      )
      .default([])
      .describe('Registries, or parts of them, that it may come from. Empty: any.'),
    changelog: z
      .exactOptional(
        text(
          /^https:\/\/[^\s|<>]+$/,
          `an https URL with ${placeholders.map((one) => `{${one}}`).join(', ')} in it`,
        ).refine(
          (url) => [...url.matchAll(/\{(\w*)\}/g)].every(([, name = '']) => placeholders.includes(name)),
          `an https URL with no placeholders but ${placeholders.map((one) => `{${one}}`).join(', ')}`,
        ),
      )
      .describe('Where to read what changed. Without it: by the labels of images from GitHub and GitLab.'),
  })
  .describe('What is asked of its images.')

const allowedRange = 'a SemVer range such as ^2 or ">=1.4 <3"'

export const Propose = z
  .strictObject({
    range: z
      .string(allowedRange)
      .max(200, allowedRange)
      .refine((range) => range.trim() !== '' && isSemVerRange(range), allowedRange)
      .default('*')
      .describe('The versions that are proposed. Without it: all.'),
    prereleases: z.boolean().default(false).describe('Whether pre-releases such as 2.0.0-rc.1 are proposed as well.'),
  })
  .describe(
    'Versions that are pushed are proposed in the channel, with a button that opens the form of a request. Nothing starts by itself.',
  )
