import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe } from 'vitest'
import { connect } from '../conformance/workbench.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from '../control-plane/fake-kubelet.ts'
import { busyNeighbour } from '../targets/deployment/neighbour.ts'
import { deploymentScenarios, exactBatches } from '../targets/deployment/scenarios.ts'
import type { Ground } from '../targets/deployment/site.ts'

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

  describe('while a neighbour adds and removes 150 pods', () => {
    exactBatches(async () => {
      const neighbour = await busyNeighbour(connect(controlPlane.adminKubeconfig), 150)
      return { ...(await ground()), stop: () => neighbour.stop() }
    })
  })
})
