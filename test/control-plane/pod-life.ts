import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type ApiClient, succeeded } from './api-client.ts'
import type { PodPlacement } from './pod-placement.ts'

/** As much of a pod as a kubelet needs to know. */
export type Pod = {
  metadata: {
    name: string
    namespace: string
    uid: string
    resourceVersion: string
    deletionTimestamp?: string
    annotations?: Record<string, string>
  }
  spec: {
    nodeName?: string
    containers: { name: string; image: string }[]
    affinity?: {
      nodeAffinity?: {
        requiredDuringSchedulingIgnoredDuringExecution?: {
          nodeSelectorTerms: { matchFields?: { key: string; values: string[] }[] }[]
        }
      }
    }
  }
  status?: { conditions?: { type: string; status: string }[] }
}

/** What a pod's life depends on. It ends by throwing when `signal` is aborted. */
export type Surroundings = {
  client: ApiClient
  placement: PodPlacement
  /** How long this container takes to become Ready, drawn anew on each call. */
  readyDelayMs(): number
  stopDelayMs(): number
  /** An address that no other pod has. */
  podIP(): string
  signal: AbortSignal
}

/** See `startFakeKubelet`. */
type Misfortune = 'bad' | 'crash' | 'oom' | 'slow' | 'unready' | 'flap'

type Terminated = { terminated: { exitCode: number; reason: string; startedAt: string; finishedAt: string } }

/** What befell the containers that a misfortune is meant for; the others run and are ready. */
type ContainerState = {
  ready: boolean
  restartCount: number
  state: { running: object } | { waiting: { reason: string; message: string } } | Terminated
  lastState?: { terminated: object }
}

/** Everything that a scheduler and a kubelet do about a pod, up to its deletion. */
export async function live(pod: Pod, surroundings: Surroundings): Promise<void> {
  const { readyDelayMs, signal } = surroundings
  // A kubelet that was restarted finds its containers running.
  if (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return
  if (!pod.spec.nodeName) await schedule(pod, surroundings)

  const misfortune = misfortuneOf(pod)
  const report = reporter(pod, misfortune, surroundings)
  const pause = (ms: number) => delay(ms, undefined, { signal })

  if (misfortune === 'bad') {
    return report({
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image: not found' } },
    })
  }
  await report({ ready: false, restartCount: 0, state: running() })
  if (misfortune === 'unready') return
  await pause(readyDelayMs() * (misfortune === 'slow' ? 10 : 1))
  if (misfortune === 'crash') {
    for (let restartCount = 1; ; restartCount += 1) {
      await report({
        ready: false,
        restartCount,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
        lastState: terminated(1, 'Error'),
      })
      await pause(Math.min(readyDelayMs() * 2 ** restartCount, 10_000))
    }
  }
  const state = running()
  await report({ ready: true, restartCount: 0, state })
  const exitCode = pod.metadata.annotations?.['kubelet.fake/exit-code']
  if (exitCode !== undefined) {
    await pause(readyDelayMs())
    const ended = terminated(Number(exitCode), exitCode === '0' ? 'Completed' : 'Error')
    return report({ ready: false, restartCount: 0, state: ended })
  }
  if (misfortune === 'flap') {
    await pause(5 * readyDelayMs())
    await report({ ready: false, restartCount: 0, state })
  }
  if (misfortune === 'oom') {
    await pause(5 * readyDelayMs())
    const restarted = { restartCount: 1, state: running(), lastState: terminated(137, 'OOMKilled') }
    await report({ ready: false, ...restarted })
    await pause(readyDelayMs())
    await report({ ready: true, ...restarted })
  }
}

/** Stops the containers of a pod that is being deleted, and lets go of it. */
export async function terminate(pod: Pod, { client, stopDelayMs, signal }: Surroundings): Promise<void> {
  await delay(stopDelayMs(), undefined, { signal })
  const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }
  await persist(() => client.delete(pathOf(pod), options), `deletion of ${pathOf(pod)}`, signal)
}

async function schedule(pod: Pod, { client, placement, signal }: Surroundings): Promise<void> {
  const path = pathOf(pod)
  const { name, namespace, uid } = pod.metadata
  const unschedulable = () => {
    const conditions = [condition('PodScheduled', false, now(), 'Unschedulable')]
    const patch = { metadata: { uid }, status: { conditions } }
    return persist(() => client.patch(`${path}/status`, patch, 'strategic-merge'), `status of ${path}`, signal)
  }
  // The DaemonSet controller makes each pod for one node, and says so by an affinity.
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const wanted = terms?.[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values[0]
  const node = await placement.place(uid, wanted, unschedulable, signal)
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  }
  await persist(() => client.post(`${path}/binding`, binding), `binding of ${path}`, signal)
}

/** Writes what a kubelet says about a pod whose struck containers are in a given state. */
function reporter(pod: Pod, misfortune: Misfortune | undefined, { client, podIP, signal }: Surroundings) {
  const path = `${pathOf(pod)}/status`
  const { uid } = pod.metadata
  const startTime = now()
  // Without its image a pod has no sandbox that is worth an address.
  const pulled = misfortune !== 'bad'
  const address = pulled ? podIP() : undefined
  let ready = { is: false, since: startTime }

  return (struck: ContainerState): Promise<void> => {
    if (struck.ready !== ready.is) ready = { is: struck.ready, since: now() }
    const healthy = { ready: true, restartCount: 0, state: { running: { startedAt: startTime } } }
    const containerStatuses = pod.spec.containers.map(({ name, image }) => {
      const status = misfortuneOfImage(image) === misfortune ? struck : healthy
      const started = 'running' in status.state
      const identity = { containerID: `containerd://${sha256(`${uid}/${name}/${status.restartCount}`)}` }
      return { name, image, imageID: imageId(image), started, ...status, ...(pulled ? identity : { imageID: '' }) }
    })
    const ended = 'terminated' in struck.state ? struck.state.terminated : undefined
    const reason = ready.is ? undefined : ended ? 'PodCompleted' : 'ContainersNotReady'
    const status = {
      phase: ended ? (ended.exitCode === 0 ? 'Succeeded' : 'Failed') : pulled ? 'Running' : 'Pending',
      startTime,
      ...(address ? { podIP: address, podIPs: [{ ip: address }] } : {}),
      conditions: [
        condition('PodReadyToStartContainers', true, startTime),
        condition('Initialized', true, startTime),
        condition('ContainersReady', ready.is, ready.since, reason),
        condition('Ready', ready.is, ready.since, reason),
      ],
      containerStatuses,
    }
    // The uid keeps this off a StatefulSet's next pod, which has the same name.
    const patch = { metadata: { uid }, status }
    return persist(() => client.patch(path, patch, 'strategic-merge'), `status of ${path}`, signal)
  }
}

/** Repeats a write until the API server takes it, or refuses it for good. */
async function persist(write: () => Promise<Answer>, what: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const answer = await write().catch(() => undefined)
    // Gone, or somebody else's by now: the watch will tell.
    if (answer?.status === 404 || answer?.status === 409) return
    if (answer && answer.status < 500 && answer.status !== 429) {
      succeeded(answer, what)
      return
    }
    await delay(200, undefined, { signal })
  }
}

const misfortunes: readonly Misfortune[] = ['bad', 'crash', 'oom', 'slow', 'unready', 'flap']

function misfortuneOf(pod: Pod): Misfortune | undefined {
  return pod.spec.containers.map(({ image }) => misfortuneOfImage(image)).find((found) => found !== undefined)
}

function misfortuneOfImage(image: string): Misfortune | undefined {
  const tag = /:([\w.-]+)$/.exec(image.replace(/@.*/, ''))?.[1]
  return misfortunes.find((misfortune) => tag?.endsWith(`-${misfortune}`))
}

/** What a runtime would report: the digest that was asked for, or the one that the tag stands for. */
function imageId(image: string): string {
  const repository = image.replace(/@.*/, '').replace(/:[\w.-]+$/, '')
  return image.includes('@') ? `${repository}@${image.split('@')[1]}` : `${repository}@sha256:${sha256(image)}`
}

function running() {
  return { running: { startedAt: now() } }
}

function terminated(exitCode: number, reason: string): Terminated {
  return { terminated: { exitCode, reason, startedAt: now(), finishedAt: now() } }
}

function condition(type: string, holds: boolean, lastTransitionTime: string, reason?: string) {
  // Null takes away the reason of an earlier report.
  return { type, status: holds ? 'True' : 'False', lastTransitionTime, reason: reason ?? null }
}

function pathOf({ metadata: { namespace, name } }: Pod): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Kubernetes times have no fractions of a second. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}
