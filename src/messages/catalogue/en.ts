import type { Marks } from '../translator.ts'
import { alerts } from './en/alerts.ts'
import { audit } from './en/audit.ts'
import { commands } from './en/commands.ts'
import { dependencies } from './en/dependencies.ts'
import { findings } from './en/findings.ts'
import { form } from './en/form.ts'
import { gates } from './en/gates.ts'
import { help } from './en/help.ts'
import { home } from './en/home.ts'
import { incidents } from './en/incidents.ts'
import { notices } from './en/notices.ts'
import { paging } from './en/paging.ts'
import { permissions } from './en/permissions.ts'
import { phases } from './en/phases.ts'
import { plan } from './en/plan.ts'
import { proposals } from './en/proposals.ts'
import { refusals } from './en/refusals.ts'
import { reminders } from './en/reminders.ts'
import { replies } from './en/replies.ts'
import { report } from './en/report.ts'
import { restrictions } from './en/restrictions.ts'
import { upgrade } from './en/upgrade.ts'
import { whoCan } from './en/who-can.ts'
import { wording } from './en/wording.ts'

export const marks: Marks = {
  betweenSentences: ' ',
  betweenParts: ', ',
  betweenPhrases: ', ',
  betweenClauses: '; ',
  quotes: ['«', '»', '‹', '›'],
}

/** Every message in English. Which there are, and what each takes, is read off here. */
export const catalogue = {
  ...home,
  ...restrictions,
  ...dependencies,
  ...alerts,
  ...audit,
  ...permissions,
  ...gates,
  ...form,
  ...help,
  ...refusals,
  ...findings,
  ...incidents,
  ...upgrade,
  ...plan,
  ...report,
  ...commands,
  ...notices,
  ...paging,
  ...proposals,
  ...reminders,
  ...phases,
  ...replies,
  ...whoCan,
  ...wording,
} as const
