import { z } from 'zod'
import { duration } from './fields.ts'

export const Reminders = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether anybody is reminded at all.'),
    after: duration('1s')
      .prefault('30m')
      .describe('When those who are named and have not decided are reminded; at the latest after half of the time.'),
    escalateAfter: duration('1s')
      .prefault('2h')
      .describe('When their groups are, for the last time; at the latest after three quarters of the time.'),
  })
  .describe('What happens while people who can decide do not.')
