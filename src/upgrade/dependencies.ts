import { sameImage } from './image-reference.ts'
import { type Finding, hasStarted, type Upgrade } from './upgrade.ts'

/** Why a service that another one depends on does not run its wanted version. Each has `service`, `environment`. */
export const dependencyFindingCodes = {
  /** It is being upgraded. `upgrade` */
  DEPENDENCY_UNDER_WAY: 'block',
  /** Its last upgrade ended half-way, and nobody knows what it runs. `upgrade` */
  DEPENDENCY_FAILED: 'block',
  /** Somebody has changed its image since. `upgrade` (the last that succeeded), `wanted`, `found` */
  DEPENDENCY_OTHER_IMAGE: 'block',
  /** Not every replica of it is of its newest revision and Ready, or there is none. */
  DEPENDENCY_NOT_READY: 'block',
  /** Whatever it runs cannot be looked at. `error` (a RollcallError's code), `message` */
  DEPENDENCY_UNKNOWN: 'block',
} as const satisfies Record<string, Finding['severity']>

type Code = keyof typeof dependencyFindingCodes

export type Place = { service: string; environment: string }

/** How many pods a workload wants, has, and has of its newest revision; and how many of any are Ready. */
export type Replicas = { wanted: number; total: number; updated: number; ready: number }

/** What was seen of a service that another one depends on. */
export type Dependency =
  | {
      state: 'seen'
      /** Whole reference of the image that its pod template names. */
      image: string
      replicas: Replicas
      /** ID of its upgrade under way. */
      active?: string
      /** Its ended upgrades in this environment, newest first; absent when nobody can look. */
      ended?: readonly Upgrade[]
    }
  | { state: 'unknown'; error: string; message: string }

/** What of a service stands in the way of those that depend on it; `undefined`: it runs its wanted version. Pure. */
export function unmetDependency(place: Place, seen: Dependency): Finding | undefined {
  if (seen.state === 'unknown') {
    return finding('DEPENDENCY_UNKNOWN', { ...place, error: seen.error, message: seen.message })
  }
  const { image, replicas, active, ended = [] } = seen
  if (active !== undefined) return finding('DEPENDENCY_UNDER_WAY', { ...place, upgrade: active })
  const last = ended.find(hasStarted)
  if (last?.result?.outcome === 'failed') return finding('DEPENDENCY_FAILED', { ...place, upgrade: last.id })
  const success = ended.find(({ result }) => result?.outcome === 'succeeded')
  const wanted = success?.request.image ?? image
  if (success && !sameImage(wanted, image)) {
    return finding('DEPENDENCY_OTHER_IMAGE', { ...place, upgrade: success.id, wanted, found: image })
  }
  return isComplete(replicas) ? undefined : finding('DEPENDENCY_NOT_READY', { ...place })
}

function isComplete({ wanted, total, updated, ready }: Replicas): boolean {
  return wanted > 0 && total === wanted && updated === wanted && ready === wanted
}

function finding(code: Code, detail: Finding['detail']): Finding {
  return { severity: dependencyFindingCodes[code], code, detail }
}
