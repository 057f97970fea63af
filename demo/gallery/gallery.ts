/** Every message that Rollcall can send, made by the product's own views from real data. */
import type { Messages } from '../../src/messages/en.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import type { Locale } from '../../src/upgrade/locale.ts'
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
import { proposalsRoom } from './rooms/proposals.ts'
import { refusalsRoom } from './rooms/refusals.ts'
import { remindersRoom } from './rooms/reminders.ts'
import { repliesRoom } from './rooms/replies.ts'
import { requestFormRoom } from './rooms/request-form.ts'
import { ugliestRoom } from './rooms/ugliest.ts'

const all = [
  phasesRoom,
  plansRoom,
  findingsRoom,
  incidentsRoom,
  gatesRoom,
  refusalsRoom,
  breakGlassRoom,
  alertsRoom,
  remindersRoom,
  noticesRoom,
  answersRoom,
  repliesRoom,
  proposalsRoom,
  requestFormRoom,
  homeRoom,
  ugliestRoom,
]

/** What hangs there speaks one language; captions are the gallery's own, and English. */
export async function gallery(workspace: Workspace, locale: Locale): Promise<Gallery> {
  return { workspace, locale, rooms: await rooms(messagesIn(locale)) }
}

export function rooms(messages: Messages): Promise<Room[]> {
  return Promise.all(all.map((room) => room(messages)))
}
