import { describe } from 'vitest'
import { controlPlaneForRollcall } from '../control-plane/for-rollcall.ts'
import { upgradeSuite } from '../upgrade-suite.ts'

describe('an upgrade on a real control plane, over Socket Mode', () => {
  upgradeSuite(() => controlPlaneForRollcall([100, 400]), 60_000, { socketMode: true })
})
