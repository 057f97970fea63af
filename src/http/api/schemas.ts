import { z } from 'zod'
import { isVersion } from '../../upgrade/image-reference.ts'
import { phases } from '../../upgrade/phase.ts'
import { Batch, Strategy } from '../../upgrade/policy.ts'
import { Outcome } from '../../upgrade/upgrade.ts'

/*
 * What programs send and get. The document that they are told this by is made of these schemas; what is added later is
 * optional, and nothing is taken away.
 */

const line = (longest: number) => z.string().min(1).max(longest)

const Key = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'a name for this request of 1 to 200 visible characters')

export const RequestBody = z
  .strictObject({
    service: line(63).meta({ description: 'A service of the configuration.', example: 'web' }),
    version: line(128)
      .refine(isVersion, 'a tag such as 1.5.0, or sha256: and 64 hexadecimal digits')
      .meta({ description: 'A tag of the service’s image, or a digest `sha256:…`.', example: '1.5.0' }),
    environment: z
      .exactOptional(line(63))
      .meta({ description: 'May be left out where the pipeline may ask for one only.', example: 'production' }),
    reason: z.exactOptional(line(500)).meta({ description: 'What it is for; approvers read it.' }),
    strategy: z
      .exactOptional(Strategy.shape.type)
      .meta({ description: 'Only where the configuration lets a requester set it.' }),
    batches: z.exactOptional(z.array(Batch).min(1).max(50)).meta({
      description: 'Pods or percentages, cumulative; only where a requester may set them.',
      example: [1, '25%', '100%'],
    }),
    at: z
      .exactOptional(z.iso.datetime({ offset: true }))
      .meta({ description: 'Not before this time.', example: '2026-11-23T02:00:00+08:00' }),
    irreversible: z.exactOptional(line(500)).meta({
      description: 'Why it cannot simply be undone, such as a migration; then only an operator takes it back.',
    }),
    key: z
      .exactOptional(Key)
      .meta({ description: 'What `Idempotency-Key` says, for senders that cannot make a header for each request.' }),
    downgrade: z.exactOptional(z.literal(true)).meta({ description: 'It is meant to be an older version.' }),
    major: z.exactOptional(z.literal(true)).meta({ description: 'It is meant to have another major number.' }),
  })
  .meta({ id: 'UpgradeRequest' })
export type RequestBody = z.infer<typeof RequestBody>

const UpgradeId = z.string().meta({ description: '`<service>-<environment>-<n>`', example: 'web-production-14' })

const Requester = z
  .object({
    pipeline: z.exactOptional(z.string()).meta({ description: 'Name of the token.' }),
    slackUser: z.exactOptional(z.string()).meta({ description: 'Whose request it is.' }),
  })
  .meta({ description: 'Who asked for it. Without a Slack user it takes one approval more.' })

const Links = z.object({
  self: z.string().meta({ description: 'Path of the state.', example: '/api/v1/upgrades/web-production-14' }),
  slack: z.exactOptional(z.string()).meta({ description: 'The live message, once it is there.' }),
})

export const Accepted = z
  .object({
    id: UpgradeId,
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    requestedAt: z.iso.datetime(),
    requester: Requester,
    links: Links.pick({ self: true }),
  })
  .meta({ id: 'AcceptedUpgrade', description: 'The same answer to the same request, however often it is sent.' })
export type Accepted = z.infer<typeof Accepted>

export const State = z
  .object({
    id: UpgradeId,
    sequence: z.int().min(1).meta({ description: 'Grows with every change; what `after` takes.' }),
    phase: z.enum(phases).meta({ id: 'Phase' }),
    over: z.boolean().meta({ description: 'It has come to an end, and `result` is there.' }),
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    image: z.string().meta({ description: 'The whole reference; with a digest once it is resolved.' }),
    previousImage: z.exactOptional(z.string()),
    requester: Requester,
    reason: z.exactOptional(z.string()),
    requestedAt: z.iso.datetime(),
    approvals: z.object({ needed: z.int(), given: z.int() }),
    progress: z.object({
      batch: z.int().meta({ description: 'Under way, or reached last; 0 before the first one and on the way back.' }),
      batches: z.int(),
      updated: z.int().meta({ description: 'Replicas on the new revision.' }),
      ready: z
        .exactOptional(z.int())
        .meta({ description: 'Ready pods of any revision; absent while nobody can tell.' }),
      total: z.int(),
    }),
    hold: z
      .exactOptional(z.object({ code: z.string(), since: z.iso.datetime(), reason: z.exactOptional(z.string()) }))
      .meta({ description: 'Why it is paused. The codes are in the reference.' }),
    findings: z.array(z.object({ severity: z.enum(['block', 'warn', 'note']), code: z.string() })),
    result: z.exactOptional(
      z.object({
        outcome: Outcome,
        code: z.exactOptional(z.string()),
        at: z.iso.datetime(),
        by: z.string().meta({ description: 'A Slack user ID, the name of a program, or `rollcall`.' }),
        reason: z.exactOptional(z.string()),
      }),
    ),
    links: Links,
  })
  .meta({ id: 'UpgradeState' })
export type State = z.infer<typeof State>

/** A state as a client reads it: a newer Rollcall may have more words for where an upgrade is. */
export const SeenState = z.object({
  ...State.shape,
  phase: z.string(),
  result: z.exactOptional(
    z.object({
      outcome: z.string(),
      code: z.exactOptional(z.string()),
      by: z.string(),
      reason: z.exactOptional(z.string()),
    }),
  ),
})
export type SeenState = z.infer<typeof SeenState>

export const ErrorBody = z
  .object({
    error: z.object({
      code: z.string().meta({ example: 'ACTIVE' }),
      message: z.string(),
      hint: z.string(),
      problems: z
        .exactOptional(z.array(z.object({ path: z.string(), message: z.string() })))
        .meta({ description: 'Each field that is wrong.' }),
      upgrade: z.exactOptional(UpgradeId).meta({ description: 'The upgrade that is in the way.' }),
    }),
  })
  .meta({ id: 'Error' })

export const StateParameters = z.object({ id: UpgradeId })

const longestWaitSeconds = 60
const allowedWait = `whole seconds from 0s to ${longestWaitSeconds}s, such as 60s`

/** How long to wait for a change; milliseconds once parsed. */
const Wait = z
  .string()
  .regex(/^([0-9]|[1-5][0-9]|60)s$/, allowedWait)
  .meta({ description: `Answer only once \`sequence\` is greater than \`after\`, or after this time: ${allowedWait}.` })

export const StateQuery = z.strictObject({
  wait: z.exactOptional(Wait),
  after: z
    .exactOptional(z.string().regex(/^[0-9]{1,9}$/, 'the sequence of the last state that was seen'))
    .meta({ description: 'The `sequence` of the last state that was seen; 0 without it.' }),
})

/** What came in the headers of a request. */
export const RequestHeaders = z.object({
  'idempotency-key': z.exactOptional(Key).meta({
    description:
      'A name for this request, 1 to 200 visible characters; needed, here or as `key`. The same request with the same key has the same answer, for 24 hours.',
  }),
  'x-rollcall-identity': z.exactOptional(z.string()).meta({
    description: 'A token of the CI (OpenID Connect) that says whose pipeline this is and who started it.',
  }),
})
