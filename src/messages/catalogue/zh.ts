import type { Marks } from '../translator.ts'
import type { catalogue as english } from './en.ts'
import { alerts } from './zh/alerts.ts'
import { audit } from './zh/audit.ts'
import { commands } from './zh/commands.ts'
import { dependencies } from './zh/dependencies.ts'
import { findings } from './zh/findings.ts'
import { form } from './zh/form.ts'
import { gates } from './zh/gates.ts'
import { help } from './zh/help.ts'
import { home } from './zh/home.ts'
import { incidents } from './zh/incidents.ts'
import { notices } from './zh/notices.ts'
import { paging } from './zh/paging.ts'
import { permissions } from './zh/permissions.ts'
import { phases } from './zh/phases.ts'
import { plan } from './zh/plan.ts'
import { proposals } from './zh/proposals.ts'
import { refusals } from './zh/refusals.ts'
import { reminders } from './zh/reminders.ts'
import { replies } from './zh/replies.ts'
import { report } from './zh/report.ts'
import { restrictions } from './zh/restrictions.ts'
import { upgrade } from './zh/upgrade.ts'
import { whoCan } from './zh/who-can.ts'
import { wording } from './zh/wording.ts'

export const marks: Marks = {
  betweenSentences: '',
  betweenParts: '、',
  betweenPhrases: '，',
  betweenClauses: '；',
  // Dates are in the reader's language, so they keep their spaces.
  unspaced: /[\p{Script=Han}，。、；：？！（）“”‘’]/u,
  quotes: ['“', '”', '‘', '’'],
}

/** Every message in Simplified Chinese. */
export const catalogue: Record<keyof typeof english, string> = {
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
}
