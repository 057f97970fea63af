import {
  type Condition,
  type ContainerStatus,
  type KubeObject,
  type Pod,
  type PodStatus,
  timestamp,
} from './objects.ts'
import { updateObject, updateStatus } from './registry.ts'
import type { Change, Store } from './store.ts'

/** A time in milliseconds, or a range to draw from for each pod. */
export type Delay = number | [least: number, most: number]

export type KubeletOptions = { readyDelayMs: Delay; terminateDelayMs: Delay }

/**
 * How a container behaves. The ending of its image's tag says it, as it does for the kubelet of the control plane that
 * the end-to-end tests run, so that one test can use either:
 * - `-bad`: the image cannot be pulled (ImagePullBackOff); the pod stays Pending
 * - `-crash`: exits before it is Ready, again and again (CrashLoopBackOff), with a rising restart count
 * - `-oom`: becomes Ready, is OOMKilled once after five times that delay, restarts and becomes Ready again
 * - `-slow`: takes ten times as long to become Ready
 * - `-unready`: runs, and never becomes Ready
 * - `-flap`: becomes Ready, and loses it for good after five times that delay
 */
type Behaviour = 'healthy' | (typeof misfortunes)[number]

const misfortunes = ['bad', 'crash', 'oom', 'slow', 'unready', 'flap'] as const
/** On a pod: with which code its containers exit once they have been Ready for as long as they took to become so. */
const exitCode = 'kubelet.fake/exit-code'

const slowness = 10
const stumbleAfter = 5
const longestBackOffMs = 10_000

function behaviourOfImage(image: string): Behaviour {
  const tag = /:([^/:]+)$/.exec(image.split('@')[0] ?? '')?.[1] ?? ''
  return misfortunes.find((ending) => tag.endsWith(`-${ending}`)) ?? 'healthy'
}

/** What befalls the pod: the misfortune of its first container that has one. */
function behaviourOf({ spec }: Pod): Behaviour {
  return spec.containers.map(({ image }) => behaviourOfImage(image)).find((found) => found !== 'healthy') ?? 'healthy'
}

function draw(delay: Delay): number {
  if (typeof delay === 'number') return delay
  const [least, most] = delay
  return least + Math.random() * (most - least)
}

type ContainerChange = Pick<ContainerStatus, 'ready' | 'started' | 'state'> &
  Partial<Pick<ContainerStatus, 'lastState' | 'restartCount'>>

/** Runs pods without containers: gives them a node, makes them Ready or ill as their image says, and ends them. */
export class Kubelet {
  readonly #store: Store
  readonly #options: KubeletOptions
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #podsOnNode = new Map<string, Set<string>>()
  readonly #waiting = new Set<string>()
  #addresses = 0
  #stopped = false

  constructor(store: Store, options: KubeletOptions) {
    this.#store = store
    this.#options = { ...options }
  }

  set readyDelayMs(delay: Delay) {
    this.#options.readyDelayMs = delay
  }

  observe({ type, resource, object, previous }: Change): void {
    if (resource === 'nodes' && type !== 'DELETED') this.#scheduleWaiting()
    if (resource !== 'pods') return
    const pod = object as Pod
    const { uid } = pod.metadata
    if (type === 'DELETED') {
      this.#cancel(uid)
      this.#waiting.delete(uid)
      this.#podsOnNode.get(pod.spec.nodeName ?? '')?.delete(uid)
      this.#scheduleWaiting()
    } else if (pod.metadata.deletionTimestamp) {
      if (!previous?.metadata.deletionTimestamp) this.#terminate(pod)
    } else if (!pod.spec.nodeName) {
      if (type === 'ADDED') this.#after(uid, 0, () => this.#schedule(uid))
    } else if (!(previous as Pod | undefined)?.spec.nodeName) {
      this.#occupy(pod.spec.nodeName, uid)
      this.#after(uid, 0, () => this.#start(uid))
    }
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  /** Lets the pod's containers end with exit code 1; they start again and become Ready after the usual delay. */
  crash(pod: Pod): void {
    this.#exit(pod.metadata.uid, 'Error', 1, running())
    this.#after(pod.metadata.uid, draw(this.#options.readyDelayMs), () => this.#becomeReady(pod.metadata.uid))
  }

  /** Fails the pod's readiness; it stays unready until `makeReady`. */
  makeUnready(pod: Pod): void {
    this.#cancel(pod.metadata.uid)
    this.#loseReady(pod.metadata.uid)
  }

  makeReady(pod: Pod): void {
    this.#cancel(pod.metadata.uid)
    this.#becomeReady(pod.metadata.uid)
  }

  #after(uid: string, milliseconds: number, act: () => void): void {
    this.#cancel(uid)
    if (this.#stopped) return
    const timer = setTimeout(() => {
      this.#timers.delete(uid)
      act()
    }, milliseconds)
    this.#timers.set(uid, timer)
  }

  #cancel(uid: string): void {
    clearTimeout(this.#timers.get(uid))
    this.#timers.delete(uid)
  }

  /** The pod as it is now, unless it is gone or on its way out. */
  #live(uid: string): Pod | undefined {
    const pod = this.#store.byUid(uid) as Pod | undefined
    return pod?.metadata.deletionTimestamp ? undefined : pod
  }

  // Scheduling

  #occupy(node: string, uid: string): void {
    const pods = this.#podsOnNode.get(node) ?? new Set()
    this.#podsOnNode.set(node, pods.add(uid))
  }

  #scheduleWaiting(): void {
    for (const uid of this.#waiting) this.#after(uid, 0, () => this.#schedule(uid))
    this.#waiting.clear()
  }

  /** Puts the pod on the node with the fewest pods; on a full cluster it waits. */
  #schedule(uid: string): void {
    const pod = this.#live(uid)
    if (!pod || pod.spec.nodeName) return
    const load = ({ metadata }: KubeObject) => this.#podsOnNode.get(metadata.name)?.size ?? 0
    const free = this.#store
      .list('nodes')
      .filter((node) => load(node) < capacity(node))
      .sort((left, right) => load(left) - load(right))[0]
    if (!free) {
      this.#waiting.add(uid)
      const message = '0 nodes are available: Too many pods.'
      this.#write(pod, {
        ...pod.status,
        conditions: [condition('PodScheduled', 'False', pod, { reason: 'Unschedulable', message })],
      })
      return
    }
    // The real scheduler writes through the `binding` subresource, which no client of this cluster needs.
    updateObject(this.#store, 'pods', { ...pod, spec: { ...pod.spec, nodeName: free.metadata.name } })
  }

  // Life of a pod

  #start(uid: string): void {
    const pod = this.#live(uid)
    if (!pod) return
    const delay = draw(this.#options.readyDelayMs)
    const behaviour = behaviourOf(pod)
    if (behaviour === 'bad') {
      this.#backOffPull(pod)
      return
    }
    this.#report(pod, 'Running', { ready: false, started: true, state: running() })
    if (behaviour === 'unready') return
    if (behaviour === 'crash') this.#after(uid, delay, () => this.#crashLoop(uid, delay))
    else this.#after(uid, delay * (behaviour === 'slow' ? slowness : 1), () => this.#serve(uid, behaviour, delay))
  }

  #backOffPull(pod: Pod): void {
    const image = pod.spec.containers.find(({ image }) => behaviourOfImage(image) === 'bad')?.image
    const waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": not found` }
    this.#report(pod, 'Pending', { ready: false, started: false, state: { waiting } })
  }

  #crashLoop(uid: string, backOffMs: number): void {
    this.#exit(uid, 'Error', 1, {
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' },
    })
    this.#after(uid, backOffMs * 2, () => this.#crashLoop(uid, Math.min(backOffMs * 2, longestBackOffMs)))
  }

  /** Ready, and for some images not for ever. */
  #serve(uid: string, behaviour: Behaviour, delay: number): void {
    this.#becomeReady(uid)
    const code = this.#live(uid)?.metadata.annotations?.[exitCode]
    if (code !== undefined) this.#after(uid, delay, () => this.#finish(uid, Number(code)))
    if (behaviour === 'flap') this.#after(uid, delay * stumbleAfter, () => this.#loseReady(uid))
    if (behaviour === 'oom') {
      this.#after(uid, delay * stumbleAfter, () => {
        this.#exit(uid, 'OOMKilled', 137, running())
        this.#after(uid, delay, () => this.#becomeReady(uid))
      })
    }
  }

  #becomeReady(uid: string): void {
    const pod = this.#live(uid)
    if (pod) this.#report(pod, 'Running', { ready: true, started: true, state: running() })
  }

  #finish(uid: string, code: number): void {
    const pod = this.#live(uid)
    if (!pod) return
    const startedAt = pod.status.startTime ?? timestamp()
    const terminated = {
      reason: code === 0 ? 'Completed' : 'Error',
      exitCode: code,
      startedAt,
      finishedAt: timestamp(),
    }
    this.#report(pod, code === 0 ? 'Succeeded' : 'Failed', { ready: false, started: false, state: { terminated } })
  }

  #loseReady(uid: string): void {
    const pod = this.#live(uid)
    if (pod) this.#report(pod, 'Running', { ready: false, started: true, state: running() })
  }

  #exit(uid: string, reason: string, exitCode: number, state: ContainerStatus['state']): void {
    const pod = this.#live(uid)
    if (!pod) return
    const now = timestamp()
    const terminated = { reason, exitCode, startedAt: now, finishedAt: now }
    const restartCount = Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount)) + 1
    this.#report(pod, 'Running', {
      ready: false,
      started: 'running' in state,
      state,
      lastState: { terminated },
      restartCount,
    })
  }

  #terminate(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata
    this.#after(uid, draw(this.#options.terminateDelayMs), () => {
      if (this.#store.byUid(uid)) this.#store.remove('pods', namespace, name)
    })
  }

  // Status

  /** Writes what a kubelet says about a pod whose struck containers changed; the others run and are ready. */
  #report(pod: Pod, phase: PodStatus['phase'], change: ContainerChange): void {
    const address = phase === 'Pending' ? undefined : (pod.status.podIP ?? this.#nextAddress())
    const node = Number(/\d+$/.exec(pod.spec.nodeName ?? '')?.[0] ?? 0)
    const why = change.ready ? undefined : notReady(pod)
    const readiness = change.ready ? 'True' : 'False'
    this.#write(pod, {
      phase,
      conditions: [
        condition('PodReadyToStartContainers', 'True', pod),
        condition('Initialized', 'True', pod),
        condition('Ready', readiness, pod, why),
        condition('ContainersReady', readiness, pod, why),
        condition('PodScheduled', 'True', pod),
      ],
      containerStatuses: pod.spec.containers.map((_, position) => containerStatus(pod, position, change)),
      hostIP: `10.0.0.${node}`,
      ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }),
      startTime: pod.status.startTime ?? timestamp(),
      qosClass: 'BestEffort',
    })
  }

  #write(pod: Pod, status: PodStatus): void {
    updateStatus(this.#store, 'pods', { ...pod, status })
  }

  #nextAddress(): string {
    this.#addresses += 1
    return `10.244.${Math.floor(this.#addresses / 250) % 250}.${(this.#addresses % 250) + 1}`
  }
}

function running(): ContainerStatus['state'] {
  return { running: { startedAt: timestamp() } }
}

function notReady({ spec }: Pod): { reason: string; message: string } {
  const names = spec.containers.map(({ name }) => name).join(' ')
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` }
}

function capacity({ status }: KubeObject): number {
  return Number((status as { allocatable?: { pods?: string } } | undefined)?.allocatable?.pods ?? 110)
}

/** A pod condition; its transition time moves only when its status does. */
function condition(
  type: string,
  status: Condition['status'],
  pod: Pod,
  why: { reason?: string; message?: string } = {},
): Condition {
  const before = pod.status.conditions?.find((entry) => entry.type === type)
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp()
  return { type, status, ...why, lastTransitionTime }
}

function containerStatus(pod: Pod, position: number, change: ContainerChange): ContainerStatus {
  const { name = '', image = '' } = pod.spec.containers[position] ?? {}
  const before = pod.status.containerStatuses?.[position]
  const struck = behaviourOfImage(image) === behaviourOf(pod)
  const now = struck ? change : { ready: true, started: true, state: running() }
  // A container that goes on running began when it began.
  const goesOn = before?.state.running && now.state.running && now.restartCount === undefined
  return {
    name,
    image,
    imageID: image,
    restartCount: 0,
    lastState: {},
    ...before,
    ...now,
    state: goesOn ? before.state : now.state,
  }
}
