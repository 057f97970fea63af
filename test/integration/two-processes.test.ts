import { describe } from 'vitest'
import { simulatedCluster } from '../simulated-cluster.ts'
import { twoProcessesSuite } from '../two-processes-suite.ts'

describe('two processes, on the simulated cluster', { timeout: 300_000 }, () => {
  twoProcessesSuite(() => simulatedCluster({ readyDelayMs: [100, 300] }))
})
