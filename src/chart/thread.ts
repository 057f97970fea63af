/** A thread of its own: what it is given as `workerData` comes back as a PNG. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { initWasm, Resvg } from '@resvg/resvg-wasm'
import { LineChart, ScatterChart } from 'echarts/charts.js'
import { GridComponent, MarkLineComponent, TitleComponent } from 'echarts/components.js'
import { init, use } from 'echarts/core.js'
import { SVGRenderer } from 'echarts/renderers.js'
import type { Chart } from '../messages/chart.ts'
import { family, layoutOf, optionOf } from './option.ts'

/** Sharp where a pixel is half a point. */
const pixelsPerPoint = 2

use([LineChart, ScatterChart, GridComponent, MarkLineComponent, TitleComponent, SVGRenderer])

const chart = workerData as Chart
parentPort?.postMessage(await pngOf(svgOf(chart)))

function svgOf(drawn: Chart): string {
  const { width, height } = layoutOf(drawn)
  const canvas = init(null, null, { renderer: 'svg', ssr: true, width, height })
  canvas.setOption(optionOf(drawn))
  const svg = canvas.renderToSVGString()
  canvas.dispose()
  return svg
}

/** With fonts that come along: a slim container has none. */
async function pngOf(svg: string): Promise<Uint8Array> {
  const read = (file: string) => readFile(fileURLToPath(import.meta.resolve(file)))
  const [wasm, regular, bold] = await Promise.all([
    read('@resvg/resvg-wasm/index_bg.wasm'),
    read('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
    read('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  ])
  await initWasm(wasm)
  const font = { fontBuffers: [regular, bold], defaultFontFamily: family, sansSerifFamily: family }
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: pixelsPerPoint } }).render().asPng()
}
