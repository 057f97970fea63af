import { z } from 'zod'
import { Moment, ratings, Unit } from '../upgrade/gate.ts'
import { linePattern, PatternError } from '../upgrade/line-pattern.ts'
import { nearest } from '../upgrade/nearest.ts'
import { allowedPublicKey, publicKeyOf } from '../upgrade/public-key.ts'
import { queryTemplates, templatesIn } from '../upgrade/query-template.ts'
import { duration, EnvironmentVariable, text, Url } from './fields.ts'
import { namePattern } from './names.ts'

const Name = text(namePattern, 'a name of lower-case letters, digits and hyphens')

const moments = 'before, soak or after, or a list of them'

const Moments = z.union([Moment.transform((one) => [one]), z.array(Moment).min(1, moments)], moments)

/** What every gate but `rollout` has; its name is its type unless it says otherwise. */
const common = {
  name: z.exactOptional(Name).describe('How messages call it; its type, unless two are of one type.'),
  during: Moments.prefault('soak').describe(
    'before: once everybody has approved, before the first change. soak: from the first batch on, again and again, and at the end of each. after: when all pods are new.',
  ),
  interval: duration('1s').prefault('10s').describe('How often it measures while the upgrade is watched.'),
  timeout: duration('100ms').prefault('10s').describe('What has not answered by then could not tell.'),
}

const Rollout = z
  .strictObject({
    type: z.literal('rollout').describe('Watches the new pods. Always on; listed only to change it.'),
    grace: duration('0s')
      .prefault('5m')
      .describe('How long a pod may be unschedulable or fail to pull its image before that counts.'),
  })
  .describe('The new pods themselves.')

const Alerts = z
  .strictObject({
    type: z.literal('alerts').describe('Asks the Alertmanager of the cluster which alerts of the target fire.'),
    ...common,
    during: Moments.prefault(['before', 'soak']).describe('Before the first change an alert holds the start.'),
    always: z
      .array(z.string('the name of an alert').min(1, 'the name of an alert').max(200, 'at most 200 characters'))
      .max(50, 'at most 50 alerts')
      .default([])
      .describe('Names of alerts that count even if they fired before the start.'),
  })
  .describe('Alerts of the target.')

const Http = z
  .strictObject({
    type: z.literal('http').describe('A smoke test: asks a URL and looks at the answer.'),
    ...common,
    url: Url.describe('What is asked, with GET.'),
    status: z
      .array(z.int('an HTTP status from 100 to 599').min(100).max(599))
      .min(1, 'at least one status')
      .default([200])
      .describe('The statuses that pass.'),
    contains: z
      .exactOptional(z.string('some text').min(1, 'some text').max(1_000, 'at most 1,000 characters'))
      .describe('Text that the answer has to contain, within its first megabyte.'),
  })
  .describe('A smoke test over HTTP.')

const { interval: _, ...once } = common

const CronJob = text(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/, 'the name of a CronJob')

const Job = z
  .strictObject({
    type: z.literal('job').describe('Runs a Kubernetes Job, such as a regression test, once for each check.'),
    ...once,
    timeout: duration('1s').prefault('30m').describe('How long the Job may take; after that the gate could not tell.'),
    cronJob: CronJob.describe(
      'The CronJob in the namespace of the target that the Job is made from, usually a suspended one.',
    ),
  })
  .describe('A Kubernetes Job.')

/** What most loggers write in a line that tells of an error. */
export const errorWords = String.raw`(?i)\b(error|fatal|panic|critical|exception|severe|traceback)\b`

const Pattern = z
  .string('a regular expression')
  .min(1, 'a regular expression')
  .max(1_000, 'at most 1,000 characters')
  .superRefine((source, { addIssue }) => {
    try {
      linePattern(source)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      addIssue({ code: 'custom', message: error.message })
    }
  })

const lines = z.int('a number of lines, from 0').min(0, 'a number of lines, from 0')

const Logs = z
  .strictObject({
    type: z.literal('logs').describe('Counts lines in the logs of the new pods.'),
    ...common,
    pattern: z
      .exactOptional(Pattern)
      .describe(
        'Which lines count: a regular expression without look-around and back references. (?i) at its beginning ignores case. Without it: lines with a word such as error, fatal or exception.',
      ),
    max: z.exactOptional(lines).describe('More lines than this fail.'),
    maxNew: z
      .exactOptional(lines)
      .describe('More lines than this, of a kind that no old pod logs at the same time, fail.'),
    window: z
      .exactOptional(duration('1s'))
      .describe('How far back it looks; without it: at all that the new pods have logged.'),
  })
  .superRefine(({ max, maxNew, during, window, interval }, { addIssue }) => {
    if (max === undefined && maxNew === undefined) addIssue({ code: 'custom', message: 'a limit: max or maxNew' })
    if (during.includes('before'))
      addIssue({ code: 'custom', path: ['during'], message: 'soak or after: there are no new pods before' })
    if (window !== undefined && window < interval)
      addIssue({ code: 'custom', path: ['window'], message: 'at least interval, so that no line is missed' })
  })
  .describe('Lines in the logs of the new pods.')

const templates = queryTemplates.map((name) => `{{${name}}}`).join(', ')

export const Query = z
  .string('a query in PromQL')
  .min(1, 'a query in PromQL')
  .max(10_000, 'at most 10,000 characters')
  .superRefine((query, { addIssue }) => {
    for (const name of templatesIn(query).filter((one) => !queryTemplates.some((known) => known === one))) {
      const meant = nearest(name, queryTemplates)
      const suggestion = meant === undefined ? '' : ` (did you mean {{${meant}}}?)`
      addIssue({ code: 'custom', message: `${templates} as templates; {{${name}}} is none${suggestion}` })
    }
  })

const limit = z.number('a number')

const allowedShare = 'a share of what it is compared with, such as "20%"'

const Share = text(/^[0-9]{1,4}(\.[0-9]{1,3})?%$/, allowedShare).transform((given) => Number.parseFloat(given) / 100)

const Prometheus = z
  .strictObject({
    type: z.literal('prometheus').describe('Holds one value of a Prometheus against limits.'),
    ...common,
    query: Query.describe(`What is asked, in PromQL; it has to lead to one value. Templates: ${templates}.`),
    min: z.exactOptional(limit).describe('Less than this fails.'),
    max: z.exactOptional(limit).describe('More than this fails.'),
    maxIncrease: z
      .exactOptional(Share)
      .describe('More than this above what it is compared with fails: above what it was before the first change.'),
    maxDecrease: z.exactOptional(Share.refine((share) => share <= 1, 'at most "100%"')).describe('The same for less.'),
    stable: z
      .exactOptional(Query)
      .describe('What maxIncrease and maxDecrease compare with instead: this query, at the same time.'),
    samples: z
      .exactOptional(
        z.strictObject({
          query: Query.describe('How much the value rests on, such as the number of requests.'),
          min: limit.min(0, 'a number from 0').describe('Less than this, and the gate could not tell.'),
        }),
      )
      .describe('How much traffic the value needs to mean anything.'),
    unit: z
      .exactOptional(Unit)
      .describe('How messages show it. ratio: 0.12 as 12 %. seconds: 0.12 as 120 ms. bytes: 2048 as 2 KiB.'),
    url: z.exactOptional(Url).describe('Another Prometheus than that of the cluster.'),
    tokenEnv: z
      .exactOptional(EnvironmentVariable)
      .describe('With url: the environment variable that holds the bearer token for it.'),
  })
  .superRefine((gate, { addIssue }) => {
    const problem = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message })
    const { min, max, maxIncrease, maxDecrease, stable, during, samples } = gate
    const isRelative = maxIncrease !== undefined || maxDecrease !== undefined
    if (!isRelative && min === undefined && max === undefined)
      addIssue({ code: 'custom', message: 'a limit: min, max, maxIncrease or maxDecrease' })
    if (min !== undefined && max !== undefined && min > max) problem('min', `at most max, ${max}`)
    if (stable !== undefined && !isRelative) problem('stable', 'only with maxIncrease or maxDecrease')
    if (gate.tokenEnv !== undefined && gate.url === undefined) problem('tokenEnv', 'only with url')
    const asksBefore = during.includes('before') || (isRelative && stable === undefined)
    for (const [key, query] of Object.entries({ query: gate.query, stable, samples: samples?.query }))
      if (asksBefore && query !== undefined && templatesIn(query).includes('pods'))
        problem(key, 'no {{pods}}, since it is asked before there are new pods too (or compare with `stable`)')
  })
  .describe('One value of a Prometheus.')

const allowedKey = `${allowedPublicKey}; or the absolute path of a file that holds one`

const Key = z
  .string(allowedKey)
  .max(10_000, allowedKey)
  .refine((key) => /^\/.*[^/]$/.test(key) || publicKeyOf(key) !== undefined, allowedKey)

/** Before the first change, unless it says otherwise: what is known of an image does not change with pods. */
const ofImage = { ...common, during: common.during.unwrap().prefault('before') }

const Signature = z
  .strictObject({
    type: z.literal('signature').describe('The image has to be signed with cosign, by keys that count.'),
    ...ofImage,
    keys: z
      .array(Key)
      .min(1, 'at least one key')
      .max(10, 'at most 10 keys')
      .describe('Public keys: PEM text, or the absolute path of a file that holds it.'),
    least: z
      .int('a whole number from 1')
      .min(1, 'a whole number from 1')
      .default(1)
      .describe('By so many different ones of them it has to be signed.'),
  })
  .superRefine(({ keys, least }, { addIssue }) => {
    if (keys.length > 0 && least > keys.length)
      addIssue({ code: 'custom', path: ['least'], message: `at most ${keys.length}, the keys` })
  })
  .describe('Who built the image.')

const allowedCount = 'a whole number from 0'
const Count = z.int(allowedCount).min(0, allowedCount)

const allowedDay = 'a day such as "2026-12-31" (the last one, UTC) or a time such as "2026-12-31T18:00:00Z"'

/** Of a day its end. */
const Until = z.union(
  [
    z.iso.date(allowedDay).transform((day) => new Date(Date.parse(day) + 86_400_000).toISOString()),
    z.iso.datetime({ offset: true, error: allowedDay }).transform((time) => new Date(time).toISOString()),
  ],
  allowedDay,
)

const allowedReportUrl =
  'an http or https URL with {{digest}} in it, such as "https://reports.example.com/{{digest}}.json"'

const Scan = z
  .strictObject({
    type: z.literal('scan').describe('Holds what a vulnerability scanner found in the image against limits.'),
    ...ofImage,
    timeout: z
      .exactOptional(duration('100ms'))
      .describe('What has not answered by then could not tell. Without it 10s, and 30m with cronJob.'),
    url: z
      .exactOptional(Url.refine((url) => url.includes('{{digest}}'), allowedReportUrl))
      .describe('Where the report is served, in JSON. Without it: attached to the image in its registry.'),
    tokenEnv: z
      .exactOptional(EnvironmentVariable)
      .describe('With url: the environment variable that holds the bearer token for it.'),
    cronJob: z
      .exactOptional(CronJob)
      .describe('Instead of url: the CronJob in the namespace of the target whose Job prints the report.'),
    artifactTypes: z
      .array(text(/^[\w.+-]+\/[\w.+;= -]+$/, 'a media type such as application/vnd.example.report+json'))
      .min(1, 'at least one media type')
      .prefault([
        'application/vnd.aquasecurity.trivy.report+json',
        'application/vnd.trivy.report+json',
        'application/vnd.anchore.grype+json',
        'application/vnd.security.vulnerability.report+json',
      ])
      .describe('Of reports that are attached as they are.'),
    keys: z
      .array(Key)
      .max(10, 'at most 10 keys')
      .default([])
      .describe('With keys, as those of a signature gate, only attestations that one of them signed count.'),
    limits: z
      .strictObject(Object.fromEntries(ratings.map((severity) => [severity, z.exactOptional(Count)])))
      .refine((limits) => Object.keys(limits).length > 0, {
        error: 'at least one severity',
        when: ({ issues }) => issues.length === 0,
      })
      .prefault({ critical: 0, high: 0 })
      .describe('How many of a severity are allowed at most; any number of those that are not named.'),
    fixableOnly: z.boolean().default(false).describe('Whether only those count that an update would mend.'),
    maxAge: duration('1m').prefault('7d').describe('How old the report may be.'),
    ignore: z
      .array(
        z
          .strictObject({
            id: text(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'the name of a vulnerability such as CVE-2026-1234').describe(
              'Its name.',
            ),
            reason: z.string('why').min(1, 'why').max(300, 'at most 300 characters').describe('Why it is accepted.'),
            until: Until.describe('The last day, or the time, until which it is accepted.'),
          })
          .describe('A vulnerability that is known and accepted for a time.'),
      )
      .max(200, 'at most 200 of them')
      .prefault([])
      .describe('Vulnerabilities that are known and accepted, each with its reason and its end.'),
  })
  .superRefine(({ url, tokenEnv, keys, cronJob }, { addIssue }) => {
    const problem = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message })
    if (tokenEnv !== undefined && url === undefined) problem('tokenEnv', 'only with url')
    if (cronJob !== undefined && url !== undefined) problem('cronJob', 'only without url')
    if (keys.length > 0 && url !== undefined) problem('keys', 'only without url: what is served is not signed')
    if (keys.length > 0 && cronJob !== undefined) problem('keys', 'only without cronJob: what is printed is not signed')
  })
  .describe('What a vulnerability scanner found in the image.')

const Webhook = z
  .strictObject({
    type: z.literal('webhook').describe('Asks a service of your own, which says whether to go on.'),
    ...common,
    url: Url.describe('What is asked, with POST.'),
    secretEnv: EnvironmentVariable.describe(
      'The environment variable that holds the secret which requests are signed with: whsec_ and base64.',
    ),
  })
  .describe('The word of a service of your own.')

const signOffs = 'soak or after, or a list of them'
const SignOff = z.enum(['soak', 'after'])

const Acceptance = z
  .strictObject({
    type: z.literal('acceptance').describe('Somebody signs off in Slack.'),
    name: common.name,
    during: z
      .union([SignOff.transform((one) => [one]), z.array(SignOff).min(1, signOffs)], signOffs)
      .prefault('after')
      .describe('soak: at each batch, once it has soaked. after: when all pods are new and have soaked.'),
    by: z.array(Name).min(1, 'at least one role').describe('Roles of which one person has to accept.'),
    timeout: duration('1s').prefault('4h').describe('When nobody has answered by then, nobody could tell.'),
  })
  .describe('The word of a person.')

const Gate = z.discriminatedUnion('type', [
  Rollout,
  Acceptance,
  Alerts,
  Http,
  Job,
  Logs,
  Prometheus,
  Scan,
  Signature,
  Webhook,
])

const most = 20

export const Gates = z
  .array(Gate)
  .max(most, `at most ${most} gates`)
  .superRefine((gates, { addIssue }) => {
    const taken = new Set<string>()
    for (const [index, gate] of gates.entries()) {
      const name = nameOf(gate)
      const isFree = !taken.has(name) && (gate.type === 'rollout' || name !== 'rollout')
      const message = gate.type === 'rollout' ? 'the rollout gate once' : 'a name of its own for each gate'
      if (!isFree) addIssue({ code: 'custom', path: [index], message })
      taken.add(name)
    }
  })
  .transform((gates) => {
    const rollout = gates.find((gate) => gate.type === 'rollout') ?? Rollout.parse({ type: 'rollout' })
    const measured = gates.flatMap((gate) =>
      gate.type === 'rollout' || gate.type === 'acceptance'
        ? []
        : [{ ...gate, name: nameOf(gate), timeout: timeoutOf(gate) }],
    )
    const acceptance = gates.flatMap((gate) => (gate.type === 'acceptance' ? [{ ...gate, name: nameOf(gate) }] : []))
    return { rollout, measured, acceptance }
  })
  .prefault([])
  .describe('Checks before, during and after the upgrade.')

/** Milliseconds. A scan waits for as long as its Job takes. */
function timeoutOf(gate: Exclude<z.infer<typeof Gate>, { type: 'rollout' }>): number {
  return gate.timeout ?? ('cronJob' in gate ? 1_800_000 : 10_000)
}

function nameOf(gate: z.infer<typeof Gate>): string {
  return gate.type === 'rollout' ? 'rollout' : (gate.name ?? gate.type)
}
