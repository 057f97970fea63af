import { z } from 'zod'

export const areas = ['slack', 'redis', 'kubernetes', 'configuration', 'environment', 'audit'] as const
export const severities = ['problem', 'warning', 'note'] as const

export const Area = z.enum(areas)
export type Area = z.infer<typeof Area>
export type Severity = (typeof severities)[number]

export const Finding = z
  .strictObject({
    area: Area.describe('What it is about.'),
    code: z.string().describe('What it is, for scripts; docs/reference/doctor.md lists all.'),
    severity: z
      .enum(severities)
      .describe('problem: stops Rollcall, an upgrade, or a promise. warning: may one day. note: for who wonders.'),
    where: z
      .exactOptional(z.string())
      .describe('Which cluster, target, channel or service; absent where there is one.'),
    found: z.string().describe('What was found.'),
    means: z.string().describe('What follows from it.'),
    remedy: z.string().describe('What to do about it: where to click, what to set.'),
    command: z.exactOptional(z.string()).describe('What to type for that, where a command does it.'),
  })
  .describe('One thing that is not as it should be.')
export type Finding = z.infer<typeof Finding>

const Skipped = z
  .strictObject({
    area: Area,
    whether: z.string().describe('What was not looked at.'),
    because: z.string().describe('The code of the finding that stood in the way.'),
  })
  .describe('A check that could not begin.')
export type Skipped = z.infer<typeof Skipped>

/** What `rollcall doctor --json` prints. Fields may be added; none goes or changes what it means within a version. */
export const Report = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    at: z.iso.datetime().describe('When it was looked at, by the clock of this machine.'),
    checks: z.int().describe('How many checks were made.'),
    problems: z.int(),
    warnings: z.int(),
    notes: z.int(),
    findings: z.array(Finding).describe('By area, the worst first.'),
    skipped: z.array(Skipped),
  })
  .meta({ title: 'What rollcall doctor found' })
export type Report = z.infer<typeof Report>

/** The JSON Schema (2020-12) of a report. */
export function reportJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(Report)
}
