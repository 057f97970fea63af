import type { Begin, Observation, PodReport, Prepared, Pursuit, Standing, Target, WayBack } from '../../engine/ports.ts'
import type { Cluster, Clusters } from '../../kubernetes/clusters.ts'
import { type PodTemplate, templateHash, withoutHashLabel } from '../../kubernetes/pod-template.ts'
import {
  changeCause,
  type Deployment,
  type DeploymentView,
  type PodView,
  type ReplicaSet,
  type ReplicaSetView,
  type Snapshot,
} from '../../kubernetes/workload.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import type { Replicas } from '../../upgrade/dependencies.ts'
import { RollcallError } from '../../upgrade/error.ts'
import { versionOf } from '../../upgrade/image-reference.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { currentStep, type Goal, hasStarted, lastGoal, type Upgrade } from '../../upgrade/upgrade.ts'
import { attributed } from './attribution.ts'
import { platformsFor } from './checks/platforms.ts'
import { heldTimings } from './hold.ts'
import { lookForMark, markOf, upgradesSeen } from './marked.ts'
import type { Move } from './move.ts'
import { deviation, haltMove, nextMove, putBack, startChange, tidyMove } from './next-move.ts'
import { deleteRecord, isKeptSince, originalsOf, readRecord, writeRecord } from './originals.ts'
import { patchOf, upgradeMark } from './patch.ts'
import { preflight } from './preflight.ts'
import {
  appsPath,
  freshLook,
  getDeployment,
  missing,
  nameOf,
  originalsLost,
  sendMove,
  sendPatch,
  strip,
  writeEvent,
} from './requests.ts'
import type { Originals, Situation } from './situation.ts'
import { stopMark, stopOf } from './stop-marks.ts'
import { removeStop } from './stop-removal.ts'

/** How many upgrades' originals are kept in memory; the record in the cluster is asked for the rest. */
const remembered = 2_000

/** Deployments: exact batches by held timings, one compare-and-set patch at a time. */
export function deploymentTarget(clusters: Clusters): Target {
  const memory = new Map<string, Originals>()
  /** By upgrade, the sequence of the state in which this process patched its workload last. */
  const patched = new Map<string, number>()

  const clusterOf = (ref: TargetRef): Cluster => clusters.get(ref.cluster)

  /** What the watch's cache has of an upgrade's target at this moment. */
  function inSight({ policy, target }: Upgrade): Snapshot | undefined {
    const { cluster, namespace, name } = policy.target
    try {
      const snapshot = clusters.get(cluster).watch(namespace).snapshot(name)
      return snapshot?.deployment.uid === target.uid ? snapshot : undefined
    } catch {
      // A cluster that left the configuration is out of sight too.
      return undefined
    }
  }

  /** The originals of this upgrade: remembered, or from their record. */
  async function recall(upgrade: Upgrade): Promise<Originals | undefined> {
    const known = memory.get(upgrade.id)
    if (known) return known
    const { namespace, name } = upgrade.policy.target
    const record = await readRecord(clusterOf(upgrade.policy.target).api, namespace, name, upgrade.target.uid)
    return record?.upgrade === upgrade.id ? remember(upgrade, record.originals) : undefined
  }

  function remember(upgrade: Upgrade, originals: Originals): Originals {
    keep(memory, upgrade.id, originals)
    return originals
  }

  /** Writes the record of a workload that is still untouched; `undefined` when it is not as the snapshot shows it. */
  async function record(upgrade: Upgrade, situation: Situation): Promise<Originals | undefined> {
    const { api } = clusterOf(upgrade.policy.target)
    const ref = upgrade.policy.target
    const live = await getDeployment(api, ref)
    if (live?.metadata.generation !== situation.snapshot.deployment.generation) return undefined
    // Asked for, not computed: admission may add to a template, and then the new revision is what comes of that.
    const operations = patchOf(situation.snapshot.deployment, startChange(situation))
    const upgraded = await sendPatch(api, ref, operations, { dryRun: 'All' })
    if (!upgraded) return undefined
    return keepRecord(upgrade, originalsOf(live, templateHash(upgraded.spec.template)))
  }

  async function keepRecord(upgrade: Upgrade, originals: Originals): Promise<Originals> {
    const { namespace, name, cluster } = upgrade.policy.target
    await writeRecord(clusters.get(cluster).api, namespace, name, {
      upgrade: upgrade.id,
      sequence: upgrade.sequence,
      uid: upgrade.target.uid,
      facts: planOf(upgrade).from,
      strategy: upgrade.policy.strategy.type,
      originals,
      request: upgrade.request,
    })
    return remember(upgrade, originals)
  }

  /**
   * The originals of an upgrade that has just finished, so that its record is gone: the fields are the live ones, and
   * the old template is still in its ReplicaSet.
   */
  async function recover(upgrade: Upgrade, { snapshot, facts }: Situation): Promise<Originals | undefined> {
    const ref = upgrade.policy.target
    const { api } = clusterOf(ref)
    const set = snapshot.replicaSets.find((one) => one.templateHash === facts.templateHash)
    const live = await getDeployment(api, ref)
    const marked = live?.metadata.annotations?.[upgradeMark] !== undefined
    if (live && isBuiltUpon(upgrade, templateHash(live.spec.template))) return undefined
    if (!set || !live || marked || live.spec.minReadySeconds === heldTimings.minReadySeconds) return undefined
    const old = await api.get<ReplicaSet>(`${appsPath(ref)}/replicasets/${set.name}`)
    const { [changeCause]: _, ...annotations } = live.metadata.annotations ?? {}
    const cause = old.metadata.annotations?.[changeCause]
    const metadata = { ...live.metadata, annotations: { ...annotations, ...(cause && { [changeCause]: cause }) } }
    const template: PodTemplate = withoutHashLabel(old.spec.template)
    const was = { ...live, metadata, spec: { ...live.spec, template } }
    return keepRecord(upgrade, originalsOf(was, templateHash(live.spec.template)))
  }

  /** Once a goal was reached the workload has been changed, by whatever process. */
  function isFenced({ id, sequence, found }: Upgrade): boolean {
    return found !== undefined || patched.get(id) === sequence
  }

  /**
   * The record goes last: without it, everything else is done. Whoever says so has seen it go, since another look at the
   * same may die over it.
   */
  async function forget(upgrade: Upgrade): Promise<void> {
    const { cluster, namespace, name } = upgrade.policy.target
    const { id, sequence } = upgrade
    // Neither the next upgrade's nor what this one has kept since, for a way back that somebody decided on meanwhile.
    await deleteRecord(clusters.get(cluster).api, namespace, name, (there) =>
      isKeptSince({ upgrade: id, sequence }, there),
    )
    memory.delete(id)
  }

  /** @param begin see `Target.pursue`: no mark on the workload tells the first change from a late one */
  async function act(
    upgrade: Upgrade,
    goal: Goal,
    decide: (situation: Situation) => Move,
    begin: Begin = async (generation) => generation,
  ): Promise<Pursuit> {
    const ref = upgrade.policy.target
    const cluster = clusterOf(ref)
    let originals = await recall(upgrade)
    // As of before the look: what another one patches meanwhile is not in it.
    const fenced = isFenced(upgrade)
    const look = (snapshot: Snapshot | undefined, fresh: boolean): Move =>
      snapshot ? decide(situationOf(upgrade, goal, snapshot, { originals, fresh, fenced })) : { move: 'gone' }
    // What others changed was seen past the cache, which may not have it yet.
    const known = upgrade.hold?.change !== undefined
    let snapshot = known ? undefined : await cachedSnapshot(cluster, ref)
    let move: Move = known ? { move: 'unsure' } : look(snapshot, false)
    let live: Deployment | undefined
    if (drastic.has(move.move)) {
      // Not on the word of a cache that may lag behind.
      const fresh = await freshLook(cluster.api, ref)
      snapshot = fresh?.snapshot
      live = fresh?.live
      move = look(snapshot, true)
    }
    if (!snapshot) return { state: 'gone', recreated: false }
    if (move.move === 'record' || move.move === 'lost') {
      const situation = situationOf(upgrade, goal, snapshot, { originals, fresh: live !== undefined, fenced: false })
      originals =
        move.move === 'record'
          ? await record(upgrade, situation)
          : goal.to === 'batch'
            ? undefined
            : // Another process may have recovered them since they were recalled.
              ((await recall(upgrade)) ?? (await recover(upgrade, situation)))
      if (!originals && move.move === 'lost') {
        // Between the decision to take a success back and now somebody built upon it.
        if (isBuiltUpon(upgrade, snapshot.deployment.templateHash)) {
          const to = imageIn(snapshot.deployment, ref.container)
          const change = { kind: 'template', how: 'edited', from: upgrade.request.image, to } as const
          return { state: 'changed', ...(await attributed(cluster.api, upgrade, change, live)) }
        }
        throw originalsLost(ref)
      }
      if (!originals) return { state: 'moving', patched: false }
      move = look(snapshot, live !== undefined)
    }
    if (move.move === 'changed')
      return { state: 'changed', ...(await attributed(cluster.api, upgrade, move.change, live)) }
    if (move.move === 'patch' && move.why === 'back' && originals && isUnmarked(snapshot)) {
      // Somebody has finished it, and deletes the record, or has.
      await keepRecord(upgrade, originals)
    }
    if (move.move === 'patch' && move.begins) {
      const { generation } = snapshot.deployment
      const now = await getDeployment(cluster.api, ref)
      if (now?.metadata.generation !== generation) return { state: 'moving', patched: false }
      if (originals) await keepRecord(upgrade, originals)
      // The snapshot is older than this answer, so what is decided after it finds another generation, or makes one.
      const first = await begin(generation)
      if (first === undefined) return { state: 'moving', patched: false }
      if (first !== generation) {
        const situation = situationOf(upgrade, goal, snapshot, { originals, fresh: true, fenced: true })
        return { state: 'changed', ...(await attributed(cluster.api, upgrade, putBack(situation), now)) }
      }
    }
    return carryOut(upgrade, goal, snapshot, move)
  }

  async function carryOut(upgrade: Upgrade, goal: Goal, snapshot: Snapshot, move: Move): Promise<Pursuit> {
    const ref = upgrade.policy.target
    const { api } = clusterOf(ref)
    switch (move.move) {
      case 'patch': {
        const sent = await sendMove(api, ref, move)
        if (sent) keep(patched, upgrade.id, upgrade.sequence)
        return { state: 'moving', patched: sent !== undefined }
      }
      case 'strip':
        await Promise.all(move.replicaSets.map((name) => strip(api, ref, name)))
        return carryOut(upgrade, goal, snapshot, { move: 'reached' })
      case 'reached':
        return {
          state: 'reached',
          observation: observationOf(upgrade, snapshot),
          generation: snapshot.deployment.generation,
          templateHash: snapshot.deployment.templateHash,
        }
      case 'wait':
        return { state: 'waiting', since: move.since, code: move.code, detail: move.detail }
      case 'ripen':
        return { state: 'moving', patched: false, againAt: move.againAt }
      case 'changed':
        return { state: 'changed', change: move.change }
      case 'outdated':
        return { state: 'outdated', code: move.code }
      case 'superseded':
        return { state: 'superseded', stamp: move.stamp }
      case 'gone':
        return { state: 'gone', recreated: snapshot.deployment.uid !== upgrade.target.uid }
      case 'lost':
        throw originalsLost(ref)
      case 'record':
      case 'unsure':
        return { state: 'moving', patched: false }
      default:
        return assertNever(move)
    }
  }

  return {
    identify: async (ref) => {
      const cluster = clusterOf(ref)
      const [clusterUid, live] = await Promise.all([cluster.uid(), getDeployment(cluster.api, ref)])
      if (!live) throw missing(ref)
      const containers = live.spec.template.spec.containers
      const container = containers.find(({ name }) => name === ref.container)
      if (!container) {
        throw new RollcallError('CONTAINER_NOT_FOUND', `${nameOf(ref)} has no container ${ref.container}`, {
          hint: `It has: ${containers.map(({ name }) => name).join(', ')}.`,
        })
      }
      const seen = await upgradesSeen(cluster.api, ref, live)
      return { clusterUid, uid: live.metadata.uid, image: container.image, replicas: replicasOf(live), seen }
    },

    prepare: async (upgrade): Promise<Prepared> => {
      const ref = upgrade.policy.target
      const cluster = clusterOf(ref)
      // Filled by the time that somebody has approved.
      cluster.watch(ref.namespace)
      const live = await getDeployment(cluster.api, ref)
      if (!live || live.metadata.uid !== upgrade.target.uid) throw missing(ref)
      const isLookedAt = (upgrade.policy.imagePolicy?.resolve ?? 'off') !== 'off'
      const [prepared, platforms] = await Promise.all([
        preflight(cluster.api, upgrade, live),
        isLookedAt ? platformsFor(cluster.api, live.spec.template.spec) : undefined,
      ])
      return { ...prepared, ...(platforms && { platforms }) }
    },

    pursue: async (upgrade, goal, begin) => {
      const pursuit = await act(upgrade, goal, nextMove, begin)
      if (pursuit.state === 'reached' && goal.to !== 'batch') await forget(upgrade)
      return pursuit
    },

    halt: (upgrade, goal) => act(upgrade, goal, haltMove),

    tidy: async (upgrade) => {
      const goal = { on: 'target', to: 'original', pods: 0, of: planOf(upgrade).from.replicas } as const
      const seen = inSight(upgrade)
      const marked =
        seen?.deployment.annotations?.[upgradeMark] ?? seen?.replicaSets.some(({ marks }) => marks.length > 0)
      if (marked) await act(upgrade, goal, tidyMove)
    },

    verify: async (upgrade, goal): Promise<Standing> => {
      const ref = upgrade.policy.target
      const cluster = clusterOf(ref)
      const originals = await recall(upgrade)
      const changeOf = (snapshot: Snapshot, fresh: boolean) =>
        deviation(situationOf(upgrade, goal, snapshot, { originals, fresh, fenced: true }))
      const isOurs = (snapshot: Snapshot | undefined): snapshot is Snapshot =>
        snapshot?.deployment.uid === upgrade.target.uid
      const cached = await cachedSnapshot(cluster, ref)
      if (isOurs(cached) && !changeOf(cached, false)) return { state: 'holds' }
      const fresh = await freshLook(cluster.api, ref)
      if (!isOurs(fresh?.snapshot)) return { state: 'gone', recreated: fresh !== undefined }
      const change = changeOf(fresh.snapshot, true)
      if (!change) return { state: 'holds' }
      return { state: 'changed', ...(await attributed(cluster.api, upgrade, change, fresh.live)) }
    },

    wayBack: async (upgrade): Promise<WayBack> => {
      const ref = upgrade.policy.target
      const snapshot = (await freshLook(clusterOf(ref).api, ref))?.snapshot
      if (snapshot?.deployment.uid !== upgrade.target.uid) return { state: 'gone' }
      const { deployment, replicaSets } = snapshot
      const marked = deployment.annotations?.[upgradeMark] !== undefined
      if (marked || deployment.templateHash !== upgrade.found?.templateHash) return { state: 'changed' }
      const kept = replicaSets.some((set) => set.templateHash === planOf(upgrade).from.templateHash)
      return kept ? { state: 'holds' } : { state: 'lost' }
    },

    ownsPod: (ref, pod) => {
      const snapshot = clusterOf(ref).watch(ref.namespace).snapshot(ref.name)
      if (!snapshot) return undefined
      // One that is gone is known by the name that its ReplicaSet gave it.
      const suffix = (name: string) => (pod.startsWith(`${name}-`) ? pod.slice(name.length + 1) : '')
      return (
        snapshot.pods.some(({ name }) => name === pod) ||
        snapshot.replicaSets.some(({ name }) => /^[a-z0-9]{5}$/.test(suffix(name)))
      )
    },

    observe: (upgrade) => {
      const snapshot = inSight(upgrade)
      return snapshot && observationOf(upgrade, snapshot)
    },

    mark: (ref) => {
      try {
        return markOf(clusterOf(ref).watch(ref.namespace).snapshot(ref.name))
      } catch {
        // A cluster that left the configuration is out of sight.
        return undefined
      }
    },

    marked: (ref) => lookForMark(clusterOf(ref), ref),

    stop: async (upgrade) => {
      const ref = upgrade.policy.target
      // What has not started needs no cluster to be decided; the first move waits for the cache.
      if (hasStarted(upgrade)) await clusterOf(ref).watch(ref.namespace).whenSynced()
      if (inSight(upgrade)?.deployment.annotations?.[stopMark] === undefined) return undefined
      const live = await getDeployment(clusterOf(ref).api, ref)
      return live?.metadata.uid === upgrade.target.uid ? stopOf(live) : undefined
    },

    removeStop: ({ policy: { target: ref } }, stop) => removeStop(clusterOf(ref).api, ref, stop),

    tell: async (upgrade, type, reason, message) => {
      const { cluster, namespace, name } = upgrade.policy.target
      const { api } = clusters.get(cluster)
      await writeEvent(api, { namespace, name, uid: upgrade.target.uid }, { type, reason, message })
    },
  }
}

/** What is not believed of a cache alone. */
const drastic: ReadonlySet<Move['move']> = new Set(['changed', 'outdated', 'superseded', 'gone', 'unsure', 'lost'])

function situationOf(
  upgrade: Upgrade,
  goal: Goal,
  snapshot: Snapshot,
  known: Pick<Situation, 'originals' | 'fresh' | 'fenced'>,
): Situation {
  const { id, sequence, policy, request, target, at } = upgrade
  const { from } = planOf(upgrade)
  const step = currentStep(upgrade)
  return {
    uid: target.uid,
    goal,
    first: lastGoal(upgrade) === undefined && !isPutBack(upgrade),
    begun: upgrade.found !== undefined,
    resting: step?.kind !== 'reach',
    facts: from,
    maxSurge: policy.strategy.maxSurge,
    strategy: policy.strategy.type,
    hold: policy.strategy.hold,
    stamp: { id, sequence },
    container: policy.target.container,
    image: request.image,
    cause: `Rollcall ${id}: ${tagOf(from.image)} → ${request.version}`,
    since: at.since,
    reachedHash: at.path === 'steps' ? upgrade.found?.templateHash : undefined,
    now: new Date().toISOString(),
    snapshot,
    ...known,
  }
}

/** Whether the old template came back beside Rollcall, so that nothing on the workload tells of a first patch any more. */
function isPutBack({ hold }: Upgrade): boolean {
  return hold?.change?.kind === 'template' && hold.change.how === 'undone'
}

/** Whether the template of a success that is taken back is not the upgrade's any more. */
function isBuiltUpon({ undone, found }: Upgrade, live: string): boolean {
  return undone !== undefined && found?.templateHash !== live
}

function isUnmarked({ deployment }: Snapshot): boolean {
  return deployment.annotations?.[upgradeMark] === undefined
}

function imageIn({ containers }: DeploymentView, container: string): string {
  return containers.find(({ name }) => name === container)?.image ?? ''
}

/** The one that was kept longest ago goes first. */
function keep<T>(kept: Map<string, T>, id: string, value: T): void {
  const [oldest] = kept.keys()
  if (kept.size >= remembered && oldest !== undefined) kept.delete(oldest)
  kept.set(id, value)
}

function planOf({ plan, id }: Upgrade) {
  if (!plan) throw new Error(`${id} has no plan yet`)
  return plan
}

/** What stands for a version in an image reference: its tag, else its digest. */
function tagOf(image: string): string {
  const { tag, digest } = versionOf(image)
  return tag ?? digest ?? 'latest'
}

/** A pod that its ReplicaSet is about to take away is a replica no more, though nobody has told it so yet. */
function observationOf({ plan, request, policy }: Upgrade, { deployment, replicaSets, pods }: Snapshot): Observation {
  const isUpgraded = (set: ReplicaSetView) =>
    set.templateHash !== plan?.from.templateHash && set.images[policy.target.container] === request.image
  const present = pods.filter((pod) => !pod.deleting)
  const count = (set: ReplicaSetView, counts: (pod: PodView) => boolean) =>
    Math.min(set.replicas, present.filter((pod) => pod.owner === set.uid && counts(pod)).length)
  const upgraded = replicaSets.filter(isUpgraded)
  const isNew = ({ owner }: PodView) => upgraded.some(({ uid }) => uid === owner)
  const total = deployment.replicas
  const ready = replicaSets.reduce((sum, set) => sum + count(set, (pod) => pod.ready), 0)
  return {
    total,
    updated: upgraded.reduce((sum, set) => sum + count(set, (pod) => pod.active), 0),
    ready: Math.min(total, ready),
    pods: present.filter(isNew).map(reportOf),
    stable: present.filter((pod) => pod.active && !isNew(pod)).map(({ name }) => name),
  }
}

function reportOf({ uid: _, owner: __, deleting: ___, active: ____, ...report }: PodView): PodReport {
  return report
}

function replicasOf({ metadata, spec, status = {} }: Deployment): Replicas {
  const { observedGeneration = 0, replicas: total = 0, updatedReplicas = 0, readyReplicas: ready = 0 } = status
  const updated = observedGeneration >= metadata.generation ? updatedReplicas : 0
  return { wanted: spec.replicas ?? 1, total, updated, ready }
}

async function cachedSnapshot(cluster: Cluster, { namespace, name }: TargetRef): Promise<Snapshot | undefined> {
  const watch = cluster.watch(namespace)
  await watch.whenSynced()
  return watch.snapshot(name)
}
