import { z } from 'zod'
import { queryTemplates, templatesIn } from '../upgrade/query-template.ts'
import { duration, EnvironmentVariable, Url } from './fields.ts'
import { Query } from './gates.ts'

const templates = queryTemplates.filter((name) => name !== 'pods').map((name) => `{{${name}}}`)

const dayMs = 86_400_000

/** More than that would be more points than Prometheus gives at once. */
const longest = 90 * dayMs

export const Traffic = z
  .strictObject({
    query: Query.refine(
      (query) => !templatesIn(query).includes('pods'),
      'no {{pods}}, since it is asked before there are new pods',
    ).describe(`How much it serves, in PromQL; it has to lead to one value. Templates: ${templates.join(', ')}.`),
    lookback: duration('24h')
      .refine((ms) => ms <= longest, 'at most 90d')
      .prefault('28d')
      .describe('How far back it is looked: weeks are compared from one week on, and days before.'),
    url: z.exactOptional(Url).describe('Another Prometheus than that of the cluster.'),
    tokenEnv: z
      .exactOptional(EnvironmentVariable)
      .describe('With url: the environment variable that holds the bearer token for it.'),
  })
  .refine(({ tokenEnv, url }) => tokenEnv === undefined || url !== undefined, {
    path: ['tokenEnv'],
    message: 'only with url',
  })
  .describe('From what the plan proposes the hour with the least traffic.')
