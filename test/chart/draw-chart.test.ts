import { PNG } from 'pngjs'
import { expect, test, vi } from 'vitest'
import { drawChart } from '../../src/chart/draw-chart.ts'
import type { Chart, Point } from '../../src/messages/chart.ts'

// Drawing takes a second or two of a processor, which others may want, too.
vi.setConfig({ testTimeout: 180_000 })

const begin = Date.parse('2026-03-01T10:00:00Z')
const limit = 0.01

function point(second: number, value: number): Point {
  return { at: begin + second * 1_000, value, failed: value > limit, atMost: limit }
}

const chart: Chart = {
  title: 'web 1.4.2 → 1.5.0 in production',
  subtitle: 'web-production-14',
  from: begin,
  to: begin + 300_000,
  panels: [
    {
      name: 'error-rate',
      unit: 'ratio',
      limit: 'limit 1 %',
      points: [point(0, 0.002), point(60, 0.003), point(240, 0.12)],
    },
  ],
  marks: [
    { at: begin + 30_000, label: '1 of 10', kind: 'batch' },
    { at: begin + 250_000, label: '◀ rolled back', kind: 'back' },
  ],
}

const ink = { background: [255, 255, 255], measured: [11, 92, 173], limit: [163, 38, 15], text: [29, 28, 29] }

test('a chart has its own white ground and shows values, limit and words, on a machine without fonts', async () => {
  const { width, height, data } = PNG.sync.read(Buffer.from(await drawChart(chart)))

  const pixels = counted(data)
  const area = width * height
  expect(data.subarray(0, 4)).toEqual(Buffer.from([...ink.background, 255]))
  expect(pixels(ink.background) / area).toBeGreaterThan(0.8)
  for (const drawn of [ink.measured, ink.limit, ink.text]) expect(pixels(drawn)).toBeGreaterThan(300)
})

test('what never went over a limit bears no cross', async () => {
  const panels = chart.panels.map((panel) => ({
    ...panel,
    points: panel.points.map((one) => ({ ...one, failed: false })),
  }))

  const [crossed, plain] = await Promise.all([drawChart(chart), drawChart({ ...chart, panels })])

  const crosses = (png: Uint8Array) => counted(PNG.sync.read(Buffer.from(png)).data)(ink.limit)
  expect(crosses(crossed)).toBeGreaterThan(crosses(plain))
})

test('the same figures give the same picture', async () => {
  const [one, other] = await Promise.all([drawChart(chart), drawChart(chart)])

  expect(Buffer.compare(one, other)).toBe(0)
})

test('the most that is kept is drawn, and nobody waits for the next click meanwhile', async () => {
  const points = Array.from({ length: 500 }, (_, index) => point(index / 2, 0.005 + Math.sin(index) / 100))
  const panels = Array.from({ length: 6 }, (_, index) => ({ name: `gate-${index}`, points }))
  let ticks = 0
  const ticking = setInterval(() => ticks++, 5)

  const png = await drawChart({ ...chart, panels })
  clearInterval(ticking)

  expect(png.length).toBeLessThan(1_000_000)
  // Drawn here, it would stand still for all that time but a few gaps.
  expect(ticks).toBeGreaterThan(20)
})

test('what cannot be drawn is said, and the next chart is drawn', async () => {
  const impossible = { ...chart, panels: [{ ...chart.panels[0], points: undefined }] } as unknown as Chart

  await expect(drawChart(impossible)).rejects.toThrow('undefined')
  await expect(drawChart(chart)).resolves.toBeInstanceOf(Uint8Array)
})

/** How many pixels are exactly of a colour. */
function counted(data: Buffer) {
  return ([red, green, blue]: readonly number[]) => {
    let count = 0
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++
    }
    return count
  }
}
