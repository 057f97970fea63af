/**
 * A Deployment, its controllers and its pods in memory, for an adversary who decides what happens next. Every reader
 * has copies of its own that grow old until they are refreshed: the Deployment controller (as in
 * kubernetes/pkg/controller/deployment: rolling.go, sync.go, recreate.go), and Rollcall. The controller hears of
 * ReplicaSets in the order in which they were written, its own writes among them, and no earlier than that.
 */
import { isDeepStrictEqual } from 'node:util'
import type { PatchOperation } from '../../../src/kubernetes/api.ts'
import {
  type Deployment,
  type ReplicaSet,
  type Snapshot,
  viewDeployment,
  viewReplicaSet,
} from '../../../src/kubernetes/deployment.ts'
import { type Pod, viewPod } from '../../../src/kubernetes/pod.ts'
import { templateHash } from '../../../src/kubernetes/pod-template.ts'
import { barrierMark } from '../../../src/targets/workload/marks.ts'
import type { Move } from '../../../src/targets/workload/move.ts'
import { copyOf } from '../../copy-of.ts'

const held = 2147483646

/** A ReplicaSet with what its annotations hold: the most replicas that its Deployment could have. */
type Set = ReplicaSet & { spec: { replicas: number; minReadySeconds: number }; maxReplicas: number; version: number }

export class ControllerModel {
  deployment: Deployment
  sets: Set[] = []
  pods: Pod[] = []
  /** What the Deployment controller believes. */
  private readonly seen: { deployment: Deployment; sets: Map<string, Set> }
  /** What it has yet to hear of ReplicaSets, oldest first. */
  private unseen: Set[] = []
  /** What Rollcall's watches show. */
  private readonly shown: { deployment: Deployment; sets: ReplicaSet[]; pods: Pod[] }
  private count = 0

  constructor(deployment: Deployment) {
    this.deployment = deployment
    this.seen = { deployment: copyOf(deployment), sets: new Map() }
    this.shown = { deployment: copyOf(deployment), sets: [], pods: [] }
  }

  // ---- what may happen next

  refreshSeenDeployment() {
    this.seen.deployment = copyOf(this.deployment)
  }

  /** The Deployment controller hears of so many more writes to ReplicaSets. */
  refreshSeenSets(writes: number) {
    for (const set of this.unseen.splice(0, writes)) this.seen.sets.set(set.metadata.uid, set)
  }

  refreshShownDeployment() {
    this.shown.deployment = copyOf(this.deployment)
  }

  refreshShownSets() {
    this.shown.sets = copyOf(this.sets)
  }

  refreshShownPods() {
    this.shown.pods = copyOf(this.pods)
  }

  /** A pod becomes Ready. */
  ready(which: number) {
    const waiting = this.pods.filter((pod) => !isReady(pod))
    const pod = waiting[which % Math.max(1, waiting.length)]
    if (pod)
      pod.status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: moment }] }
  }

  kill(which: number) {
    this.pods.splice(which % Math.max(1, this.pods.length), 1)
  }

  /** The ReplicaSet controller makes and ends pods, and counts them. */
  syncSet(which: number) {
    const set = this.sets[which % Math.max(1, this.sets.length)]
    if (!set) return
    const mine = this.pods.filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid)
    for (let missing = set.spec.replicas - mine.length; missing > 0; missing--) {
      const pod = this.object('pod', { kind: 'ReplicaSet', uid: set.metadata.uid })
      mine.push({ metadata: pod, spec: { nodeName: 'n' }, status: { phase: 'Pending' } })
    }
    // Those that are not Ready go first.
    mine.sort((one, other) => Number(isReady(other)) - Number(isReady(one)))
    mine.splice(set.spec.replicas)
    this.pods = [...this.pods.filter((pod) => pod.metadata.ownerReferences?.[0]?.uid !== set.metadata.uid), ...mine]
    const availableReplicas = set.spec.minReadySeconds === held ? 0 : mine.filter(isReady).length
    const status = { observedGeneration: set.metadata.generation, replicas: mine.length, availableReplicas }
    if (isDeepStrictEqual(status, set.status)) return
    set.status = status
    this.written(set)
  }

  /** As the target carries a patch out. */
  carryOut({ operations, barrier = [] }: Extract<Move, { move: 'patch' }>): boolean {
    for (const { metadata, version } of this.sets) {
      if (barrier.includes(metadata.name)) this.annotate(metadata.name, barrierMark, `${version}`)
    }
    return this.patch(operations)
  }

  /** Rollcall writes an annotation on a ReplicaSet, or takes it off. */
  annotate(name: string, key: string, value: string | undefined) {
    const set = this.sets.find(({ metadata }) => metadata.name === name)
    if (!set) throw new Error(`there is no ReplicaSet ${name}`)
    const { [key]: _, ...others } = set.metadata.annotations ?? {}
    set.metadata.annotations = value === undefined ? others : { ...others, [key]: value }
    this.written(set)
  }

  private written(set: Set) {
    set.version++
    this.unseen.push(copyOf(set))
  }

  /** The Deployment controller acts on what it believes; a write to an object that it sees too old fails. */
  syncDeployment() {
    try {
      this.controlDeployment()
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
    }
  }

  /** Everything catches up and every pod becomes Ready: one round of a cluster that nobody disturbs. */
  settle() {
    for (let round = 0; round < 4; round++) {
      this.refreshAll()
      this.syncDeployment()
      this.refreshAll()
      for (const index of this.sets.keys()) this.syncSet(index)
      for (const _ of this.pods) this.ready(0)
    }
    for (const index of this.sets.keys()) this.syncSet(index)
    this.refreshAll()
    this.syncDeployment()
    this.refreshAll()
  }

  /** Applies a JSON patch as the API server does. False: a test failed. */
  patch(operations: PatchOperation[]): boolean {
    const next = copyOf(this.deployment)
    for (const operation of operations) {
      const keys = operation.path
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
      const last = keys.pop() ?? ''
      const parent = keys.reduce<Record<string, unknown>>(
        (value, key) => value[key] as Record<string, unknown>,
        next as unknown as Record<string, unknown>,
      )
      if (operation.op === 'test') {
        if (parent[last] !== operation.value) return false
      } else if (operation.op === 'remove') {
        if (!(last in parent)) throw new Error(`nothing at ${operation.path}`)
        delete parent[last]
      } else parent[last] = copyOf(operation.value)
    }
    const { minReadySeconds = 0, progressDeadlineSeconds = 600, strategy } = next.spec
    if (progressDeadlineSeconds <= minReadySeconds) throw new Error('the deadline must exceed the ready seconds')
    if (strategy.type === 'RollingUpdate' && Object.values(strategy.rollingUpdate).every((value) => value === 0)) {
      throw new Error('maxSurge and maxUnavailable may not both be 0')
    }
    next.metadata.generation++
    this.deployment = next
    return true
  }

  stripMarks() {
    for (const set of this.sets) {
      delete set.metadata.annotations
      this.written(set)
    }
  }

  snapshot(): Snapshot {
    return view(this.shown)
  }

  truth(): Snapshot {
    return view(this)
  }

  // ---- what the adversary may not break

  wanted(hash: string): { new: number; all: number } {
    const count = (sets: Set[]) => sets.reduce((sum, set) => sum + set.spec.replicas, 0)
    const fresh = this.sets.filter((set) => templateHash(set.spec.template) === hash)
    return { new: count(fresh), all: count(this.sets) }
  }

  readyPods(): number {
    return this.pods.filter(isReady).length
  }

  // ---- the Deployment controller

  private controlDeployment() {
    const { deployment } = this.seen
    const sets = [...this.seen.sets.values()]
    const hash = templateHash(deployment.spec.template)
    let fresh = sets.find((set) => templateHash(set.spec.template) === hash)
    if (fresh) fresh = this.synced(fresh)
    if (deployment.spec.paused) {
      this.scalePaused(fresh, sets)
      this.report()
      return
    }
    const old = sets.filter((set) => set !== fresh && set.metadata.uid !== fresh?.metadata.uid)
    if (deployment.spec.strategy.type === 'Recreate') this.recreate(fresh, old)
    else this.roll(fresh, old)
    this.report()
  }

  private roll(existing: Set | undefined, old: Set[]) {
    const { replicas, surge, unavailable } = this.limits()
    const fresh = existing ?? this.create(this.newSize(0, old))
    if (existing) {
      const size = existing.spec.replicas > replicas ? replicas : this.newSize(existing.spec.replicas, old)
      if (size !== existing.spec.replicas) {
        this.scale(existing, size, replicas + surge)
        return
      }
    }
    const oldCount = sum(old)
    if (oldCount === 0) return
    const least = replicas - unavailable
    const newUnavailable = fresh.spec.replicas - availableOf(fresh)
    const most = oldCount + fresh.spec.replicas - least - newUnavailable
    if (most <= 0) return
    let cleaned = 0
    const kept = old.map((set) => {
      if (cleaned >= most || set.spec.replicas === 0 || set.spec.replicas === availableOf(set)) return set
      const fewer = Math.min(most - cleaned, set.spec.replicas - availableOf(set))
      if (fewer < 0) throw new Conflict()
      cleaned += fewer
      return this.scale(set, set.spec.replicas - fewer, replicas + surge)
    })
    let spare = [...kept, fresh].reduce((count, set) => count + availableOf(set), 0) - least
    for (const set of kept) {
      if (spare <= 0) break
      const fewer = Math.min(set.spec.replicas, spare)
      if (fewer > 0) this.scale(set, set.spec.replicas - fewer, replicas + surge)
      spare -= fewer
    }
  }

  private recreate(fresh: Set | undefined, old: Set[]) {
    const { replicas } = this.limits()
    const active = old.filter((set) => set.spec.replicas > 0)
    for (const set of active) this.scale(set, 0, replicas)
    if (active.length > 0) return
    if (this.pods.some((pod) => old.some((set) => set.metadata.uid === pod.metadata.ownerReferences?.[0]?.uid))) return
    if (!fresh) this.create(replicas)
    else if (fresh.spec.replicas !== replicas) this.scale(fresh, replicas, replicas)
  }

  private scalePaused(fresh: Set | undefined, sets: Set[]) {
    const { replicas, surge } = this.limits()
    const active = sets.filter((set) => set.spec.replicas > 0)
    if (active.length <= 1) {
      const only = active[0] ?? fresh ?? sets.at(-1)
      if (only && only.spec.replicas !== replicas) this.scale(only, replicas, replicas + surge)
      return
    }
    if (fresh && fresh.spec.replicas === replicas && availableOf(fresh) === replicas) {
      for (const set of active) if (set !== fresh) this.scale(set, 0, replicas + surge)
      return
    }
    const allowed = replicas > 0 ? replicas + surge : 0
    const toAdd = allowed - sum(active)
    let added = 0
    const sizes = [...active]
      .sort((one, other) => other.spec.replicas - one.spec.replicas)
      .map((set) => {
        const share = Math.round((set.spec.replicas * allowed) / set.maxReplicas) - set.spec.replicas
        const left = toAdd - added
        const change = toAdd === 0 || left === 0 ? 0 : toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
        added += change
        return { set, size: set.spec.replicas + change }
      })
    sizes.forEach(({ set, size }, index) => {
      const rest = index === 0 && toAdd !== 0 ? toAdd - added : 0
      this.scale(set, Math.max(0, size + rest), replicas + surge)
    })
  }

  private limits() {
    const { replicas = 1, strategy } = this.seen.deployment.spec
    if (strategy.type !== 'RollingUpdate') return { replicas, surge: 0, unavailable: 0 }
    const { maxSurge, maxUnavailable } = strategy.rollingUpdate
    const surge = typeof maxSurge === 'number' ? maxSurge : Math.ceil((Number.parseInt(maxSurge, 10) * replicas) / 100)
    const missing =
      typeof maxUnavailable === 'number'
        ? maxUnavailable
        : Math.floor((Number.parseInt(maxUnavailable, 10) * replicas) / 100)
    return { replicas, surge, unavailable: Math.min(replicas, surge === 0 && missing === 0 ? 1 : missing) }
  }

  private newSize(now: number, old: Set[]): number {
    const { replicas, surge } = this.limits()
    const count = sum(old) + now
    if (count >= replicas + surge) return now
    return now + Math.min(replicas + surge - count, replicas - now)
  }

  /** The template never changes, but `minReadySeconds` and the annotations follow the Deployment's. */
  private synced(set: Set): Set {
    const { minReadySeconds = 0 } = this.seen.deployment.spec
    const marks = this.seen.deployment.metadata.annotations ?? {}
    const copied = { ...set.metadata.annotations, ...marks }
    const same = JSON.stringify(copied) === JSON.stringify(set.metadata.annotations ?? {})
    if (set.spec.minReadySeconds === minReadySeconds && same) return set
    return this.write(set, (live) => {
      live.spec.minReadySeconds = minReadySeconds
      live.metadata.annotations = copied
    })
  }

  private create(replicas: number): Set {
    const { spec, metadata } = this.seen.deployment
    const hash = templateHash(spec.template)
    if (this.sets.some((set) => templateHash(set.spec.template) === hash)) throw new Conflict()
    const { surge } = this.limits()
    const set: Set = {
      metadata: { ...this.object('set', { kind: 'Deployment', uid: metadata.uid }), ...annotated(metadata) },
      spec: { replicas, minReadySeconds: spec.minReadySeconds ?? 0, template: copyOf(spec.template) },
      maxReplicas: (spec.replicas ?? 1) + surge,
      version: 0,
    }
    this.sets.push(set)
    this.written(set)
    return copyOf(set)
  }

  private scale(set: Set, replicas: number, maxReplicas: number): Set {
    if (set.spec.replicas === replicas && set.maxReplicas === maxReplicas) return set
    return this.write(set, (live) => {
      live.spec.replicas = replicas
      live.maxReplicas = maxReplicas
    })
  }

  private write(set: Set, change: (live: Set) => void): Set {
    const live = this.sets.find(({ metadata }) => metadata.uid === set.metadata.uid)
    if (live?.version !== set.version) throw new Conflict()
    change(live)
    live.metadata.generation++
    this.written(live)
    return copyOf(live)
  }

  private report() {
    const { metadata, spec } = this.seen.deployment
    if (metadata.generation !== this.deployment.metadata.generation) throw new Conflict()
    const sets = [...this.seen.sets.values()]
    const count = (of: Set[]) => of.reduce((replicas, { status }) => replicas + (status?.replicas ?? 0), 0)
    const hash = templateHash(spec.template)
    this.deployment.status = {
      observedGeneration: metadata.generation,
      replicas: count(sets),
      updatedReplicas: count(sets.filter((set) => templateHash(set.spec.template) === hash)),
      availableReplicas: sets.reduce((count, set) => count + availableOf(set), 0),
    }
  }

  private refreshAll() {
    this.refreshSeenDeployment()
    this.refreshSeenSets(this.unseen.length)
    this.refreshShownDeployment()
    this.refreshShownSets()
    this.refreshShownPods()
  }

  private object(what: string, owner: { kind: string; uid: string }) {
    const name = `${what}-${++this.count}`
    const ownerReferences = [{ ...owner, name: owner.uid, controller: true }]
    const fixed = { namespace: 'shop', resourceVersion: '', generation: 1, creationTimestamp: moment }
    return { name, uid: name, ...fixed, ownerReferences }
  }
}

class Conflict extends Error {}

const moment = '2026-07-01T12:00:00Z'

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function sum(sets: Set[]): number {
  return sets.reduce((count, set) => count + set.spec.replicas, 0)
}

function availableOf(set: Set): number {
  return set.status?.availableReplicas ?? 0
}

function annotated({ annotations }: Deployment['metadata']) {
  return annotations ? { annotations: { ...annotations } } : {}
}

function view(of: { deployment: Deployment; sets: ReplicaSet[]; pods: Pod[] }): Snapshot {
  return {
    deployment: viewDeployment(of.deployment),
    replicaSets: of.sets.flatMap((set) => viewReplicaSet(set) ?? []),
    pods: of.pods.flatMap((pod) => viewPod(pod) ?? []),
  }
}

/** The Deployment `web` of one container `app`, as a model begins with it. */
export function modelDeployment(replicas: number, image: string): Deployment {
  return {
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'd1',
      resourceVersion: '',
      generation: 1,
      creationTimestamp: moment,
      annotations: { 'kubernetes.io/change-cause': 'before' },
    },
    spec: {
      replicas,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
    },
  }
}
