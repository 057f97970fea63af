import { type Area, areas, type Finding, type Report } from '../doctor/report.ts'

const width = 80
const indent = '  '

const titles: Record<Area, string> = {
  slack: 'Slack',
  redis: 'Redis',
  kubernetes: 'Kubernetes',
  configuration: 'Configuration',
  environment: 'Environment',
  audit: 'Audit trail',
}

/** A report for a terminal of 80 columns, without colour. Only what is to be copied may be longer than a line. */
export function reportText(report: Report): string {
  const { findings, skipped } = report
  const parts = areas.flatMap((area) => {
    const here = findings.filter((one) => one.area === area)
    const open = skipped.filter((one) => one.area === area)
    if (here.length === 0 && open.length === 0) return []
    const notDone = [...Map.groupBy(open, ({ because }) => because)].map(([because, all]) =>
      wrapped(`not looked at, because of ${because}: whether ${all.map(({ whether }) => whether).join('; whether ')}`),
    )
    return [[titles[area], ...here.map(findingText), ...notDone].join('\n\n')]
  })
  return [...parts, summary(report)].join('\n\n')
}

function findingText({ severity, code, where, found, means, remedy, command }: Finding): string {
  const about = where === undefined || found.includes(where) ? found : `${where}: ${found}`
  return [
    `${indent}${severity} ${code}`,
    wrapped(about),
    wrapped(means),
    wrapped(`→ ${remedy}`, '  '),
    ...(command === undefined ? [] : command.split('\n').map((line) => `${indent}${indent}${indent}${line}`)),
  ].join('\n')
}

/** Lines keep their own beginning, and go on below it; what has no space in it stays whole. */
function wrapped(text: string, hanging = ''): string {
  return text
    .split('\n')
    .map((line) => wrappedLine(line, hanging))
    .join('\n')
}

function wrappedLine(line: string, hanging: string): string {
  const margin = indent + indent + (/^ */.exec(line)?.[0] ?? '')
  const lines: string[] = []
  let current = ''
  for (const word of line.trim().split(/ +/)) {
    const start = margin + (lines.length > 0 ? hanging : '')
    if (current === '') current = start + word
    else if (current.length + 1 + word.length <= width) current += ` ${word}`
    else {
      lines.push(current)
      current = margin + hanging + word
    }
  }
  return [...lines, current].join('\n')
}

function summary({ checks, problems, warnings, notes, skipped }: Report): string {
  const counted = [
    [problems, 'problem'],
    [warnings, 'warning'],
    [notes, 'note'],
  ] as const
  const found = counted.filter(([count]) => count > 0).map(([count, what]) => plural(count, what))
  const rest = skipped.length > 0 ? `, ${plural(skipped.length, 'more')} could not begin` : ''
  return `${plural(checks, 'check')}: ${found.length > 0 ? found.join(', ') : 'nothing found'}${rest}.`
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 || what === 'more' ? '' : 's'}`
}
