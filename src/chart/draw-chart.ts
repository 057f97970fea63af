import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Chart } from '../messages/chart.ts'

/** Longer than any drawing takes on a busy machine, milliseconds. */
const timeoutMs = 120_000

const heapMb = 128

let last: Promise<unknown> = Promise.resolve()

/**
 * Draws a chart as a PNG, in a thread of its own: the libraries are loaded only for as long as it takes, and a click is
 * answered meanwhile. One at a time, so that they never need the memory twice.
 *
 * @throws Error when it could not be drawn, or not within two minutes
 */
export function drawChart(chart: Chart): Promise<Uint8Array> {
  const drawn = last.then(() => inThread(chart))
  last = drawn.catch(() => {})
  return drawn
}

function inThread(chart: Chart): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const file = new URL(`./thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(file, {
      workerData: chart,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      settle()
      void worker.terminate()
    }
    const timer = setTimeout(() => finish(() => reject(new Error('a chart took too long to draw'))), timeoutMs)
    worker.once('message', (png: Uint8Array) => finish(() => resolve(png)))
    worker.once('error', (error) => finish(() => reject(error)))
    worker.once('exit', () => finish(() => reject(new Error('a chart was not drawn'))))
  })
}
