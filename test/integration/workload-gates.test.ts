import { describe } from 'vitest'
import { simulatedCluster } from '../simulated-cluster.ts'
import { podLogs, workloadGatesSuite } from '../workload-gates-suite.ts'

describe('gates that look into a simulated cluster', () => {
  workloadGatesSuite(() => simulatedCluster({ readyDelayMs: [10, 40], podLogs }))
})
