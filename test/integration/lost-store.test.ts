import { describe } from 'vitest'
import { lostStoreSuite } from '../lost-store-suite.ts'
import { simulatedCluster } from '../simulated-cluster.ts'

describe('a Redis that is lost, on the simulated cluster', { timeout: 90_000 }, () => {
  lostStoreSuite(simulatedCluster)
})
