/** The tour on somebody's own cluster: a namespace that was not there before, and is not there afterwards. */
import { createInterface } from 'node:readline/promises'
import { ApiException, AppsV1Api, CoreV1Api, KubeConfig, type V1Deployment } from '@kubernetes/client-node'
import { viewCluster } from './cluster-view.ts'
import type { Screen } from './screen.ts'
import { type Place, type Service, shopManifests } from './shop.ts'
import { type Stage, startStage } from './world.ts'

export const namespace = 'rollcall-demo'
const label = { 'app.kubernetes.io/managed-by': 'rollcall-demo' }
const readyMs = 180_000
const goneMs = 120_000

/** Containers that do nothing, from an image that most nodes have already. */
const place: Place = {
  namespaces: { production: namespace },
  image: () => 'registry.k8s.io/pause',
  pace: { soak: '2s', readyTimeout: '60s', grace: '10s' },
}

const good = { tag: '3.10', story: 'a good release' }
const bad = { tag: '3.11-bad', story: 'its image does not exist' }

const services: Service[] = [
  { name: 'web', replicas: 10, runs: '3.9', versions: [good, bad] },
  { name: 'checkout', replicas: 8, runs: '3.9', versions: [good] },
]

/**
 * Creates the namespace and two Deployments in it, and starts Rollcall with the rights of this kubeconfig.
 *
 * @param agreed is asked before anything is created
 * @param aborted gives up waiting
 * @returns nothing when it was not agreed to; `stop` deletes the namespace
 */
export async function startOwnCluster(
  kubeconfig: string,
  screen: Screen,
  agreed: (question: string) => Promise<boolean>,
  aborted: AbortSignal,
): Promise<Stage | undefined> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const context = config.getCurrentContext()
  const core = config.makeApiClient(CoreV1Api)
  if (await exists(core)) {
    throw new Error(
      `There is a namespace ${namespace} already. When it is left from before: kubectl delete namespace ${namespace}`,
    )
  }
  const pods = services.reduce((sum, { replicas }) => sum + replicas, 0)
  const question =
    `This creates the namespace ${namespace} in ${context} (${config.getCurrentCluster()?.server}), with ${services.length} ` +
    `Deployments of ${pods} small pods in all, and deletes it at the end. Go on?`
  if (!(await agreed(question))) return undefined

  await using started = new AsyncDisposableStack()
  await core.createNamespace({ body: { metadata: { name: namespace, labels: label } } })
  started.defer(async () => {
    screen.print(`Deleting the namespace ${namespace} …`)
    await core.deleteNamespace({ name: namespace })
    await gone(core)
  })
  await createShop(config)
  screen.print('Waiting for the pods …')
  await allReady(kubeconfig, aborted)
  const home = process.env.HOME
  const undo = started.move()
  return startStage({
    place,
    services,
    kubeconfig,
    context,
    // A kubeconfig may run a program to log in, and that may look for its settings at home.
    ...(home && { env: { HOME: home } }),
    cleanUp: () => undo.disposeAsync(),
  })
}

/** Asks on a terminal; elsewhere nothing but `--yes` is a yes. */
export async function agree(question: string, yes: boolean, aborted: AbortSignal): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY) throw new Error(`${question}\nNobody can be asked here: say --yes.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal: aborted })).trim())
  } finally {
    terminal.close()
  }
}

async function createShop(config: KubeConfig): Promise<void> {
  const apps = config.makeApiClient(AppsV1Api)
  for (const body of shopManifests(place, services)) {
    await apps.createNamespacedDeployment({ namespace, body: body as V1Deployment })
  }
}

async function allReady(kubeconfig: string, aborted: AbortSignal): Promise<void> {
  const cluster = viewCluster(kubeconfig, namespace)
  await Promise.all(
    services.map(async ({ name, replicas }) => {
      const view = await cluster.watchPods(name, '')
      aborted.addEventListener('abort', view.stop)
      try {
        await view.until(({ ready }) => ready === replicas, readyMs, `${replicas} Ready pods`)
      } finally {
        aborted.removeEventListener('abort', view.stop)
        await view.stop()
      }
    }),
  )
}

async function exists(core: CoreV1Api): Promise<boolean> {
  try {
    await core.readNamespace({ name: namespace })
    return true
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return false
    throw error
  }
}

async function gone(core: CoreV1Api): Promise<void> {
  const deadline = Date.now() + goneMs
  while (await exists(core)) {
    if (Date.now() > deadline)
      throw new Error(`The namespace ${namespace} is still terminating: kubectl get namespace ${namespace}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
