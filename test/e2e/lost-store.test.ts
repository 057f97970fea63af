import { describe } from 'vitest'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { lostStoreSuite } from '../lost-store-suite.ts'

describe('a Redis that is lost, on a real control plane', () => {
  lostStoreSuite(() => controlPlaneForRollcall([100, 400]), 60_000)
})
