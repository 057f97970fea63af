import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { activeConfig } from '../../src/config/resolve.ts'
import type { Config } from '../../src/config/schema.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import { Policy } from '../../src/upgrade/policy.ts'
import { anyText } from '../any-text.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { valid } from './a-config.ts'

/** Every place of the valid file, as a path; the whole is the empty one. */
function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, below]) => placesIn(below, [...path, key]))]
}

const whole = parse(valid) as Record<string, unknown>
const places = placesIn(whole)

const aValue: fc.Arbitrary<unknown> = fc.oneof(
  anyText(20),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, {}, [], [[]], '100%', '0%', '1s', '366d', 'U0ALICE', 'web', 'eu', 'production', -1, 0),
  fc.array(anyText(5), { maxLength: 3 }),
  fc.dictionary(anyText(8), anyText(8), { maxKeys: 3 }),
)

/** One place taken away, given another value, or another key beside it. */
type Mutation = { path: string[]; what: 'remove' | 'replace' | 'add'; key: string; value: unknown }

const aMutation: fc.Arbitrary<Mutation> = fc.record({
  path: fc.constantFrom(...places),
  what: fc.constantFrom('remove' as const, 'replace' as const, 'add' as const),
  key: fc.oneof(anyText(8), fc.constantFrom('web', 'image', 'admins', 'audit', 'gates', '__proto__', 'constructor')),
  value: aValue,
})

function mutated(mutations: readonly Mutation[]): string {
  const root: { whole: unknown } = { whole: structuredClone(whole) }
  for (const { path, what, key, value } of mutations) {
    const steps = ['whole', ...path]
    const last = steps.pop() ?? ''
    let parent: unknown = root
    for (const step of steps)
      parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, step) : undefined
    if (typeof parent !== 'object' || parent === null) continue
    const there: unknown = Reflect.get(parent, last)
    if (what === 'replace') Reflect.set(parent, last, value)
    else if (what === 'remove') Reflect.deleteProperty(parent, last)
    else if (typeof there === 'object' && there !== null) {
      Object.defineProperty(there, key, { value, enumerable: true, configurable: true, writable: true })
    }
  }
  try {
    return stringify(root.whole ?? null)
  } catch {
    return ''
  }
}

/** Text that is no longer what anybody meant. */
const aText = fc.oneof(
  { weight: 5, arbitrary: fc.array(aMutation, { minLength: 1, maxLength: 3 }).map(mutated) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(valid.length), fc.nat(30), anyText(10))
      .map(([at, length, text]) => valid.slice(0, at) + text + valid.slice(at + length)),
  },
  { weight: 1, arbitrary: anyText(200) },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.oneof(anyText(3), fc.constantFrom('\n', '  ', ': ', '- ', '&a ', '*a', '<<: ', '{', ']', '? ', '!!x ', '"')),
      )
      .map((pieces) => pieces.join('')),
  },
)

function outcomeOf(text: string): { config: Config } | { message: string } {
  try {
    return parseConfig(text, { file: 'rollcall.yaml', kubeconfig: { file: 'kubeconfig', contexts: ['prod-eu'] } })
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'CONFIG_INVALID') return { message: error.message }
    throw error
  }
}

test('whatever the file holds: a configuration whose every policy is whole, or a bounded list of problems', () => {
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(aText, (text) => {
      const outcome = outcomeOf(text)
      if ('config' in outcome) {
        counts.accepted++
        const active = activeConfig(outcome.config, text)
        const policies = active
          .services()
          .flatMap(({ name, environments }) => environments.map((place) => active.policyFor(name, place)))
        expect(policies.length).toBeGreaterThan(0)
        for (const policy of policies) {
          expect(Policy.safeParse(policy).error).toBeUndefined()
          // Nobody is granted anything by a role that is not in the file.
          const grants = Object.values(policy?.permissions ?? {}).flat()
          for (const { role } of grants) expect(Object.hasOwn(outcome.config.roles, role)).toBe(true)
          expect(policy?.permissions.approve.length).toBeGreaterThan(0)
        }
        expect(outcomeOf(text)).toEqual(outcome)
        return
      }
      counts.refused++
      const [heading = '', ...lines] = outcome.message.split('\n')
      expect(heading).toMatch(/^rollcall\.yaml has (one problem|\d+ problems):$/)
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.length).toBeLessThanOrEqual(501)
      for (const line of lines) {
        expect(line).toMatch(/^ {2}(rollcall\.yaml(:\d+:\d+)? {2}\S|… and \d+ more$)/)
        expect(line.length).toBeLessThan(700)
      }
    }),
    { numRuns: fuzzRuns(100) },
  )
  expect(counts.accepted).toBeGreaterThan(0)
  expect(counts.refused).toBeGreaterThan(0)
})
