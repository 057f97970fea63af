import type { EChartsCoreOption } from 'echarts/core.js'
import type { Chart, Mark, Panel } from '../messages/chart.ts'
import { quantity } from '../messages/quantity.ts'

export const family = 'DejaVu Sans'

/** Points. A phone shows it at about half this size, and a letter must still be one. */
const width = 520
const left = 80
const right = 20
const panelHeight = 170
const panelGap = 52
const titleHeight = 64
const rowHeight = 20
const bottom = 36
const labelRows = [0, 1, 2]
/** Of a bold letter of a label, at most about. */
const letterWidth = 9.2

/** Dark on white, whatever theme is around it; nothing is told by its colour alone. */
const ink = { text: '#1d1c1d', faint: '#5e5d60', grid: '#e3e2e4', line: '#0b5cad', limit: '#a3260f', back: '#1d1c1d' }

type Label = { mark: Mark; row: number | undefined; align: 'left' | 'center' | 'right' }

export type Layout = { width: number; height: number; labels: Label[]; tops: number[] }

/** Where everything goes. */
export function layoutOf(chart: Chart): Layout {
  const labels = placed(chart)
  const rows = labels.reduce((most, { row }) => Math.max(most, (row ?? -1) + 1), 0)
  const first = titleHeight + rows * rowHeight + 34
  const tops = chart.panels.map((_, index) => first + index * (panelHeight + panelGap))
  return { width, height: (tops.at(-1) ?? first) + panelHeight + bottom, labels, tops }
}

/**
 * A label that would stand upon another goes into the next row; where all are taken only the line is left. At the edges it
 * stands beside its line.
 */
function placed({ marks, from, to }: Chart): Label[] {
  const taken: { row: number; start: number; end: number }[] = []
  const place = (mark: Mark): Label => {
    const x = left + ((mark.at - from) / Math.max(1, to - from)) * (width - left - right)
    const half = mark.label.length * letterWidth * 0.5 + 6
    const align = x + half > width ? 'right' : x - half < 0 ? 'left' : 'center'
    const middle = align === 'right' ? x - half : align === 'left' ? x + half : x
    const [start, end] = [middle - half, middle + half]
    const isFree = (row: number) => taken.every((one) => one.row !== row || one.end < start || one.start > end)
    const row = labelRows.find(isFree)
    if (row !== undefined) taken.push({ row, start, end })
    return { mark, row, align }
  }
  // The way back is what people look for.
  const inOrder = marks.toSorted((one, other) => Number(other.kind === 'back') - Number(one.kind === 'back'))
  return inOrder.map(place)
}

/** The chart as ECharts draws it. Pure. */
export function optionOf(chart: Chart): EChartsCoreOption {
  const { labels, tops } = layoutOf(chart)
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: family, color: ink.text },
    useUTC: true,
    title: [
      heading(chart.title, chart.subtitle),
      ...chart.panels.flatMap(({ name, limit }, index) => [
        caption(name, 'left', tops[index] ?? 0),
        ...(limit === undefined ? [] : [caption(`${dashes} ${limit}`, 'right', tops[index] ?? 0)]),
      ]),
    ],
    grid: tops.map((top) => ({ left, right, top, height: panelHeight })),
    xAxis: chart.panels.map((_, index) => ({
      type: 'time',
      gridIndex: index,
      min: chart.from,
      max: chart.to,
      splitNumber: 3,
      axisLine: { lineStyle: { color: ink.faint } },
      axisLabel: {
        show: index === chart.panels.length - 1,
        color: ink.text,
        fontSize: 14,
        hideOverlap: true,
        formatter: (at: number) => clock(at, chart.to - chart.from),
      },
    })),
    yAxis: chart.panels.map(({ unit }, index) => ({
      type: 'value',
      gridIndex: index,
      splitNumber: 3,
      splitLine: { lineStyle: { color: ink.grid } },
      axisLabel: { color: ink.text, fontSize: 14, formatter: (value: number) => quantity(value, unit) },
    })),
    series: chart.panels.flatMap((panel, index) => [
      measured(panel, index, labels),
      ...limits(panel, index, chart),
      crossings(panel, index),
    ]),
  }
}

function heading(text: string, subtext: string) {
  return {
    text,
    subtext,
    left: 16,
    top: 12,
    padding: 0,
    itemGap: 6,
    textStyle: { fontSize: 18, fontWeight: 'bold', color: ink.text, width: width - 32, overflow: 'truncate' },
    subtextStyle: { fontSize: 14, color: ink.text, width: width - 32, overflow: 'truncate' },
  }
}

/** As the line of a limit looks. */
const dashes = '╌╌'

/** Above its panel: its name, or its limit. */
function caption(text: string, side: 'left' | 'right', top: number) {
  const isName = side === 'left'
  return {
    text,
    // Aligned by the picture itself: here nobody knows how wide a text will be.
    left: isName ? 16 : width - right,
    textAlign: side,
    top: top - 28,
    padding: 0,
    textStyle: { fontSize: isName ? 16 : 14, fontWeight: 'bold', color: isName ? ink.text : ink.limit },
  }
}

function measured({ points }: Panel, index: number, labels: readonly Label[]) {
  return {
    type: 'line',
    xAxisIndex: index,
    yAxisIndex: index,
    data: points.map(({ at, value }) => [at, value]),
    showSymbol: points.length < 60,
    symbol: 'circle',
    symbolSize: 5,
    lineStyle: { color: ink.line, width: 2.5 },
    itemStyle: { color: ink.line },
    markLine: { symbol: 'none', silent: true, animation: false, data: labels.map((label) => boundary(label, index)) },
  }
}

/** A thin dotted line where a batch began, a thick one where the way back did. */
function boundary({ mark: { at, label, kind }, row, align }: Label, index: number) {
  const isBack = kind === 'back'
  return {
    xAxis: at,
    lineStyle: isBack ? { color: ink.back, width: 3, type: 'solid' } : { color: ink.faint, width: 1.5, type: 'dotted' },
    label: {
      show: index === 0 && row !== undefined,
      position: 'end',
      // Above the name of the panel.
      distance: [0, 34 + (row ?? 0) * rowHeight],
      align,
      formatter: label,
      fontSize: 14,
      fontWeight: isBack ? 'bold' : 'normal',
      color: ink.text,
    },
  }
}

/** Dashed. One that stayed the same goes through from edge to edge. */
function limits({ points }: Panel, index: number, { from, to }: Chart) {
  return (['atLeast', 'atMost'] as const).flatMap((side) => {
    const known = points.flatMap((point) => (point[side] === undefined ? [] : [[point.at, point[side]] as const]))
    const [, value] = known.at(-1) ?? []
    if (value === undefined) return []
    const isFixed = known.every(([, one]) => one === value)
    return [
      {
        type: 'line',
        xAxisIndex: index,
        yAxisIndex: index,
        data: isFixed ? [[from, value] as const, [to, value] as const] : known,
        step: isFixed ? false : 'end',
        showSymbol: false,
        lineStyle: { color: ink.limit, width: 2, type: 'dashed' },
      },
    ]
  })
}

/** A cross on each value that a limit did not let pass. */
function crossings({ points }: Panel, index: number) {
  return {
    type: 'scatter',
    xAxisIndex: index,
    yAxisIndex: index,
    data: points.flatMap(({ at, value, failed }) => (failed ? [[at, value]] : [])),
    symbol: 'path://M0,2 L2,0 L6,4 L10,0 L12,2 L8,6 L12,10 L10,12 L6,8 L2,12 L0,10 L4,6 Z',
    symbolSize: 11,
    itemStyle: { color: ink.limit, opacity: 1 },
    z: 5,
  }
}

/** In UTC, as the records are; seconds where minutes would all look the same. */
function clock(at: number, spanMs: number): string {
  const iso = new Date(at).toISOString()
  if (spanMs > 86_400_000) return iso.slice(5, 16).replace('T', ' ')
  return iso.slice(11, spanMs > 600_000 ? 16 : 19)
}
