import { median, quantile } from '../../bench/statistics.ts'
import type { ChaosReport } from './chaos.ts'

/** What a run came to, for people. */
export function describeReport(report: ChaosReport): string {
  const { strokes, weather, writes, outcomes, violations } = report
  const kinds = Object.entries(strokes).toSorted(([one], [other]) => one.localeCompare(other))
  const kills = kinds.filter(([what]) => what.startsWith('kill')).reduce((sum, [, count]) => sum + count, 0)
  const ms = (samples: readonly number[]) =>
    `${Math.round(median(samples))} ms, p99 ${Math.round(quantile(samples, 0.99))} ms, of ${samples.length}`
  return [
    `seed ${report.seed}: ${kills} kills in ${report.assaultMinutes.toFixed(1)} minutes (${(kills / report.assaultMinutes).toFixed(0)} a minute), ${report.minutes.toFixed(1)} minutes in all`,
    '',
    ...kinds.map(([what, count]) => row(what, count)),
    ...Object.entries(weather).map(([what, count]) => row(what, count)),
    row('starts', report.starts),
    row('starts that ended by themselves, something being away', report.failedStarts),
    '',
    ...Object.entries(outcomes).map(([outcome, count]) => row(`upgrades ${outcome}`, count)),
    row('decisions acknowledged', report.decisions),
    row('audit entries', report.auditEntries),
    row('changes in the cluster judged', report.looks),
    row(
      'writes',
      Object.values(writes).reduce((sum, count) => sum + count, 0),
    ),
    row('kinds of write', Object.keys(writes).length),
    '',
    `kill → a process listens again: median ${ms(report.restartMs)}`,
    `kill → next commit or write to cluster or Slack, by any process: median ${ms(report.recoveryMs)}`,
    ...(report.missed.length > 0 ? ['', 'Writes that never came:', ...report.missed.map((what) => `  ${what}`)] : []),
    '',
    violations.length === 0
      ? 'Nothing was lost, doubled or went further than approved; every upgrade ended as was wanted.'
      : `VIOLATED (replay the plan with --seed ${report.seed}):`,
    ...violations.map(({ invariant, what, at }) => `  ${at} ${invariant}: ${what}`),
    ...(report.findings ? ['', report.findings] : []),
  ].join('\n')
}

function row(what: string, count: number): string {
  return `${what.padEnd(64)}${String(count).padStart(8)}`
}
