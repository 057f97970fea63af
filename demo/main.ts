/** `npm run demo`: Rollcall on this machine, without a Slack workspace and without a cluster. */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startTour } from './guide.ts'
import { agree, startOwnCluster } from './own-cluster.ts'
import { openScreen } from './screen.ts'
import { legend, showTour } from './terminal.ts'
import { tourOf } from './tour.ts'
import { type Stage, startWorld, type WorldOptions } from './world.ts'

const usage = `Usage: npm run demo [-- options]

  (nothing)            the playground: a page that looks like Slack, with a simulated cluster beside it
  --tour               the guided tour, in this terminal; exit code 0 only if every step did what it says
  --kubeconfig FILE    the tour on a cluster of yours, in a namespace rollcall-demo that is removed at the end
  --yes                with --kubeconfig: do not ask before the namespace is created
  --port N             where the playground listens; a taken port moves on to the next (default 4321)`

/** Where nobody watches, nothing is slow: the tour then takes seconds. */
const unwatched: WorldOptions = {
  readyDelayMs: [30, 120],
  pace: { soak: '0s', readyTimeout: '3s', grace: '1s' },
}

const patienceMs = { simulated: 20_000, real: 180_000 }

const screen = openScreen(process.stdout)
const interrupted = new AbortController()
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.once(signal, () => {
    process.exitCode = code
    interrupted.abort()
  })
}

try {
  await main(interrupted.signal)
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

async function main(ended: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      tour: { type: 'boolean' },
      kubeconfig: { type: 'string' },
      yes: { type: 'boolean', short: 'y' },
      port: { type: 'string', default: '4321' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return screen.print(usage)

  await using started = new AsyncDisposableStack()
  if (values.kubeconfig !== undefined) {
    const agreed = (question: string) => agree(question, values.yes ?? false, ended)
    const own = await startOwnCluster(values.kubeconfig, screen, agreed, ended)
    if (!own) return
    started.defer(() => own.stop())
    return await takeTour(own, patienceMs.real, ended)
  }
  const begun = Date.now()
  const world = await startWorld(values.tour && !screen.isTerminal ? unwatched : {})
  started.defer(() => world.stop())
  if (ended.aborted) return
  screen.print(`Redis, Slack’s double, a simulated cluster and Rollcall are up (${seconds(begun)}).`)
  if (values.tour) return await takeTour(world, patienceMs.simulated, ended)

  const { startPlayground } = await import('./server/server.ts')
  const playground = await startPlayground(world, { port: Number(values.port) })
  started.defer(() => playground.stop())
  screen.print('', `  The playground: ${screen.paint('bold', playground.url)}`, '', '  Ctrl-C ends all of it.')
  if (!ended.aborted) await once(ended, 'abort')
}

async function takeTour(stage: Stage, patience: number, ended: AbortSignal): Promise<void> {
  if (ended.aborted) return
  const begun = Date.now()
  const tour = startTour(stage, patience)
  try {
    screen.print('', screen.paint('bold', 'A tour of Rollcall'), legend)
    const steps = tourOf(stage)
    const finished = showTour(tour, steps, screen, ended)
    const held = await Promise.race([finished, once(ended, 'abort').then(() => false)])
    if (held) screen.print('', `All ${steps.length} steps did what they say (${seconds(begun)}).`)
    else if (!ended.aborted) process.exitCode = 1
  } finally {
    await tour.stop()
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
