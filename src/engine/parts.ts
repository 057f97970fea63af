import type { Policy } from '../upgrade/policy.ts'
import type { Place } from '../upgrade/proposals.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type {
  ActiveConfig,
  Alerts,
  Capacities,
  Display,
  Freezes,
  Gate,
  Images,
  Measurements,
  Measures,
  Members,
  OnCall,
  Proposals,
  Queue,
  Targets,
  TrafficHistory,
  Upgrades,
} from './ports.ts'

/** One line per decision and effect. pino fits; `fields` never hold a secret. */
export type Log = {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** What the engine is made of; `serve/engine-parts.ts` puts it together. */
export type Parts = {
  upgrades: Upgrades
  targets: Targets
  images: Images
  gates: Record<string, Gate>
  /** Gates that ask somebody else, by type. */
  measures: Measures
  measurements: Measurements
  /** Absent: no quieter hour is looked for. */
  traffic?: TrafficHistory
  capacities: Capacities
  /** Absent: nobody sends alerts. */
  alerts?: Alerts
  /** Who is on call for a service now; never throws. Absent: nobody is called. */
  onCall?: (policy: Policy) => Promise<OnCall>
  /** Absent: nothing is proposed. */
  proposals?: Proposals
  queue: Queue
  members: Members
  freezes: Freezes
  display: Display
  /** The configuration in force at this moment. */
  config: () => ActiveConfig
  /**
   * Whether this process goes by the configuration in force, given its hash from the store. One that its own file has
   * meanwhile become is taken up first.
   */
  goesBy: (hash: string | undefined) => Promise<boolean>
  log: Log
  /** Hears of every committed event, for metrics; `before` is the upgrade as it was, unless it is new. */
  onEvent?: (type: string, upgrade: Upgrade, before: Upgrade | undefined) => void
  /** Hears that what is frozen has changed. */
  onFrozen?: () => void
  /** Hears that what is proposed in a place has changed. */
  onProposal?: (place: Place) => void
  /** Hears of every refused decision, for metrics. */
  onRefusal?: (code: string) => void
}
