import { describe } from 'vitest'
import { simulatedCluster } from '../simulated-cluster.ts'
import { upgradeSuite } from '../upgrade-suite.ts'

describe('an upgrade on the simulated cluster', () => {
  upgradeSuite(simulatedCluster)
})

describe('an upgrade on the simulated cluster, over Socket Mode', () => {
  upgradeSuite(simulatedCluster, 10_000, { socketMode: true })
})
