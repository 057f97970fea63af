import type { Begin, Prepared, Pursuit, Standing, Target, WayBack } from '../../engine/ports.ts'
import type { Cluster, Clusters } from '../../kubernetes/clusters.ts'
import { templateHash } from '../../kubernetes/pod-template.ts'
import { changeCause, type Workload, type WorkloadView } from '../../kubernetes/workload.ts'
import { assertNever } from '../../upgrade/assert-never.ts'
import { RollcallError } from '../../upgrade/error.ts'
import { versionOf } from '../../upgrade/image-reference.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { currentStep, type Goal, hasStarted, lastGoal, type Upgrade } from '../../upgrade/upgrade.ts'
import { attributed } from './attribution.ts'
import { platformsFor } from './checks/platforms.ts'
import { lookForMark, markOf, upgradesSeen } from './marked.ts'
import { upgradeMark } from './marks.ts'
import type { AnySnapshot, Mechanics } from './mechanics.ts'
import type { Move } from './move.ts'
import { deleteRecord, isKeptSince, readRecord, writeRecord } from './record.ts'
import { getWorkload, missing, nameOf, originalsLost, sendMove, sendPatch, strip, writeEvent } from './requests.ts'
import type { Originals, Situation as SituationOf } from './situation.ts'
import { stopMark, stopOf } from './stop-marks.ts'
import { removeStop } from './stop-removal.ts'

/** How many upgrades' originals are kept in memory; the record in the cluster is asked for the rest. */
const remembered = 2_000

/** A kind of workload as the engine drives it: one compare-and-set patch at a time. */
export function workloadTarget<Live extends Workload, Snapshot extends AnySnapshot, Original extends Originals>(
  mechanics: Mechanics<Live, Snapshot, Original>,
  clusters: Clusters,
): Target {
  type Situation = SituationOf<Snapshot, Original>
  const { nextMove, haltMove, tidyMove, deviation } = mechanics
  const memory = new Map<string, Original>()
  /** By upgrade, the sequence of the state in which this process patched its workload last. */
  const patched = new Map<string, number>()

  const clusterOf = (ref: TargetRef): Cluster => clusters.get(ref.cluster)
  const watchOf = (ref: TargetRef) => clusterOf(ref).watch(ref.namespace, mechanics.watched)
  const workloadOf = (snapshot: Snapshot): WorkloadView => mechanics.parts(snapshot).workload

  /** What the watch's cache has of an upgrade's target at this moment. */
  function inSight({ policy, target }: Upgrade): Snapshot | undefined {
    try {
      const snapshot = watchOf(policy.target).snapshot(policy.target.name)
      return snapshot && workloadOf(snapshot).uid === target.uid ? snapshot : undefined
    } catch {
      // A cluster that left the configuration is out of sight too.
      return undefined
    }
  }

  /** The originals of this upgrade: remembered, or from their record. */
  async function recall(upgrade: Upgrade): Promise<Original | undefined> {
    const known = memory.get(upgrade.id)
    if (known) return known
    const ref = upgrade.policy.target
    const record = await readRecord<Original>(clusterOf(ref).api, ref, upgrade.target.uid)
    return record?.upgrade === upgrade.id ? remember(upgrade, record.originals) : undefined
  }

  function remember(upgrade: Upgrade, originals: Original): Original {
    keep(memory, upgrade.id, originals)
    return originals
  }

  /** Writes the record of a workload that is still untouched; `undefined` when it is not as the snapshot shows it. */
  async function record(upgrade: Upgrade, situation: Situation): Promise<Original | undefined> {
    const { api } = clusterOf(upgrade.policy.target)
    const ref = upgrade.policy.target
    const live = await getWorkload<Live>(api, ref)
    if (live?.metadata.generation !== workloadOf(situation.snapshot).generation) return undefined
    // Asked for, not computed: admission may add to a template, and then the new revision is what comes of that.
    const upgraded = await sendPatch(api, ref, mechanics.start(situation), { dryRun: 'All' })
    if (!upgraded) return undefined
    return keepRecord(upgrade, mechanics.originalsOf(live, templateHash(upgraded.spec.template)))
  }

  async function keepRecord(upgrade: Upgrade, originals: Original): Promise<Original> {
    const ref = upgrade.policy.target
    const record = {
      upgrade: upgrade.id,
      sequence: upgrade.sequence,
      uid: upgrade.target.uid,
      facts: planOf(upgrade).from,
      strategy: upgrade.policy.strategy.type,
      originals,
      request: upgrade.request,
    }
    await writeRecord(clusterOf(ref).api, ref, record, mechanics.patches(record))
    return remember(upgrade, originals)
  }

  /**
   * The originals of an upgrade that has just finished, so that its record is gone: the fields are the live ones, and
   * the old template is still in its revision.
   */
  async function recover(upgrade: Upgrade, { snapshot, facts }: Situation): Promise<Original | undefined> {
    const ref = upgrade.policy.target
    const { api } = clusterOf(ref)
    const revision = mechanics.parts(snapshot).revisions.find((one) => one.templateHash === facts.templateHash)
    const live = await getWorkload<Live>(api, ref)
    const marked = live?.metadata.annotations?.[upgradeMark] !== undefined
    if (live && isBuiltUpon(upgrade, templateHash(live.spec.template))) return undefined
    if (!revision || !live || marked || mechanics.isHeld(mechanics.view(live))) return undefined
    const { template, changeCause: cause } = await mechanics.revision(api, ref, revision.name)
    const { [changeCause]: _, ...annotations } = live.metadata.annotations ?? {}
    const metadata = { ...live.metadata, annotations: { ...annotations, ...(cause && { [changeCause]: cause }) } }
    const was = { ...live, metadata, spec: { ...live.spec, template } }
    return keepRecord(upgrade, mechanics.originalsOf(was, templateHash(live.spec.template)))
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
    const ref = upgrade.policy.target
    const { id, sequence } = upgrade
    // Neither the next upgrade's nor what this one has kept since, for a way back that somebody decided on meanwhile.
    await deleteRecord(clusterOf(ref).api, ref, (there) => isKeptSince({ upgrade: id, sequence }, there))
    memory.delete(id)
  }

  async function cachedSnapshot(ref: TargetRef): Promise<Snapshot | undefined> {
    const watch = watchOf(ref)
    await watch.whenSynced()
    return watch.snapshot(ref.name)
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
    let snapshot = known ? undefined : await cachedSnapshot(ref)
    let move: Move = known ? { move: 'unsure' } : look(snapshot, false)
    let live: Live | undefined
    if (drastic.has(move.move)) {
      // Not on the word of a cache that may lag behind.
      const fresh = await mechanics.look(cluster.api, ref)
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
        if (isBuiltUpon(upgrade, workloadOf(snapshot).templateHash)) {
          const to = imageIn(workloadOf(snapshot), ref.container)
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
    if (move.move === 'patch' && move.why === 'back' && originals && markOf(workloadOf(snapshot)) === undefined) {
      // Somebody has finished it, and deletes the record, or has.
      await keepRecord(upgrade, originals)
    }
    if (move.move === 'patch' && move.begins) {
      const { generation } = workloadOf(snapshot)
      const now = await getWorkload(cluster.api, ref)
      if (now?.metadata.generation !== generation) return { state: 'moving', patched: false }
      if (originals) await keepRecord(upgrade, originals)
      // The snapshot is older than this answer, so what is decided after it finds another generation, or makes one.
      const first = await begin(generation)
      if (first === undefined) return { state: 'moving', patched: false }
      if (first !== generation) {
        const situation = situationOf(upgrade, goal, snapshot, { originals, fresh: true, fenced: true })
        return { state: 'changed', ...(await attributed(cluster.api, upgrade, mechanics.putBack(situation), now)) }
      }
    }
    return carryOut(upgrade, goal, snapshot, move)
  }

  async function carryOut(upgrade: Upgrade, goal: Goal, snapshot: Snapshot, move: Move): Promise<Pursuit> {
    const ref = upgrade.policy.target
    const { api } = clusterOf(ref)
    switch (move.move) {
      case 'patch': {
        const sent = await sendMove<Live>(api, ref, mechanics.revisions, move)
        if (sent) keep(patched, upgrade.id, upgrade.sequence)
        return { state: 'moving', patched: sent !== undefined }
      }
      case 'strip':
        await Promise.all(move.revisions.map((name) => strip(api, ref, mechanics.revisions, name)))
        return carryOut(upgrade, goal, snapshot, { move: 'reached' })
      case 'reached':
        return {
          state: 'reached',
          observation: mechanics.observation(upgrade, snapshot),
          generation: workloadOf(snapshot).generation,
          templateHash: workloadOf(snapshot).templateHash,
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
        return { state: 'gone', recreated: workloadOf(snapshot).uid !== upgrade.target.uid }
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
      const [clusterUid, live] = await Promise.all([cluster.uid(), getWorkload<Live>(cluster.api, ref)])
      if (!live) throw missing(ref)
      const containers = live.spec.template.spec.containers
      const container = containers.find(({ name }) => name === ref.container)
      if (!container) {
        throw new RollcallError('CONTAINER_NOT_FOUND', `${nameOf(ref)} has no container ${ref.container}`, {
          hint: `It has: ${containers.map(({ name }) => name).join(', ')}.`,
        })
      }
      const seen = await upgradesSeen(cluster.api, ref, live, mechanics.revisions)
      return { clusterUid, uid: live.metadata.uid, image: container.image, replicas: mechanics.replicasOf(live), seen }
    },

    prepare: async (upgrade): Promise<Prepared> => {
      const ref = upgrade.policy.target
      const cluster = clusterOf(ref)
      // Filled by the time that somebody has approved.
      watchOf(ref)
      const live = await getWorkload<Live>(cluster.api, ref)
      if (!live || live.metadata.uid !== upgrade.target.uid) throw missing(ref)
      const isLookedAt = (upgrade.policy.imagePolicy?.resolve ?? 'off') !== 'off'
      const [prepared, platforms] = await Promise.all([
        mechanics.preflight(cluster.api, upgrade, live),
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
      if (!seen) return
      const { workload, revisions } = mechanics.parts(seen)
      const marked = workload.annotations?.[upgradeMark] ?? revisions.some(({ marks }) => marks.length > 0)
      if (marked) await act(upgrade, goal, tidyMove)
    },

    verify: async (upgrade, goal): Promise<Standing> => {
      const ref = upgrade.policy.target
      const cluster = clusterOf(ref)
      const originals = await recall(upgrade)
      const changeOf = (snapshot: Snapshot, fresh: boolean) =>
        deviation(situationOf(upgrade, goal, snapshot, { originals, fresh, fenced: true }))
      const isOurs = (snapshot: Snapshot | undefined): snapshot is Snapshot =>
        snapshot !== undefined && workloadOf(snapshot).uid === upgrade.target.uid
      const cached = await cachedSnapshot(ref)
      if (isOurs(cached) && !changeOf(cached, false)) return { state: 'holds' }
      const fresh = await mechanics.look(cluster.api, ref)
      if (!fresh || !isOurs(fresh.snapshot)) return { state: 'gone', recreated: fresh !== undefined }
      const change = changeOf(fresh.snapshot, true)
      if (!change) return { state: 'holds' }
      return { state: 'changed', ...(await attributed(cluster.api, upgrade, change, fresh.live)) }
    },

    wayBack: async (upgrade): Promise<WayBack> => {
      const ref = upgrade.policy.target
      const look = await mechanics.look(clusterOf(ref).api, ref)
      if (look?.live.metadata.uid !== upgrade.target.uid) return { state: 'gone' }
      const { workload, revisions } = mechanics.parts(look.snapshot)
      const marked = workload.annotations?.[upgradeMark] !== undefined
      if (marked || workload.templateHash !== upgrade.found?.templateHash) return { state: 'changed' }
      const kept = revisions.some((one) => one.templateHash === planOf(upgrade).from.templateHash)
      return kept ? { state: 'holds' } : { state: 'lost' }
    },

    ownsPod: (ref, pod) => {
      const snapshot = watchOf(ref).snapshot(ref.name)
      if (!snapshot) return undefined
      return mechanics.parts(snapshot).pods.some(({ name }) => name === pod) || mechanics.namesPod(snapshot, pod)
    },

    observe: (upgrade) => {
      const snapshot = inSight(upgrade)
      return snapshot && mechanics.observation(upgrade, snapshot)
    },

    mark: (ref) => {
      try {
        const snapshot = watchOf(ref).snapshot(ref.name)
        return snapshot && markOf(workloadOf(snapshot))
      } catch {
        // A cluster that left the configuration is out of sight.
        return undefined
      }
    },

    marked: (ref) => lookForMark(mechanics, clusterOf(ref), ref),

    stop: async (upgrade) => {
      const ref = upgrade.policy.target
      // What has not started needs no cluster to be decided; the first move waits for the cache.
      if (hasStarted(upgrade)) await watchOf(ref).whenSynced()
      const seen = inSight(upgrade)
      if (!seen || workloadOf(seen).annotations?.[stopMark] === undefined) return undefined
      const live = await getWorkload(clusterOf(ref).api, ref)
      return live?.metadata.uid === upgrade.target.uid ? stopOf(live) : undefined
    },

    removeStop: ({ policy: { target: ref } }, stop) => removeStop(clusterOf(ref).api, ref, mechanics.view, stop),

    tell: async (upgrade, type, reason, message) => {
      const ref = upgrade.policy.target
      await writeEvent(clusterOf(ref).api, { ...ref, uid: upgrade.target.uid }, { type, reason, message })
    },
  }
}

/** What is not believed of a cache alone. */
const drastic: ReadonlySet<Move['move']> = new Set(['changed', 'outdated', 'superseded', 'gone', 'unsure', 'lost'])

function situationOf<Snapshot extends AnySnapshot, Original extends Originals>(
  upgrade: Upgrade,
  goal: Goal,
  snapshot: Snapshot,
  known: Pick<SituationOf<Snapshot, Original>, 'originals' | 'fresh' | 'fenced'>,
): SituationOf<Snapshot, Original> {
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

function imageIn({ containers }: WorkloadView, container: string): string {
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
