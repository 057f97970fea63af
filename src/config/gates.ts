import { z } from 'zod'
import { Moment } from '../upgrade/gate.ts'
import { duration, text } from './fields.ts'
import { namePattern } from './names.ts'

const Name = text(namePattern, 'a name of lower-case letters, digits and hyphens')

const moments = 'before, soak or after, or a list of them'

/** What every gate but `rollout` has; its name is its type unless it says otherwise. */
const common = {
  name: z.exactOptional(Name).describe('How messages call it; its type, unless two are of one type.'),
  during: z
    .union([Moment.transform((one) => [one]), z.array(Moment).min(1, moments)], moments)
    .prefault('soak')
    .describe(
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

const Url = text(/^https?:\/\/[^\s/@]+(\/\S*)?$/, 'an http or https URL without a user name or password')

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

const Gate = z.discriminatedUnion('type', [Rollout, Http])

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
    const measured = gates.flatMap((gate) => (gate.type === 'rollout' ? [] : [{ ...gate, name: nameOf(gate) }]))
    return { rollout, measured }
  })
  .prefault([])
  .describe('Checks before, during and after the upgrade.')

function nameOf(gate: z.infer<typeof Gate>): string {
  return gate.type === 'rollout' ? 'rollout' : (gate.name ?? gate.type)
}
