/** What the guides tell people to type, typed as it stands there. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { V1Deployment, V1DeploymentStrategy } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clusters, openClusters } from '../../src/kubernetes/clusters.ts'
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig.ts'
import { openTargets } from '../../src/targets/index.ts'
import { compilePlan } from '../../src/upgrade/plan.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgrade, aPolicy, noon } from '../an-upgrade.ts'
import { connect, eventually, type Workbench, Workload, watchExtremes } from '../conformance/workbench.ts'
import { controlPlaneAssets } from '../control-plane/build.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from '../control-plane/fake-kubelet.ts'

const root = join(import.meta.dirname, '../..')
const namespace = 'shop'
const image = { old: 'registry.example.com/shop/web:1.4.2', new: 'registry.example.com/shop/web:1.5.0' }

let controlPlane: ControlPlane
let kubelet: FakeKubelet
let clusters: Clusters
let bench: Workbench

beforeAll(async () => {
  controlPlane = await startControlPlane()
  kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [20, 120] })
  await controlPlane.kubectl(['create', 'namespace', namespace])
  bench = { ...connect(controlPlane.adminKubeconfig), namespace }
  clusters = openClusters(
    () => loadKubeConfig({ KUBECONFIG: controlPlane.adminKubeconfig }),
    () => ({ eu: {} }),
  )
})

afterAll(async () => {
  clusters?.close()
  await kubelet?.stop()
  await controlPlane?.stop()
})

test('the API server takes the manifests that the guide to the installation applies', async () => {
  await controlPlane.kubectl(['create', 'namespace', 'shop-staging'])
  await controlPlane.kubectl(['apply', '-f', join(root, 'deploy/rbac.yaml')])

  const dryRun = ['apply', '--dry-run=server', '--validate=strict', '-f', join(root, 'deploy/kubernetes.yaml')]
  expect(await controlPlane.kubectl(dryRun)).toMatch(/^deployment.apps\/rollcall created/m)
})

test('the runbook brings a held workload back with kubectl alone, without going below its capacity', async () => {
  const workload = await Workload.start(bench, image.old, { minReadySeconds: 0, strategy: surging('25%') })
  const before = await workload.get()
  await heldAt(3)
  // Nobody types within the moment in which the controllers still count pods that they have just taken away.
  await workload.staysQuiet()
  const [block = ''] = await blocksBelow('With kubectl alone', 'bash')
  expect(block).toContain('kubectl patch')

  const watch = await watchExtremes(workload, image.new)
  await typed(block)
  const seen = await watch.stop()

  expect(lasting(await workload.get())).toEqual(lasting(before))
  expect(await workload.counts(image.new)).toEqual({ old: 10, new: 0, oldReady: 10, newReady: 0 })
  expect(seen.leastReady).toBe(10)
  await expect(controlPlane.kubectl(['get', 'configmap', 'rollcall-web', '-n', namespace])).rejects.toThrow('not found')
})

test('the runbook finds the workloads that Rollcall holds', async () => {
  await controlPlane.kubectl([
    'annotate',
    'deployment/web',
    '-n',
    namespace,
    'rollcall.dev/upgrade=web-production-14@7',
  ])
  const [block = ''] = await blocksBelow('Redis is lost or rewound', '')

  expect(await typed(block)).toBe('shop/web web-production-14@7\n')
})

/** Brings the workload to rest at so many new pods, as Rollcall does, and then forgets about it. */
async function heldAt(pods: number): Promise<void> {
  const policy = aPolicy()
  const ref = { ...policy.target, container: 'app' }
  const target = openTargets(clusters)(ref)
  const { clusterUid, uid } = await target.identify(ref)
  const draft = anUpgrade({ policy: { ...policy, target: ref }, target: { clusterUid, uid } })
  const { facts, findings } = await target.prepare(draft)
  const upgrade: Upgrade = {
    ...draft,
    sequence: 4,
    plan: compilePlan(draft, facts, findings),
    at: { path: 'steps', step: 1, since: noon },
  }
  await eventually(`${pods} pods are held`, async () => {
    const { state } = await target.pursue(upgrade, { on: 'target', to: 'batch', pods, of: facts.replicas })
    return state === 'reached' || undefined
  })
}

function surging(maxSurge: string): V1DeploymentStrategy {
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: '25%' } }
}

/** What Rollcall must give back. */
function lasting({ metadata, spec }: V1Deployment) {
  const {
    'deployment.kubernetes.io/revision': _,
    'kubernetes.io/change-cause': __,
    ...kept
  } = metadata?.annotations ?? {}
  return { labels: metadata?.labels, annotations: kept, spec }
}

/** The fenced blocks of the runbook below a heading, down to the next one. */
async function blocksBelow(heading: string, language: string): Promise<string[]> {
  const runbook = await readFile(join(root, 'docs/guides/runbook.md'), 'utf8')
  const section = runbook.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const blocks = section.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)
  return [...blocks].flatMap(([, its, text = '']) => (its === language ? [text] : []))
}

/** Runs it in a shell that has this cluster's kubectl and kubeconfig. */
async function typed(script: string): Promise<string> {
  const path = [await controlPlaneAssets(), process.env.PATH].join(delimiter)
  const env = { PATH: path, HOME: controlPlane.dir, KUBECONFIG: controlPlane.adminKubeconfig }
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env })
  return stdout
}
