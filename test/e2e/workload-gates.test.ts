import { describe } from 'vitest'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { namespace } from '../shop.ts'
import { podLogs, workloadGatesSuite } from '../workload-gates-suite.ts'

describe('gates that look into a real control plane, under the rights of deploy/rbac.yaml', () => {
  workloadGatesSuite(async () => {
    const prepared = await controlPlaneForRollcall([20, 120], podLogs)
    for (const role of ['rollcall-logs', 'rollcall-jobs']) {
      const binding = ['create', 'rolebinding', role, '--namespace', namespace, '--clusterrole', role]
      await prepared.controlPlane.kubectl([...binding, '--serviceaccount', 'rollcall:rollcall'])
    }
    return prepared
  }, 120_000)
})
