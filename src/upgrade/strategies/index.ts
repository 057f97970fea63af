import type { Policy, Strategy } from '../policy.ts'
import type { Step, WorkloadFacts } from '../upgrade.ts'
import { recreate } from './recreate.ts'
import { rolling } from './rolling.ts'

/** A strategy turns policy and workload into steps; pure, so that what people approve is all there is. */
export type StrategyCompiler = (policy: Pick<Policy, 'strategy' | 'gates'>, facts: WorkloadFacts) => Step[]

/** Adding a strategy: one file, one line here, one name in `Strategy.type`. */
export const strategies: Record<Strategy['type'], StrategyCompiler> = { recreate, rolling }
