import { z } from 'zod'
import { endOfWindow, timeOfDay, weekdays } from '../upgrade/windows.ts'
import { isZone } from '../upgrade/zone-time.ts'
import { text } from './fields.ts'

const allowedDay = weekdays.join(', ')
const allowedTime = 'a time of day from "00:00" to "23:59"'
const allowedEnd = 'a time of day from "00:00" to "24:00"'
const allowedZone = 'the name of a time zone such as Europe/Berlin, Asia/Shanghai or UTC'

const Days = z.array(z.enum(weekdays, allowedDay)).min(1, `at least one of ${allowedDay}`)

const times = {
  from: text(timeOfDay, allowedTime).describe('When it opens, by the clocks of the zone.'),
  to: text(endOfWindow, allowedEnd).describe('When it closes; at or before the time it opens: on the next day.'),
  timezone: z
    .string(allowedZone)
    .refine(isZone, allowedZone)
    .describe('IANA name of the zone whose clocks count, summer time included.'),
}

export const Window = z
  .strictObject({ days: Days.describe('Days on which it opens, in its own zone.'), ...times })
  .describe('A time in which batches may begin.')

export const QuietHours = z
  .array(
    z
      .strictObject({
        days: Days.default([...weekdays]).describe('Days on which it begins, in its own zone.'),
        ...times,
      })
      .describe('A time in which nobody is reminded.'),
    'a list of quiet hours',
  )
  .describe('When nobody is reminded of what can wait until they are over. Failures are told at any time.')
