import { z } from 'zod'
import { locales } from '../upgrade/locale.ts'
import { Alerts, OnCall } from './alerts.ts'
import { Notify, Paging, Reminders } from './escalation.ts'
import { Channel, duration, EnvironmentVariable, Group, text, Url, User } from './fields.ts'
import { Gates } from './gates.ts'
import { hostPattern, ImagePolicy, Propose, Registry } from './images.ts'
import { labelName, namePattern, reservedServiceNames } from './names.ts'
import { Pipeline } from './pipelines.ts'
import { Traffic } from './traffic.ts'
import { QuietHours, Window } from './windows.ts'

/*
 * Every error message here is what is allowed, as it completes «found …; allowed: …». What concerns more than one
 * place (names that must exist, cycles, duplicates) stands in cross-checks.ts, because a check on an object runs only
 * once all of its parts are right, and people want to hear of everything at once.
 */

/** A mapping whose keys are names; their form is checked across the file, so that a bad name hides nothing below it. */
function named<T extends z.ZodType>(value: T, reserved: readonly string[] = []) {
  return z.record(z.string(), value).meta({
    propertyNames: {
      pattern: namePattern.source,
      ...(reserved.length > 0 && { not: { enum: reserved } }),
    },
  })
}

const Name = text(namePattern, 'a name of lower-case letters, digits and hyphens')

const dnsLabel = text(/^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'a Kubernetes name: a DNS label of RFC 1123')

const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const registry = '[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?'

const Image = text(
  new RegExp(`^(?:${registry}/)?${pathPart}(?:/${pathPart})*$`),
  'an image repository without tag or digest, such as registry.example.com/shop/web',
).describe('Image repository without tag or digest; a version is a tag or a digest of it.')

const LabelValue = text(/^[^\p{Cc}]{1,200}$/u, 'the value of a label: 1 to 200 characters')

const Cluster = z
  .strictObject({
    context: z
      .exactOptional(z.string('the name of a context in your kubeconfig').min(1, 'the name of a context'))
      .describe('Context of the kubeconfig. Without one: the cluster that Rollcall runs in, else the current context.'),
    prometheus: z
      .exactOptional(
        z.strictObject({
          url: Url.describe('Of the Prometheus itself, without /api/v1.'),
          tokenEnv: z
            .exactOptional(EnvironmentVariable)
            .describe('The environment variable that holds the bearer token for it.'),
        }),
      )
      .describe('Where prometheus gates of this cluster ask.'),
    alertmanager: z
      .exactOptional(
        z.strictObject({
          url: Url.describe('Of the Alertmanager itself, without /api/v2.'),
          tokenEnv: z
            .exactOptional(EnvironmentVariable)
            .describe('The environment variable that holds the bearer token for it.'),
        }),
      )
      .describe('Where alerts gates of this cluster ask.'),
    alertLabels: z
      .record(z.string(), LabelValue)
      .default({})
      .meta({ propertyNames: { pattern: labelName.source } })
      .describe('Labels that say that an alert is of this cluster.'),
  })
  .describe('How to reach a cluster; {} for the one that Rollcall runs in.')

const Role = z
  .strictObject({
    users: z.array(User).default([]).describe('Slack user IDs.'),
    groups: z.array(Group).default([]).describe('IDs of Slack user groups.'),
  })
  .describe('Who a role stands for: Slack user IDs and user-group IDs, nothing else.')

const Target = z
  .strictObject({
    kind: z.enum(['Deployment']).describe('Kind of the workload.'),
    namespace: dnsLabel.describe('Its namespace.'),
    name: text(
      /^(?=.{1,244}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
      'a Kubernetes name of at most 244 characters (Rollcall keeps a ConfigMap rollcall-<name> beside it)',
    ).describe('Its name.'),
    container: dnsLabel.describe('The container whose image is upgraded.'),
  })
  .describe('The workload that is upgraded.')

const Roles = z.array(Name)

const Permissions = z
  .strictObject({
    request: Roles.min(1, 'at least one role').describe(
      'May ask for an upgrade, and cancel their own before it starts.',
    ),
    approve: Roles.min(1, 'at least one role').describe('Decide on the start: approve, reject, withdraw.'),
    operate: Roles.min(1, 'at least one role').describe('Continue, resume, pause, roll back, cancel.'),
    respond: Roles.default([]).describe('Stop direction only: pause, roll back, acknowledge.'),
    pipelines: z
      .array(Name)
      .default([])
      .describe('Pipelines that may ask for an upgrade, and read how it goes; nothing else.'),
  })
  .describe('Roles by what they may do. Who is not named may not.')

const Approval = z
  .strictObject({
    quorum: z
      .int('a whole number from 1 to 20')
      .min(1, 'a whole number from 1 to 20')
      .max(20, 'a whole number from 1 to 20')
      .default(1)
      .describe('How many different people have to approve the start.'),
    separateRequester: z.boolean().default(true).describe('Whether the requester’s own approval does not count.'),
    expiresAfter: duration('1s').prefault('4h').describe('How long the question for the start stays open.'),
  })
  .describe('What the start needs.')

const allowedBatch = 'a number of pods from 1, or a share from "1%" to "100%"'

export const Batch = z.union(
  [z.int(allowedBatch).min(1, allowedBatch), text(/^(100|[1-9][0-9]?)%$/, allowedBatch)],
  allowedBatch,
)

const allowedSurge = 'a number of pods from 0, or a share of the replicas such as "25%"'

const Strategy = z
  .strictObject({
    type: z
      .enum(['rolling', 'recreate'])
      .default('rolling')
      .describe(
        'rolling: new pods beside old ones, batch by batch. recreate: all old ones go, then all new ones come.',
      ),
    batches: z
      .array(Batch)
      .min(1, 'at least one batch')
      .default([1, '25%', '50%', '100%'])
      .describe(
        'Cumulative steps, as pods or as a share of the replicas (rounded up). The last one is always all replicas.',
      ),
    soak: duration('0s').prefault('2m').describe('The least time at each batch, the last one included.'),
    continue: z
      .enum(['approval', 'auto'])
      .default('approval')
      .describe('approval: somebody decides before each further batch. auto: only the gates do.'),
    readyTimeout: duration('1s')
      .prefault('10m')
      .describe('This long without a newly Ready pod, and the batch has failed.'),
    maxHold: duration('1s')
      .prefault('24h')
      .describe('How long a question or a pause may last before onFailure applies.'),
    maxSurge: z
      .exactOptional(
        z.union([z.int(allowedSurge).min(0, allowedSurge), text(/^[0-9]{1,3}%$/, allowedSurge)], allowedSurge),
      )
      .describe('Pods above the replicas during a move; 0 drains first. Without it: the Deployment’s own.'),
    hold: z
      .enum(['quiet', 'strict'])
      .default('quiet')
      .describe('quiet: between batches the workload looks normal. strict: not even kubectl rollout resume moves it.'),
  })
  .describe('How the new version takes over.')

const Environment = z
  .strictObject({
    cluster: Name.describe('One of the clusters above.'),
    target: Target,
    promoteFrom: z
      .exactOptional(
        z.strictObject({
          environment: Name.describe('Another environment of the service.'),
          within: duration('1m').prefault('14d').describe('How long ago that may have been.'),
        }),
      )
      .describe('Where this very image has to have succeeded before. Without it a version may come from anywhere.'),
    permissions: Permissions,
    approval: Approval.prefault({}),
    reminders: Reminders.prefault({}),
    quietHours: z.exactOptional(QuietHours),
    paging: Paging.prefault({}),
    notify: Notify,
    strategy: Strategy.prefault({}),
    overrides: z
      .array(z.enum(['strategy', 'batches']))
      .default([])
      .describe('What a requester may set by option.'),
    onFailure: z
      .enum(['rollback', 'hold'])
      .default('rollback')
      .describe('What follows on a failed batch or gate, and on a hold that nobody ended.'),
    onAlert: z
      .enum(['hold', 'rollback', 'notify'])
      .default('hold')
      .describe('What follows when an alert of the target begins to fire after the start; notify only tells people.'),
    breakGlass: z
      .boolean()
      .default(false)
      .describe('Whether an administrator may start without approvals and soaks, and have another one sign it off.'),
    rollbackWindow: duration('0s')
      .prefault('24h')
      .describe('How long after its success an upgrade can still be rolled back; 0s for not at all.'),
    gitops: z
      .enum(['refuse', 'warn'])
      .default('refuse')
      .describe('What to do about a workload that Argo CD or Flux would change back.'),
    imagePolicy: z.exactOptional(ImagePolicy),
    propose: z.exactOptional(Propose),
    windows: z
      .exactOptional(z.array(Window, 'a list of windows').min(1, 'at least one window; without the key: at any time'))
      .describe('When an upgrade may start and further batches may begin; without it: at any time.'),
    traffic: z.exactOptional(Traffic),
    gates: Gates,
  })
  .describe('One place where the service runs.')

const Service = z
  .strictObject({
    image: Image,
    channel: z.exactOptional(Channel).describe('Slack channel of this service; without it slack.channel.'),
    onCall: z.exactOptional(OnCall),
    dependsOn: z
      .array(Name)
      .default([])
      .describe('Services that have to run their wanted version in the same environment before this one starts.'),
    notify: Notify,
    environments: named(Environment)
      .refine((all) => Object.keys(all).length > 0, 'at least one environment')
      .describe('Where it runs, by name.'),
  })
  .describe('What is upgraded; one target per environment.')

/** `rollcall.yaml`. Durations are milliseconds once parsed. */
export const Config = z
  .strictObject({
    version: z.literal(1).describe('Version of this file’s format.'),
    slack: z
      .strictObject({
        channel: Channel.describe('ID of the channel where upgrades go; a service may name its own.'),
        replies: z
          .enum(['any', 'mention', 'off'])
          .default('any')
          .describe(
            'Which replies in an upgrade’s thread are read as commands: all, those that mention the app, or none.',
          ),
        locale: z
          .enum(locales)
          .default('en')
          .describe(
            'Language of what channels read, and of people who have none of these set in Slack. Read at the start.',
          ),
      })
      .describe('Where Rollcall speaks.'),
    clusters: named(Cluster).describe('Kubernetes clusters by name.'),
    roles: named(Role).describe('Roles by name.'),
    people: z
      .array(z.array(User).min(2, 'at least two accounts of one human'))
      .default([])
      .describe('Several Slack accounts of one human, who counts once.'),
    admins: z.exactOptional(Name).describe('The role of those who look after Rollcall itself.'),
    alerts: Alerts,
    onCall: z.exactOptional(OnCall),
    quietHours: z.exactOptional(QuietHours),
    audit: z
      .exactOptional(
        z.strictObject({
          file: text(/^\/.*[^/]$/, 'an absolute path such as /var/log/rollcall/audit.jsonl').describe(
            'Every audit entry is appended to it as one JSON line, as it happens.',
          ),
        }),
      )
      .describe('Where the audit trail goes beside Redis.'),
    registries: z
      .exactOptional(z.record(z.string(), Registry).meta({ propertyNames: { pattern: hostPattern.source } }))
      .describe(
        'Image registries, by host. With this key, even an empty one, every tag becomes a digest before it is planned.',
      ),
    pipelines: named(Pipeline).default({}).describe('Pipelines that may call the API, by the name of their token.'),
    services: named(Service, reservedServiceNames)
      .refine((all) => Object.keys(all).length > 0, 'at least one service')
      .describe('Services by name.'),
  })
  .meta({ title: 'Rollcall configuration' })
export type Config = z.infer<typeof Config>
export type EnvironmentConfig = z.infer<typeof Environment>
