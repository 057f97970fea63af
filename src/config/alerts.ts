import { z } from 'zod'
import { Severity } from '../upgrade/gate.ts'
import { EnvironmentVariable, Group, text, Url, User } from './fields.ts'
import { allowedLabel, labelName, namePattern } from './names.ts'

const Label = text(labelName, allowedLabel)

const FieldPath = text(
  /^[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}$/,
  'the path of a field such as data.status, at most ten names deep',
)

const Words = z.array(text(/^.{1,100}$/, 'a value of that field'))

/** Where the alerts of a sender with a format of its own are in what it sends. */
const Webhook = z
  .strictObject({
    alerts: z
      .exactOptional(FieldPath)
      .describe('Where the list of alerts is; without it the whole body is one alert. The other paths start there.'),
    status: z
      .strictObject({
        field: FieldPath.describe('Where it stands whether the alert fires.'),
        firing: Words.min(1, 'at least one value').describe('Its values that mean that it fires.'),
        resolved: Words.default([]).describe('Its values that mean that it is over. All others are left alone.'),
      })
      .describe('Whether an alert fires.'),
    labels: z
      .union(
        [FieldPath, z.record(z.string(), FieldPath).meta({ propertyNames: { pattern: labelName.source } })],
        'the path of an object with the labels, or the path of each by its name',
      )
      .describe('Its labels, alertname and severity among them: one object, or a field for each.'),
    startsAt: z
      .exactOptional(FieldPath)
      .describe('When it began, as ISO 8601 or in seconds or milliseconds; without it: when it was first heard of.'),
    fingerprint: z.exactOptional(FieldPath).describe('What tells it from other alerts; without it: its labels.'),
  })
  .describe('How the alerts of a sender with a format of its own are read.')

export const Alerts = z
  .strictObject({
    match: z
      .strictObject({
        namespace: Label.default('namespace').describe('The label that names the namespace of the target.'),
        workload: Label.default('deployment').describe('The label that names the target itself.'),
        pod: Label.default('pod').describe('The label that names a pod of the target, where none names the target.'),
      })
      .prefault({})
      .describe('Which labels of an alert say what it is about.'),
    minSeverity: Severity.default('critical').describe(
      'By the label severity: info, warning or critical. Milder alerts do not count.',
    ),
    webhooks: z
      .record(z.string(), Webhook)
      .default({})
      .meta({ propertyNames: { pattern: namePattern.source } })
      .describe('Senders of alerts beside Alertmanager and Grafana, by the name in their path, /webhooks/<name>.'),
  })
  .prefault({})
  .describe('How alerts are told to be of a target.')

const Schedule = z
  .strictObject({
    type: z.enum(['pagerduty', 'opsgenie']).describe('Whose API it is, or which one it is compatible with.'),
    url: z.exactOptional(Url).describe('Of the API; without it that of the service itself.'),
    id: text(/^[\w-]{1,100}$/, 'the ID of a schedule').describe('ID of the schedule.'),
    tokenEnv: EnvironmentVariable.describe('The environment variable that holds an API key that may read it.'),
  })
  .describe('Where to ask who is on call now; people are found in Slack by their e-mail address.')

export const OnCall = z
  .strictObject({
    users: z.array(User).default([]).describe('Slack user IDs.'),
    groups: z.array(Group).default([]).describe('IDs of Slack user groups.'),
    schedule: z.exactOptional(Schedule),
  })
  .refine(({ users, groups, schedule }) => users.length + groups.length > 0 || schedule !== undefined, {
    error: 'users, groups or a schedule',
  })
  .describe('Whom alerts call. It gives nobody a right: who may act is said by `respond` and `operate`.')
