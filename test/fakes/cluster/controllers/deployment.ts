import { ApiError } from '../api-error.ts'
import {
  controllerOf,
  type Deployment,
  type DeploymentStatus,
  type KubeObject,
  type ReplicaSet,
  sameValue,
} from '../objects.ts'
import { createObject, deleteObject, updateObject, updateStatus } from '../registry.ts'
import type { Change, Store } from '../store.ts'
import {
  desiredReplicasAnnotation,
  hashLabel,
  maxReplicasAnnotation,
  newReplicaSetAnnotations,
  replicasAnnotations,
  revisionAnnotation,
  revisionOf,
  sameTemplate,
  templateHash,
} from './deployment-revision.ts'
import {
  available,
  isRolling,
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  proportion,
  sum,
  wanted,
} from './deployment-size.ts'
import {
  condition,
  countStatus,
  hasProgressDeadline,
  isComplete,
  nextProgressCheck,
  progressing,
  setCondition,
  setProgress,
} from './deployment-status.ts'
import type { EventRecorder } from './event-recorder.ts'
import { claim, controllerReference } from './ownership.ts'
import { hasEnded } from './pod-conditions.ts'
import { keyOf, splitKey, type WorkQueue } from './work-queue.ts'

/**
 * The Deployment controller, rule for rule as kubernetes/pkg/controller/deployment of 1.36 has them. It reads what it
 * works on once and writes with the versions it read, so that a sync that met its own earlier write starts over, and
 * the ReplicaSet controller gets its turn in between, as in the real one.
 */

/** Queues the Deployments that a change concerns. */
export function watchForDeployments(
  store: Store,
  queue: WorkQueue,
  { type, resource, object, previous }: Change,
): void {
  if (resource === 'deployments' && type !== 'DELETED') queue.add(keyOf(object))
  if (resource === 'replicasets') {
    for (const version of previous ? [object, previous] : [object]) {
      const owner = controllerOf(version)
      if (owner?.kind === 'Deployment') queue.add(`${object.metadata.namespace}/${owner.name}`)
    }
  }
  if (resource === 'pods' && type === 'DELETED') {
    const deployment = deploymentOf(store, object)
    if (deployment?.spec.strategy.type === 'Recreate') queue.add(keyOf(deployment))
  }
}

function deploymentOf(store: Store, pod: KubeObject): Deployment | undefined {
  const replicaSet = controllerOf(pod)
  const owner = replicaSet && store.byUid(replicaSet.uid)
  const deployment = owner && controllerOf(owner)
  return deployment && store.get('deployments', pod.metadata.namespace, deployment.name)
}

export function syncDeployment(store: Store, queue: WorkQueue, events: EventRecorder, key: string): void {
  const found = store.get('deployments', ...splitKey(key))
  if (found) new Sync(store, queue, events, found).run()
}

function byAge(left: ReplicaSet, right: ReplicaSet): number {
  const order = (replicaSet: ReplicaSet) => `${replicaSet.metadata.creationTimestamp} ${replicaSet.metadata.name}`
  return order(left) < order(right) ? -1 : 1
}

const isSized = ({ spec }: ReplicaSet) => spec.replicas > 0

function numericAnnotation(replicaSet: ReplicaSet, annotation: string): number | undefined {
  const value = replicaSet.metadata.annotations?.[annotation]
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

/** One look at one Deployment and what follows from it. */
class Sync {
  readonly #store: Store
  readonly #queue: WorkQueue
  readonly #events: EventRecorder
  /** The Deployment as it was read; its status and annotations change here before they are written. */
  readonly #deployment: Deployment
  /** The ReplicaSets as they were read, the oldest first. */
  readonly #replicaSets: ReplicaSet[]

  constructor(store: Store, queue: WorkQueue, events: EventRecorder, deployment: Deployment) {
    this.#store = store
    this.#queue = queue
    this.#events = events
    this.#deployment = structuredClone(deployment)
    this.#replicaSets = claim(store, 'replicasets', deployment).sort(byAge)
  }

  run(): void {
    const { metadata, spec } = this.#deployment
    if (metadata.deletionTimestamp) {
      const newest = this.#newest(false)
      this.#writeStatus(countStatus(this.#deployment, this.#all(newest), newest))
      return
    }
    this.#recordPause()
    if (spec.paused || this.#wasScaled()) this.#scaleOnly()
    else if (spec.strategy.type === 'Recreate') this.#recreate()
    else this.#roll()
  }

  get #old(): ReplicaSet[] {
    const newest = this.#existing
    return this.#replicaSets.filter((replicaSet) => replicaSet !== newest)
  }

  /** The oldest ReplicaSet with the Deployment's template. */
  get #existing(): ReplicaSet | undefined {
    return this.#replicaSets.find(({ spec }) => sameTemplate(spec.template, this.#deployment.spec.template))
  }

  #all(newest: ReplicaSet | undefined, old = this.#old): ReplicaSet[] {
    return newest ? [...old, newest] : old
  }

  // Pausing and scaling

  #recordPause(): void {
    if (!hasProgressDeadline(this.#deployment)) return
    const { spec, status } = this.#deployment
    const reason = progressing(status)?.reason
    if (reason === 'ProgressDeadlineExceeded' || Boolean(spec.paused) === (reason === 'DeploymentPaused')) return
    setCondition(
      status,
      spec.paused
        ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused')
        : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed'),
    )
    this.#updateDeployment()
  }

  #wasScaled(): boolean {
    return this.#all(this.#newest(false))
      .filter(isSized)
      .some((replicaSet) => {
        const desired = numericAnnotation(replicaSet, desiredReplicasAnnotation)
        return desired !== undefined && desired !== this.#deployment.spec.replicas
      })
  }

  /** A paused Deployment, or one that was just scaled, keeps its proportions and goes nowhere. */
  #scaleOnly(): void {
    const newest = this.#newest(false)
    this.#scale(newest)
    if (this.#deployment.spec.paused) this.#cleanUp()
    this.#writeStatus(countStatus(this.#deployment, this.#all(newest), newest))
  }

  #scale(newest: ReplicaSet | undefined): void {
    const { replicas } = this.#deployment.spec
    const all = this.#all(newest)
    const active = all.filter(isSized)
    if (active.length <= 1) {
      const only = active[0] ?? newest ?? this.#old.at(-1)
      if (only) this.#resize(only, replicas)
      return
    }
    if (newest && this.#isSaturated(newest)) {
      for (const old of this.#old.filter(isSized)) this.#resize(old, 0)
      return
    }
    if (isRolling(this.#deployment)) this.#scaleInProportion(active)
  }

  /** Whether the newest ReplicaSet alone is the whole Deployment, and all of it available. */
  #isSaturated(newest: ReplicaSet): boolean {
    const { replicas } = this.#deployment.spec
    return (
      newest.spec.replicas === replicas &&
      numericAnnotation(newest, desiredReplicasAnnotation) === replicas &&
      available(newest) === replicas
    )
  }

  #scaleInProportion(active: ReplicaSet[]): void {
    const { replicas } = this.#deployment.spec
    const allowed = replicas > 0 ? replicas + maxSurge(this.#deployment) : 0
    const toAdd = allowed - sum(active, wanted)
    if (toAdd !== 0) {
      // The largest first; of equals the newer one grows first and the older one shrinks first.
      active.sort(
        (left, right) => right.spec.replicas - left.spec.replicas || byAge(left, right) * (toAdd > 0 ? -1 : 1),
      )
    }
    let added = 0
    const sizes = active.map((replicaSet) => {
      const before = numericAnnotation(replicaSet, maxReplicasAnnotation)
      const share = proportion(this.#deployment, replicaSet, before, toAdd, added)
      added += share
      return replicaSet.spec.replicas + share
    })
    for (const [position, replicaSet] of active.entries()) {
      const leftover = position === 0 ? toAdd - added : 0
      this.#resize(replicaSet, Math.max(0, (sizes[position] ?? 0) + leftover), true)
    }
  }

  // Rolling update

  #roll(): void {
    const newest = this.#newest(true)
    if (!newest) return
    const old = this.#old
    const all = this.#all(newest, old)
    const moved = this.#scaleUp(newest, all) || this.#scaleDown(newest, old)
    if (!moved && isComplete(this.#deployment, this.#deployment.status)) this.#cleanUp()
    this.#writeRollout(all, newest)
  }

  #scaleUp(newest: ReplicaSet, all: ReplicaSet[]): boolean {
    const { replicas } = this.#deployment.spec
    if (newest.spec.replicas === replicas) return false
    const size = newest.spec.replicas > replicas ? replicas : newReplicaSetSize(this.#deployment, all, newest)
    return this.#resize(newest, size).scaled
  }

  #scaleDown(newest: ReplicaSet, old: ReplicaSet[]): boolean {
    const active = old.filter(isSized)
    if (active.length === 0) return false
    const least = this.#deployment.spec.replicas - maxUnavailable(this.#deployment)
    const unavailable = newest.spec.replicas - available(newest)
    const spare = sum(active, wanted) + newest.spec.replicas - least - unavailable
    if (spare <= 0) return false
    const unhealthy = this.#removeUnhealthy(active, spare)
    if (unhealthy === undefined) return false
    const surplus = sum([...active, newest], available) - least
    return this.#removeOld(active, surplus) + unhealthy > 0
  }

  /**
   * Takes pods that are not available from the old ReplicaSets first: that costs nothing. `undefined` when one of them
   * still counts more available pods than it should have: nobody knows then what can be spared.
   */
  #removeUnhealthy(old: ReplicaSet[], most: number): number | undefined {
    let removed = 0
    for (const [position, replicaSet] of old.entries()) {
      if (removed >= most) break
      const unhealthy = replicaSet.spec.replicas - available(replicaSet)
      if (unhealthy === 0) continue
      if (unhealthy < 0) return undefined
      const count = Math.min(most - removed, unhealthy)
      old[position] = this.#resize(replicaSet, replicaSet.spec.replicas - count).replicaSet
      removed += count
    }
    return removed
  }

  #removeOld(old: ReplicaSet[], surplus: number): number {
    let removed = 0
    for (const replicaSet of old) {
      const count = Math.min(replicaSet.spec.replicas, surplus - removed)
      if (count <= 0) continue
      this.#resize(replicaSet, replicaSet.spec.replicas - count)
      removed += count
    }
    return removed
  }

  // Recreate

  #recreate(): void {
    const existing = this.#newest(false)
    const active = this.#old.filter(isSized)
    for (const replicaSet of active) this.#resize(replicaSet, 0)
    if (active.length > 0 || this.#oldPodsRun(existing)) {
      this.#writeRollout(this.#all(existing), existing)
      return
    }
    const newest = existing ?? this.#newest(true)
    if (!newest) return
    this.#resize(newest, this.#deployment.spec.replicas)
    if (isComplete(this.#deployment, this.#deployment.status)) this.#cleanUp()
    this.#writeRollout(this.#all(newest), newest)
  }

  #oldPodsRun(newest: ReplicaSet | undefined): boolean {
    if (sum(this.#old, ({ status }) => status.replicas) > 0) return true
    return this.#replicaSets
      .filter(({ metadata }) => metadata.uid !== newest?.metadata.uid)
      .some(({ metadata }) => this.#store.ownedBy('pods', metadata.uid).some((pod) => !hasEnded(pod)))
  }

  // ReplicaSets

  /** The ReplicaSet of the Deployment's template, with revision and annotations up to date. */
  #newest(createMissing: boolean): ReplicaSet | undefined {
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1
    const existing = this.#existing
    if (existing) return this.#refresh(existing, revision)
    return createMissing ? this.#create(revision) : undefined
  }

  #refresh(existing: ReplicaSet, revision: number): ReplicaSet {
    const annotations = newReplicaSetAnnotations(this.#deployment, existing, revision)
    const { minReadySeconds } = this.#deployment.spec
    const stale = !sameValue(annotations, existing.metadata.annotations ?? {})
    if (stale || (existing.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) {
      const { minReadySeconds: _, ...spec } = existing.spec
      return updateObject(this.#store, 'replicasets', {
        ...existing,
        metadata: { ...existing.metadata, annotations },
        spec: { ...spec, ...(minReadySeconds && { minReadySeconds }) },
      })
    }
    let changed = this.#setRevision(revisionOf(existing))
    if (hasProgressDeadline(this.#deployment) && !progressing(this.#deployment.status)) {
      const message = `Found new replica set "${existing.metadata.name}"`
      setCondition(this.#deployment.status, condition('Progressing', 'True', 'FoundNewReplicaSet', message))
      changed = true
    }
    if (changed) this.#updateDeployment()
    return existing
  }

  #create(revision: number): ReplicaSet | undefined {
    const { metadata, spec, status } = this.#deployment
    const hash = templateHash(spec.template, status.collisionCount)
    const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash }
    const name = `${metadata.name}-${hash}`
    const draft: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: metadata.namespace ?? '',
        uid: '',
        resourceVersion: '',
        creationTimestamp: '',
        labels,
        ownerReferences: [controllerReference(this.#deployment)],
      },
      spec: {
        replicas: 0,
        ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
      status: { replicas: 0 },
    }
    draft.spec.replicas = newReplicaSetSize(this.#deployment, [...this.#old, draft], draft)
    draft.metadata.annotations = {
      ...newReplicaSetAnnotations(this.#deployment, draft, revision),
      ...replicasAnnotations(this.#deployment),
    }
    const created = this.#createOrCollide(draft)
    if (draft.spec.replicas > 0) {
      this.#record(`Scaled up replica set ${name} from 0 to ${draft.spec.replicas}`)
    }
    let changed = this.#setRevision(revision)
    if (hasProgressDeadline(this.#deployment)) {
      setCondition(
        status,
        condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`),
      )
      changed = true
    }
    if (changed) this.#updateDeployment()
    return created
  }

  /** Two templates with the same hash: the next try hashes with a higher count. */
  #createOrCollide(draft: ReplicaSet): ReplicaSet {
    try {
      return createObject(this.#store, 'replicasets', draft)
    } catch (error) {
      if (error instanceof ApiError && error.status.reason === 'AlreadyExists') {
        const { status } = this.#deployment
        status.collisionCount = (status.collisionCount ?? 0) + 1
        this.#updateDeployment()
      }
      throw error
    }
  }

  #resize(replicaSet: ReplicaSet, size: number, always = false): { scaled: boolean; replicaSet: ReplicaSet } {
    const before = replicaSet.spec.replicas
    if (before === size && !always) return { scaled: false, replicaSet }
    const updated = updateObject(this.#store, 'replicasets', {
      ...replicaSet,
      metadata: {
        ...replicaSet.metadata,
        annotations: { ...replicaSet.metadata.annotations, ...replicasAnnotations(this.#deployment) },
      },
      spec: { ...replicaSet.spec, replicas: size },
    })
    if (before !== size) {
      const direction = before < size ? 'up' : 'down'
      this.#record(`Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${size}`)
    }
    return { scaled: before !== size, replicaSet: updated }
  }

  /** Deletes the oldest revisions beyond the history limit, unless they still have pods. */
  #cleanUp(): void {
    const limit = this.#deployment.spec.revisionHistoryLimit ?? 10
    const old = this.#old.filter(({ metadata }) => !metadata.deletionTimestamp)
    old.sort((left, right) => revisionOf(left) - revisionOf(right) || byAge(left, right))
    for (const { metadata, spec, status } of old.slice(0, Math.max(0, old.length - limit))) {
      const observed = (metadata.generation ?? 0) <= (status.observedGeneration ?? 0)
      const empty = status.replicas === 0 && spec.replicas === 0
      if (empty && observed) deleteObject(this.#store, 'replicasets', metadata.namespace, metadata.name)
    }
  }

  // Status

  #setRevision(revision: number): boolean {
    const { metadata } = this.#deployment
    if (metadata.annotations?.[revisionAnnotation] === String(revision)) return false
    metadata.annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) }
    return true
  }

  #writeRollout(all: ReplicaSet[], newest: ReplicaSet | undefined): void {
    const status = countStatus(this.#deployment, all, newest)
    setProgress(this.#deployment, status, newest)
    if (this.#writeStatus(status)) return
    const check = nextProgressCheck(this.#deployment, status)
    if (check !== undefined) this.#queue.addAfter(keyOf(this.#deployment), check)
  }

  #writeStatus(status: DeploymentStatus): boolean {
    if (sameValue(status, this.#deployment.status)) return false
    this.#deployment.status = status
    this.#updateDeployment()
    return true
  }

  /** Writes status and revision. The version stays the one that was read, so that a second write starts over. */
  #updateDeployment(): void {
    updateStatus(this.#store, 'deployments', this.#deployment)
  }

  #record(message: string): void {
    this.#events.record(this.#deployment, 'Normal', 'ScalingReplicaSet', message)
  }
}
