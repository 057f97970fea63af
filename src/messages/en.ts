import { bound } from './bound.ts'
import * as alerts from './en/alerts.ts'
import { auditActions } from './en/audit.ts'
import * as commands from './en/commands.ts'
import { finding, findings, severities } from './en/findings.ts'
import { requestForm } from './en/form.ts'
import { gateLine, gateWords } from './en/gates.ts'
import { help } from './en/help.ts'
import { home } from './en/home.ts'
import { cause, causes, channelLost, incident, incidents, orphaned } from './en/incidents.ts'
import * as paging from './en/paging.ts'
import { permissionsChanged } from './en/permissions.ts'
import { phases } from './en/phases.ts'
import * as plan from './en/plan.ts'
import { refusal, requestAgain } from './en/refusals.ts'
import * as reminders from './en/reminders.ts'
import * as report from './en/report.ts'
import { closed as windowClosed } from './en/restrictions.ts'
import * as upgrade from './en/upgrade.ts'
import { english } from './english.ts'
import * as replies from './replies.ts'
import * as whoCan from './who-can.ts'

/** Every word that people read in Slack, in English. */
export const en = {
  ...alerts,
  ...commands,
  ...plan,
  ...paging,
  ...reminders,
  ...bound(english, replies),
  ...bound(english, whoCan),
  ...report,
  ...upgrade,
  auditActions,
  cause,
  causes,
  channelLost,
  finding,
  findings,
  gateLine,
  gateWords,
  help,
  home,
  incident,
  incidents,
  orphaned,
  permissionsChanged,
  phases,
  refusal,
  requestAgain,
  requestForm,
  severities,
  windowClosed,
}

/** What another language has to bring. */
export type Messages = typeof en
