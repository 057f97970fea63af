import { z } from 'zod'
import { NoticeLevel } from '../upgrade/policy.ts'
import { Channel, duration, text, User } from './fields.ts'

const levels = NoticeLevel.options
const allowedLevel = levels.join(', ')

export const Notify = z
  .array(
    z
      .strictObject({
        channel: z.exactOptional(Channel).describe('A channel that the app is in; or `user`.'),
        user: z.exactOptional(User).describe('A person, who gets direct messages; or `channel`.'),
        on: z
          .array(z.enum(levels, allowedLevel))
          .min(1, `at least one of ${allowedLevel}`)
          .default(['start', 'result'])
          .describe('What they are told: the start, decisions of people, how it ended, what went wrong.'),
      })
      .describe('Somebody who wants to know.'),
    'a list of channels and people',
  )
  .default([])
  .describe('Who is told of upgrades beside those who decide, by short messages without buttons.')

export const Paging = z
  .strictObject({
    every: duration('1s')
      .prefault('5m')
      .describe('When on-call is paged again of a failure that nobody has acknowledged; the time doubles each time.'),
    times: z
      .int('a whole number from 0 to 10')
      .min(0, 'a whole number from 0 to 10')
      .max(10, 'a whole number from 0 to 10')
      .default(3)
      .describe('How often at most; 0: never.'),
    contact: z
      .exactOptional(text(/^[^\p{Cc}]{1,200}$/u, 'a line of 1 to 200 characters'))
      .describe('Whom to call when nobody answers, such as a telephone number: the last page says it.'),
  })
  .describe('What happens while nobody acknowledges that a rollback fails, or that it is paused under an alert.')

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
