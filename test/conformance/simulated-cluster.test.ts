import { describe } from 'vitest'
import { startCluster } from '../fakes/cluster/cluster.ts'
import { clusterConformance } from './cluster-api.ts'

describe('the simulated cluster', () => {
  clusterConformance(() => startCluster({ readyDelayMs: [20, 120] }))
})
