import { describe } from 'vitest'
import { startCluster } from '../../fakes/cluster/cluster.ts'
import { deploymentScenarios } from './scenarios.ts'

describe('a Deployment on the simulated cluster', { timeout: 60_000 }, () => {
  deploymentScenarios(() => startCluster({ readyDelayMs: [20, 120] }))
})
