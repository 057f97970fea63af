/** A cluster with one Deployment on it, and an upgrade of it that goes from goal to goal as the engine would drive it. */
import { randomBytes } from 'node:crypto'
import type { Pursuit, Target } from '../../../src/engine/ports.ts'
import { type Clusters, openClusters } from '../../../src/kubernetes/clusters.ts'
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig.ts'
import { openTargets } from '../../../src/targets/index.ts'
import { compilePlan } from '../../../src/upgrade/plan.ts'
import type { Policy } from '../../../src/upgrade/policy.ts'
import type { Goal, Upgrade } from '../../../src/upgrade/upgrade.ts'
import { aPolicy, dana } from '../../an-upgrade.ts'
import { connect, manifest, type Workbench, Workload } from '../../conformance/workbench.ts'

export const oldImage = 'web:1.0.0'

export type Site = {
  /** Rollcall's own. */
  kubeconfig: string
  bench: Workbench
  workload: Workload
  clusters: Clusters
  target: Target
  close(): Promise<void>
}

/** A cluster to test on. */
export type Ground = {
  /** For the test, which may do everything. */
  kubeconfig: string
  /** Gives Rollcall its rights in a namespace, and returns its own kubeconfig. Without it, it has the test's. */
  grant?: (namespace: string) => Promise<string>
  stop: () => Promise<void>
}

/** A namespace of its own with the Deployment `web`, all of it available. */
export async function openSite(ground: Ground, spec: Parameters<typeof Workload.start>[2] = {}): Promise<Site> {
  const clients = connect(ground.kubeconfig)
  const namespace = `target-${randomBytes(4).toString('hex')}`
  await clients.core.createNamespace({ body: { metadata: { name: namespace } } })
  const bench = { ...clients, namespace }
  const workload = spec?.replicas === 0 ? await idle(bench, spec) : await Workload.start(bench, oldImage, spec)
  const kubeconfig = (await ground.grant?.(namespace)) ?? ground.kubeconfig
  const { clusters, target } = openTarget(kubeconfig)
  return {
    kubeconfig,
    bench,
    workload,
    clusters,
    target,
    close: async () => {
      clusters.close()
      await clients.core.deleteNamespace({ name: namespace })
    },
  }
}

async function idle(bench: Workbench, spec: Parameters<typeof Workload.start>[2]): Promise<Workload> {
  await bench.apps.createNamespacedDeployment({ namespace: bench.namespace, body: manifest('web', oldImage, spec) })
  const workload = new Workload(bench, 'web')
  await workload.reaches('seen by its controller', () => true)
  return workload
}

/** Rollcall's view of the cluster: what another process of it would have. */
export function openTarget(kubeconfig: string): { clusters: Clusters; target: Target } {
  const clusters = openClusters(
    () => loadKubeConfig({ KUBECONFIG: kubeconfig }),
    () => ({ here: {} }),
  )
  return { clusters, target: openTargets(clusters)(aPolicy().target) }
}

export type Changes = { image?: string; strategy?: Partial<Policy['strategy']>; policy?: Partial<Policy> }

/** One upgrade of the site's Deployment. */
export class Run {
  readonly site: Site
  upgrade: Upgrade
  private restoring: Goal | undefined
  /** What came of the last attempts, for a test that fails. */
  readonly log: Pursuit[] = []

  private constructor(site: Site, upgrade: Upgrade) {
    this.site = site
    this.upgrade = upgrade
  }

  static async plan(site: Site, changes: Changes = {}): Promise<Run> {
    const run = new Run(site, await draft(site, changes))
    const { facts, findings } = await site.target.prepare(run.upgrade)
    const blocks = findings.filter(({ severity }) => severity === 'block')
    if (blocks.length > 0) throw new Error('the pre-flight blocks', { cause: blocks })
    run.upgrade = { ...run.upgrade, plan: compilePlan(run.upgrade, facts, findings) }
    return run
  }

  /** Goes to a batch of so many pods, and returns how it ended. */
  batch(pods: number): Promise<Pursuit> {
    return this.pursue('steps', (goal) => goal.to === 'batch' && goal.pods === pods)
  }

  /** Goes through every batch up to this one. */
  async upTo(pods: number): Promise<void> {
    for (const step of this.upgrade.plan?.steps ?? []) {
      if (step.kind !== 'reach' || step.goal.to !== 'batch' || step.goal.pods > pods) continue
      const pursuit = await this.batch(step.goal.pods)
      if (pursuit.state !== 'reached') throw new Error(`no batch of ${step.goal.pods}`, { cause: pursuit })
    }
  }

  /** Puts the cursor behind what was reached, where people are asked. */
  rest(): void {
    const { path, step, since } = this.upgrade.at
    this.upgrade = { ...this.upgrade, sequence: this.upgrade.sequence + 1, at: { path, step: step + 1, since } }
  }

  /** Goes back to a share that was reached before, whatever others made of the workload. */
  restore(pods: number, enough?: (pursuit: Pursuit) => boolean): Promise<Pursuit> {
    const last = this.moveTo('steps', (goal) => goal.to === 'batch' && goal.pods === pods)
    this.restoring = { ...last, restore: this.upgrade.sequence }
    return this.restoreOn(enough)
  }

  restoreOn(enough: (pursuit: Pursuit) => boolean = ({ state }) => state !== 'moving' && state !== 'waiting') {
    const goal = this.restoring
    if (!goal) throw new Error('nothing is being restored')
    return this.until(() => this.site.target.pursue(this.upgrade, goal), enough)
  }

  finish(): Promise<Pursuit> {
    return this.pursue('steps', (goal) => goal.to === 'finish')
  }

  back(): Promise<Pursuit> {
    return this.pursue('back', (goal) => goal.to === 'original')
  }

  /** Puts the cursor on the step with this goal, as a decision does. */
  moveTo(path: 'steps' | 'back', wanted: (goal: Goal) => boolean): Goal {
    const steps = this.upgrade.plan?.[path] ?? []
    const step = steps.findIndex((one) => one.kind === 'reach' && wanted(one.goal))
    const found = steps[step]
    if (found?.kind !== 'reach') throw new Error('the plan has no such goal')
    const { sequence } = this.upgrade
    this.upgrade = { ...this.upgrade, sequence: sequence + 1, at: { path, step, since: new Date().toISOString() } }
    return found.goal
  }

  /** Looks at every change, as the triggers make the engine do, until `enough`. */
  async pursue(
    path: 'steps' | 'back',
    wanted: (goal: Goal) => boolean,
    enough: (pursuit: Pursuit) => boolean = ({ state }) => state !== 'moving' && state !== 'waiting',
  ): Promise<Pursuit> {
    const goal = this.moveTo(path, wanted)
    return this.until(() => this.site.target.pursue(this.upgrade, goal), enough)
  }

  async until(act: () => Promise<Pursuit>, enough: (pursuit: Pursuit) => boolean): Promise<Pursuit> {
    const end = Date.now() + 120_000
    let wake = () => {}
    let changed = false
    const unsubscribe = this.site.clusters.subscribe(() => {
      changed = true
      wake()
    })
    try {
      for (;;) {
        changed = false
        const pursuit = await act()
        this.log.push(pursuit)
        if (enough(pursuit)) return pursuit
        if (Date.now() > end) throw new Error('the goal was not reached', { cause: this.log.slice(-10) })
        const soon = pursuit.state === 'moving' && pursuit.againAt ? Date.parse(pursuit.againAt) - Date.now() : 2_000
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, Math.max(0, soon))
          if (changed) resolve()
        })
      }
    } finally {
      unsubscribe()
    }
  }
}

/** An upgrade that nobody has planned yet. */
export async function draft(
  site: Site,
  { image = 'web:2.0.0', strategy, policy = {} }: Changes = {},
): Promise<Upgrade> {
  const { namespace } = site.bench
  const base = aPolicy(policy)
  const pinned: Policy = {
    ...base,
    target: { cluster: 'here', kind: 'Deployment', namespace, name: site.workload.name, container: 'app' },
    strategy: { ...base.strategy, readyTimeoutMs: 60_000, ...strategy },
  }
  const { clusterUid, uid } = await site.target.identify(pinned.target)
  const at = new Date().toISOString()
  return {
    schema: 2,
    id: 'web-production-14',
    sequence: 1,
    request: {
      service: 'web',
      environment: 'production',
      version: image.split(':')[1] ?? '',
      image,
      by: dana,
      at,
      overrides: {},
    },
    policy: pinned,
    target: { clusterUid, uid },
    at: { path: 'steps', step: 0, since: at },
    measured: [],
    approvals: [],
    answers: [],
    incidents: [],
  }
}
