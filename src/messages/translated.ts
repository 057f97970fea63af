import * as alerts from './alerts.ts'
import { auditActions } from './audit.ts'
import { bound } from './bound.ts'
import { chart, chartText } from './chart.ts'
import * as commands from './commands.ts'
import type { Facts } from './facts.ts'
import { finding, findingCodes, findingLines, findingWords } from './findings.ts'
import { requestForm } from './form.ts'
import { gateCodes, gateLine, gateWords, measured } from './gates.ts'
import { help } from './help.ts'
import * as home from './home.ts'
import { cause, causeCodes, channelLost, incident, incidentCodes, incidentWords, orphaned } from './incidents.ts'
import type { Markup } from './markup.ts'
import * as notices from './notices.ts'
import * as paging from './paging.ts'
import { permissionsChanged } from './permissions.ts'
import { phases } from './phases.ts'
import * as plan from './plan.ts'
import * as proposals from './proposals.ts'
import { refusal, requestAgain } from './refusals.ts'
import * as reminders from './reminders.ts'
import * as replies from './replies.ts'
import { configuration, filesTitle, fileTitles, report, scopeWanted, timelineColumns, timelineRow } from './report.ts'
import { closed } from './restrictions.ts'
import type { Translator } from './translator.ts'
import * as upgrade from './upgrade.ts'
import * as whoCan from './who-can.ts'

/** Every word that people read in Slack, in one language. */
export function translated(t: Translator) {
  const { answers, historyColumns, mistakes, storeUnknown, ...commandWords } = commands
  const { alertNotified, alertWhileHeld, ...alertWords } = alerts
  return {
    ...bound(t, alertWords),
    alertNotified: alertNotified(t),
    alertWhileHeld: alertWhileHeld(t),
    ...bound(t, commandWords),
    ...bound(t, plan),
    ...bound(t, upgrade),
    ...bound(t, notices),
    ...bound(t, paging),
    ...bound(t, proposals),
    ...bound(t, reminders),
    ...bound(t, replies),
    ...bound(t, whoCan),
    ...bound(t, { cause, channelLost, finding, findingLines, gateLine, incident, measured, orphaned }),
    ...bound(t, { filesTitle, permissionsChanged, refusal, report, scopeWanted }),
    answers: answers(t),
    auditActions: auditActions(t),
    causes: Object.fromEntries([...causeCodes].map((code) => [code, cause(t, code)])),
    chart,
    chartText,
    configuration,
    fileTitles: fileTitles(t),
    findings: byCode(findingCodes, t, findingWords),
    gateWords: byCode(gateCodes, t, gateWords),
    help: help(t),
    home: bound(t, home),
    historyColumns,
    incidents: byCode(incidentCodes, t, incidentWords),
    mistakes: mistakes(t),
    phases: phases(t),
    requestAgain,
    requestForm: requestForm(t),
    sentences: t.sentences,
    storeUnknown: storeUnknown(t),
    timelineColumns,
    timelineRow,
    windowClosed: (facts: Facts) => closed(t, facts),
  }
}

type Words = (t: Translator, code: string, facts: Facts) => Markup | undefined

/** What is said of each code. */
function byCode(codes: ReadonlySet<string>, t: Translator, words: Words): Record<string, (facts: Facts) => Markup> {
  const each = [...codes].map((code) => [code, (facts: Facts) => words(t, code, facts) ?? { mrkdwn: code }])
  return Object.fromEntries(each)
}
