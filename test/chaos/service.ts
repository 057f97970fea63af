/** The services of a run: their Deployments, their policies, and what each upgrade of them is to come to. */
import { repository, type ServiceChanges, shopConfig, shopDeployment } from '../shop.ts'
import type { Random } from './random.ts'

export type Service = {
  name: string
  replicas: number
  /** Cumulative pods, as the configured batches come out. */
  batches: number[]
  /** Pods above and below `replicas` while it moves; below only where there is no spare capacity. */
  surge: number
  unavailable: number
  quorum: 1 | 2
  continues: 'approval' | 'auto'
  /** How long a success can be rolled back. */
  window: '0s' | '5s' | '12h'
  config: ServiceChanges
  deployment: ReturnType<typeof shopDeployment>
}

export type Outcome = 'succeeded' | 'rolledBack' | 'rejected' | 'cancelled'

/** Something that people do beside saying yes: while batch `batch` (0 the first) moves, or once it rests. */
export type Turn = { at: 'moving' | 'resting'; batch: number; act: 'pause' | 'rollback' }

/** What people want of one upgrade. */
export type Script = {
  version: string
  outcome: Outcome
  turns: Turn[]
  /** Somebody without the right presses first, and is refused. */
  intruder: boolean
  /** An approver changes their mind, twice. */
  wavers: boolean
  /** Once it has succeeded, it is rolled back all the same. */
  undone: boolean
}

/** The same for the same seed. */
export function servicesOf(random: Random, count: number): Service[] {
  return Array.from({ length: count }, (_, index) => serviceOf(random.of(), `service-${index + 1}`, index))
}

function serviceOf(random: Random, name: string, index: number): Service {
  const replicas = random.int(3, 10)
  const batches = random.pick([
    [1, '50%', '100%'],
    [1, '25%', '50%', '100%'],
    ['40%', '100%'],
  ])
  // One of each kind at least: automatic batches, no spare capacity, a strict hold.
  const continues = index === 1 ? 'auto' : 'approval'
  const surge = index === 2 ? 0 : random.int(1, 3)
  const quorum = random.pick([1, 2] as const)
  const window = random.pick(['0s', '5s', '12h'] as const)
  const minReadySeconds = random.chance(0.3) ? 1 : undefined
  const strategy = {
    batches,
    continue: continues,
    maxSurge: surge,
    hold: index === 3 ? 'strict' : random.pick(['quiet', 'quiet', 'strict']),
    soak: random.pick(['0s', '0s', '1s']),
    readyTimeout: '30m',
  }
  const approval = { quorum, separateRequester: true, expiresAfter: '4h' }
  const own = random.chance(0.5) ? { maxSurge: 1, maxUnavailable: 1 } : { maxSurge: '25%', maxUnavailable: '25%' }
  const spec = {
    replicas,
    ...(minReadySeconds !== undefined && { minReadySeconds }),
    strategy: { type: 'RollingUpdate', rollingUpdate: own },
    ...(random.chance(0.5) && { revisionHistoryLimit: 4 }),
  }
  return {
    name,
    replicas,
    batches: cumulative(batches, replicas),
    surge,
    unavailable: surge > 0 ? 0 : Math.max(1, own.maxUnavailable === 1 ? 1 : Math.floor(replicas / 4)),
    quorum,
    continues,
    window,
    config: { environment: { approval, rollbackWindow: window }, strategy },
    deployment: shopDeployment(name, spec),
  }
}

/** Percentages rounded up, equal ones dropped, the last is all: worked out here anew, not asked of Rollcall. */
function cumulative(batches: readonly (number | string)[], replicas: number): number[] {
  const pods = batches.map((one) =>
    Math.min(replicas, typeof one === 'number' ? one : Math.ceil((Number.parseInt(one, 10) * replicas) / 100)),
  )
  return [...new Set([...pods, replicas])].sort((a, b) => a - b)
}

/** Could approve and operate, and has not joined the channel: every question reaches her directly, or not at all. */
export const erin = 'U0ERIN'

export function configOf(services: readonly Service[]): unknown {
  const config = shopConfig(Object.fromEntries(services.map((one) => [one.name, one.config])))
  const { 'release-managers': managers, platform } = config.roles
  const roles = {
    ...config.roles,
    'release-managers': { users: [...managers.users, erin] },
    platform: { users: [...platform.users, erin] },
  }
  return { ...config, roles }
}

/** @param number counts the upgrades of a service, from 1 */
export function scriptOf(random: Random, service: Service, number: number): Script {
  const version = `1.${number}.0`
  const plain = { version, turns: [], intruder: random.chance(0.2), wavers: random.chance(0.15), undone: false }
  const kind = random.int(1, 20)
  if (kind === 1) return { ...plain, outcome: 'rejected', wavers: false }
  if (kind === 2) return { ...plain, outcome: 'cancelled', wavers: false }
  if (kind === 3) return { ...plain, outcome: 'rolledBack', version: `${version}-crash` }
  if (kind === 4 && service.window === '12h') return { ...plain, outcome: 'rolledBack', undone: true }
  const last = service.batches.length - 1
  const batch = random.int(0, Math.max(0, last - 1))
  const at = random.pick(['moving', 'resting'] as const)
  if (service.continues === 'auto' || last === 0) return { ...plain, outcome: 'succeeded' }
  if (kind <= 9) return { ...plain, outcome: 'rolledBack', turns: [{ at, batch, act: 'rollback' }] }
  if (kind <= 12) return { ...plain, outcome: 'succeeded', turns: [{ at, batch, act: 'pause' }] }
  if (kind <= 14) {
    const pause: Turn = { at, batch, act: 'pause' }
    return { ...plain, outcome: 'rolledBack', turns: [pause, { at: 'resting', batch, act: 'rollback' }] }
  }
  return { ...plain, outcome: 'succeeded' }
}

export function imageOf(service: Service, version: string): string {
  return `${repository(service.name)}:${version}`
}
