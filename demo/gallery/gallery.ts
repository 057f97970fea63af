/** Every message that Rollcall can send, made by the product's own views from real data. */
import type { Gallery, Workspace } from '../server/protocol.ts'
import type { Room } from './exhibit.ts'
import { alertsRoom } from './rooms/alerts.ts'
import { answersRoom } from './rooms/answers.ts'
import { breakGlassRoom } from './rooms/break-glass.ts'
import { findingsRoom } from './rooms/findings.ts'
import { gatesRoom } from './rooms/gates.ts'
import { homeRoom } from './rooms/home.ts'
import { incidentsRoom } from './rooms/incidents.ts'
import { noticesRoom } from './rooms/notices.ts'
import { phasesRoom } from './rooms/phases.ts'
import { plansRoom } from './rooms/plans.ts'
import { refusalsRoom } from './rooms/refusals.ts'
import { remindersRoom } from './rooms/reminders.ts'
import { repliesRoom } from './rooms/replies.ts'
import { requestFormRoom } from './rooms/request-form.ts'
import { ugliestRoom } from './rooms/ugliest.ts'

export async function gallery(workspace: Workspace): Promise<Gallery> {
  return { workspace, rooms: await rooms() }
}

export async function rooms(): Promise<Room[]> {
  const ready = [phasesRoom, plansRoom, findingsRoom, incidentsRoom, gatesRoom, refusalsRoom, breakGlassRoom]
  const answers = [await answersRoom(), await repliesRoom()]
  return [...ready, alertsRoom, remindersRoom, noticesRoom, ...answers, requestFormRoom, homeRoom, ugliestRoom]
}
