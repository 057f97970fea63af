/** What was measured, and the table of it. */
import { median, quantile } from './statistics.ts'

export type Unit = 'ms' | 's' | 'MB' | 'requests'

/** Samples of one figure, run by run. */
export type Runs = readonly (readonly number[])[]

export type Row = {
  id: string
  what: string
  unit: Unit
  /** What must not exceed how much: a statistic of the samples, or its ratio to the peer's. Absent: told for comparison. */
  limit?: { of: 'median' | 'p99' | 'ratio'; atMost: number }
  runs: Runs
  /** The same thing done by somebody else, or without the load, in the same run. */
  peer?: { what: string; runs: Runs }
  /** Further figures, for whoever looks for causes. */
  detail?: Record<string, unknown>
}

export type Figures = {
  median: number
  /** Absent below a hundred samples: it would only be the largest. */
  p99?: number
  /** Least and most of the deciding statistic over the runs. */
  least: number
  most: number
  samples: number
}

export type Result = Row & { figures: Figures; peerFigures?: Figures; ratio?: number; met?: boolean }

/** Measures one or more rows; `progress` tells what goes on meanwhile. */
export type Measure = (options: { quick: boolean; progress: (text: string) => void }) => Promise<Row[]>

export function evaluate(row: Row): Result {
  const { limit, peer } = row
  const statistic = limit?.of === 'p99' ? p99 : median
  const figures = figuresOf(row.runs, statistic)
  const peerFigures = peer && figuresOf(peer.runs, statistic)
  const ratio = peerFigures && statistic(row.runs.flat()) / statistic(peer.runs.flat())
  const decisive = limit?.of === 'ratio' ? (ratio ?? Number.NaN) : statistic(row.runs.flat())
  return {
    ...row,
    figures,
    ...(peerFigures && { peerFigures }),
    ...(ratio !== undefined && { ratio }),
    ...(limit && { met: decisive <= limit.atMost }),
  }
}

function figuresOf(runs: Runs, statistic: (samples: readonly number[]) => number): Figures {
  const all = runs.flat()
  const each = runs.map(statistic)
  return {
    median: median(all),
    ...(all.length >= 100 && { p99: p99(all) }),
    least: Math.min(...each),
    most: Math.max(...each),
    samples: all.length,
  }
}

function p99(samples: readonly number[]): number {
  return quantile(samples, 0.99)
}

const head = ['what', 'at most', 'median', 'p99', 'least–most of the runs', 'beside it', 'ratio', '']

/** The table as Markdown, aligned for a terminal. */
export function table(results: readonly Result[]): string {
  const lines = [head, ...results.map(cells)]
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)))
  const render = (line: string[]) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const [first = '', ...rest] = lines.map(render)
  return [first, rule, ...rest].join('\n')
}

function cells({ what, unit, limit, figures, peer, peerFigures, ratio, met, runs }: Result): string[] {
  const show = (value: number) => shown(value, unit)
  return [
    what,
    limit ? (limit.of === 'ratio' ? `${limit.atMost.toFixed(1)} ×` : `${show(limit.atMost)} (${limit.of})`) : '',
    show(figures.median),
    figures.p99 === undefined ? '' : show(figures.p99),
    `${show(figures.least)} – ${show(figures.most)} (${runs.length})`,
    peer && peerFigures
      ? `${peer.what}: ${show(limit?.of === 'p99' ? (peerFigures.p99 ?? Number.NaN) : peerFigures.median)}`
      : '',
    ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
    met === false ? 'OVER' : '',
  ]
}

function shown(value: number, unit: Unit): string {
  const digits = unit === 's' ? 2 : value < 10 && unit === 'ms' ? 1 : 0
  return unit === 'requests' ? value.toFixed(1) : `${value.toFixed(digits)} ${unit}`
}
