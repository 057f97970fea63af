import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, watchExtremes } from '../conformance/workbench.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from '../control-plane/fake-kubelet.ts'
import { busyNeighbour } from '../targets/deployment/neighbour.ts'
import { deploymentScenarios, exactBatches } from '../targets/deployment/scenarios.ts'
import { type Ground, openSite, Run } from '../targets/deployment/site.ts'

describe('a Deployment on a real control plane', { timeout: 300_000 }, () => {
  let controlPlane: ControlPlane
  let kubelet: FakeKubelet

  beforeAll(async () => {
    controlPlane = await startControlPlane()
    kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [50, 300] })
    for (const namespace of ['shop', 'shop-staging']) await controlPlane.kubectl(['create', 'namespace', namespace])
    const rbac = await readFile(new URL('../../deploy/rbac.yaml', import.meta.url), 'utf8')
    await controlPlane.kubectl(['apply', '-f', '-'], { input: rbac })
  }, 30 * 60_000)

  afterAll(async () => {
    await kubelet?.stop()
    await controlPlane?.stop()
  })

  /** Rollcall runs under its own ServiceAccount, with the rights of deploy/rbac.yaml in this namespace only. */
  async function grant(namespace: string): Promise<string> {
    const account = { serviceAccount: 'rollcall', namespace: 'rollcall' }
    const role = ['--clusterrole=rollcall-workloads', '--serviceaccount=rollcall:rollcall']
    await controlPlane.kubectl(['create', 'rolebinding', 'rollcall', '-n', namespace, ...role])
    return controlPlane.kubeconfigFor(account)
  }

  const ground = async (): Promise<Ground> => ({
    kubeconfig: controlPlane.adminKubeconfig,
    grant,
    stop: async () => {},
  })

  deploymentScenarios(ground)

  test('kubectl alone brings a held workload back from the record', async () => {
    const site = await openSite(await ground())
    const { bench, workload } = site
    try {
      const before = (await workload.get()).spec
      const run = await Run.plan(site)
      await run.upTo(3)
      // A person comes after the controllers have caught up with the hold, not in the same second.
      await workload.reaches('held, and counted so', ({ status }) => {
        return status?.availableReplicas === 10 && status.updatedReplicas === 3 && status.replicas === 10
      })
      const watch = await watchExtremes(workload, 'web:2.0.0')
      const kubectl = (...args: string[]) => controlPlane.kubectl([...args, '-n', bench.namespace])
      for (const step of ['back', 'restore']) {
        const patch = await kubectl('get', 'configmap', 'rollcall-web', '-o', `jsonpath={.data.${step}\\.json}`)
        await kubectl('patch', 'deployment', 'web', '--type=json', '-p', patch)
        await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
      }
      await kubectl('delete', 'configmap', 'rollcall-web')
      expect(await watch.stop()).toMatchObject({ leastReady: 10, mostWanted: 12 })
      expect((await workload.get()).spec).toEqual(before)
      expect((await workload.get()).metadata?.annotations).not.toHaveProperty(['rollcall.dev/upgrade'])
    } finally {
      await site.close()
    }
  })

  describe('while a neighbour adds and removes 150 pods', () => {
    exactBatches(async () => {
      const neighbour = await busyNeighbour(connect(controlPlane.adminKubeconfig), 150)
      return { ...(await ground()), stop: () => neighbour.stop() }
    }, [3, 10])
  })
})
