import { setTimeout as delay } from 'node:timers/promises'
import { apiClient, succeeded } from '../../test/control-plane/api-client.ts'
import { type ControlPlane, startControlPlane } from '../../test/control-plane/control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from '../../test/control-plane/fake-kubelet.ts'
import { alice, channel, namespace, repository, shopDeployment } from '../../test/shop.ts'
import { inPhase, type Office, openOffice, openQuestion, orStop, requested, service, within } from '../ground.ts'
import type { Measure, Row } from '../report.ts'
import { seededRandom } from '../statistics.ts'

type Case = { id: string; replicas: number; surge: number; minReadySeconds: number; batches: (number | string)[] }

const atOnce = ['100%']
const cases: [Case, ...Case[]] = [
  { id: 'ten', replicas: 10, surge: 2, minReadySeconds: 0, batches: atOnce },
  { id: 'twenty', replicas: 20, surge: 3, minReadySeconds: 0, batches: atOnce },
  { id: 'ten-in-four', replicas: 10, surge: 2, minReadySeconds: 0, batches: [1, '25%', '50%', '100%'] },
]

/** From Running to Ready, milliseconds. */
const ready = { least: 300, most: 1_500 }

/** Whole upgrades on the real control plane, each beside `kubectl set image` and `kubectl rollout status`. */
export const wholeUpgrade: Measure = async ({ quick, progress }) => {
  const chosen = quick ? cases.slice(0, 1) : cases
  const repetitions = quick ? 2 : 5
  const site = await openSite(chosen)
  try {
    const rows: Row[] = []
    for (const one of chosen) {
      const taken: Record<Way, Taken[]> = { rollcall: [], kubectl: [] }
      // The first of each is not counted: caches are empty and code is not compiled yet.
      for (let repetition = 0; repetition <= repetitions; repetition++) {
        const order: Way[] = repetition % 2 ? ['rollcall', 'kubectl'] : ['kubectl', 'rollcall']
        for (const way of order) {
          progress(`${one.id}: ${way}, ${repetition} of ${repetitions}`)
          // Both meet pods that need the same times to become Ready, one after the other.
          const random = seededRandom(repetition)
          site.kubelet.setReadyDelay(() => ready.least + random() * (ready.most - ready.least))
          const result = await site.upgrade(way, one, `1.5.${repetition}`)
          if (repetition > 0) taken[way].push(result)
        }
      }
      rows.push(...rowsOf(one, taken))
    }
    return rows
  } finally {
    await site.stop()
  }
}

type Way = 'rollcall' | 'kubectl'

/** Seconds: for people, from what they do until they are told; in the cluster, from the new template to its completion. */
type Taken = { people: number; cluster: number }

function rowsOf({ id, replicas, surge, batches }: Case, taken: Record<Way, Taken[]>): Row[] {
  const inBatches = batches === atOnce ? '' : ` in batches ${batches.join(', ')}`
  const runs = (way: Way, pick: (one: Taken) => number) => taken[way].map((one) => [pick(one)])
  return [
    {
      id: `whole-${id}`,
      what: `upgrade of ${replicas} replicas${inBatches}, surge ${surge}: approval → «succeeded»`,
      unit: 's',
      // A batch waits for its slowest pod, so with several of them no one could be as fast.
      ...(inBatches === '' && { limit: { of: 'ratio' as const, atMost: 1 } }),
      runs: runs('rollcall', ({ people }) => people),
      peer: { what: 'kubectl set image + rollout status', runs: runs('kubectl', ({ people }) => people) },
    },
    {
      id: `whole-${id}-cluster`,
      what: '… of this, new template → complete, as the API server sees it',
      unit: 's',
      runs: runs('rollcall', ({ cluster }) => cluster),
      peer: { what: 'kubectl', runs: runs('kubectl', ({ cluster }) => cluster) },
    },
  ]
}

type Site = {
  kubelet: FakeKubelet
  upgrade(way: Way, one: Case, version: string): Promise<Taken>
  stop(): Promise<void>
}

const nameOf = (way: Way, { id }: Case) => `${way}-${id}`

async function openSite(chosen: Case[]): Promise<Site> {
  const controlPlane = await startControlPlane()
  let kubelet: FakeKubelet | undefined
  let office: Office | undefined
  const watch = watchDeployments(controlPlane)
  const stop = async () => {
    watch.stop()
    await office?.stop()
    await kubelet?.stop()
    await controlPlane.stop()
  }
  const open = async () => {
    kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: 20 })
    for (const name of [namespace, `${namespace}-staging`]) await controlPlane.kubectl(['create', 'namespace', name])
    await controlPlane.kubectl(['apply', '-f', 'deploy/rbac.yaml'])
    const seeds = chosen.flatMap((one) =>
      (['rollcall', 'kubectl'] as const).map((way) => manifest(nameOf(way, one), one)),
    )
    await controlPlane.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ kind: 'List', apiVersion: 'v1', items: seeds }),
    })
    for (const { metadata } of seeds) {
      await controlPlane.kubectl(['rollout', 'status', `deployment/${metadata.name}`, '-n', namespace, '--timeout=60s'])
    }
    const services = chosen.map((one) => {
      const { batches, surge } = one
      return [nameOf('rollcall', one), service({ batches, maxSurge: surge, continue: 'auto' })] as const
    })
    const kubeconfig = await controlPlane.kubeconfigFor({ serviceAccount: 'rollcall', namespace: 'rollcall' })
    office = await openOffice(Object.fromEntries(services), kubeconfig)
    return { kubelet, office }
  }
  const opened = await orStop(stop, open())

  const byHand = async (name: string, image: string) => {
    await controlPlane.kubectl(['set', 'image', `deployment/${name}`, `app=${image}`, '-n', namespace])
    await controlPlane.kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace])
  }
  const byRollcall = async (id: string, ts: string) => {
    const { slack } = opened.office
    await slack.click({ user: alice, channel, ts, actionId: 'approve', confirm: true })
    await inPhase(slack, id, 'succeeded', 120_000)
  }

  return {
    kubelet: opened.kubelet,
    stop,
    async upgrade(way, one, version) {
      const name = nameOf(way, one)
      const image = `${repository(name)}:${version}`
      let act = () => byHand(name, image)
      // What the one before left to be done must not be in the way of this one.
      await delay(1_000)
      if (way === 'rollcall') {
        const id = await requested(opened.office.slack, name, version)
        const { ts } = await openQuestion(opened.office.slack, id, 'start')
        act = () => byRollcall(id, ts)
      }
      await delay(1_000)
      const rollout = watch.rollout(name, image)
      const from = performance.now()
      await act()
      const people = (performance.now() - from) / 1000
      return { people, cluster: (await within(60_000, `${name} is complete`, rollout)) / 1000 }
    },
  }
}

function manifest(name: string, { replicas, surge, minReadySeconds }: Case) {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: 0 } }
  return shopDeployment(name, { replicas, minReadySeconds, strategy })
}

type Deployment = {
  metadata: { name: string; generation: number; resourceVersion: string }
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } }
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; availableReplicas?: number }
}

/** Follows all Deployments, and tells how long a rollout took by what the API server sent, milliseconds. */
function watchDeployments({ admin }: ControlPlane) {
  const client = apiClient(admin)
  const stopping = new AbortController()
  const rollouts = new Map<string, { image: string; began?: number; resolve(ms: number): void }>()
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`

  const look = (deployment: Deployment) => {
    const { name } = deployment.metadata
    const rollout = rollouts.get(name)
    if (!rollout || deployment.spec.template.spec.containers[0]?.image !== rollout.image) return
    rollout.began ??= performance.now()
    if (!isComplete(deployment)) return
    rollouts.delete(name)
    rollout.resolve(performance.now() - rollout.began)
  }
  const follow = async () => {
    while (!stopping.signal.aborted) {
      const list = succeeded(await client.get(path), 'list of Deployments')
      for (const item of list.items as Deployment[]) look(item)
      const from = `${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}`
      for await (const { object } of client.watch<Deployment>(from, stopping.signal)) look(object)
    }
  }
  follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return {
    rollout: (name: string, image: string) => new Promise<number>((resolve) => rollouts.set(name, { image, resolve })),
    stop: () => {
      stopping.abort()
      client.close()
    },
  }
}

/** What `kubectl rollout status` waits for. */
function isComplete({ metadata, spec, status = {} }: Deployment): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status
  return (
    observedGeneration >= metadata.generation &&
    updatedReplicas >= spec.replicas &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas
  )
}
