import { isDeepStrictEqual } from 'node:util'
import type { PatchOperation } from '../../kubernetes/api.ts'
import type { DeploymentStrategy, DeploymentView } from '../../kubernetes/deployment.ts'
import {
  annotationOperations,
  type NewAnnotations,
  type NewTemplate,
  templateOperations,
  testsOf,
} from '../workload/patch.ts'

/** The fields of a Deployment that an upgrade sets for a while; `undefined` means that the field is absent. */
export type Fields = {
  minReadySeconds: number | undefined
  progressDeadlineSeconds: number | undefined
  strategy: DeploymentStrategy
  paused: boolean
}

export type Change = {
  fields?: Partial<Fields>
  replicas?: number
  template?: NewTemplate
  annotations?: NewAnnotations
}

/** The fields as they are now. */
export function fieldsOf(deployment: DeploymentView): Fields {
  const { minReadySeconds, progressDeadlineSeconds, strategy, paused = false } = deployment
  return { minReadySeconds, progressDeadlineSeconds, strategy, paused }
}

/** A compare-and-set against the Deployment that was looked at. */
export function patchOf(deployment: DeploymentView, change: Change): PatchOperation[] {
  return [
    ...testsOf(deployment),
    ...annotationOperations(deployment, change.annotations ?? {}),
    ...templateOperations(deployment, change.template),
    ...fieldOperations(fieldsOf(deployment), change.fields ?? {}),
    ...(change.replicas === undefined || change.replicas === deployment.replicas
      ? []
      : [{ op: 'add' as const, path: '/spec/replicas', value: change.replicas }]),
  ]
}

/** Only what differs: to remove an absent field is an error, and 0 or false may be stored as absent. */
function fieldOperations(live: Fields, wanted: Partial<Fields>): PatchOperation[] {
  return (Object.keys(wanted) as (keyof Fields)[]).flatMap((key): PatchOperation[] => {
    const value = wanted[key]
    if (isDeepStrictEqual(live[key], value)) return []
    const path = `/spec/${key}`
    return value === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value }]
  })
}
