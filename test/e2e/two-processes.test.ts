import { describe } from 'vitest'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { twoProcessesSuite } from '../two-processes-suite.ts'

describe('two processes, on a real control plane', () => {
  twoProcessesSuite(() => controlPlaneForRollcall([100, 400]), 60_000)
})
